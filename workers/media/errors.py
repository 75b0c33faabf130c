"""What can be wrong with a stream, a file or the disk, in words for a person."""

from __future__ import annotations

from workers.words import sentence


class MediaError(Exception):
    """A stream or file that cannot be used; `reason` is one sentence without credentials.

    `state` is what a recorder reports for it: "lost" (may come back by itself),
    "frozen" (connected, but no picture comes) or "unusable" (somebody must do something).
    """

    def __init__(self, reason: str, *, state: str = "unusable") -> None:
        super().__init__(reason)
        self.reason = reason
        self.state = state


class NotWritten(MediaError):
    """A disk takes no file of ours, for now: what was to be written is no worse for it."""


class DiskFull(NotWritten):
    """The disk that holds the ring has no room for one more chunk."""

    def __init__(self, reason: str = sentence("disk full")) -> None:
        super().__init__(reason, state="unusable")


class StreamChanged(MediaError):
    """The stream's codec or picture size changed while it was running."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, state="lost")
