"""Proves a backup where it lies: every file by its hash, and the ledger in the dump by itself."""

from collections.abc import Iterator
from pathlib import Path

from apps.backup.manifest import DUMP, INDEX, MANIFEST, Manifest, file_entry, objects_of
from apps.backup.places import Place, PlaceError
from apps.backup.postgres import ToolError
from apps.backup.proof import dump_ledger_faults

__all__ = ["backup_faults"]


def backup_faults(place: Place, manifest: Manifest, folder: Path) -> Iterator[str]:
    """Yield what is wrong with a backup, by name; its files are left in `folder`.

    A changed list or dump is not read any further: what it says is worth nothing.
    """
    known = {DUMP, INDEX, MANIFEST}
    broken = False
    for name in (DUMP, INDEX):
        for fault in _file_faults(place, name, manifest.files.get(name), folder / name):
            broken = True
            yield fault
    if broken:
        return
    stored = {}
    for row in objects_of(folder / INDEX):
        key = row["key"]
        if key.endswith("/clip.mp4") and row["of"].startswith("evidence.clip:"):
            stored[key] = row["sha256"]
        if manifest.objects["copied"] and not row.get("missing"):
            known.add(f"objects/{key}")
            yield from _file_faults(place, f"objects/{key}", row, folder / "object")
            (folder / "object").unlink(missing_ok=True)
    for name in sorted(place.names() - known):
        yield f"{name}: does not belong to the backup"
    try:
        yield from dump_ledger_faults(folder / DUMP, manifest.ledger, stored)
    except (ToolError, ValueError, KeyError, TypeError) as error:
        yield f"{DUMP}: the ledger in it cannot be read: {error}"


def _file_faults(place: Place, name: str, said: object, file: Path) -> Iterator[str]:
    if not isinstance(said, dict):
        yield f"{name}: the manifest does not tell of it"
        return
    try:
        place.get(name, file)
    except PlaceError as error:
        yield f"{name}: is missing or cannot be read ({error})"
        return
    if file_entry(file) != {"bytes": said["bytes"], "sha256": said["sha256"]}:
        yield f"{name}: was changed"
