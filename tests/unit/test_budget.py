"""The desk is light: what its page loads before any video, as the browser gets it."""

import gzip
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = [
    ROOT / "apps/portal/templates/base.html",
    ROOT / "apps/alarms/templates/alarms/desk.html",
]
MOST_BYTES = 250_000


def test_the_desk_loads_at_most_250_kB_of_scripts():
    dist = ROOT / "frontend/dist"
    if not dist.is_dir():
        pytest.skip("no built frontend: make setup builds it")
    names = re.findall(r"static '([\w-]+\.js)'", "".join(one.read_text() for one in TEMPLATES))
    assert set(names) >= {"page.js", "desk.js"}
    assert sum(len(gzip.compress((dist / name).read_bytes())) for name in names) <= MOST_BYTES
