"""Ties a stream's own timestamps to the wall clock.

Packets arrive late, never early. So of all the moments that "arrival minus timestamp" suggests
for the stream's zero, the earliest is the best, and one late burst must not move it. A stream's
clock also runs a little fast or slow against ours: that is followed by stretching chunks by at
most 2 %, so that chunks touch and never overlap. Only what lasts is taken as a jump: a lag, or
this machine's clock that was set. Where it was set back, time goes back too and is there twice. A
lag that is over sets no time back, as nobody set a clock: dates that are ahead for it are made up
for by chunks that are shorter.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

WINDOW_S = 5.0  # an error must last this long before it is believed
JUMP_S = 0.5  # a lag that is larger is a jump; less is followed slowly
BACK_S = 2.0  # what our clock was set back by and is more is a jump; less is made up for in 100 s
MOST_S = 30.0  # no link holds back more: dates that are further ahead are wrong, whatever made them
SLEW = 0.02  # share of a chunk's length by which it may be stretched or shortened
HURRY = 0.05  # the same while dates are ahead by more than BACK_S
SETTLE_S = 30.0  # from then on the offset shows the camera's clock and no longer the beginning
TOUCH_S = 0.05  # timestamps closer than this belong together
SET_RATE = 0.001  # no sound clock runs faster or slower than another by this share: it is being set


def own_clock() -> tuple[float, float]:
    """Return steady seconds that nobody sets, and our Unix time at that moment."""
    return time.clock_gettime(time.CLOCK_MONOTONIC_RAW), time.time()


class WallClock:
    """Maps stream seconds to Unix seconds.

    Time goes back only where our clock was set back, or where dates are ahead by more than MOST_S.
    `own` reads our own clock, as `own_clock` does: what it was set by is no drift of a camera's.
    """

    def __init__(self, own: Callable[[], tuple[float, float]] = own_clock) -> None:
        self._own = own
        self._end_s = 0.0  # Unix end of the last span
        self._owned = own()
        self._owed_s = 0.0  # what our clock was set by and the offset has not followed yet
        self.restart()

    def restart(self) -> None:
        """Forget the mapping (new connection, new timestamps), keep the last end."""
        self._offset_s: float | None = None
        self._end_pts_s: float | None = None
        self._first_pts_s: float | None = None
        self._settled_s: float | None = None  # the offset that drift is counted from
        self._lowest_s: float | None = None  # lowest offset since the last span
        self._window: deque[tuple[float, float]] = deque()  # (stream end, lowest offset)
        self._lagged_s = 0.0  # by how much the offset followed lags, which may be over one day

    def observe(self, pts_s: float, arrival_s: float) -> None:
        """Note that the picture with this timestamp was complete at this Unix time."""
        offset = arrival_s - pts_s
        if self._lowest_s is None or offset < self._lowest_s:
            self._lowest_s = offset
        if self._first_pts_s is None:
            self._first_pts_s = pts_s

    def ahead_s(self, pts_s: float, arrival_s: float) -> float:
        """Return by how much a timestamp lies ahead of all that came sooner or later before it.

        Pictures come late and never early: what is ahead tells another time than those before.
        """
        offsets = [offset for _, offset in self._window]
        offsets += [one for one in (self._lowest_s, self._offset_s) if one is not None]
        return min(offsets) - (arrival_s - pts_s) if offsets else 0.0

    def span(self, start_pts_s: float, end_pts_s: float) -> tuple[float, float]:
        """Return the Unix start and end of a chunk, given its first and last stream second."""
        target_s, latest_s = self._targets(end_pts_s)
        self._owed_s += self._set_by()
        before_s = target_s if self._offset_s is None else self._offset_s
        length_s = max(end_pts_s - start_pts_s, 0.001)
        touches = self._end_pts_s is not None and abs(start_pts_s - self._end_pts_s) < TOUCH_S
        start_s = self._end_s if touches else self._after_last(start_pts_s + before_s)
        if self._offset_s is None:
            self._owed_s = 0.0  # a new connection is dated by our clock as it is
        end_s = start_s + length_s
        error_s = end_pts_s + target_s - end_s
        lasts = self._lasting(end_pts_s)
        ahead_s = end_s - end_pts_s - latest_s if lasts else 0.0
        jump_s = error_s if lasts and error_s > JUMP_S else -self._back_s(ahead_s)
        if jump_s:
            start_s, end_s = start_s + jump_s, end_s + jump_s
        elif error_s <= JUMP_S:
            limit_s = (HURRY if ahead_s > BACK_S else SLEW) * length_s
            end_s += max(-limit_s, min(limit_s, error_s))
        self._end_s, self._end_pts_s = end_s, end_pts_s
        self._offset_s = end_s - end_pts_s
        self._settle(end_pts_s, self._offset_s - before_s, jump_s)
        return start_s, end_s

    @property
    def drift_s(self) -> float:
        """By how much the camera's clock has run slow (+) or fast (-) in this connection."""
        if self._settled_s is None or self._offset_s is None:
            return 0.0
        return self._offset_s - self._settled_s

    def _after_last(self, start_s: float) -> float:
        """Return a start that does not lie in the last span, unless time goes back."""
        early_s = self._end_s - start_s
        return start_s if early_s <= 0 else self._end_s - self._back_s(early_s)

    def _back_s(self, ahead_s: float) -> float:
        """Return by how much time is set back where dates are so far ahead; 0 for not at all."""
        if ahead_s > MOST_S:
            return ahead_s
        back_s = min(ahead_s, -self._owed_s)
        return back_s if back_s > BACK_S else 0.0

    def _settle(self, end_pts_s: float, moved_s: float, jumped_s: float) -> None:
        """Leave out of the drift what is none: jumps, how our own clock was set, lags that end."""
        none_s = jumped_s
        if jumped_s > 0:
            self._lagged_s = max(self._lagged_s + jumped_s - self._owed_s, 0.0)
            self._owed_s = 0.0
        elif jumped_s < 0:
            self._owed_s = min(self._owed_s - jumped_s, 0.0)
        else:
            ours_s = max(min(self._owed_s, 0.0), min(moved_s, max(self._owed_s, 0.0)))
            over_s = min(max(ours_s - moved_s, 0.0), self._lagged_s)
            self._owed_s -= ours_s
            self._lagged_s -= over_s
            none_s = ours_s - over_s
        if self._settled_s is not None:
            self._settled_s += none_s
        elif self._first_pts_s is not None and end_pts_s - self._first_pts_s > SETTLE_S:
            self._settled_s = self._offset_s

    def _set_by(self) -> float:
        """Return by how much our own clock was set since this was asked last."""
        (steady_s, unix_s), before = self._own(), self._owned
        self._owned = steady_s, unix_s
        passed_s = steady_s - before[0]
        set_s = unix_s - before[1] - passed_s
        return set_s if abs(set_s) > SET_RATE * passed_s else 0.0

    def _targets(self, end_pts_s: float) -> tuple[float, float]:
        """Return the earliest offset seen within the window, and the latest of its spans'."""
        if self._lowest_s is not None:
            self._window.append((end_pts_s, self._lowest_s))
            self._lowest_s = None
        while len(self._window) > 1 and end_pts_s - self._window[0][0] > WINDOW_S:
            self._window.popleft()
        offsets = [offset for _, offset in self._window] or [0.0]
        return min(offsets), max(offsets)

    def _lasting(self, end_pts_s: float) -> bool:
        return self._first_pts_s is not None and end_pts_s - self._first_pts_s > WINDOW_S
