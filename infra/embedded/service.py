"""What every embedded part is: a command, a way to see that it answers, the variables to export."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra.command import Command, Process

__all__ = ["Part", "Service", "ServiceError", "start_part"]


class ServiceError(RuntimeError):
    """An embedded part does not come up; the message is for the person at the terminal."""


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class Part:
    """A part ready to be started: `ready` says that it answers, `finish` then completes it."""

    command: Command
    url: str
    env: Mapping[str, str]
    ready: Callable[[], bool]
    finish: Callable[[], None] = field(default=_nothing)
    start_timeout_s: float = 30.0


@dataclass
class Service:
    """A part that runs and answers."""

    url: str
    env: Mapping[str, str]
    process: Process

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self.process.pid

    def stop(self) -> None:
        """Stop it and everything it started."""
        self.process.stop()


def start_part(part: Part, state_dir: Path) -> Service:
    """Start a part and wait until it answers; raises ServiceError with the end of its log."""
    name = part.command.name
    log = state_dir / "log" / f"{name}.log"
    deadline = time.monotonic() + part.start_timeout_s
    process = Process(part.command, log)
    while not (process.running() and part.ready()):
        if time.monotonic() > deadline:
            process.stop(2.0)
            raise ServiceError(
                f"{name} did not answer within {part.start_timeout_s:.0f} s. "
                f"The end of {log}:\n{process.tail()}"
            )
        if not process.running() and time.monotonic() - process.started > 0.3:
            # After a kill -9 the last backends of the old server may hold its memory a moment.
            process.reap()
            process = Process(part.command, log)
        time.sleep(0.03)
    try:
        part.finish()
    except BaseException:
        process.stop(2.0)
        raise
    return Service(part.url, part.env, process)
