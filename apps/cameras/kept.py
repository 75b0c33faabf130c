"""What the recorder was told to record last, for a start without the database.

After a power cut the cameras are there before the database is. What they show until then is
evidence as well, so their addresses lie in the ring, sealed, as they were told last.
"""

import json
import logging
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from apps.cameras.secrets import lock, unlock
from workers.media.record import Source
from workers.media.ring import NAME, Ring

__all__ = ["Kept", "database_answers"]

log = logging.getLogger(__name__)
USE = "recorder's sources"
# What is older than a day may have been changed by somebody since the recorder was alive.
OLD_S = 86_400.0
AGAIN_S, RETRY_S = 3600.0, 60.0
FIRST_S = 2  # whole seconds, two at least: libpq
# More than a stream's chunks between two times that its numbers are written down.
AHEAD = 10_000
Numbers = Mapping[tuple[int, str], int]


class Kept:
    """The sources that one recorder was told last, on the ring's disk.

    A camera whose masks are filled before it is recorded is not among them: nobody may know of a
    mask that was drawn since. Nor is any for longer than a day after the recorder was alive.
    """

    def __init__(self, ring: Ring, mine_id: int | None = None) -> None:
        self._ring = ring
        self._path = ring.root / (f".sources-{mine_id}" if mine_id else ".sources")
        self._sources: list[Source] | None = None  # None: nothing is known of any yet
        self._numbers: Numbers = {}
        self._due_s = float("-inf")

    def told(self, sources: list[Source]) -> None:
        """Take what is to be recorded; `write` brings it to the disk."""
        now = [replace(source, last_sequence=0) for source in sources if source.masks is None]
        self._numbers = {(s.camera, s.stream): s.last_sequence for s in sources}
        if now != self._sources:
            self._sources, self._due_s = now, float("-inf")

    def write(self, numbers: Numbers) -> None:
        """Write the sources down if they changed, and each hour with each stream's last number."""
        if self._sources is None or time.monotonic() < self._due_s:
            return
        self._due_s = time.monotonic() + AGAIN_S
        rows = [
            [s.camera, s.mine, s.stream, s.url, s.chunk_s, self._last(s, numbers)]
            for s in self._sources
        ]
        part = self._path.with_name(f"{self._path.name}.part")
        try:
            box = lock(json.dumps(rows), use=USE)
            part.parent.mkdir(parents=True, exist_ok=True)
            part.unlink(missing_ok=True)
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(box)
                file.flush()
                os.fsync(descriptor)
            part.replace(self._path)
        except (OSError, ImproperlyConfigured) as error:
            self._due_s = time.monotonic() + RETRY_S
            log.warning("a start without the database would record nothing: %s", error)
            with suppress(OSError):  # what may be out of date serves nobody
                self._path.unlink(missing_ok=True)

    def read(self) -> list[Source]:
        """Return what was told last; empty where that is unknown, too old, or for another key."""
        try:
            age_s = time.time() - self._path.stat().st_mtime
            if not -AGAIN_S <= age_s <= OLD_S:
                log.error("what was recorded last is %.0f h old, and left alone", age_s / 3600)
                return []
            rows = json.loads(unlock(self._path.read_text(), use=USE))
            sources = [self._source(*row) for row in rows]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError, ImproperlyConfigured) as error:
            log.error("what was recorded last cannot be read: %s", error)
            return []
        self.told(sources)
        return sources

    def _last(self, source: Source, numbers: Numbers) -> int:
        key = (source.camera, source.stream)
        return max(numbers.get(key, 0), self._numbers.get(key, 0))

    def _source(
        self, camera: int, mine: int, stream: str, url: str, chunk_s: float, number: int
    ) -> Source:
        """Return a source whose next number was never given, whatever the database knows."""
        names = self._ring.names(mine, camera, stream)
        found = max((int(told[1]) for name in names if (told := NAME.fullmatch(name))), default=0)
        return Source(camera, mine, stream, url, chunk_s, max(found, number + AHEAD))


def database_answers() -> bool:
    """Ask for one connection of our own: the pool says only after ten seconds that it has none.

    After a power cut each of them would be a second that nobody recorded.
    """
    parameters = connection.get_connection_params() | {"connect_timeout": FIRST_S}
    try:
        connection.Database.connect(**parameters).close()
    except connection.Database.Error as error:
        log.warning("the database does not answer: %s", error)
        return False
    return True
