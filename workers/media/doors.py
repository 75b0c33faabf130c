"""Which devices refused a password: all streams of one together try it again ever more seldom.

Cameras and recorders lock an account after a few wrong passwords, often for half an hour, and then
refuse the right one as well.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

__all__ = ["Doors"]

# The next try waits twice as long each time.
WAIT_S = (60.0, 480.0)
# Who was refused lets the other streams of the device go first: each may have rights of its own.
AFTER_S = 10.0
# At the beginning the others wait so long at most for what the first is told, and look so often.
FIRST_S, LOOK_S = 3.0, 0.25

Key = tuple[int, str]


@dataclass
class _Wait:
    until_s: float = float("-inf")
    last_s: float = 0.0

    def longer(self, now_s: float) -> None:
        self.last_s = min(WAIT_S[1], 2 * self.last_s) if self.last_s else WAIT_S[0]
        self.until_s = now_s + self.last_s


@dataclass
class _Door:
    """A device, and a name and password that it is asked with."""

    first_s: float | None = None
    answered: bool = False
    # Of those that were never let in, while nobody is; and of each that was refused.
    all: _Wait = field(default_factory=_Wait)
    own: dict[Key, _Wait] = field(default_factory=dict)
    inside: set[Key] = field(default_factory=set)


class Doors:
    """Tells each stream how long it must not ask its device; safe for threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._doors: dict[tuple[str, str], _Door] = {}

    def held_s(self, key: Key, url: str) -> float:
        """Return for how many seconds not to ask; 0 is the leave to ask once, now."""
        with self._lock:
            now, door = self._clock(), self._door(url)
            own = door.own.get(key)
            held_s = own.until_s - now if own else 0.0
            if door.inside:
                return max(0.0, held_s)
            if door.first_s is None:
                door.first_s = now
            elif not door.answered and now - door.first_s < FIRST_S:
                return LOOK_S
            held_s = max(held_s, door.all.until_s - now)
            if own:
                held_s = max(held_s, door.all.until_s + AFTER_S - now)
            if held_s <= 0 and door.all.last_s:
                door.all.until_s = now + FIRST_S  # nobody else meanwhile
            return max(0.0, held_s)

    def wait_s(self, key: Key, url: str) -> float:
        """Return how long a refusal that holds this stream was said to last; 0 where none does."""
        with self._lock:
            door = self._door(url)
            own = door.own.get(key, _Wait())
            return own.last_s if door.inside else max(own.last_s, door.all.last_s)

    def enter(self, key: Key, url: str) -> None:
        """Note that a stream was let in: the password is right."""
        with self._lock:
            door = self._door(url)
            door.answered, door.all = True, _Wait()
            door.own.pop(key, None)
            door.inside.add(key)

    def refuse(self, key: Key, url: str) -> None:
        """Note that a stream was refused.

        Where others were let in it is this stream alone that may not be seen; where it was itself,
        the password is not right any more.
        """
        with self._lock:
            now, door = self._clock(), self._door(url)
            door.answered = True
            door.own.setdefault(key, _Wait()).longer(now)
            if key in door.inside:
                door.inside.clear()
            if not door.inside:
                door.all.longer(now)

    def miss(self, url: str) -> None:
        """Note that an attempt failed otherwise: nothing is known of the password."""
        with self._lock:
            self._door(url).answered = True

    def _door(self, url: str) -> _Door:
        parts = urlsplit(url)
        name, _, host = parts.netloc.rpartition("@")
        return self._doors.setdefault((host or url, name), _Door())
