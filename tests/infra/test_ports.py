"""Ports of embedded parts: remembered, and given to one at a time, whichever process asks."""

import json
import secrets
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from infra import state
from infra.command import ROOT
from infra.state import free_port

# A port of one process, which then waits to be told to end.
ASKS = (
    "import sys; from pathlib import Path; from infra import state;"
    "state._PORTS = range(int(sys.argv[2]), int(sys.argv[2]) + 1);"
    "print(state.free_port(Path(sys.argv[1]), 'one'), flush=True); sys.stdin.read()"
)


@pytest.fixture
def nobodys() -> int:
    """A port that nobody uses."""
    return next(
        port for port in iter(lambda: secrets.choice(state._PORTS), None)
        if state._hold(port, ours=False) and not state._held.pop(port).close()
    )  # fmt: skip


def test_a_port_that_another_process_chose_is_chosen_by_nobody_else(
    tmp_path: Path, nobodys: int, monkeypatch: pytest.MonkeyPatch
):
    """Its server may begin to listen seconds later: both then stood in each other's way."""
    other, here = tmp_path / "other", tmp_path / "here"
    for folder in (other, here):
        folder.mkdir()
    given = iter([nobodys, nobodys + 1])
    argv = [sys.executable, "-c", ASKS, str(other), str(nobodys)]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True, cwd=ROOT) as asking:
        assert asking.stdout and int(asking.stdout.readline()) == nobodys
        monkeypatch.setattr(secrets, "choice", lambda ports: next(given))
        assert free_port(here, "two") != nobodys


def test_a_server_listens_on_the_port_that_was_given_and_has_it_again_after_it_ended(
    tmp_path: Path,
):
    port = free_port(tmp_path, "one")
    for _ in range(2):
        with (
            socket.create_server(("127.0.0.1", port)) as server,
            socket.create_connection(server.getsockname()),
        ):
            server.accept()[0].close()
        assert free_port(tmp_path, "one") == port
    assert json.loads((tmp_path / "ports.json").read_text()) == {"one": port}
