"""How many people are allowed: by shift, and while shifts hand over."""

from typing import Any, NamedTuple

from workers import checks
from workers.checks import SceneError
from workers.hazards.base import View
from workers.hazards.params import Names
from workers.when import DAY_MIN, Span, in_schedule, parse_schedule


class ShiftLimit(NamedTuple):
    """The limit of one shift."""

    shift: str
    span: Span
    limit: int


def parse_limits(value: Any, path: str, names: Names) -> tuple[ShiftLimit, ...]:
    """Check limits by shift; a shift that is not there, or is named twice, is refused."""
    if not isinstance(value, list | tuple) or len(value) > checks.MAX_POINTS:
        raise SceneError(path, "must be a list, found %(found)s", found=checks.show(value))
    limits: list[ShiftLimit] = []
    for index, item in enumerate(value):
        where = f"{path}[{index}]"
        raw = checks.keys(item, where, ("shift", "limit"))
        checks.known(raw["shift"], f"{where}.shift", "shift", names.shifts)
        if any(other.shift == raw["shift"] for other in limits):
            raise SceneError(f"{where}.shift", "is named twice")
        limit = checks.whole(raw["limit"], f"{where}.limit", 1, 1000)
        limits.append(ShiftLimit(raw["shift"], names.shifts[raw["shift"]].span, limit))
    return tuple(limits)


def parse_times(value: Any, path: str, names: Names) -> tuple[Span, ...]:
    """Check times of the day: spans or shifts by name; none at all are none."""
    if isinstance(value, list | tuple) and not value:
        return ()
    return parse_schedule(list(value) if isinstance(value, tuple) else value, path, names.shifts)


LIMITS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["shift", "limit"],
        "additionalProperties": False,
        "properties": {"shift": {"type": "string"}, "limit": {"type": "integer", "minimum": 1}},
    },
}
TIMES = {"type": "array", "items": {"type": "object"}}


def length_min(span: Span) -> int:
    """Return how long a span of the day is, in minutes."""
    return (span.end_min - span.begin_min) % DAY_MIN or DAY_MIN


def limit_now(params: Any, view: View) -> int:
    """Return how many people are allowed in this frame, of occupancy's parameters; 0: no limit."""
    limit: int = params.limit
    held = [(k.limit, in_schedule((k.span,), view)) for k in params.shift_limits]
    if any(now for _, now in held):
        limit = min(most for most, now in held if now)
    elif any(now is None for _, now in held):
        limit = min(k for k in (limit, *(most for most, _ in held)) if k)
    if not limit:
        return 0
    told = params.handover is not None and view.inputs[params.handover].word == "OPEN"
    if told and params.handover is not None:
        since = view.inputs[params.handover].since_s
        told = view.t - (view.t if since is None else since) <= params.handover_s
    if told or (params.handover_times and in_schedule(params.handover_times, view)):
        return max(limit, params.handover_limit)
    return limit
