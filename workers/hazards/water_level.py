"""Water that nears its limit, and a gauge that cannot be read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workers.gap import KEPT
from workers.hazards.base import Condition, Fault, Hazard, Memory, Rule, View, say
from workers.hazards.depth import Depth, apart_s, check_scale, check_sources, measure
from workers.hazards.params import Names, gauge, number, source, table

ORDER = ("advisory", "warning", "alarm", "emergency")


@dataclass(frozen=True)
class Params:
    """What a mine may set."""

    gauge: str | None = gauge(label="Gauge", help="The gauge that is read in the picture.")
    sensor: str | None = source(
        label="Level sensor",
        help="An input that tells the same level in metres; the higher of both counts.",
    )
    empty_m: float = number(
        0.0,
        unit="m",
        low=-1000,
        high=1000,
        label="Empty at",
        help="Level at which nothing is in it.",
    )
    full_m: float = number(
        1.0, unit="m", low=-1000, high=1000, label="Full at", help="Level at which it runs over."
    )
    limit_m: float | None = number(
        None, unit="m", low=-1000, high=1000, label="Limit",
        help="Level that must not be reached, however full it is then: an emergency.",
    )  # fmt: skip
    volume: tuple[tuple[float, float], ...] = table(
        (), label="Volume by level",
        help="Pairs of level in metres and volume; without it the sump has straight walls.",
    )  # fmt: skip
    advisory_pct: float = number(
        40.0, unit="%", low=0, high=100, label="Advisory from", help="Fill told in the log."
    )
    warning_pct: float = number(
        50.0, unit="%", low=0, high=100, label="Warning from",
        help="Fill from which less than half of the capacity is free.",
    )  # fmt: skip
    alarm_pct: float = number(
        70.0, unit="%", low=0, high=100, label="Alarm from", help="Fill that needs an answer."
    )
    emergency_pct: float = number(
        90.0, unit="%", low=0, high=100, label="Emergency from", help="Fill close to running over."
    )
    deadband_m: float = number(
        0.02, unit="m", low=0, high=10, label="Deadband",
        help="The water must fall so far below a line before the alarm clears.",
    )  # fmt: skip
    notice_s: float = number(
        300.0, unit="s", low=1, high=86400, label="Unreadable notice after",
        help="Time without a reading before that is told in the log.",
    )  # fmt: skip
    stale_s: float = number(
        600.0, unit="s", low=1, high=86400, label="Unreadable for",
        help="Time without a reading before that is an alarm of its own.",
    )  # fmt: skip
    apart_m: float = number(
        0.05, unit="m", low=0.005, high=100, label="Apart by",
        help="Difference between gauge and sensor that is a fault of one of them.",
    )  # fmt: skip
    apart_s: float = number(
        300.0, unit="s", low=1, high=86400, label="Apart for", help="Time of it before that."
    )  # fmt: skip
    clear_s: float = number(
        10.0, unit="s", low=0, high=3600, label="Over after",
        help="Time below the lowest line before the alarm clears.",
    )  # fmt: skip


class WaterLevel(Hazard):
    """The fill of a sump against four lines, in one situation that grows worse as water rises.

    Gauge and sensor: the higher level counts, and that they differ for long is a fault of one of
    them. A jump of more than 5 cm a minute is believed when three readings say so. A reading that
    is missing is never the last one: an open situation stays open while nobody knows the level; of
    that a notice is written after `notice_s`, and it is an alarm after `stale_s`. Sources of the
    defaults: half of a sump's capacity must normally be free; 40, 70 and 90 %, 2 cm, and 5 cm for 5
    minutes of the field's practice; a gauge is stale after 5 and an alarm after 10 minutes.
    """

    type = "water_level"
    title = "Water near its limit"
    params = Params
    levels = {
        "advisory": "low", "stale": "low", "mismatch": "medium", "unreadable": "medium",
        "warning": "medium", "alarm": "high", "emergency": "",
    }  # fmt: skip
    severity = "critical"
    action = "Start the standby pump, tell dispatch, and clear the places below the water."
    uses_people = False
    min_visibility = 0.0
    remembers = {"told": KEPT, "line": KEPT, "apart": KEPT}

    def check(self, rule: Rule) -> Iterable[Fault]:
        """Refuse lines that are not in order, and a sump without height."""
        params: Params = rule.params
        if params.full_m <= params.empty_m:
            yield Fault("params.full_m", "must be more than where it is empty")
        for low, high in zip(ORDER, ORDER[1:], strict=False):
            if getattr(params, f"{high}_pct") <= getattr(params, f"{low}_pct"):
                text = "must be more than %(other)s"
                yield Fault(f"params.{high}_pct", text, {"other": f"{low}_pct"})
        if params.stale_s < params.notice_s:
            yield Fault("params.stale_s", "must not be less than %(other)s", {"other": "notice_s"})
        if params.limit_m is not None and params.limit_m <= params.empty_m:
            yield Fault("params.limit_m", "must be more than where it is empty")
        if any(b[1] < a[1] for a, b in zip(params.volume, params.volume[1:], strict=False)):
            yield Fault("params.volume", "the volume must not fall while the level rises")
        elif params.volume and _held(params) <= 0:
            yield Fault("params.volume", "must hold more where it is full than where it is empty")

    def check_names(self, rule: Rule, names: Names) -> Iterable[Fault]:
        """Refuse what tells no level."""
        return check_sources(rule.params, names)

    def check_new(self, rule: Rule, names: Names) -> Iterable[Fault]:
        """Refuse levels that no reading of the gauge comes near to."""
        return check_scale(rule.params, ("full_m", "limit_m"), names)

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame."""
        params: Params = rule.params
        depth = measure(params.gauge, params.sensor, memory, view)
        apart = apart_s(depth, params.apart_m, memory, view)
        if depth.level_m is None:
            return _unread(params, memory, depth)
        fill = fill_pct(params, depth.level_m)
        line, before = _reached(params, depth.level_m), memory.get("line")
        if before is not None and _rank(before) > _rank(line):
            # What was reached is left only below its line by the deadband.
            line = min(before, _reached(params, depth.level_m + params.deadband_m), key=_rank)
        memory["line"] = line
        readings = {"fill_pct": round(fill, 1)}
        values = {
            "gauge": params.gauge, "sensor": params.sensor, **depth.values(),
            "fill_pct": round(fill, 1),
        }  # fmt: skip
        differ = (depth.differ(),) if apart >= params.apart_s - 1e-6 else ()
        if differ and line in (None, "advisory"):
            values |= {"apart_s": round(apart, 1), "limit_s": params.apart_s}
            return Condition("mismatch", why=differ, values=values, readings=readings)
        if line is None:
            return Condition(None, readings=readings)
        values["limit_pct"] = _at(params, line)
        full = say("%(gauge)s %(fill)s %% full, %(level)s m", gauge=depth.names(),
                   fill=f"{fill:.0f}", level=f"{depth.level_m:.2f}")  # fmt: skip
        limit = say("limit %(limit)s %%", limit=f"{_at(params, line):g}")
        if params.limit_m is not None and fill < _at(params, line):
            values["limit_m"] = params.limit_m
            limit = say("limit %(limit)s m", limit=f"{params.limit_m:g}")
        return Condition(line, why=(full, limit, *differ), values=values, readings=readings)


def _unread(params: Params, memory: Memory, depth: Depth) -> Condition:
    """Tell of a level that nobody knows; what was open before stays open meanwhile."""
    level: str | None = memory.get("open")
    if level not in ORDER[1:]:
        if depth.blind_s >= params.stale_s - 1e-6:
            level = "unreadable"
        elif depth.blind_s >= params.notice_s - 1e-6 and level in (None, "advisory"):
            level = "stale"
    values = {
        **depth.values(), "gauge": params.gauge, "sensor": params.sensor,
        "blind_s": round(depth.blind_s, 1), "limit_s": params.stale_s,
    }  # fmt: skip
    why = () if level is None else (depth.unread(),)
    return Condition(level, why=why, values=values, readings={"fill_pct": None})


def fill_pct(params: Params, level_m: float) -> float:
    """Return how full it is in percent of what it holds, 0 at the least; above 100 it runs over."""
    if not params.volume:
        return max(0.0, 100 * (level_m - params.empty_m) / (params.full_m - params.empty_m))
    empty = _interpolate(params.volume, params.empty_m)
    return max(0.0, 100 * (_interpolate(params.volume, level_m) - empty) / _held(params))


def _held(params: Params) -> float:
    """Return the volume between empty and full."""
    full = _interpolate(params.volume, params.full_m)
    return full - _interpolate(params.volume, params.empty_m)


def _interpolate(pairs: Sequence[tuple[float, float]], level_m: float) -> float:
    """Return the volume at a level; outside of the table its last slope goes on."""
    if level_m <= pairs[0][0]:
        (x1, y1), (x2, y2) = pairs[0], pairs[1]
    else:
        last = max(i for i, (x, _) in enumerate(pairs) if x <= level_m)
        last = min(last, len(pairs) - 2)
        (x1, y1), (x2, y2) = pairs[last], pairs[last + 1]
    return y1 + (y2 - y1) * (level_m - x1) / (x2 - x1)


def _reached(params: Params, level_m: float) -> str | None:
    """Return the worst line that a level has reached."""
    if params.limit_m is not None and level_m >= params.limit_m:
        return ORDER[-1]
    fill = fill_pct(params, level_m)
    return next((name for name in reversed(ORDER) if fill >= _at(params, name)), None)


def _at(params: Params, line: str) -> float:
    return float(getattr(params, f"{line}_pct"))


def _rank(line: str | None) -> int:
    return -1 if line is None else ORDER.index(line)


HAZARD = WaterLevel()
