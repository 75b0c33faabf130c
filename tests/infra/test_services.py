"""The embedded services start, stop and come back with their data, on the real programs."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import psycopg
import pytest
import redis
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.command import ROOT, wait_until
from infra.embedded import Services, parts, postgres, s3, valkey
from infra.embedded.service import Service, ServiceError
from infra.state import free_port, load_json, save_json, state_folder


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A state folder under var/: pytest closes its own to PostgreSQL's user at each start."""
    path = state_folder(ROOT / "var" / f"test-infra-{os.getpid()}")
    yield path
    shutil.rmtree(path)


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def kill_hard(service: Service) -> None:
    service.process.signal(signal.SIGKILL)
    assert wait_until(lambda: not service.process.running(), 5.0)


def test_the_application_role_owns_nothing_and_cannot_step_around_row_security(
    services: Services,
) -> None:
    with psycopg.connect(services.env["DATABASE_URL"]) as link:
        row = link.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole"
            " FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert row == ("davy_app", False, False, False, False)
        owned = link.execute(
            "SELECT count(*) FROM pg_database WHERE datdba = 'davy_app'::regrole"
        ).fetchone()
        assert owned == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            link.execute("CREATE TABLE intruder (id int)")


def test_a_wrong_database_password_is_refused(services: Services) -> None:
    wrong = services.env["DATABASE_URL"].replace("davy_app:", "davy_app:x")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_the_databases_passwords_are_changed_by_running_its_roles_again(folder: Path) -> None:
    """As docs/backup.md tells for compose, and as the embedded server does at its next start."""
    first = postgres.start(folder)
    with psycopg.connect(first.env["DATABASE_OWNER_URL"]) as owner:
        owner.execute("CREATE TABLE unchanged (n int)")
    first.stop()
    known = load_json(folder / "secrets.json")
    save_json(folder / "secrets.json", known | {"app_password": "a-new", "owner_password": "o-new"})
    second = postgres.start(folder)
    try:
        with (
            psycopg.connect(second.url) as app,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            app.execute("SELECT * FROM unchanged")
        with psycopg.connect(second.env["DATABASE_OWNER_URL"]) as owner:
            assert owner.execute("SELECT count(*) FROM unchanged").fetchone() == (0,)
        for url in (first.url, first.env["DATABASE_OWNER_URL"]):
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(url)
    finally:
        second.stop()


def test_every_service_listens_on_loopback_only(services: Services) -> None:
    for service in services.services.values():
        port = service.url.rpartition(":")[2].partition("/")[0]
        listening = [
            line.split()[1]
            for table in ("/proc/net/tcp", "/proc/net/tcp6")
            for line in Path(table).read_text().splitlines()[1:]
            if line.split()[1].endswith(f":{int(port):04X}") and line.split()[3] == "0A"
        ]
        assert listening == [f"0100007F:{int(port):04X}"], service.process.command.name


def test_postgres_killed_hard_comes_back_on_its_port_with_its_rows(folder: Path) -> None:
    first = postgres.start(folder)
    with psycopg.connect(first.env["DATABASE_OWNER_URL"]) as link:
        link.execute("CREATE TABLE kept (word text)")
        link.execute("INSERT INTO kept VALUES ('lamp')")
    kill_hard(first)
    second = postgres.start(folder)
    try:
        assert second.url == first.url
        with psycopg.connect(second.env["DATABASE_OWNER_URL"]) as link:
            assert link.execute("SELECT word FROM kept").fetchone() == ("lamp",)
            assert link.execute("SHOW fsync").fetchone() == ("on",)
            assert link.execute("SHOW max_connections").fetchone() == ("120",)
    finally:
        second.stop()
    assert gone(second.pid)


def test_postgres_starts_over_a_pid_file_that_names_another_program(folder: Path) -> None:
    postgres.start(folder).stop()
    pid_file = folder / "postgres" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{folder}/postgres\n1\n1\n\n\n\nready\n")
    service = postgres.start(folder)
    service.stop()


def test_postgres_starts_in_a_folder_too_deep_for_a_unix_socket(folder: Path) -> None:
    deep = folder.joinpath(*["a-rather-long-folder-name"] * 6)
    assert len(str(deep)) > 107
    service = postgres.start(deep)
    try:
        psycopg.connect(service.url).close()
    finally:
        service.stop()


def test_a_data_folder_of_another_version_is_refused_with_words(tmp_path: Path) -> None:
    data = state_folder(tmp_path / "var") / "postgres"
    data.mkdir()
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(ServiceError, match="was made by PostgreSQL 9"):
        postgres.prepare(data.parent)


def test_valkey_killed_hard_comes_back_with_its_messages(folder: Path) -> None:
    first = valkey.start(folder)
    client = redis.Redis.from_url(first.url)
    client.rpush("queue", "chunk 1")
    # everysec: what a client was told a second ago is on disk.
    assert wait_until(lambda: client.info("persistence")["aof_pending_bio_fsync"] == 0, 5.0)
    assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
    kill_hard(first)
    second = valkey.start(folder)
    try:
        assert second.url == first.url
        assert redis.Redis.from_url(second.url).lrange("queue", 0, -1) == [b"chunk 1"]
        with pytest.raises(redis.AuthenticationError):
            redis.Redis.from_url(second.url.replace("redis://:", "redis://:x")).ping()
    finally:
        second.stop()


def s3_client(env: dict[str, str], secret: str | None = None):  # noqa: ANN201
    return boto3.client(
        "s3",
        endpoint_url=env["S3_ENDPOINT_URL"],
        aws_access_key_id=env["S3_ACCESS_KEY_ID"],
        aws_secret_access_key=secret or env["S3_SECRET_ACCESS_KEY"],
        region_name=env["S3_REGION"],
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
    )


def test_the_s3_server_keeps_objects_and_refuses_a_wrong_signature(folder: Path) -> None:
    first = s3.start(folder)
    env = dict(first.env)
    s3_client(env).put_object(Bucket=env["S3_BUCKET"], Key="a/clip.mp4", Body=b"lamp")
    with pytest.raises(ClientError) as refusal:
        s3_client(env, secret="wrong").get_object(Bucket=env["S3_BUCKET"], Key="a/clip.mp4")
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    kill_hard(first)
    second = s3.start(folder)
    try:
        assert second.url == first.url
        kept = s3_client(env).get_object(Bucket=env["S3_BUCKET"], Key="a/clip.mp4")
        assert kept["Body"].read() == b"lamp"
    finally:
        second.stop()


def test_what_a_killed_store_left_half_written_is_in_nobodys_way(folder: Path) -> None:
    first = s3.start(folder)
    env = dict(first.env)
    place = {"Bucket": env["S3_BUCKET"], "Key": "b/clip.mp4"}
    bucket = folder / "s3" / env["S3_BUCKET"]
    try:
        s3_client(env).put_object(**place, Body=b"lamp")
        description = bucket / ".nanio-meta" / "b" / "clip.mp4.json.tmp"
        unnamed = bucket / "b" / f".tmp.{'0' * 32}"
        description.touch()
        unnamed.write_bytes(b"half of a la")
        # So it would stay for ever: the name is taken.
        with pytest.raises((ClientError, BotoCoreError)):
            s3_client(env).put_object(**place, Body=b"winch")
        kill_hard(first)
    finally:
        first.stop()
    second = s3.start(folder)
    try:
        s3_client(env).put_object(**place, Body=b"winch")
        assert s3_client(env).get_object(**place)["Body"].read() == b"winch"
        assert not unnamed.exists()
    finally:
        second.stop()


def test_a_large_upload_that_a_kill_cut_off_takes_no_room_for_ever(folder: Path) -> None:
    first = s3.start(folder)
    env = dict(first.env)
    place = {"Bucket": env["S3_BUCKET"], "Key": "b/bundle.zip"}
    old, fresh = (
        s3_client(env).create_multipart_upload(**place)["UploadId"] for _ in range(2)
    )  # fmt: skip
    for upload in (old, fresh):
        s3_client(env).upload_part(**place, UploadId=upload, PartNumber=1, Body=b"half")
    kill_hard(first)
    uploads = folder / "s3" / ".nanio" / "multipart"
    begun = uploads / old / "init.json"
    said = load_json(begun)
    said["initiated"] = (datetime.now(UTC) - timedelta(days=8)).isoformat()
    begun.write_text(json.dumps(said))
    long_ago = time.time() - 8 * 86400
    os.utime(uploads / old, (long_ago, long_ago))
    second = s3.start(folder)
    try:
        assert [kept.name for kept in uploads.iterdir()] == [fresh]
    finally:
        second.stop()


def test_secrets_are_readable_by_their_owner_alone(folder: Path) -> None:
    postgres.prepare(folder)
    assert stat.S_IMODE((folder / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) & 0o077 in (0, 0o001)


def test_a_remembered_port_is_given_up_only_when_it_is_taken(tmp_path: Path) -> None:
    port = free_port(tmp_path, "web")
    assert free_port(tmp_path, "web") == port
    with socket.create_server(("127.0.0.1", port)):
        moved = free_port(tmp_path, "web")
    assert moved != port
    assert load_json(tmp_path / "ports.json") == {"web": moved}


def test_an_address_in_the_environment_replaces_its_part(tmp_path: Path) -> None:
    environ = {
        "DATABASE_URL": "postgresql://a@db/davy",
        "DATABASE_OWNER_URL": "postgresql://o@db/davy",
        "S3_ENDPOINT_URL": "https://s3.example",
        "S3_ACCESS_KEY_ID": "k",
        "S3_SECRET_ACCESS_KEY": "s",
    }
    assert [part.command.name for part in parts(tmp_path, environ)] == ["valkey"]
    with pytest.raises(ServiceError, match="DATABASE_OWNER_URL is not"):
        parts(tmp_path, {"DATABASE_URL": "postgresql://a@db/davy"})


def test_no_secret_stands_on_a_command_line(services: Services) -> None:
    known = load_json(Path(services.env["DAVY_VAR"]) / "secrets.json")
    for service in services.services.values():
        line = Path(f"/proc/{service.pid}/cmdline").read_bytes().decode()
        assert not [name for name, value in known.items() if value in line]
