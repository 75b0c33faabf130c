"""The files for a container engine describe the same parts as the demo runs.

No engine runs here: the files are parsed and compared, not built.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any

import pytest
import yaml
from asgiref.sync import async_to_sync
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from davy.forwarded import Forwarded
from infra import processes
from infra.command import ROOT
from infra.embedded import Services

# Read from the environment, and not handed on by compose.yaml, with the reason.
LEFT_OUT = {
    "DATABASE_OWNER_URL": "migrate's alone: nothing else acts as the owner of the tables",
    "DAVY_DB_POOL": "for commands that must not pool",
    "DAVY_DEBUG": "never in a mine",
    "DAVY_EMAIL_DIR": "the demo's letters",
    "DAVY_MODELS": "the image has its models; a mine's own are registered on the pages",
    "DAVY_POSTGRES_BIN": "the image has PostgreSQL's programs in their usual place",
    "DAVY_STATIC_ROOT": "the image's own",
    "DAVY_VAR": "the image's own, on the volume",
}
READ = re.compile(r"""(?:\benv(?:_[a-z]+)?|environ\.get)\(\s*"([A-Z][A-Z0-9_]+)\"""")

SERVICES = {"postgres", "valkey", "s3"}
ONCE = {"migrate", "bucket"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "infra" / "compose.yaml").read_text())


def test_compose_runs_the_process_table_and_nothing_else(compose: dict[str, Any]) -> None:
    values = {"host": "0.0.0.0", "port": 8000}
    table = {
        process.name: [part.format(**values) for part in process.argv]
        for process in processes.TABLE
    }
    described = {
        name: service["command"]
        for name, service in compose["services"].items()
        if name not in SERVICES | ONCE
    }
    assert described == table


def test_each_process_has_its_environment_and_stop_signal_in_compose(
    compose: dict[str, Any],
) -> None:
    for process in processes.TABLE:
        environment = compose["services"][process.name]["environment"]
        assert process.env.items() <= environment.items()
        stopped_by = compose["services"][process.name].get("stop_signal", "SIGTERM")
        assert stopped_by == process.stop_signal.name
        assert "davy_app" in environment["DATABASE_URL"]


def test_what_the_environment_may_say_reaches_the_containers(compose: dict[str, Any]) -> None:
    read = {
        name
        for folder in ("platform", "apps", "workers/models", "workers/vision")
        for path in (ROOT / folder).rglob("*.py")
        for name in READ.findall(path.read_text(encoding="utf-8"))
    }
    assert {"DAVY_RING_BYTES", "DAVY_HTTPS", "DAVY_DEVICE"} <= read
    handed = set(compose["x-environment"]) | set(compose["x-worker"]["environment"])
    assert read - handed - {"NPM", "PATH"} == set(LEFT_OUT)
    assert "DATABASE_OWNER_URL" in compose["services"]["migrate"]["environment"]


@pytest.mark.parametrize(
    ("said", "secure", "origins"),
    [
        ({}, False, []),
        ({"DAVY_BASE_URL": "http://10.0.0.5"}, False, []),
        ({"DAVY_BASE_URL": "https://davy.mine.example/"}, True, ["https://davy.mine.example"]),
        (
            {"DAVY_BASE_URL": "https://davy.mine.example", "DAVY_HTTPS": "0"},
            False,
            ["https://davy.mine.example"],
        ),
        ({"DAVY_HTTPS": "1", "DAVY_TRUSTED_ORIGINS": "https://a.example"}, True,
         ["https://a.example"]),
    ],
)  # fmt: skip
def test_behind_tls_people_can_sign_in_with_what_the_address_says(
    said: dict[str, str], secure: bool, origins: list[str]
) -> None:
    code = (
        "from davy import settings; "
        "print(settings.HTTPS, settings.SESSION_COOKIE_SECURE, settings.CSRF_TRUSTED_ORIGINS)"
    )
    # As the containers get them: what nobody set is empty.
    env = os.environ | {"DAVY_BASE_URL": "", "DAVY_HTTPS": "", "DAVY_TRUSTED_ORIGINS": ""} | said
    env["PYTHONPATH"] = f"{ROOT / 'platform'}:{ROOT}"
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.stdout.strip() == f"{secure} {secure} {origins}", done.stderr


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ([], "203.0.113.7"),
        (["10.0.0.66"], "203.0.113.7"),
        (["10.0.0.66, 127.0.0.1"], "203.0.113.7"),
        (["10.0.0.66", "172.18.0.1"], "203.0.113.7"),
    ],
)
def test_nobody_chooses_the_address_that_their_failed_sign_ins_are_counted_by(
    compose: dict[str, Any], written: list[str], told: str
) -> None:
    """written: the X-Forwarded-For that a guesser sends, to which the proxy adds who they are."""
    environment = compose["x-environment"]
    [proxies] = re.findall(r":-(\d+)", environment.get("DAVY_PROXIES", ":-0"))
    heard: list[str] = []

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        heard.append(scope["client"][0])

    believed = environment.get("FORWARDED_ALLOW_IPS", "127.0.0.1")  # as uvicorn has it
    app: Any = ProxyHeadersMiddleware(Forwarded(answer, int(proxies)), believed)  # type: ignore[arg-type]
    lines = [*written[:-1], ", ".join([*written[-1:], "203.0.113.7"])]
    headers = [(b"x-forwarded-for", line.encode()) for line in lines]
    # Docker's bridge is whom the container is asked by.
    scope = {"type": "http", "client": ("172.18.0.1", 40000), "headers": headers}
    async_to_sync(app)(scope, None, None)
    assert heard == [told]


def test_only_migration_connects_as_the_owner(compose: dict[str, Any]) -> None:
    owners = [
        name
        for name, service in compose["services"].items()
        if "davy_owner" in str(service.get("environment", {}).get("DATABASE_URL"))
    ]
    assert owners == ["migrate"]
    assert compose["services"]["migrate"]["command"] == list(processes.MIGRATE)


def test_no_port_is_open_beyond_this_machine(compose: dict[str, Any]) -> None:
    ports = [port for one in compose["services"].values() for port in one.get("ports", [])]
    assert ports and all(port.startswith("127.0.0.1:") for port in ports)


def test_every_build_target_is_a_stage_of_the_dockerfile(compose: dict[str, Any]) -> None:
    text = (ROOT / "infra" / "Dockerfile").read_text()
    stages = {line.split()[-1] for line in text.splitlines() if line.startswith("FROM ")}
    targets = {one["build"]["target"] for one in compose["services"].values() if "build" in one}
    assert targets == {"web", "worker"} <= stages


def test_the_image_copies_only_what_the_repository_has() -> None:
    text = (ROOT / "infra" / "Dockerfile").read_text()
    for line in text.splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                if not source.startswith("frontend/"):
                    assert (ROOT / source).exists(), line


def test_the_bucket_is_made_once_and_found_again(
    compose: dict[str, Any], services: Services
) -> None:
    command = compose["services"]["bucket"]["command"]
    env = os.environ | services.env | {"S3_BUCKET": "made-by-compose"}
    for _ in range(2):
        subprocess.run([sys.executable, *command[1:]], env=env, check=True)
