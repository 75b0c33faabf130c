"""Where videos, copies and papers are made, before the store has them."""

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings

__all__ = ["workshop", "workshops_sweep"]

NAMES = ("bundles", "clips", "copies", "sheets", "spans")
MADE = re.compile(r"(bundle|clip|copy|sheet|span)-\w+", re.ASCII)
# Whoever makes one is ended after an hour (bundles/tasks.py), and claims it for less at a time.
STALE_S = 2 * 3600.0


def workshop(name: str) -> Path:
    """Return one of the folders `NAMES`, which is there then."""
    folder = Path(settings.VAR) / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def workshops_sweep() -> int:
    """Delete what killed makers left, gigabytes perhaps; returns how many folders went.

    Nothing in it was written for two hours. Twice is as once.
    """
    old_s = time.time() - STALE_S
    went = 0
    for folder in (one for name in NAMES for one in _made(Path(settings.VAR) / name)):
        with suppress(OSError):  # who made it takes it away at this moment
            if max(path.lstat().st_mtime for path in (folder, *folder.rglob("*"))) < old_s:
                shutil.rmtree(folder)
                went += 1
    return went


def _made(place: Path) -> Iterator[Path]:
    with suppress(OSError):
        for one in place.iterdir():
            if MADE.fullmatch(one.name) and one.is_dir() and not one.is_symlink():
                yield one
