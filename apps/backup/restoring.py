"""The way back: from a proved backup into an empty database, and what is held against it after."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from apps.audit.services import record
from apps.backup.manifest import DUMP, INDEX, Manifest, objects_of
from apps.backup.places import Place
from apps.backup.postgres import connection_env, load
from apps.backup.services import key_fingerprint
from apps.backup.state import guards_of, migrations_of, rows_of, sequences_behind, tables_of
from apps.bundles.models import Bundle
from apps.bundles.selectors import KEEP
from apps.evidence.locking import holds_doubt_store, lock_again
from apps.evidence.models import Clip
from apps.evidence.storage import Missing, StorageError, put_file, size_of
from apps.ledger.models import SigningKey
from apps.ledger.selectors import ledger_faults
from apps.ledger.services import key_open
from apps.mines.models import Mine
from apps.tenancy.scope import mine_scope, system_scope

__all__ = ["Refused", "Restored", "free", "restore", "unfit"]

MOST = 20


class Refused(Exception):  # noqa: N818
    """A backup is not restored here; the message says why and what to do."""


@dataclass(frozen=True)
class Restored:
    """What came of it: rows, mines, objects that lack, and what is to be told."""

    rows: int
    mines: int
    put_back: int
    lacking: list[str]
    warnings: list[str]


def unfit(manifest: Manifest) -> list[str]:
    """List the migrations of a backup that this code does not know: a newer Davy made it."""
    known = set()
    for (app, name), migration in MigrationLoader(None).disk_migrations.items():
        known |= {f"{app}.{name}", *(f"{a}.{old}" for a, old in migration.replaces)}
    return [name for name in manifest.migrations if name not in known]


def restore(
    *,
    place: Place,
    manifest: Manifest,
    sha256: str,
    folder: Path,
    owner: str,
    replace: bool,
    say: Callable[[str], None],
) -> Restored:
    """Fill the database from a backup that was proved; `folder` holds its files.

    owner: the address of the role that owns the database. replace: empty it first. The rows come
    all or not at all; what fails later is named and leaves them where they are. Raises Refused,
    ToolError.
    """
    _fits(manifest, owner)
    with psycopg.connect(owner, autocommit=True) as server:
        free(server, manifest, replace)
        load(folder / DUMP, env=connection_env(owner))
        _whole(server, manifest)
        server.execute("ANALYZE")
    say(f"database: {sum(manifest.tables.values())} rows, as many as the backup tells")
    _migrate(owner)
    say("migrations and the application's rights: done")
    warnings = list(_key_warnings(manifest))
    with system_scope("a restore looks at every mine"):
        mines = list(Mine.objects.order_by("pk").values_list("pk", flat=True))
        with connection.cursor() as cursor:
            if behind := sequences_behind(cursor):
                warnings.append(f"numbers would be given twice: {', '.join(behind)}")
        holds_doubt_store()  # it may be a fresh store, which knows of no hold
    for mine_id in mines:
        with mine_scope(mine_id):
            warnings += [
                f"mine {mine_id}: {one}" for one in islice(ledger_faults(mine_id=mine_id), MOST)
            ]
            record(
                action="backup.restored", subject="backup", mine_id=mine_id, part="backup",
                detail={"made_at": manifest.made_at, "sha256": sha256},
            )  # fmt: skip
    say(f"ledger: {len(mines)} mines proved")
    lacking, put_back = _objects(place, manifest, folder)
    return Restored(sum(manifest.tables.values()), len(mines), put_back, lacking, warnings)


def _fits(manifest: Manifest, owner: str) -> None:
    if newer := unfit(manifest):
        raise Refused(
            "A newer Davy made this backup: this one does not know "
            f"{', '.join(newer[:3])}{' …' if len(newer) > 3 else ''}. Install that version first."
        )
    ours, theirs = connection.settings_dict, psycopg.conninfo.conninfo_to_dict(owner)
    if str(ours["NAME"]) != str(theirs.get("dbname")):
        raise Refused(
            f"DATABASE_URL names the database {ours['NAME']}, the owner's address "
            f"{theirs.get('dbname')}. Both must name the one that is restored."
        )


def free(server: psycopg.Connection, manifest: Manifest, replace: bool) -> None:
    """Refuse a database that is in use, is not the owner's or holds something; else empty it."""
    row = server.execute(
        "SELECT current_user, has_schema_privilege('public', 'CREATE'),"
        " current_setting('server_version'), current_database(),"
        " (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        # Autovacuum has no user; what kind of backend it is only a superuser sees.
        "  AND pid <> pg_backend_pid() AND usename IS NOT NULL),"
        " (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace)"
    ).fetchone()
    assert row is not None
    role, may_make, version, name, others, things = row
    if not may_make:
        raise Refused(
            f"The role {role} may make no tables in {name}. Give the owner's address in "
            "DATABASE_OWNER_URL."
        )
    if int(version.partition(".")[0]) < int(manifest.server.partition(".")[0]):
        raise Refused(
            f"The backup is of PostgreSQL {manifest.server}, this server is {version}: take one "
            "that is as new, or newer."
        )
    if others:
        raise Refused(f"{others} other connections use {name}. Stop Davy first: all its processes.")
    if things and not replace:
        raise Refused(
            f"The database {name} is not empty. Restore into a fresh one, or say --replace: "
            "then everything in it is deleted."
        )
    if things:
        server.execute("DROP OWNED BY CURRENT_USER CASCADE")


def _whole(server: psycopg.Connection, manifest: Manifest) -> None:
    """Hold the restored database against the manifest: every row, every guard."""
    with server.transaction(), server.cursor() as cursor:
        cursor.execute("SELECT set_config('davy.system', 'on', true)")
        counts = {table: rows_of(cursor, table) for table in tables_of(cursor)}
        guards, migrations = guards_of(cursor), migrations_of(cursor)
    wrong = [
        f"{table} has {counts.get(table, 0)} rows of {rows}"
        for table, rows in sorted(manifest.tables.items())
        if counts.get(table) != rows
    ]
    wrong += [f"{guard} is missing" for guard in sorted(set(manifest.guards) - set(guards))]
    if migrations != manifest.migrations:
        wrong.append("the migrations differ")
    if wrong:
        raise Refused("The database is not what was backed up: " + "; ".join(wrong[:MOST]) + ".")


def _migrate(owner: str) -> None:
    """Bring an older backup up to this code, and let the application's role in again."""
    done = subprocess.run(
        [sys.executable, settings.ROOT / "manage.py", "migrate", "--noinput", "--skip-checks"],
        env=connection_env(owner) | {"DATABASE_URL": owner, "DAVY_DB_POOL": "0"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise Refused(f"The migrations do not fit: {done.stderr.strip()[-600:]}")


def _key_warnings(manifest: Manifest) -> Iterator[str]:
    if key_fingerprint() == manifest.field_key:
        return
    with system_scope("one box shows whether the key fits"):
        key = SigningKey.objects.order_by("pk").first()
    if key is None:
        return
    try:
        key_open(key)
    except ImproperlyConfigured:
        yield (
            "DAVY_FIELD_KEY is another one than when the backup was made: camera passwords and "
            "the ledger's signing keys stay locked, and no message leaves by the routes of "
            "Notifications. Set the old key, or give every camera its password and every route its "
            "address and secret anew, let browsers switch on their notifications again, and run "
            "`manage.py ledger rotate`."
        )


def _objects(place: Place, manifest: Manifest, folder: Path) -> tuple[list[str], int]:
    """Name the objects that the store lacks, after putting back those that the backup has."""
    lacking: list[str] = []
    put_back = 0
    for row in objects_of(folder / INDEX):
        key = row["key"]
        try:
            if row["bytes"] in (None, size_of(key)):
                continue
            why = "has another size"
        except Missing:
            why = "is missing"
        except StorageError as error:
            return [*lacking, f"the store was not asked any further: {error}"], put_back
        if manifest.objects["copied"] and not row.get("missing"):
            place.get(f"objects/{key}", folder / "object")
            put_file(
                key,
                folder / "object",
                content_type=_kind(key),
                filename=_name(row),
                locked_until=_locked(row),
            )
            put_back += 1
        else:
            lacking.append(f"{key}: {why} ({row['of']})")
    return lacking, put_back


def _locked(row: dict[str, Any]) -> datetime | None:
    """Return until when the store must keep an object: as when it was stored."""
    model, _, pk = row["of"].partition(":")
    until: datetime | None = None
    with mine_scope(row["mine"]):
        if model == Clip._meta.label_lower:
            until = Clip.objects.filter(pk=pk).values_list("locked_until", flat=True).first()
        elif model == Bundle._meta.label_lower:
            asked_at = Bundle.objects.filter(pk=pk).values_list("asked_at", flat=True).first()
            until = asked_at and asked_at + KEEP - timedelta(days=1)
    return lock_again(until)


def _kind(key: str) -> str:
    kinds = {"mp4": "video/mp4", "jpg": "image/jpeg", "json": "application/json"}
    kinds["zip"] = "application/zip"
    return kinds.get(key.rpartition(".")[2], "application/octet-stream")


def _name(row: dict[str, Any]) -> str:
    """Return under which name a browser saves it: as when it was stored."""
    folder, _, name = str(row["key"]).rpartition("/")
    # A video's folder is named by its identity, then by the attempt that made it.
    return f"davy-{folder.rpartition('/')[2][:36]}.mp4" if name == "clip.mp4" else ""
