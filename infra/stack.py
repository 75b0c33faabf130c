"""One mine on one machine: services, cameras of the demo, and the application's processes."""

from __future__ import annotations

import base64
import hashlib
import secrets
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from infra import processes
from infra.command import ROOT, Command, Process
from infra.embedded import application_env, parts, rtsp, s3
from infra.embedded.service import ServiceError
from infra.state import free_port, load_json, save_json, state_folder
from infra.supervisor import Stopped, Supervisor

__all__ = ["Stack"]

_SERVICES, _APPLICATION = 1, 2
_CODE = (
    ("apps", "*.py"),
    ("platform", "*.py"),
    ("workers/simulate/loops", "*.json"),
    (".", "requirements.txt"),
)
_STATIC = (("frontend/dist", "*"), ("apps", "static/**/*"), (".", "requirements.txt"))


class Stack:
    """Starts the whole mine and waits until each part answers; `stop()` ends all of it.

    `only` names the processes of the application to start; all of them by default. Raises
    ServiceError or TimeoutError with words for a person, Stopped on Ctrl-C.
    """

    def __init__(
        self,
        state_dir: Path,
        environ: Mapping[str, str],
        say: Callable[[str], None],
        *,
        only: Collection[str] = (),
    ) -> None:
        self._table = [row for row in processes.TABLE if not only or row.name in only]
        self.state_dir = state_folder(state_dir)
        self.say = say
        self.supervisor = Supervisor(self.state_dir / "log", say)
        self.logins_file = self.state_dir / "logins.json"
        self.seeded = False
        self.base_url = ""
        self.rtsp_url = ""
        self._given = dict(environ)
        self._once: list[Process] = []
        self.env = self._given | {
            "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": environ.get("DJANGO_SETTINGS_MODULE", "davy.settings"),
            # Weights are the same for every state folder.
            "DAVY_MODELS": environ.get("DAVY_MODELS") or str(ROOT / "var" / "models"),
            **application_env(self.state_dir, environ),
        }

    def start(self) -> None:
        """Bring everything up."""
        self._start_services()
        self._prepare_database_and_pages()
        self._start_application()

    def stop(self) -> None:
        """Stop everything that was started, last first."""
        for process in self._once:
            process.stop(1.0)
        self.supervisor.stop()

    def _start_services(self) -> None:
        with self._step("services"):
            services = parts(self.state_dir, self._given)
            cameras = rtsp.prepare(self.state_dir)
            self.rtsp_url = cameras.url
            for part in (*services, cameras):
                self.env |= part.env
                self.supervisor.start(part.command, self._service_env(), tier=_SERVICES)
            for part in (*services, cameras):
                self.supervisor.wait_for(part.command.name, part.ready, part.start_timeout_s)
                part.finish()
            if self._given.get("S3_ENDPOINT_URL"):
                s3.make_bucket(self.env)

    def _service_env(self) -> dict[str, str]:
        """Services get no application secrets, only what a program needs to run."""
        wanted = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV")
        return {name: self.env[name] for name in wanted if name in self.env}

    def _prepare_database_and_pages(self) -> None:
        port = free_port(self.state_dir, "web")
        self.base_url = self._given.get("DAVY_BASE_URL") or f"http://127.0.0.1:{port}"
        self.env["DAVY_BASE_URL"] = self.base_url
        self._set_notifications()
        self.env.setdefault("DAVY_CAMERA_LOOPBACK", "1")  # the demo's cameras are on this machine
        self.env.setdefault("DAVY_FILE_SOURCES", ":".join(_file_sources(self.state_dir)))
        stamps = load_json(self.state_dir / "done.json")
        static = _digest(_STATIC)
        collecting = None
        if stamps.get("static") != static:
            collecting = self._begin("collectstatic", "collectstatic", "--noinput", "-v", "0")
        # A database of this folder is known by its own number; another's may change unseen.
        database = self._database_number()
        code = _digest(_CODE, f"{database} {self.rtsp_url}")
        if not database or stamps.get("database") != code or not self.logins_file.exists():
            owner = {"DATABASE_URL": self.env["DATABASE_OWNER_URL"]}
            with self._step("database"):
                self._end(self._begin("migrate", *processes.MIGRATE[2:], "-v", "0", env=owner))
            with self._step("demo mine"):
                arguments = ("seed", "--rtsp", self.rtsp_url, "--logins", str(self.logins_file))
                arguments += ("--receiver", str(self.state_dir / "receiver.json"))
                self._end(self._begin("seed", *arguments))
                self.seeded = True
        if collecting:
            with self._step("pages"):
                self._end(collecting)
        save_json(self.state_dir / "done.json", {"static": static, "database": code})

    def _set_notifications(self) -> None:
        """Let mail go into a folder, and webhooks to `python -m infra.receiver`: nothing leaves."""
        if not self._given.get("DAVY_EMAIL_HOST"):
            self.env.setdefault("DAVY_EMAIL_DIR", str(state_folder(self.state_dir / "mail")))
        self.env.setdefault("DAVY_NOTIFY_PRIVATE", "127.0.0.1/32")
        told = self.state_dir / "receiver.json"
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        known = {"secret": secret, **load_json(told)}
        save_json(told, known | {"port": free_port(self.state_dir, "receiver")})

    def _start_application(self) -> None:
        port = free_port(self.state_dir, "web")
        values: dict[str, str | int] = {"host": "127.0.0.1", "port": port}
        with self._step("web, recorder, workers"):
            for process in self._table:
                self.supervisor.start(
                    processes.command(process, **values), self.env, tier=_APPLICATION
                )
            for process in self._table:
                self.supervisor.wait_for(process.name, self._ready(process, port), 60.0)

    def _ready(self, process: processes.AppProcess, port: int) -> Callable[[], bool]:
        if process.name == "web":
            return lambda: _healthy(f"http://127.0.0.1:{port}/healthz")
        says = process.says
        if says is None:
            return lambda: self.supervisor.process(process.name).running()
        return lambda: self.supervisor.process(process.name).said(says)

    def _database_number(self) -> str:
        """Return the cluster's own random number, or nothing when it is not ours."""
        if self._given.get("DATABASE_URL"):
            return ""
        control = self.state_dir / "postgres" / "global" / "pg_control"
        with control.open("rb") as file:
            return file.read(8).hex()

    def _begin(self, name: str, *arguments: str, env: Mapping[str, str] | None = None) -> Process:
        command = Command(name, (sys.executable, str(ROOT / "manage.py"), *arguments))
        log = self.state_dir / "log" / f"{name}.log"
        self._once.append(Process(command, log, self.env | dict(env or {})))
        return self._once[-1]

    def _end(self, process: Process) -> None:
        while process.running():
            self.supervisor.check()
            if self.supervisor.stopping:
                process.stop(1.0)
                raise Stopped
            time.sleep(0.03)
        if process.reap():
            raise ServiceError(
                f"{process.command.name} failed. The end of {process.log}:\n{process.tail(25)}"
            )

    def _step(self, name: str) -> _Step:
        return _Step(name, self.say)


class _Step:
    """Says how long a step took, and that it goes on when it is slow."""

    def __init__(self, name: str, say: Callable[[str], None]) -> None:
        self._name, self._say = name, say

    def __enter__(self) -> None:
        self._began = time.monotonic()
        self._say(f"{self._name} …")

    def __exit__(self, kind: Any, *_: object) -> None:
        if kind is None:
            self._say(f"{self._name}: {time.monotonic() - self._began:.1f} s")


def _digest(places: Iterable[tuple[str, str]], more: str = "") -> str:
    """Return a number for the present content of files."""
    total = hashlib.sha256(more.encode())
    for folder, pattern in places:
        base = ROOT / folder
        for path in sorted(base.glob(pattern) if folder == "." else base.rglob(pattern)):
            if path.is_file():
                total.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return total.hexdigest()


def _file_sources(state_dir: Path) -> list[str]:
    """Folders from which a camera may play a file: what the repository shows, and the user's."""
    videos = state_dir / "videos"
    videos.mkdir(exist_ok=True)
    shown = [rtsp.LOOPS, ROOT.parent / "shared" / "data", videos]
    return [str(path) for path in shown if path.is_dir()]


def _healthy(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        return bool(opener.open(url, timeout=2.0).status == 200)
    except (urllib.error.URLError, OSError):
        return False
