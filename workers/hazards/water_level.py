"""Water that nears its limit, and a gauge that cannot be read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workers.hazards.base import Condition, Fault, Hazard, Memory, Rule, View, say
from workers.hazards.params import Names, gauge, number, table

ORDER = ("advisory", "warning", "alarm", "emergency")


@dataclass(frozen=True)
class Params:
    """What a mine may set."""

    gauge: str | None = gauge(label="Gauge", required=True, help="The gauge that is read.")
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
    stale_s: float = number(
        600.0, unit="s", low=1, high=86400, label="Unreadable for",
        help="Time without a reading before that is an alarm of its own.",
    )  # fmt: skip
    clear_s: float = number(
        10.0, unit="s", low=0, high=3600, label="Over after",
        help="Time below the lowest line before the alarm clears.",
    )  # fmt: skip


class WaterLevel(Hazard):
    """The fill of a sump against four lines, in one situation that grows worse as water rises.

    A reading that is missing is never the last one: an open situation stays open while nobody can
    read the gauge, and after `stale_s` the gauge is told as unreadable. Sources of the defaults:
    half of a sump's capacity must normally be free; 40, 70 and 90 % and 2 cm of the field's
    practice; a gauge is stale after 5 and an alarm after 10 minutes.
    """

    type = "water_level"
    title = "Water near its limit"
    params = Params
    levels = {
        "advisory": "low", "unreadable": "medium", "warning": "medium", "alarm": "high",
        "emergency": "",
    }  # fmt: skip
    severity = "critical"
    action = "Start the standby pump, tell dispatch, and clear the places below the water."
    uses_people = False
    min_visibility = 0.0

    def check(self, rule: Rule) -> Iterable[Fault]:
        """Refuse lines that are not in order, and a sump without height."""
        params: Params = rule.params
        if params.full_m <= params.empty_m:
            yield Fault("params.full_m", "must be more than where it is empty")
        for low, high in zip(ORDER, ORDER[1:], strict=False):
            if getattr(params, f"{high}_pct") <= getattr(params, f"{low}_pct"):
                text = "must be more than %(other)s"
                yield Fault(f"params.{high}_pct", text, {"other": f"{low}_pct"})
        if any(b[1] < a[1] for a, b in zip(params.volume, params.volume[1:], strict=False)):
            yield Fault("params.volume", "the volume must not fall while the level rises")

    def check_names(self, rule: Rule, names: Names) -> Iterable[Fault]:
        """Refuse a floor, which has no level."""
        if rule.params.gauge in names.floors:
            yield Fault("params.gauge", "tells the wet share of a floor, and no level")

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame."""
        params: Params = rule.params
        told = view.levels.get(params.gauge or "")
        level_m = None if told is None else told.value
        if level_m is None:
            return self._unread(params, memory, view)
        memory.pop("blind", None)
        fill = fill_pct(params, level_m)
        # What was reached is left only below its line by the deadband.
        eased = fill_pct(params, level_m + params.deadband_m)
        before = memory.get("line")
        line = next((name for name in reversed(ORDER) if fill >= _at(params, name)), None)
        if before in ORDER and _rank(before) > _rank(line) and eased >= _at(params, before):
            line = before
        memory["line"] = line
        readings = {"fill_pct": round(fill, 1)}
        if line is None:
            return Condition(None, readings=readings)
        limit = _at(params, line)
        return Condition(
            line,
            why=(
                say("%(gauge)s %(fill)s %% full, %(level)s m", gauge=params.gauge,
                    fill=f"{fill:.0f}", level=f"{level_m:.2f}"),
                say("limit %(limit)s %%", limit=f"{limit:g}"),
            ),
            values={
                "gauge": params.gauge, "level_m": round(level_m, 3), "fill_pct": round(fill, 1),
                "limit_pct": limit, "confidence": told.confidence if told else 0.0,
            },
            readings=readings,
        )  # fmt: skip

    def _unread(self, params: Params, memory: Memory, view: View) -> Condition:
        """Tell of a gauge that cannot be read; what was open before stays open meanwhile."""
        since = float(memory.setdefault("blind", view.t))
        told = view.levels.get(params.gauge or "")
        blind_s = max(view.t - since, told.blind_s if told else 0.0)
        open_level = memory.get("open")
        unread = say("%(gauge)s cannot be read for %(seconds)s s", gauge=params.gauge,
                     seconds=f"{blind_s:.0f}")  # fmt: skip
        values = {
            "gauge": params.gauge, "level_m": None, "blind_s": round(blind_s, 1),
            "limit_s": params.stale_s,
        }  # fmt: skip
        readings = {"fill_pct": None}
        if open_level in ORDER and open_level != "advisory":
            return Condition(open_level, why=(unread,), values=values, readings=readings)
        if blind_s >= params.stale_s - 1e-6:
            return Condition("unreadable", why=(unread,), values=values, readings=readings)
        if open_level is not None:
            return Condition(open_level, why=(unread,), values=values, readings=readings)
        return Condition(None, readings=readings)


def fill_pct(params: Params, level_m: float) -> float:
    """Return how full it is in percent of what it holds, 0 at the least; above 100 it runs over."""
    if len(params.volume) >= 2:
        full = _interpolate(params.volume, params.full_m)
        empty = _interpolate(params.volume, params.empty_m)
        if full > empty:
            return max(0.0, 100 * (_interpolate(params.volume, level_m) - empty) / (full - empty))
    return max(0.0, 100 * (level_m - params.empty_m) / (params.full_m - params.empty_m))


def _interpolate(pairs: Sequence[tuple[float, float]], level_m: float) -> float:
    """Return the volume at a level; outside of the table its last slope goes on."""
    if level_m <= pairs[0][0]:
        (x1, y1), (x2, y2) = pairs[0], pairs[1]
    else:
        last = max(i for i, (x, _) in enumerate(pairs) if x <= level_m)
        last = min(last, len(pairs) - 2)
        (x1, y1), (x2, y2) = pairs[last], pairs[last + 1]
    return y1 + (y2 - y1) * (level_m - x1) / (x2 - x1)


def _at(params: Params, line: str) -> float:
    return float(getattr(params, f"{line}_pct"))


def _rank(line: str | None) -> int:
    return -1 if line is None else ORDER.index(line)


HAZARD = WaterLevel()
