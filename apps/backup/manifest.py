"""What a backup says of itself: its files with their hashes, and what must fit at a restore."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from apps.backup.places import Place, PlaceError

__all__ = ["DUMP", "INDEX", "MANIFEST", "Manifest", "file_entry", "objects_of", "read_manifest"]

# The form of backups that this code writes; older ones it reads, newer ones it refuses.
FORM = 1
MANIFEST, DUMP, INDEX = "manifest.json", "database.dump", "objects.jsonl"


@dataclass(frozen=True)
class Manifest:
    """Written last, so a backup that was broken off has none.

    files: by name {"bytes", "sha256"}; migrations: "app.name"; tables: rows by table; guards:
    policies, triggers and forced tables by name; ledger: by mine {"number", "hash"}; objects:
    {"named", "bytes", "copied", "missing"}; field_key: what DAVY_FIELD_KEY is known by.
    """

    made_at: str
    server: str
    program: str
    files: dict[str, dict[str, Any]]
    migrations: list[str]
    tables: dict[str, int]
    guards: list[str]
    ledger: dict[str, dict[str, Any]]
    objects: dict[str, Any]
    field_key: str
    bucket: str
    not_in_it: list[str] = field(default_factory=list)
    davy_backup: int = FORM

    def text(self) -> str:
        """Return it as it is written."""
        return json.dumps(asdict(self), indent=1, sort_keys=True) + "\n"


def read_manifest(place: Place, folder: Path) -> tuple[Manifest, str]:
    """Return a backup's manifest and its SHA-256; PlaceError where there is none to use."""
    file = folder / MANIFEST
    try:
        place.get(MANIFEST, file)
    except PlaceError as error:
        raise PlaceError(
            f"{place.words} holds no finished backup: it has no {MANIFEST}. ({error})"
        ) from None
    body = file.read_bytes()
    try:
        value = json.loads(body)
        form = value["davy_backup"]
        if isinstance(form, int) and form > FORM:
            raise PlaceError(
                f"This backup is of form {form}, this Davy reads up to form {FORM}. "
                "Restore it with the version that made it, or a newer one."
            )
        return Manifest(**value), hashlib.sha256(body).hexdigest()
    except (ValueError, KeyError, TypeError) as error:
        raise PlaceError(f"{MANIFEST} of {place.words} cannot be read: {error}.") from error


def file_entry(path: Path) -> dict[str, Any]:
    """Return a file's size and hash."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return {"bytes": path.stat().st_size, "sha256": sha256}


def objects_of(index: Path) -> Iterator[dict[str, Any]]:
    """Read the list of objects, line by line."""
    with index.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
