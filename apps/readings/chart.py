"""A series as a small picture: where its lines go, in the units of the drawing."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from math import ceil, floor, log10
from typing import Any
from zoneinfo import ZoneInfo

from apps.cameras.models import Camera
from apps.readings.models import Rollup
from apps.readings.selectors import reading_series, readings_newest

__all__ = ["charts", "draw"]

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 48, 12, 10, 24
DAY = timedelta(hours=24)
# What is drawn as one point; a piece of time this long without a value is a gap.
PIECE = timedelta(minutes=5)
LEAST_RANGE = 0.1


def charts(*, camera: Camera, now: datetime) -> list[dict[str, Any]]:
    """List a camera's series with the drawing of their last 24 hours; needs the mine's scope."""
    zone = ZoneInfo(camera.mine.timezone)
    rows = []
    for newest in readings_newest(camera_ids=[camera.pk]):
        points, _more = reading_series(
            camera=camera,
            name=newest["name"],
            since=now - DAY,
            until=now + timedelta(minutes=1),
            step=Rollup.Step.MINUTE,
        )
        name, _, kind = newest["name"].rpartition(".")
        rows.append(
            {
                **newest,
                "about": name,
                "unit": "m" if kind == "level_m" else "",
                "drawing": draw(points, now=now, zone=zone),
            }
        )
    return rows


def draw(points: Iterable[dict[str, Any]], *, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """Return the drawing of minutes {at, min, mean, max}: parts that gaps divide, and ticks.

    Each part has a line of means and a band from least to most, as SVG points.
    """
    pieces: dict[int, list[dict[str, Any]]] = {}
    begin = now - DAY
    for point in points:
        if point["mean"] is not None:
            pieces.setdefault((point["at"] - begin) // PIECE, []).append(point)
    if not pieces:
        return {"width": WIDTH, "height": HEIGHT, "parts": [], "levels": [], "hours": []}
    low = min(p["min"] for piece in pieces.values() for p in piece)
    high = max(p["max"] for piece in pieces.values() for p in piece)
    spare = max(LEAST_RANGE - (high - low), 0) / 2
    ticks = _ticks(low - spare, high + spare)
    low, high = min(ticks[0], low), max(ticks[-1], high)

    def y(value: float) -> float:
        share = (value - low) / (high - low)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)

    def x(at: datetime) -> float:
        return round(LEFT + (at - begin) / DAY * (WIDTH - LEFT - RIGHT), 1)

    parts: list[list[int]] = []
    for number in sorted(pieces):
        if parts and number - parts[-1][-1] == 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    drawn = []
    for part in parts:
        top, line, bottom = [], [], []
        # A part of one piece would have no length.
        for number in part if len(part) > 1 else [part[0], part[0] + 1]:
            piece = pieces.get(number) or pieces[part[0]]
            at = x(min(begin + (number + 0.5) * PIECE, now))
            line.append(f"{at},{y(sum(p['mean'] for p in piece) / len(piece))}")
            top.append(f"{at},{y(max(p['max'] for p in piece))}")
            bottom.append(f"{at},{y(min(p['min'] for p in piece))}")
        drawn.append({"line": " ".join(line), "band": " ".join([*top, *reversed(bottom)])})
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "base": HEIGHT - BOTTOM,
        "parts": drawn,
        "levels": [{"y": y(value), "text": f"{value:.{_digits(ticks)}f}"} for value in ticks],
        "hours": [{"x": x(at), "text": f"{at:%H:%M}"} for at in _hours(begin, now, zone)],
    }


def _ticks(low: float, high: float) -> list[float]:
    """Return round values that span a range."""
    rough = (high - low) / 4
    power = 10 ** floor(log10(rough))
    step = next(power * k for k in (1, 2, 5, 10) if power * k >= rough - 1e-12)
    first = floor(low / step + 1e-9)
    return [n * step for n in range(first, ceil(high / step - 1e-9) + 1)]


def _digits(ticks: list[float]) -> int:
    return max(0, -floor(log10(ticks[1] - ticks[0]) + 1e-9))


def _hours(begin: datetime, now: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return every fourth hour of the mine's clock, as often as it comes: twice, or not at all."""
    at = begin.astimezone(zone).replace(minute=0, second=0, microsecond=0).astimezone(UTC)
    found = []
    for _ in range(2 * 26):  # clocks are set by half hours too
        at += timedelta(minutes=30)
        there = at.astimezone(zone)
        if there.hour % 4 == 0 and there.minute == 0 and begin < at <= now:
            found.append(there)
    return found
