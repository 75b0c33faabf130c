"""What long commands print while they work."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import Any


class Progress:
    """Prints lines with the seconds since the start, to stderr when stdout carries a result."""

    def __init__(self, stream: Any = None) -> None:
        self._began = time.monotonic()
        self._stream = stream or sys.stdout

    def __call__(self, line: str) -> None:
        """Print one line; a terminal that has gone away is no reason to stop stopping."""
        with contextlib.suppress(OSError, ValueError):
            print(f"{self.elapsed_s():6.1f} s  {line}", file=self._stream, flush=True)

    def elapsed_s(self) -> float:
        """Return seconds since the start."""
        return time.monotonic() - self._began
