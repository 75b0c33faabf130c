"""The supervisor restarts what crashes and leaves nothing behind, however it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.command import ROOT, Command, memory_mb, wait_until
from infra.supervisor import Supervisor

# Runs a supervisor over three families: one obeys, one has a child of its own, one is deaf.
SCRIPT = """
import json, os, sys
from pathlib import Path
from infra.command import Command
from infra.supervisor import Supervisor

folder = Path(sys.argv[1])
keeper = Supervisor(folder / "log", lambda line: print(line, flush=True), grace_s=1.0)
note = "echo $$ >> {0}/{1}.pids; "
deaf = "trap '' TERM INT; "
below = "trap '' TERM INT HUP; echo $BASHPID >> {0}/{1}.pids; while :; do sleep 60; done"
family = note + "(" + below + ") & "
scripts = {
    "service": (1, note + "exec sleep 600"),
    "family": (2, family + "wait"),
    "deaf": (2, deaf + note + "while :; do sleep 0.2; done"),
}
for name, (tier, text) in scripts.items():
    text = text.format(folder, name)
    keeper.start(Command(name, ("bash", "-c", text)), os.environ, tier=tier)
print("started", flush=True)
keeper.run()
print(json.dumps({"restarts": keeper.restarts(), "memory": keeper.memory_mb()}), flush=True)
keeper.stop()
print("stopped", flush=True)
"""

# Dies while its deaf child begins, before it has done anything more itself.
SUDDEN = """
import os, signal, sys, time
from pathlib import Path
from infra import supervisor
from infra.command import Command, Process

class Last(Process):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        while not (folder / "deaf.pids").exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGKILL)

supervisor.Process = Last
folder = Path(sys.argv[1])
keeper = supervisor.Supervisor(folder / "log", print, grace_s=1.0)
text = f"trap '' TERM INT; echo $$ >> {folder}/deaf.pids; while :; do sleep 0.2; done"
keeper.start(Command("deaf", ("bash", "-c", text)), os.environ, tier=1)
"""


def state(pid: int) -> str:
    """The letter of `ps`; a dead process that nobody has asked after yet is Z."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


class Run:
    def __init__(self, folder: Path, script: str = SCRIPT, children: int = 4) -> None:
        self.folder = folder
        self.popen = subprocess.Popen(
            [sys.executable, "-c", script, str(folder)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert wait_until(lambda: len(self.pids()) == children, 10.0)

    def pids(self, name: str = "*") -> list[int]:
        files = self.folder.glob(f"{name}.pids")
        return [int(line) for file in files for line in file.read_text().split()]

    def alive(self) -> list[int]:
        return [pid for pid in self.pids() if state(pid) not in ("", "Z")]

    def nothing_left(self) -> bool:
        return wait_until(lambda: not self.alive() and not self.guards(), 5.0)

    def guards(self) -> list[int]:
        """Processes of the test that are not the four: whatever the supervisor itself forked."""
        script = str(self.folder).encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != self.popen.pid:
                try:
                    if script in (entry / "cmdline").read_bytes():
                        found.append(int(entry.name))
                except OSError:
                    continue
        return found


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def one(script: str = SCRIPT, *, children: int = 4) -> Run:
        folder = tmp_path / f"run{len(runs)}"
        folder.mkdir()
        runs.append(Run(folder, script, children))
        return runs[-1]

    yield one
    for run in runs:
        run.popen.kill()
        run.popen.wait()
        for pid in run.alive():
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_stops_everything_within_ten_seconds(
    start: Callable[[], Run], number: int
) -> None:
    run = start()
    asked = time.monotonic()
    run.popen.send_signal(number)
    output, _ = run.popen.communicate(timeout=15)
    assert time.monotonic() - asked < 10
    assert output.endswith("stopped\n")
    assert "deaf did not stop in time: killed" in output
    assert run.nothing_left()


def test_a_second_ctrl_c_hurries_and_leaves_no_strays(start: Callable[..., Run]) -> None:
    run = start(SCRIPT.replace("grace_s=1.0", "grace_s=30.0"))
    run.popen.send_signal(signal.SIGINT)
    assert run.popen.stdout is not None
    while not run.popen.stdout.readline().startswith("{"):
        continue  # the next thing it does is to stop
    asked = time.monotonic()
    run.popen.send_signal(signal.SIGINT)
    run.popen.communicate(timeout=15)
    assert time.monotonic() - asked < 10  # far less than the grace that a single one gives
    assert run.nothing_left()


def test_a_supervisor_killed_hard_leaves_no_orphans(start: Callable[[], Run]) -> None:
    run = start()
    run.popen.kill()
    run.popen.wait()
    assert run.nothing_left(), run.alive()


def test_nor_one_killed_while_a_child_begins(start: Callable[..., Run]) -> None:
    run = start(SUDDEN, children=1)
    run.popen.wait()
    assert run.nothing_left(), run.alive()


def test_a_crashed_process_is_started_again_and_said_so(start: Callable[[], Run]) -> None:
    run = start()
    os.kill(run.pids("service")[0], signal.SIGKILL)
    assert wait_until(lambda: len(run.pids("service")) == 2, 10.0)
    run.popen.terminate()
    output, _ = run.popen.communicate(timeout=15)
    assert "service ended (killed by SIGKILL); starting it again in 1 s" in output
    report = json.loads(next(line for line in output.splitlines() if line.startswith("{")))
    assert report["restarts"] == {"service": 1, "family": 0, "deaf": 0}
    assert 1 < report["memory"]["rss"] < 200
    assert run.nothing_left()


def test_what_dies_again_and_again_is_away_for_some_seconds_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recorder, killed nine times in a row: each time is a hole in what is recorded."""
    said: list[str] = []
    keeper = Supervisor(tmp_path, said.append, grace_s=1.0)
    began, later = time.monotonic(), [0.0]
    monkeypatch.setattr("infra.supervisor.time.monotonic", lambda: began + later[0])
    try:
        process = keeper.start(Command("recorder", ("sleep", "600")), os.environ, tier=1)
        for _ in range(9):
            process.signal(signal.SIGKILL)
            assert wait_until(lambda: not process.running(), 5.0)  # noqa: B023
            keeper.check()
            later[0] += 5.0
            keeper.check()
            assert keeper.running("recorder")
            process = keeper.process("recorder")
    finally:
        keeper.stop()
    assert [line.split("starting it again in ")[1][:3] for line in said[:4]] == [
        "1 s", "2 s", "4 s", "5 s",
    ]  # fmt: skip


def test_memory_counts_a_process_and_all_below_it() -> None:
    weigh = memory_mb(os.getpid())
    assert weigh["rss"] >= weigh["pss"] > 10
