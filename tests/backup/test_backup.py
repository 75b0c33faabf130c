"""A backup brings everything back into another database, and a bad one is refused in words."""

import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db.models import CharField
from django.utils import timezone

from apps.backup import restoring
from apps.backup.checks import backup_faults
from apps.backup.index import KEYED
from apps.backup.manifest import INDEX, MANIFEST, read_manifest
from apps.backup.places import Folder, PlaceError
from apps.backup.restoring import Refused, free, unfit
from apps.evidence import locking
from apps.evidence.holds import hold_place
from apps.evidence.models import Clip
from apps.evidence.storage import Features, put_bytes, put_file, remove
from apps.ledger.services import ledger_seal, root_sign
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast, an_alarm, build_cast
from tests.notify.receivers import unused_port

ROOT = Path(__file__).resolve().parents[2]
SECOND = "test_davy_second"
VIDEO = b"not a film, but bytes\x00\n\t\\" * 999


def named(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def a_held_clip(cast: Cast) -> Clip:
    """A finished video with its three objects, held; its reason has every hard character."""
    import hashlib

    mine = cast.lamp_hill.mine
    with mine_scope(mine.pk):
        alarm = an_alarm(cast.lamp_hill, why="tab\t, back\\slash, line\n, 危险, \\N and \\.")
        clip = alarm.clips.get()
        folder = f"{mine.pk}/{clip.uid}"
        for name, body in (("clip.mp4", VIDEO), ("manifest.json", b"{}")):
            put_bytes(f"{folder}/{name}", body, content_type="video/mp4")
        sha256 = hashlib.sha256(VIDEO).hexdigest()
        Clip.objects.filter(pk=clip.pk).update(
            state=Clip.State.READY, key=f"{folder}/clip.mp4", bytes=len(VIDEO), sha256=sha256,
            held_in_store=True, locked_until=timezone.now() + timedelta(days=300),
        )  # fmt: skip
        from apps.audit.services import record

        words = {"sha256": sha256, "words": "tab\t, back\\slash, line\n, 危险", "bytes": 1.0}
        record(action="clip.ready", subject=clip, mine_id=mine.pk, part="evidence", detail=words)
        hold_place(
            actor=cast.admin, clip=clip, reason="case\t7\n\\", until=timezone.now() + timedelta(9)
        )
        ledger_seal(mine_id=mine.pk)
        root_sign(mine_id=mine.pk)
        return Clip.objects.get(pk=clip.pk)


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker, tmp_path_factory):
    """Two mines with their people and a held video, backed up with objects: (folder, clip)."""
    folder = tmp_path_factory.mktemp("backups")
    with django_db_blocker.unblock():
        try:
            with system_scope("the cast spans mines"):
                cast = build_cast()
            clip = a_held_clip(cast)
            call_command("backup", str(folder), objects=True, verbosity=0)
        finally:
            call_command("flush", interactive=False, verbosity=0, reset_sequences=False)
    return next(folder.iterdir()), clip


@pytest.fixture
def copied(made, tmp_path):
    """The backup, to be spoilt."""
    return Path(shutil.copytree(made[0], tmp_path / "backup"))


@pytest.fixture(scope="module")
def second(services):
    """A second, empty database: the environment of a command that runs on it."""
    owner = os.environ["DATABASE_OWNER_URL"]
    with psycopg.connect(owner, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {SECOND} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {SECOND}")
    yield {
        **os.environ,
        "DATABASE_OWNER_URL": named(owner, SECOND),
        "DATABASE_URL": named(os.environ["DATABASE_URL"], SECOND),
    }
    with psycopg.connect(owner, autocommit=True) as server:
        server.execute(f"DROP DATABASE {SECOND} WITH (FORCE)")


def manage(env: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "manage.py", *words]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)


def faults(folder: Path, tmp_path: Path) -> list[str]:
    place = Folder(folder)
    work = tmp_path / "work"
    work.mkdir(exist_ok=True)
    manifest, _sha256 = read_manifest(place, work)
    return list(backup_faults(place, manifest, work))


def test_a_restored_mine_works_guards_its_rows_and_its_record_goes_on(made, second, tmp_path):
    folder, clip = made
    remove(clip.key)  # the store lost it, the backup has it
    manifest, _sha256 = read_manifest(Folder(folder), tmp_path)
    with psycopg.connect(second["DATABASE_URL"], autocommit=True) as app:
        with pytest.raises(Refused, match="may make no tables"):
            free(app, manifest, replace=True)
        with psycopg.connect(second["DATABASE_OWNER_URL"], autocommit=True) as owner:
            with pytest.raises(Refused, match="1 other connections use"):
                free(owner, manifest, replace=True)
            owner.execute("CREATE TABLE of_somebody (x int)")
    refused = manage(second, "restore", str(folder))
    assert refused.returncode == 1 and "is not empty" in refused.stderr
    done = manage(second, "restore", str(folder), "--replace")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 put back" in done.stdout and "nothing lacks" in done.stdout

    with psycopg.connect(second["DATABASE_URL"]) as app:
        mine = clip.mine_id
        assert app.execute("SELECT count(*) FROM evidence_clip").fetchone() == (0,)
        app.execute("SELECT set_config('davy.mine_ids', %s, true)", [str(mine)])
        # This store may be another one: it is told anew that the video is held.
        told = "SELECT mine_id, sha256, held_in_store FROM evidence_clip"
        assert app.execute(told).fetchall() == [(mine, clip.sha256, False)]
        for forbidden in (
            "UPDATE audit_auditentry SET part = 'x'",
            "DELETE FROM ledger_link",
            "DELETE FROM evidence_clip",
            "UPDATE evidence_clip SET state = 'expiring'",
            "DELETE FROM evidence_hold",
            "CREATE TABLE x (y int)",
            "INSERT INTO mines_area (mine_id, name) VALUES (987654, 'of another mine')",
        ):
            with pytest.raises(psycopg.Error), app.transaction():
                app.execute(forbidden)
    # New rows get new numbers, and the record goes on behind the restore.
    sealed = manage(second, "ledger", "sign")
    assert sealed.returncode == 0, sealed.stderr
    assert manage(second, "ledger", "verify").returncode == 0
    with psycopg.connect(second["DATABASE_URL"]) as app:
        app.execute("SELECT set_config('davy.system', 'on', true)")
        told = app.execute(
            "SELECT count(*) FROM audit_auditentry a JOIN ledger_link l ON l.entry_id = a.id"
            " WHERE action = 'backup.restored'"
        ).fetchone()
        assert told == (2,)


def test_what_is_put_back_is_locked_until_the_day_that_its_row_says(
    made, cast, settings, monkeypatch, tmp_path
):
    """The tests' store cannot lock: what it is asked for is looked at, and stored without."""
    folder, clip = made
    with mine_scope(cast.lamp_hill.mine.pk):
        row = an_alarm(cast.lamp_hill).clips.get()
        day = timezone.now() + timedelta(days=300)
        Clip.objects.filter(pk=row.pk).update(locked_until=day)
    lines = [json.loads(line) for line in (folder / INDEX).read_text().splitlines()]
    named = [line | {"of": f"evidence.clip:{row.pk}", "mine": row.mine_id} for line in lines]
    (tmp_path / INDEX).write_text("".join(json.dumps(line) + "\n" for line in named))
    manifest, _sha256 = read_manifest(Folder(folder), tmp_path)
    asked: dict[str, Any] = {}

    def put(key: str, path: Path, *, locked_until, **how) -> None:
        asked[key] = locked_until
        put_file(key, path, **how)

    monkeypatch.setattr(restoring, "put_file", put)
    monkeypatch.setattr(locking, "features", lambda: Features(versioned=True, lock=True))
    for mode, expected in (("compliance", day), ("off", None)):
        settings.OBJECT_LOCK = mode
        remove(clip.key)
        assert restoring._objects(Folder(folder), manifest, tmp_path) == ([], 1)
        assert asked == {clip.key: expected}


def test_a_ledger_that_does_not_hold_is_found_in_the_backup_itself(made, second, tmp_path):
    env = second
    manage(env, "restore", str(made[0]))  # refused where the test before has filled it
    with psycopg.connect(env["DATABASE_OWNER_URL"]) as owner:
        owner.execute("SELECT set_config('davy.system', 'on', true)")
        owner.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER append_only")
        changed = owner.execute(
            "UPDATE audit_auditentry SET subject = 'nobody' WHERE id = (SELECT min(entry_id)"
            " FROM ledger_link WHERE number = 2 AND mine_id = %s) RETURNING id",
            [made[1].mine_id],
        ).fetchall()
        assert changed
        owner.execute("ALTER TABLE audit_auditentry ENABLE TRIGGER append_only")
    assert manage(env, "backup", str(tmp_path)).returncode == 0
    told = manage(env, "backup", "--verify", str(next(tmp_path.iterdir())))
    assert told.returncode == 1
    assert f"mine {made[1].mine_id}: ledger: the act of link 2 was changed" in told.stderr


def test_a_backup_holds_and_says_what_is_not_in_it(made, tmp_path, capsys):
    call_command("backup", str(made[0]), verify=True)
    assert "its ledger verifies" in capsys.readouterr().out
    said = json.loads((made[0] / MANIFEST).read_text())
    assert any("DAVY_FIELD_KEY" in line for line in said["not_in_it"])
    assert os.environ["DAVY_FIELD_KEY"].encode() not in b"".join(
        path.read_bytes() for path in made[0].rglob("*") if path.is_file()
    )
    assert made[0].stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["database.dump", "objects.jsonl", "objects"])
def test_one_changed_byte_is_named_with_its_file(copied, tmp_path, name):
    file = copied / name
    if file.is_dir():
        file = next(file.rglob("clip.mp4"))
    body = bytearray(file.read_bytes())
    body[len(body) // 2] ^= 1
    file.write_bytes(body)
    assert faults(copied, tmp_path) == [f"{file.relative_to(copied)}: was changed"]


def test_files_that_lack_or_do_not_belong_are_named(copied, tmp_path):
    next(copied.rglob("manifest.json"))  # the backup's own stays
    video = next((copied / "objects").rglob("clip.mp4"))
    video.unlink()
    (copied / "more.txt").write_text("x")
    found = faults(copied, tmp_path)
    assert len(found) == 2 and "is missing" in found[0] and found[1].startswith("more.txt")


def test_a_list_whose_video_is_not_the_ledgers_is_found(copied, tmp_path):
    """Who changes a video, its list and the manifest still has to change the signed chain."""
    import hashlib

    said = json.loads((copied / MANIFEST).read_text())
    video = next((copied / "objects").rglob("clip.mp4"))
    old = hashlib.sha256(video.read_bytes()).hexdigest()
    video.write_bytes(b"y" + video.read_bytes()[1:])
    new = hashlib.sha256(video.read_bytes()).hexdigest()
    index = copied / "objects.jsonl"
    index.write_text(index.read_text().replace(old, new))
    body = index.read_bytes()
    said["files"]["objects.jsonl"]["sha256"] = hashlib.sha256(body).hexdigest()
    (copied / MANIFEST).write_text(json.dumps(said))
    assert [f for f in faults(copied, tmp_path) if "the ledger does not tell of this video" in f]


def test_a_backup_of_a_newer_davy_is_refused_in_words(copied, tmp_path, second):
    manifest, _ = read_manifest(Folder(copied), tmp_path)
    manifest.migrations.append("evidence.9999_future")
    assert unfit(manifest) == ["evidence.9999_future"]
    (copied / MANIFEST).write_text(manifest.text())
    told = manage(second, "restore", str(copied))
    assert told.returncode == 1 and "A newer Davy made this backup" in told.stderr
    said = json.loads((copied / MANIFEST).read_text()) | {"davy_backup": 2}
    (copied / MANIFEST).write_text(json.dumps(said))
    with pytest.raises(CommandError, match="of form 2, this Davy reads up to form 1"):
        call_command("backup", str(copied), verify=True)


def test_a_backup_that_was_broken_off_is_none(copied, tmp_path):
    (copied / MANIFEST).unlink()
    with pytest.raises(PlaceError, match="no finished backup"):
        faults(copied, tmp_path)


def test_a_name_that_leads_out_of_the_backup_is_refused(tmp_path):
    for name in ("../x", "/etc/passwd", "a/../../x", "", "a\\b"):
        with pytest.raises(PlaceError):
            Folder(tmp_path).get(name, tmp_path / "out")


@pytest.mark.parametrize("place", ["s3:/bucket/prefix", "S3://bucket/prefix"])
def test_a_mistyped_bucket_becomes_no_folder(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError, match="those are written s3://BUCKET/PREFIX"):
        call_command("backup", place)
    assert not list(tmp_path.iterdir())


def test_a_folder_whose_disk_is_not_mounted_is_not_made(tmp_path):
    with pytest.raises(CommandError, match="Is its disk mounted"):
        call_command("backup", str(tmp_path / "mnt" / "backups"))
    with pytest.raises(PlaceError, match="No such file"):  # unmounted meanwhile
        Folder(tmp_path / "mnt" / "backups").below("davy-1").put("x", Path(__file__))
    assert not list(tmp_path.iterdir())


def test_a_mine_whose_signing_key_is_lost_is_backed_up_all_the_same(made, second, tmp_path):
    env = second | {"DAVY_FIELD_KEY": Fernet.generate_key().decode()}
    manage(second, "restore", str(made[0]), "--replace")
    done = manage(env, "backup", str(tmp_path))
    assert done.returncode == 1
    assert "the record's end is not signed. A secret was locked with another" in done.stderr
    assert "The backup is made, with 2 faults" in done.stderr
    assert manage(env, "backup", "--verify", str(next(tmp_path.glob("davy-*")))).returncode == 0


def test_a_database_that_is_away_is_told_in_a_line(tmp_path):
    env = {**os.environ, "DATABASE_URL": f"postgres://davy:x@127.0.0.1:{unused_port()}/davy"}
    done = manage(env, "backup", str(tmp_path))
    assert done.returncode == 1
    assert "\nThe database does not answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_backup_in_a_bucket_is_proved_there(made, settings, capsys):
    from apps.backup.places import Bucket

    bucket = Bucket(settings.S3_BUCKET, "kept/one")
    for path in made[0].rglob("*"):
        if path.is_file():
            bucket.put(path.relative_to(made[0]).as_posix(), path)
    call_command("backup", f"s3://{settings.S3_BUCKET}/kept/one", verify=True)
    assert "holds" in capsys.readouterr().out


def test_every_model_with_an_object_in_the_store_is_in_the_list():
    """A new model with a key of the store belongs into apps.backup.index.KEYED."""
    keyed = {
        model
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, CharField) and field.name == "key" and field.max_length == 200
    }
    assert keyed == set(KEYED)
