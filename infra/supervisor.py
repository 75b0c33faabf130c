"""Keeps a set of processes running, and leaves none behind, however it ends itself.

Stopped by Ctrl-C, SIGTERM or SIGHUP: processes stop in reverse order of start, application before
services, within 10 s; a second signal leaves each half a second. Killed by -9: each child gets its
stop signal from the kernel, and a small guard process kills what is left of their groups.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

from infra.command import Command, Process, memory_mb, wait_until

__all__ = ["Supervisor", "Stopped"]

# Nothing is recorded and nobody is warned while a part is away: what dies again and again is tried
# again soon, although a start costs some seconds of a core.
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 5.0
_STEADY_S = 60.0
# What a tier still gets after a second Ctrl-C: enough for a database to close its files.
_HURRY_S = 0.5


class Stopped(Exception):  # noqa: N818
    """Somebody asked the supervisor to stop while it was waiting."""


class _Child:
    def __init__(self, command: Command, env: Mapping[str, str], tier: int) -> None:
        self.command, self.env, self.tier = command, env, tier
        self.process: Process | None = None
        self.pause_s = _FIRST_PAUSE_S
        self.again_at = 0.0
        self.restarts = 0


class Supervisor:
    """Starts, watches and stops processes. Use from the main thread only.

    `tier` orders the stopping: everything of a higher tier is gone before a lower one is asked.
    """

    def __init__(self, log_dir: Path, say: Callable[[str], None], *, grace_s: float = 9.0) -> None:
        self.log_dir, self.say, self.grace_s = log_dir, say, grace_s
        self._children: dict[str, _Child] = {}
        self._signals = 0
        self._old_handlers = {
            number: signal.signal(number, self._on_signal)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        self._guard_pid, self._guard_pipe = _start_guard(grace_s)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._signals += 1

    @property
    def stopping(self) -> bool:
        """Say whether somebody asked us to stop."""
        return self._signals > 0

    def start(self, command: Command, env: Mapping[str, str], *, tier: int) -> Process:
        """Start a process and keep it running; its output goes to `<log_dir>/<name>.log`."""
        child = self._children[command.name] = _Child(command, dict(env), tier)
        return self._launch(child)

    def _launch(self, child: _Child) -> Process:
        log = self.log_dir / f"{child.command.name}.log"
        child.process = Process(child.command, log, child.env, guard=self._guard_pipe)
        return child.process

    def process(self, name: str) -> Process:
        """Return the present process of that name."""
        process = self._children[name].process
        assert process is not None
        return process

    def running(self, name: str) -> bool:
        """Say whether a process runs now, and does not wait to be started again."""
        process = self._children[name].process
        return process is not None and process.running()

    def restarts(self) -> dict[str, int]:
        """Return how often each process had to be started again."""
        return {name: child.restarts for name, child in self._children.items()}

    def check(self) -> None:
        """Start again what has ended, with growing pauses, and say so."""
        now = time.monotonic()
        for child in self._children.values():
            process = child.process
            if process is None:
                if now >= child.again_at:
                    child.restarts += 1
                    self._launch(child)
            elif process.running():
                if now - process.started > _STEADY_S:
                    child.pause_s = _FIRST_PAUSE_S
            else:
                status = process.reap()
                self._forget(process.pid)
                child.process, child.again_at = None, now + child.pause_s
                self.say(
                    f"{child.command.name} ended ({_words(status)}); starting it again in "
                    f"{child.pause_s:.0f} s. The end of {process.log}:\n{process.tail(5)}"
                )
                child.pause_s = min(child.pause_s * 2, _LONGEST_PAUSE_S)

    def wait_for(self, name: str, ready: Callable[[], bool], timeout_s: float) -> None:
        """Wait until a process answers, keeping all others going.

        Raises Stopped when asked to stop, TimeoutError with the end of its log otherwise.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            self.check()
            child = self._children[name]
            if child.process is not None and ready():
                return
            if self.stopping:
                raise Stopped
            if time.monotonic() > deadline:
                end = child.process.tail() if child.process else ""
                raise TimeoutError(
                    f"{name} did not answer within {timeout_s:.0f} s. "
                    f"The end of {self.log_dir / name}.log:\n{end}"
                )
            time.sleep(0.05)

    def run(self) -> None:
        """Watch until somebody asks to stop."""
        while not self.stopping:
            self.check()
            time.sleep(0.2)

    def memory_mb(self) -> dict[str, float]:
        """Return {"rss", "pss"} of all children and theirs, without the supervisor, in MB."""
        return memory_mb(os.getpid(), itself=False)

    def stop(self) -> None:
        """Stop everything, highest tier first; returns when nothing is left."""
        deadline = time.monotonic() + self.grace_s
        tiers = sorted({child.tier for child in self._children.values()}, reverse=True)
        for position, tier in enumerate(tiers):
            group = [c for c in self._children.values() if c.tier == tier and c.process]
            processes = [child.process for child in reversed(group) if child.process]
            for process in processes:
                process.ask_to_stop()
            asked = time.monotonic()
            wait_until(
                lambda ours=processes, asked=asked: (  # type: ignore[misc]
                    not any(process.running() for process in ours)
                    or (self._signals > 1 and time.monotonic() - asked > _HURRY_S)
                ),
                # What is asked first may take longest: a tier behind it needs a fifth at least.
                deadline - time.monotonic() - self.grace_s / 5 * (len(tiers) - 1 - position),
                step_s=0.02,
            )
            for process in processes:
                if process.running():
                    self.say(f"{process.command.name} did not stop in time: killed")
                process.stop(0.0)
                self._forget(process.pid)
            for child in group:
                child.process = None
        self._children.clear()
        self._end_guard()
        for number, handler in self._old_handlers.items():
            signal.signal(number, handler)

    def _forget(self, pid: int) -> None:
        with contextlib.suppress(OSError):
            os.write(self._guard_pipe, f"-{pid}\n".encode())

    def _end_guard(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._guard_pipe)
            os.waitpid(self._guard_pid, 0)


def _words(status: int | None) -> str:
    if status is not None and status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return f"exit status {status}"


def _start_time(pid: int) -> str:
    """Return what tells a process from a later one with the same number."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _start_guard(grace_s: float) -> tuple[int, int]:
    """Fork a process that waits for our end. Returns its pid and the pipe that tells it."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid:
        os.close(read_end)
        return pid, write_end
    try:
        os.close(write_end)
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        # Hold nothing of our parent's open: its terminal, its lock file.
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)
        keep = read_end
        for name in os.listdir("/proc/self/fd"):
            if int(name) > 2 and int(name) != keep:
                with contextlib.suppress(OSError):
                    os.close(int(name))
        _guard(read_end, grace_s)
    finally:
        os._exit(0)


def _guard(read_end: int, grace_s: float) -> None:
    groups: dict[int, str] = {}
    with os.fdopen(read_end) as pipe:
        # Ends when the supervisor has, in whatever way, and a child of its last moment has begun.
        for line in pipe:
            pid = int(line[1:])
            if line.startswith("+"):
                groups[pid] = _start_time(pid)
            else:
                groups.pop(pid, None)
    # The kernel has sent each main process its stop signal already.
    wait_until(
        lambda: not any(_start_time(pid) == started for pid, started in groups.items()),
        grace_s,
    )
    for pid, started in groups.items():
        # Either the main process is still the one we know, or it is gone and the number can only
        # be that of the group it left: a group's number is not given away while it has members.
        if _start_time(pid) in (started, ""):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
