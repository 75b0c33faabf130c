"""Ties a stream's own timestamps to the wall clock.

Packets arrive late, never early. So of all the moments that "arrival minus timestamp" suggests
for the stream's zero, the earliest is the best, and one late burst must not move it. A stream's
clock also runs a little fast or slow against ours: that is followed by stretching chunks by at
most 2 %, so that chunks touch and never overlap. Only a lag that lasts is taken as a jump.
"""

from __future__ import annotations

from collections import deque

WINDOW_S = 5.0  # a lag must last this long before it is believed
JUMP_S = 0.5  # and be larger than this to be a jump; less is followed slowly
SLEW = 0.02  # share of a chunk's length by which it may be stretched or shortened
SETTLE_S = 30.0  # from then on the offset shows the camera's clock and no longer the beginning
TOUCH_S = 0.05  # timestamps closer than this belong together


class WallClock:
    """Maps stream seconds to Unix seconds; never goes back, also not across `restart`."""

    def __init__(self) -> None:
        self._end_s = 0.0  # Unix end of the last span
        self.restart()

    def restart(self) -> None:
        """Forget the mapping (new connection, new timestamps), keep the last end."""
        self._offset_s: float | None = None
        self._end_pts_s: float | None = None
        self._first_pts_s: float | None = None
        self._settled_s: float | None = None  # the offset that drift is counted from
        self._lowest_s: float | None = None  # lowest offset since the last span
        self._window: deque[tuple[float, float]] = deque()  # (stream end, lowest offset)

    def observe(self, pts_s: float, arrival_s: float) -> None:
        """Note that the picture with this timestamp was complete at this Unix time."""
        offset = arrival_s - pts_s
        if self._lowest_s is None or offset < self._lowest_s:
            self._lowest_s = offset
        if self._first_pts_s is None:
            self._first_pts_s = pts_s

    def span(self, start_pts_s: float, end_pts_s: float) -> tuple[float, float]:
        """Return the Unix start and end of a chunk, given its first and last stream second."""
        target_s = self._target(end_pts_s)
        if self._offset_s is None:
            self._offset_s = target_s
        length_s = max(end_pts_s - start_pts_s, 0.001)
        touches = self._end_pts_s is not None and abs(start_pts_s - self._end_pts_s) < TOUCH_S
        start_s = self._end_s if touches else max(self._end_s, start_pts_s + self._offset_s)
        error_s = end_pts_s + target_s - (start_s + length_s)
        if error_s <= JUMP_S:
            limit_s = SLEW * length_s
            self._end_s = start_s + length_s + max(-limit_s, min(limit_s, error_s))
        else:
            if self._settled(end_pts_s):
                start_s += error_s
                if self._settled_s is not None:
                    self._settled_s += error_s
            self._end_s = start_s + length_s
        self._offset_s = self._end_s - end_pts_s
        self._end_pts_s = end_pts_s
        first_s = self._first_pts_s
        if self._settled_s is None and first_s is not None and end_pts_s - first_s > SETTLE_S:
            self._settled_s = self._offset_s
        return start_s, self._end_s

    @property
    def drift_s(self) -> float:
        """By how much the camera's clock has run slow (+) or fast (-) in this connection."""
        if self._settled_s is None or self._offset_s is None:
            return 0.0
        return self._offset_s - self._settled_s

    def _target(self, end_pts_s: float) -> float:
        """Return the earliest offset seen within the window."""
        if self._lowest_s is not None:
            self._window.append((end_pts_s, self._lowest_s))
            self._lowest_s = None
        while len(self._window) > 1 and end_pts_s - self._window[0][0] > WINDOW_S:
            self._window.popleft()
        return min((offset for _, offset in self._window), default=0.0)

    def _settled(self, end_pts_s: float) -> bool:
        return self._first_pts_s is not None and end_pts_s - self._first_pts_s > WINDOW_S
