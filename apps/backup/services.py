"""Makes a backup of the whole installation: one moment of the database, and what it names."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.utils import timezone

from apps.audit.services import record
from apps.backup.index import Named, named_objects
from apps.backup.manifest import DUMP, INDEX, MANIFEST, Manifest, file_entry, objects_of
from apps.backup.places import Place, workshop
from apps.backup.postgres import connection_env, dump
from apps.backup.state import guards_of, migrations_of, rows_of, tables_of
from apps.evidence.storage import Missing, StorageError, get_file
from apps.ledger.selectors import newest_link
from apps.ledger.services import ledger_seal, root_sign
from apps.mines.models import Mine
from apps.tenancy.scope import mine_scope, system_scope

__all__ = ["Made", "backup_make", "key_fingerprint"]

NOT_IN_IT = [
    "DAVY_FIELD_KEY: without it camera passwords, the addresses of Notifications and the ledger's "
    "signing keys stay locked",
    "DAVY_SECRET_KEY: with another one everybody signs in again, and every program needs a new key",
    "passwords of the database, the broker, the store and the mail server; DAVY_VAPID_KEY",
    "the ring of recordings on the recorder's disk; what no alarm or hold has taken out of it",
    "the broker's messages: rows ring for them again",
]


@dataclass(frozen=True)
class Made:
    """A finished backup: its place, what it says, the SHA-256 of its manifest, and what lacks."""

    place: Place
    manifest: Manifest
    sha256: str
    faults: list[str]


def backup_make(*, place: Place, objects: bool, say: Callable[[str], None]) -> Made:
    """Back up everything into a folder of its own under `place`; its manifest is written last.

    The dump, the counts, the heads of the chains and the list of objects are of one snapshot, so
    they fit each other however busy the mine is. objects: copies those of the store as well.
    Raises ToolError, PlaceError, StorageError; then there is no manifest, and it is no backup.
    """
    began = timezone.now()
    target = place.below(f"davy-{began:%Y%m%dT%H%M%SZ}")
    unsigned = _seal()
    with workshop() as name:
        folder = Path(name)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                # Not from a savepoint, and a scope is one in here.
                cursor.execute("SELECT pg_export_snapshot()")
                (snapshot,) = cursor.fetchone()
            with system_scope("a backup holds every mine"):
                facts = _database(folder / DUMP, snapshot)
                named = list(named_objects())
        say(f"database: {facts['files'][DUMP]['bytes'] / 1e6:.1f} MB")
        counted, faults = _objects(named, folder, target if objects else None, say)
        facts["files"][INDEX] = file_entry(folder / INDEX)
        manifest = Manifest(
            made_at=began.astimezone(UTC).isoformat(timespec="seconds"),
            objects=counted,
            field_key=key_fingerprint(),
            bucket=settings.S3_BUCKET,
            not_in_it=NOT_IN_IT,
            **facts,
        )
        target.put(DUMP, folder / DUMP)
        target.put(INDEX, folder / INDEX)
        (folder / MANIFEST).write_text(manifest.text(), encoding="utf-8")
        target.put(MANIFEST, folder / MANIFEST)
        sha256 = hashlib.sha256(manifest.text().encode()).hexdigest()
    with system_scope("the backup is of the whole installation"):
        record(
            action="backup.made", subject="backup", part="backup",
            detail={"sha256": sha256, "objects": counted, "rows": sum(manifest.tables.values())},
        )  # fmt: skip
    return Made(target, manifest, sha256, [*unsigned, *faults])


def key_fingerprint() -> str:
    """Return what tells one DAVY_FIELD_KEY from another and gives away nothing of it."""
    return hashlib.sha256(b"davy backup " + settings.FIELD_KEY.encode()).hexdigest()[:16]


def _seal() -> list[str]:
    """Chain and sign what stands, so that the backup ends with a signed root.

    Returns which mines' records nobody could sign: a backup is worth more than its signature.
    """
    unsigned = []
    with system_scope("every mine's record is sealed in turn"):
        mines = list(Mine.objects.order_by("pk"))
    for mine in mines:
        with mine_scope(mine.pk):
            while ledger_seal(mine_id=mine.pk, thorough=True):
                pass
            try:
                root_sign(mine_id=mine.pk)
            except ImproperlyConfigured as error:
                unsigned.append(f"{mine.name}: the record's end is not signed. {error}")
    return unsigned


def _database(file: Path, snapshot: str) -> dict[str, Any]:
    """Dump this transaction's snapshot, and count in the same one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version')")
        (server,) = cursor.fetchone()
        program = dump(
            file,
            env=connection_env(connection.settings_dict),
            snapshot=snapshot,
            server=int(server.partition(".")[0]),
        )
        facts = {
            "server": server,
            "program": program,
            "files": {DUMP: file_entry(file)},
            "migrations": migrations_of(cursor),
            "tables": {table: rows_of(cursor, table) for table in tables_of(cursor)},
            "guards": guards_of(cursor),
        }
    heads = {}
    for mine_id in Mine.objects.order_by("pk").values_list("pk", flat=True):
        if link := newest_link(mine_id=mine_id):
            heads[str(mine_id)] = {"number": link.number, "hash": link.hash}
    return facts | {"ledger": heads}


def _objects(
    named: list[Named], folder: Path, target: Place | None, say: Callable[[str], None]
) -> tuple[dict[str, Any], list[str]]:
    """Write the list of objects; read those without a known hash, and all that are copied."""
    faults: list[str] = []
    listed = total = 0
    away = ""
    with (folder / INDEX).open("w", encoding="utf-8") as lines:
        for number, one in enumerate(named, 1):
            if number % 1000 == 0:
                say(f"objects: {number} of {len(named)}")
            row = one.data()
            if target is not None or (one.sha256 is None and not away):
                try:
                    row |= _read(one, folder / "object", target)
                except Missing:
                    if one.may_lack:
                        continue
                    row["missing"] = True
                    faults.append(f"{one.key}: the store does not have it ({one.of})")
                except Changed as error:
                    row["missing"] = True
                    faults.append(str(error))
                except StorageError as error:
                    if target is not None:
                        raise
                    # The database is worth a backup without it.
                    away = str(error)
                    faults.append(f"objects were not read for their hashes: {away}")
            listed += 1
            total += row["bytes"] or 0
            lines.write(json.dumps(row, sort_keys=True) + "\n")
    copied = target is not None
    missing = sum("missing" in row for row in objects_of(folder / INDEX))
    return {"named": listed, "bytes": total, "copied": copied, "missing": missing}, faults


class Changed(Exception):  # noqa: N818
    """The store has other bytes under a key than were stored."""


def _read(one: Named, file: Path, target: Place | None) -> dict[str, Any]:
    """Return an object's size and hash, and copy it where there is a place for it."""
    get_file(one.key, file)
    entry = file_entry(file)
    if one.sha256 is not None and entry["sha256"] != one.sha256:
        raise Changed(f"{one.key}: the store has other bytes than were stored ({one.of})")
    if target is not None:
        target.put(f"objects/{one.key}", file)
    file.unlink()
    return entry
