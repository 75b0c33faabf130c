"""One child process: its command, how it starts, how it stops and what it weighs."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["ROOT", "Command", "Process", "memory_mb", "wait_until"]

ROOT = Path(__file__).resolve().parent.parent

_PR_SET_PDEATHSIG = 1
_LOG_BYTES = 10_000_000
# Bound before any fork: between fork and exec only small calls of C run.
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Command:
    """What to run. `env` is added to the starter's environment; secrets go there, not in argv."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM


class Process:
    """A started command, in a process group of its own, dying with whoever started it."""

    def __init__(
        self,
        command: Command,
        log: Path,
        env: Mapping[str, str] | None = None,
        *,
        guard: int | None = None,
    ) -> None:
        """Start it. The child writes `+<pid>` and a line's end to the `guard` descriptor itself.

        So there is no moment at which it runs and whoever looks after it does not know.
        """
        self.command = command
        self.log = log
        parent, stop_signal = os.getpid(), int(command.stop_signal)

        def die_with_parent() -> None:
            # Runs after the user was dropped, which would have cleared it. The signal comes when
            # the *thread* that started the child ends: start children from the main thread.
            _libc.prctl(_PR_SET_PDEATHSIG, stop_signal)
            if os.getppid() != parent:
                os._exit(1)
            if guard is not None:
                os.write(guard, b"+%d\n" % os.getpid())

        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > _LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        drop: dict[str, Any] = {"user": command.user, "group": command.user, "extra_groups": []}
        with log.open("ab") as output:
            self._log_from = output.tell()
            self._popen = subprocess.Popen(
                command.argv,
                env={**(os.environ if env is None else env), **command.env},
                cwd="/" if command.user else ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509
                **(drop if command.user else {}),
            )
        self.started = time.monotonic()

    @property
    def pid(self) -> int:
        """Process id, and id of the process group."""
        return int(self._popen.pid)

    def running(self) -> bool:
        """Say whether the main process is alive; does not reap it."""
        if self._popen.returncode is not None:
            return False
        with contextlib.suppress(ChildProcessError):
            flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
            return os.waitid(os.P_PID, self.pid, flags) is None
        return False

    def signal(self, number: int) -> None:
        """Send a signal to the whole group."""
        if self._popen.returncode is None:  # not reaped, so the group id is still ours
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)

    def said(self, text: str) -> bool:
        """Say whether the log holds a text since this process started."""
        with contextlib.suppress(OSError), self.log.open("rb") as file:
            file.seek(self._log_from)
            return text.encode() in file.read()
        return False

    def tail(self, lines: int = 12) -> str:
        """Return the last lines that this process logged, for a message that a person reads."""
        with contextlib.suppress(OSError), self.log.open("rb") as file:
            file.seek(max(self._log_from, self.log.stat().st_size - 8000))
            text = file.read().decode(errors="replace")
            return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])
        return ""

    def reap(self) -> int | None:
        """Kill what the main process left in its group, and return its exit status."""
        if not self.running():
            self.signal(signal.SIGKILL)
            return int(self._popen.wait())
        return None

    def ask_to_stop(self) -> None:
        """Send the stop signal to the main process alone.

        Celery's pool and PostgreSQL's backends must hear it from their parent: a signal of ours
        would cut a task short instead of letting it finish.
        """
        if self.running():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self.pid, self.command.stop_signal)

    def stop(self, timeout_s: float = 8.0) -> None:
        """Ask to stop, wait, then kill what is left of the group."""
        self.ask_to_stop()
        if not wait_until(lambda: not self.running(), timeout_s, step_s=0.01):
            self.signal(signal.SIGKILL)
            wait_until(lambda: not self.running(), 5.0, step_s=0.01)
        self.reap()


def wait_until(check: Callable[[], bool], timeout_s: float, *, step_s: float = 0.03) -> bool:
    """Poll until `check` holds; False when the time is over."""
    deadline = time.monotonic() + timeout_s
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(step_s)
    return True


def _children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                # The name in brackets may hold spaces: count fields after the last bracket.
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                found.setdefault(parent, []).append(int(entry.name))
    return found


def memory_mb(pid: int, *, itself: bool = True) -> dict[str, float]:
    """Return {"rss", "pss"} of a process and all below it, in MB (10**6 bytes).

    The sum of RSS counts shared pages once a process; PSS shares them out and is what the
    machine really gives. Where PSS may not be read, RSS stands in.
    """
    children = _children()
    todo, tree = [pid], []
    while todo:
        one = todo.pop()
        tree.append(one)
        todo += children.get(one, [])
    rss = pss = 0
    for one in tree if itself else tree[1:]:
        with contextlib.suppress(OSError, ValueError, IndexError):
            own = int(Path(f"/proc/{one}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
            rss += own
            try:
                text = Path(f"/proc/{one}/smaps_rollup").read_text()
                pss += int(text.partition("\nPss:")[2].split()[0]) * 1024
            except (OSError, IndexError, ValueError):
                pss += own
    return {"rss": round(rss / 1e6, 1), "pss": round(pss / 1e6, 1)}
