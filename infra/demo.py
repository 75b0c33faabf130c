"""The demo mine: `python -m infra.demo up | check | stop`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path

from infra.check import check
from infra.command import ROOT, wait_until
from infra.embedded.service import ServiceError
from infra.progress import Progress
from infra.stack import Stack
from infra.state import Lock, read_logins, state_folder
from infra.supervisor import Stopped

__all__ = ["main"]


def up(state_dir: Path) -> int:
    """Run the demo until Ctrl-C; returns the exit status."""
    lock = Lock(state_folder(state_dir) / "demo.lock")
    if not lock.take():
        print(f"The demo runs already (process {lock.holder()}). `make stop` stops it.")
        return 1
    say = Progress()
    stack = Stack(state_dir, os.environ, say)
    status = 0
    try:
        stack.start()
        _welcome(stack, say)
        stack.supervisor.run()
    except Stopped:
        pass
    except (ServiceError, TimeoutError) as fault:
        say(str(fault))
        status = 1
    finally:
        say("stopping …")
        began = time.monotonic()
        stack.stop()
        say(f"stopped in {time.monotonic() - began:.1f} s; everything is kept in {state_dir}")
        lock.release()
    return status


def _welcome(stack: Stack, say: Progress) -> None:
    say(f"ready, {stack.supervisor.memory_mb()['pss']:.0f} MB of memory")
    file = stack.logins_file
    shown = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file
    lines = ["", f"  Davy is at  {stack.base_url}", ""]
    for login in read_logins(file):
        secret = login["password"] if stack.seeded else "…"
        lines.append(
            f"    {login['role']:<11} {login['username']:<24} {secret:<22} {login.get('mine', '')}"
        )
    lines += ["", f"  Passwords are kept in {shown}. Ctrl-C stops everything.", ""]
    print("\n".join(lines), flush=True)


def stop(state_dir: Path) -> int:
    """Stop a demo that runs in another terminal."""
    lock = Lock(state_folder(state_dir) / "demo.lock")
    if lock.take():
        print("No demo runs.")
        return 0
    if pid := lock.holder():
        os.kill(pid, signal.SIGTERM)
    if wait_until(lock.take, 20.0, step_s=0.2):
        print("The demo has stopped.")
        return 0
    print(f"The demo (process {lock.holder()}) did not stop within 20 s.")
    return 1


def main(argv: list[str] | None = None) -> int:
    """Run a command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m infra.demo", description=__doc__)
    parser.add_argument("command", choices=["up", "check", "stop"])
    parser.add_argument(
        "--var",
        type=Path,
        default=Path(os.environ.get("DAVY_VAR") or ROOT / "var"),
        help="state folder (default: var/)",
    )
    options = parser.parse_args(argv)
    # mkdir relative paths would follow a child's working folder.
    state_dir = options.var.resolve()
    if options.command == "up":
        return up(state_dir)
    if options.command == "stop":
        return stop(state_dir)

    return check(state_folder(state_dir) / "check")


if __name__ == "__main__":
    sys.exit(main())
