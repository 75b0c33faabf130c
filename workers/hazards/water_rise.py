"""Water that rises towards its limit: how fast, and when it will be there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workers.hazards.base import CLEAR, Condition, Fault, Hazard, Memory, Rule, View, say
from workers.hazards.params import Names, gauge, number

# Levels kept: one in ten seconds over an hour would be 360; medians of a minute say the same.
EVERY_S = 60.0
# Fewer levels than this tell of no slope.
LEAST = 5
ORDER = ("advisory", "high", "critical")


@dataclass(frozen=True)
class Params:
    """What a mine may set."""

    gauge: str | None = gauge(label="Gauge", required=True, help="The gauge that is read.")
    limit_m: float = number(
        1.0,
        unit="m",
        low=-1000,
        high=1000,
        label="Limit",
        help="The level that must not be reached.",
    )
    advisory_min: float = number(
        240.0, unit="min", low=1, high=10000, label="Advisory below",
        help="Time to the limit from which it is told.",
    )  # fmt: skip
    high_min: float = number(
        60.0, unit="min", low=1, high=10000, label="High below",
        help="Time to the limit from which it needs an answer.",
    )  # fmt: skip
    critical_min: float = number(
        15.0, unit="min", low=1, high=10000, label="Critical below",
        help="Time to the limit from which it is at the rule's own severity.",
    )  # fmt: skip
    pump_min: float = number(
        20.0, unit="min", low=1, high=1440, label="Pump without effect",
        help="Time that the level rises while the pump, the rule's machine, runs.",
    )  # fmt: skip
    clear_s: float = number(
        120.0, unit="s", low=0, high=7200, label="Over after",
        help="Time without a rise towards the limit before the alarm clears.",
    )  # fmt: skip


class WaterRise(Hazard):
    """The time to the limit, from the rise over the last ten minutes and the last hour.

    The rise is the median of the slopes between all pairs of levels (Theil-Sen), the faster of both
    windows; it counts only where it is more than three times what the levels' scatter would make
    of still water. The pump runs and the water rises: more flows in than it lifts, or it is worn; a
    pump of unknown state proves nothing about the water. Nothing is told of a time while the gauge
    cannot be read, and what is open stays open. Sources of the defaults: 10 and 60 minute windows,
    240, 60 and 15 minutes, 20 minutes of a running pump of the field's practice.
    """

    type = "water_rise"
    title = "Water rises towards its limit"
    params = Params
    levels = {"advisory": "low", "pump": "high", "high": "high", "critical": ""}
    severity = "critical"
    action = (
        "Start the standby pump, find the inflow, and clear the places below the water in time."
    )
    uses_people = False
    min_visibility = 0.0

    def check(self, rule: Rule) -> Iterable[Fault]:
        """Refuse times that are not in order."""
        params: Params = rule.params
        if params.high_min >= params.advisory_min:
            yield Fault("params.high_min", "must be less than %(other)s", {"other": "advisory_min"})
        if params.critical_min >= params.high_min:
            yield Fault("params.critical_min", "must be less than %(other)s", {"other": "high_min"})

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
            # Nobody knows: what is open stays so, and nothing new is told of a time.
            open_level = memory.get("open")
            if open_level is None:
                return CLEAR
            words = say("%(gauge)s cannot be read", gauge=params.gauge)
            return Condition(open_level, why=(words,), values={"gauge": params.gauge})
        kept: list[list[float]] = memory.setdefault("kept", [])
        recent: list[float] = memory.setdefault("recent", [])
        recent.append(level_m)
        del recent[:-30]
        if not kept or view.t - kept[-1][0] >= EVERY_S - 1e-6:
            kept.append([view.t, sorted(recent)[len(recent) // 2]])
            memory["recent"] = []
            memory["kept"] = kept = [k for k in kept if view.t - k[0] <= 3600.0 + 1e-6]
            memory["rise"] = rise(kept, view.t)
        rate = memory.get("rise")
        return self._judge(rule, params, memory, view, level_m, rate)

    def _judge(
        self, rule: Rule, params: Params, memory: Memory, view: View, level_m: float,
        rate: list[float] | None,
    ) -> Condition:  # fmt: skip
        pump = view.machines[rule.machine] if rule.machine else None
        pumping = pump is not None and pump.state == "RUNNING"
        if rate is None or not pumping:
            memory.pop("pumping", None)
        if rate is None:
            return Condition(
                None, readings={"rise_m_h": 0.0 if len(memory["kept"]) >= LEAST else None}
            )
        slope, low, high = rate
        since = float(memory.setdefault("pumping", view.t)) if pumping else view.t
        left_min = max(0.0, params.limit_m - level_m) / slope / 60
        band = [
            round(max(0.0, params.limit_m - level_m) / s / 60, 1) if s > 0 else None
            for s in (high, low)
        ]
        values = {
            "gauge": params.gauge, "level_m": round(level_m, 3), "limit_m": params.limit_m,
            "rise_m_h": round(slope * 3600, 3), "minutes_to_limit": round(left_min, 1),
            "band_min": band, "machine": rule.machine, "pump": pump.state if pump else None,
        }  # fmt: skip
        readings: dict[str, float | str | None] = {"rise_m_h": round(slope * 3600, 3)}
        level = next((n for n in reversed(ORDER) if left_min < getattr(params, f"{n}_min")), None)
        words = say("%(gauge)s rises %(rate)s m an hour: %(minutes)s min to %(limit)s m",
                    gauge=params.gauge, rate=f"{slope * 3600:.2f}", minutes=f"{left_min:.0f}",
                    limit=f"{params.limit_m:g}")  # fmt: skip
        pumped_min = (view.t - since) / 60
        if pumped_min >= params.pump_min - 1e-6 and level in (None, "advisory"):
            more = say("%(machine)s runs for %(minutes)s min", machine=rule.machine,
                       minutes=f"{pumped_min:.0f}")  # fmt: skip
            return Condition("pump", why=(words, more), values=values, readings=readings)
        return Condition(level, why=(words,) if level else (), values=values, readings=readings)


def rise(kept: Sequence[Sequence[float]], t: float) -> list[float] | None:
    """Return the rise in m/s with the ends of its 80 % band; None where it is not sure to be one.

    kept: time and level, oldest first. Of two windows, 10 and 60 minutes, the faster rise counts.
    """
    found: list[float] | None = None
    for window_s in (600.0, 3600.0):
        points = [(a, b) for a, b in kept if t - a <= window_s + 1e-6]
        if len(points) < LEAST:
            continue
        slopes = sorted(
            (q[1] - p[1]) / (q[0] - p[0]) for i, p in enumerate(points) for q in points[i + 1 :]
        )
        middle = slopes[len(slopes) // 2]
        # The scatter about the line, as a slope over the window: what still water would show.
        rests = sorted(abs(b - points[0][1] - middle * (a - points[0][0])) for a, b in points)
        span_s = points[-1][0] - points[0][0]
        noise = max(0.001, 1.5 * rests[len(rests) // 2]) / span_s
        if middle <= 3 * noise:
            continue
        low, high = slopes[len(slopes) // 10], slopes[-1 - len(slopes) // 10]
        if found is None or middle > found[0]:
            found = [middle, low, high]
    return found


HAZARD = WaterRise()
