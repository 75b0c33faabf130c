"""Water that rises towards its limit: how fast, and when it will be there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workers.gap import BACK, KEPT
from workers.hazards.base import Condition, Fault, Hazard, Memory, Rule, View, say
from workers.hazards.depth import STALE_S, Depth, check_scale, check_sources, measure
from workers.hazards.params import Names, gauge, number, source
from workers.hazards.trend import BAND_Z, EVERY_S, KEEP_S, STAY_Z, SURE_Z, Trend, trend

WINDOWS_S = (600.0, 3600.0)
# Readings of a minute that its median is made of, at most.
MOST = 120
ORDER = ("advisory", "high", "critical")


@dataclass(frozen=True)
class Params:
    """What a mine may set."""

    gauge: str | None = gauge(label="Gauge", help="The gauge that is read in the picture.")
    sensor: str | None = source(
        label="Level sensor",
        help="An input that tells the same level in metres; the faster rise of both counts.",
    )
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
    least_m: float = number(
        0.02, unit="m", low=0, high=10, label="Least rise",
        help="What the water must have risen by within ten or sixty minutes to be told at all.",
    )  # fmt: skip
    pump_min: float = number(
        20.0, unit="min", low=1, high=1440, label="Pump too weak after",
        help="Time that the level rises while the pump, the rule's machine, is not known to stand.",
    )  # fmt: skip
    no_effect_min: float = number(
        10.0, unit="min", low=0, high=1440, label="Pump without effect after",
        help="Time that the pump runs and the level does not fall, or no current flows; 0: never.",
    )  # fmt: skip
    effect_m: float = number(
        0.005, unit="m", low=0, high=10, label="Effect",
        help="What the level must fall by within that time.",
    )  # fmt: skip
    current: str | None = source(
        label="Pump's current", help="An input that tells the current of the pump's motor."
    )
    current_least: float = number(
        1.0, unit="A", low=0, high=100000, label="Least current",
        help="Less than this is no current.",
    )  # fmt: skip
    clear_s: float = number(
        120.0, unit="s", low=0, high=7200, label="Over after",
        help="Time without a rise towards the limit before the alarm clears.",
    )  # fmt: skip


class WaterRise(Hazard):
    """The time to the limit, from the rise over the last ten minutes and the last hour.

    The rise is the median of the slopes between all pairs of a window's levels (Theil-Sen). It
    counts where it is beyond five standard errors, the noise's own memory counted in: still water
    that is looked at every minute for a year rises nowhere. A single step is no rise. Of gauge and
    sensor, and of both windows, the faster rise counts; that the two differ is told by
    `water_level`. The pump is not known to stand, and the water rises: more flows in than it lifts,
    or it does not lift. The pump runs, and the level does not fall, or no current flows or is known
    to: it has no effect. Time in which nobody could read the level is no time of rising or of
    pumping, and what is open stays open until enough is read again. Sources of the defaults: 10 and
    60 minute windows, 240, 60 and 15 minutes, 20 and 10 minutes of a pump, 2 cm of the field's
    practice.
    """

    type = "water_rise"
    title = "Water rises towards its limit"
    params = Params
    levels = {
        "advisory": "low", "no_effect": "medium", "pump": "high", "high": "high", "critical": "",
    }  # fmt: skip
    severity = "critical"
    action = (
        "Start the standby pump, find the inflow, and clear the places below the water in time."
    )
    uses_people = False
    min_visibility = 0.0
    remembers = {
        "told": KEPT, "series.*.kept.*.0": BACK, "series.*.at": BACK, "since": BACK,
        "spent.*.1": BACK,
    }  # fmt: skip

    def check(self, rule: Rule) -> Iterable[Fault]:
        """Refuse times that are not in order, and a current without a pump."""
        params: Params = rule.params
        if params.high_min >= params.advisory_min:
            yield Fault("params.high_min", "must be less than %(other)s", {"other": "advisory_min"})
        if params.critical_min >= params.high_min:
            yield Fault("params.critical_min", "must be less than %(other)s", {"other": "high_min"})
        if params.current and not rule.machine:
            yield Fault("machine", "needed: the pump whose current it is")

    def check_names(self, rule: Rule, names: Names) -> Iterable[Fault]:
        """Refuse what tells no level, and a current that is no number."""
        yield from check_sources(rule.params, names)
        if rule.params.current and names.kinds.get(rule.params.current) != "number":
            yield Fault("params.current", "must be an input that is a number")

    def check_new(self, rule: Rule, names: Names) -> Iterable[Fault]:
        """Refuse a limit that no reading comes near to, and a current in another unit."""
        yield from check_scale(rule.params, ("limit_m",), names)
        unit = names.units.get(rule.params.current or "", "")
        if unit not in ("", "A"):
            text = "must tell amperes (A), and tells %(unit)s"
            yield Fault("params.current", text, {"unit": unit})

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame."""
        params: Params = rule.params
        depth = measure(params.gauge, params.sensor, memory, view)
        found = {one.source: _add(memory, one.source, one.level_m, one.at_s, view.t)
                 for one in depth.told if one.level_m is not None}  # fmt: skip
        known = [t for trends in found.values() for t in trends if t is not None]
        z = STAY_Z if memory.get("open") else SURE_Z
        rises = [one for trends in found.values() for one in _rises(trends, z, params.least_m)]
        best = max(rises, key=lambda one: one.rate, default=None)
        pump = view.machines[rule.machine].state if rule.machine else None
        effect = self._effect(params, memory, view, depth, pump)
        pumped = pump is not None and pump != "STOPPED" and best is not None
        pumped_s = _spend(memory, "pump", pumped, bool(known), view)
        readings = _readings(found, best)
        values = {
            "gauge": params.gauge, "sensor": params.sensor, **depth.values(),
            "limit_m": params.limit_m, "machine": rule.machine, "pump": pump, **readings,
        }  # fmt: skip
        if not known:
            # Nobody knows: what is open stays so, and nothing new is told of a time.
            level = memory.get("open") or ("no_effect" if effect else None)
            why = (depth.unread(),) if depth.level_m is None else ()
            return Condition(level, why=(*why, *effect), values=values, readings=readings)
        level, words = None, effect
        if best is not None:
            level, said = self._time(params, best, depth, values)
            readings["minutes_to_limit"] = values["minutes_to_limit"]
            words = (said,)
            if pumped_s >= params.pump_min * 60 - 1e-6 and level in (None, "advisory"):
                level = "pump"
                runs = "the state of %(machine)s is not known for %(minutes)s min"
                if pump != "UNKNOWN":
                    runs = "%(machine)s runs for %(minutes)s min"
                words += (say(runs, machine=rule.machine, minutes=f"{pumped_s / 60:.0f}"),)
            words += effect
        if effect and level in (None, "advisory"):
            level = "no_effect"
        return Condition(level, why=words if level else (), values=values, readings=readings)

    def _time(
        self, params: Params, best: Trend, depth: Depth, values: dict[str, Any]
    ) -> tuple[str | None, Any]:
        """Return how bad the time to the limit is, and say it with its band."""
        far_m = max(0.0, params.limit_m - best.level_m)
        left = far_m / best.rate / 60
        off = best.bound(BAND_Z)
        soon = far_m / (best.rate + off) / 60
        late = far_m / (best.rate - off) / 60 if best.rate > off else None
        values |= {
            "rise_m_h": round(best.rate * 3600, 3), "minutes_to_limit": round(left, 1),
            "band_min": [round(soon, 1), None if late is None else round(late, 1)],
        }  # fmt: skip
        words = say("%(gauge)s rises %(rate)s m an hour: %(minutes)s min to %(limit)s m "
                    "(%(soon)s to %(late)s)", gauge=depth.names(), rate=f"{best.rate * 3600:.2f}",
                    minutes=f"{left:.0f}", limit=f"{params.limit_m:g}", soon=f"{soon:.0f}",
                    late="?" if late is None else f"{late:.0f}")  # fmt: skip
        return next((n for n in reversed(ORDER) if left < getattr(params, f"{n}_min")), None), words

    def _effect(
        self, params: Params, memory: Memory, view: View, depth: Depth, pump: str | None
    ) -> tuple[Any, ...]:
        """Say that the pump runs without effect, if it does for long enough."""
        on = pump == "RUNNING" and params.no_effect_min > 0
        wait_s = params.no_effect_min * 60
        since = memory.setdefault("since", view.t) if on else memory.pop("since", None)
        words: tuple[Any, ...] = ()
        current = view.inputs.get(params.current or "")
        amps = current.value if current else None
        dead = on and current is not None and not (
            isinstance(amps, float) and amps >= params.current_least
        )  # fmt: skip
        if _spend(memory, "dead", dead, True, view) >= wait_s - 1e-6 and dead:
            shown = "?" if amps is None else f"{amps:g}"
            words += (say("the pump is on, its current is %(current)s A", current=shown),)
        if not on or view.t - float(since) < wait_s - 1e-6:
            return words
        # Only levels that were read since it runs, and of the whole time.
        kept = memory.get("series", {}).get(depth.source, {}).get("kept", [])
        kept = [k for k in kept if k[0] >= float(since) - 1e-6]
        fell = trend(kept, view.t, wait_s) if depth.level_m is not None else None
        if fell is None or fell.span_s < wait_s - 2 * EVERY_S:
            return words
        if -fell.rise_m < params.effect_m:
            minutes = f"{params.no_effect_min:g}"
            words += (say("the pump runs for %(minutes)s min and the level does not fall",
                          minutes=minutes),)  # fmt: skip
        return words


def _add(
    memory: Memory, name: str, level_m: float | None, at_s: float | None, t: float
) -> tuple[Trend | None, ...]:
    """Take a source's reading once; return its trends over both windows, made anew each minute."""
    mine = memory.setdefault("series", {}).setdefault(name, {"kept": [], "recent": [], "at": None})
    kept, recent = mine["kept"], mine["recent"]
    if at_s is None or at_s != mine["at"]:
        mine["at"] = at_s
        recent.append(level_m)
        del recent[:-MOST]
    if recent and (not kept or t - kept[-1][0] >= EVERY_S - 1e-6):
        kept.append([round(t, 3), round(sorted(recent)[len(recent) // 2], 5)])
        mine["recent"] = []
        mine["kept"] = kept = [k for k in kept if t - k[0] <= KEEP_S + 1e-6]
        mine["trends"] = [trend(kept, t, window_s) for window_s in WINDOWS_S]
    return tuple(None if one is None else Trend(*one) for one in mine.get("trends", []))


def _rises(trends: tuple[Trend | None, ...], z: float, least_m: float) -> list[Trend]:
    """Return what rises for sure; that of the hour not, where the last minutes contradict it.

    That water rises, and how fast, are two questions: once one window is sure of the first, the
    other's orderly rise tells the second as well.
    """
    if len(trends) < len(WINDOWS_S):
        return []
    short, long = trends
    rises = [one for one in (short, long) if one is not None and one.is_rise(z, least_m)]
    if short is None or long is None or long not in rises:
        return rises
    if short.rate + short.bound(STAY_Z) < long.rate - long.bound(STAY_Z):
        return [one for one in rises if one is not long]
    if short not in rises and short.is_ordered and short.rise_m >= least_m - 1e-9:
        rises.append(short)
    return rises


def _spend(memory: Memory, name: str, so: bool, known: bool, view: View) -> float:
    """Return for how long something is so; time in which nobody knew is not counted."""
    spent: dict[str, list[float]] = memory.setdefault("spent", {})
    if not known:
        spent.get(name, [0.0, 0.0])[1] = view.t
        return spent.get(name, [0.0])[0]
    if not so:
        spent.pop(name, None)
        return 0.0
    mine = spent.setdefault(name, [0.0, view.t])
    mine[0] += min(view.t - mine[1], STALE_S)
    mine[1] = view.t
    return mine[0]


def _readings(
    found: Mapping[str, tuple[Trend | None, ...]], best: Trend | None
) -> dict[str, float | str | None]:
    """Return the rates in metres an hour: over both windows, and what counts."""
    readings: dict[str, float | str | None] = {}
    for index, name in enumerate(("rise_10_m_h", "rise_60_m_h")):
        rates = [one.rate for trends in found.values() for one in trends[index : index + 1] if one]
        readings[name] = round(max(rates) * 3600, 3) if rates else None
    known = any(value is not None for value in readings.values())
    readings["rise_m_h"] = round(best.rate * 3600, 3) if best else 0.0 if known else None
    readings["minutes_to_limit"] = None
    return readings


HAZARD = WaterRise()
