"""The processes of one mine: the only list of them. The demo runs it, compose.yaml repeats it.

`{host}` and `{port}` are filled in by whoever starts them.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from infra.command import Command

__all__ = ["MIGRATE", "TABLE", "AppProcess", "command"]


@dataclass(frozen=True)
class AppProcess:
    """One process of the application. `says` is the line of its log that tells it is ready."""

    name: str
    argv: tuple[str, ...]
    says: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM


# Run once, as the role that owns the tables, before the others. Its checks are skipped: one of them
# refuses to let the application connect as that role.
MIGRATE = ("python", "manage.py", "migrate", "--noinput", "--skip-checks")

_WORKER = ("python", "-m", "celery", "-A", "davy", "worker", "--loglevel", "INFO")
# What a worker does not need: gossip and mingle make workers wait for each other at start.
_ALONE = ("--without-gossip", "--without-mingle")

TABLE = (
    AppProcess(
        "web",
        (
            *("python", "-m", "uvicorn", "davy.asgi:application", "--host", "{host}"),
            # Open WebSockets would hold the server: they get close code 1012 and come back.
            *("--port", "{port}", "--timeout-graceful-shutdown", "3", "--no-access-log"),
            # Longer than a proxy keeps an idle line (nginx 60 s, Caddy 120 s). Closed here first, a
            # request that is just being sent on it would be lost.
            *("--timeout-keep-alive", "130"),
        ),
    ),
    AppProcess("recorder", ("python", "manage.py", "record")),
    AppProcess(
        "analysis",
        (*_WORKER, "-n", "analysis@%h", "-Q", "analysis", "-c", "2")
        + ("--prefetch-multiplier", "1", *_ALONE),
        says=" ready.",
        # One camera a process: threads inside would fight over the same cores.
        env={"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
        # Stop now and hand the task back: it may hold a camera for long, and running it again
        # changes nothing. SIGTERM would wait for its end.
        stop_signal=signal.SIGQUIT,
    ),
    AppProcess(
        "default",
        (*_WORKER, "-n", "default@%h", "-Q", "default", "-c", "1", *_ALONE),
        says=" ready.",
        env={"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
    ),
    AppProcess(
        # What asks the store for long, by a process of its own: a store that hangs holds up no
        # alarm about a camera, and nobody who is to be told of one.
        "evidence",
        (*_WORKER, "-n", "evidence@%h", "-Q", "evidence", "-c", "1", *_ALONE),
        says=" ready.",
        env={"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
    ),
    AppProcess(
        # Messages wait for receivers, so they have threads and a process of their own: a receiver
        # that does not answer holds up no alarm, and no other receiver.
        "notify",
        (*_WORKER, "-n", "notify@%h", "-Q", "notify", "-P", "threads", "-c", "8")
        + ("--prefetch-multiplier", "1", *_ALONE),
        says=" ready.",
        env={"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
    ),
    AppProcess(
        # Drafts over recordings, by a process of their own: the live analysis never waits for one.
        "replay",
        (*_WORKER, "-n", "replay@%h", "-Q", "replay", "-c", "1")
        + ("--prefetch-multiplier", "1", *_ALONE),
        says=" ready.",
        env={"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
        stop_signal=signal.SIGQUIT,
    ),
    AppProcess(
        "beat",
        ("python", "-m", "celery", "-A", "davy", "beat", "--loglevel", "INFO", "--pidfile", ""),
        says="beat: Starting",
    ),
)


def command(process: AppProcess, **values: str | int) -> Command:
    """Fill in a process's command line for this machine's Python."""
    argv = tuple(part.format(**values) if "{" in part else part for part in process.argv)
    if argv[0] == "python":
        argv = (sys.executable, *argv[1:])
    return Command(process.name, argv, env=process.env, stop_signal=process.stop_signal)
