"""A water level as its sources tell it: a gauge in view, a level sensor, or both."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from workers.hazards.base import Fault, Memory, Phrase, View, say
from workers.hazards.params import Names

# A gauge or a sensor that said nothing for so long is not known (the field's 5 minutes).
STALE_S = 300.0
# What leaves the last level faster is a jump: not believed before it is read three times.
JUMP_M_S = 0.05 / 60
RIPPLE_M = 0.02
CONFIRM = 3
# So many lengths of a gauge's marked line beyond its marks a limit may lie: centimetres, or another
# zero, lie farther. The water is looked for one length beyond, so farther no line would be reached.
FARTHEST = 3.0


@dataclass(frozen=True)
class Told:
    """What one source says: its level in metres, or None, when, and for how long not."""

    source: str
    name: str
    level_m: float | None
    at_s: float | None
    blind_s: float


@dataclass(frozen=True)
class Depth:
    """The level in metres that counts, the higher of what the sources say; None: nobody knows.

    source: who says it; blind_s: for how long nobody knew.
    """

    level_m: float | None
    source: str
    told: tuple[Told, ...]
    blind_s: float

    def values(self) -> dict[str, Any]:
        """Return what each source says, for whoever asks why."""
        each = {f"{one.source}_m": _round(one.level_m) for one in self.told}
        return {"level_m": _round(self.level_m), "source": self.source, **each}

    def names(self) -> str:
        """Return the names of gauge and sensor."""
        return " + ".join(one.name for one in self.told)

    def unread(self) -> Phrase:
        """Say that nobody can read the level."""
        return say("%(gauge)s cannot be read for %(seconds)s s", gauge=self.names(),
                   seconds=f"{self.blind_s:.0f}")  # fmt: skip

    def differ(self) -> Phrase:
        """Say what both sources say."""
        one, other = (f"{told.name} {_short(told.level_m)} m" for told in self.told)
        return say("%(one)s and %(other)s differ", one=one, other=other)


def measure(gauge: str | None, sensor: str | None, memory: Memory, view: View) -> Depth:
    """Ask a gauge in view and an input of metres; memory keeps what was believed of each."""
    told = []
    if gauge:
        seen = view.levels.get(gauge)
        value, at_s = (None, None) if seen is None else (seen.value, seen.at_s)
        blind_s = 0.0 if seen is None else seen.blind_s
        told.append(_source("gauge", gauge, value, at_s, blind_s, memory, view.t))
    if sensor:
        said = view.inputs.get(sensor)
        number, at_s = (None, None) if said is None else (said.value, said.at_s)
        # A sensor that does not say how often it reports is old after some minutes all the same.
        old = at_s is None or view.t - at_s > STALE_S + 1e-6
        value = None if old or not isinstance(number, float) else number
        blind_s = 0.0 if at_s is None else view.t - at_s
        told.append(_source("sensor", sensor, value, at_s, blind_s, memory, view.t))
    known = [(one.level_m, one.source) for one in told if one.level_m is not None]
    level_m, source = max(known, default=(None, ""))
    return Depth(level_m, source, tuple(told), min((one.blind_s for one in told), default=0.0))


def apart_s(depth: Depth, limit_m: float, memory: Memory, view: View) -> float:
    """Return for how long gauge and sensor are further apart than that.

    Where one of them is silent nobody knows: the time neither runs nor ends.
    """
    levels = [one.level_m for one in depth.told if one.level_m is not None]
    if len(levels) == 2 and abs(levels[0] - levels[1]) <= limit_m + 1e-9:
        memory.pop("apart", None)
    elif len(levels) == 2:
        memory["apart"] = memory.get("apart", -view.step_s) + view.step_s
    return float(memory.get("apart", 0.0))


def _source(
    source: str, name: str, value: float | None, at_s: float | None, blind_s: float,
    memory: Memory, t: float,
) -> Told:  # fmt: skip
    mine: dict[str, Any] = memory.setdefault("told", {}).setdefault(source, {})
    if value is not None:
        value = believe(mine, value, t if at_s is None else at_s)
    if value is None:
        blind_s = max(blind_s, t - float(mine.setdefault("blind", t)))
    else:
        blind_s = 0.0
        mine.pop("blind", None)
    return Told(source, name, value, at_s, blind_s)


def believe(mine: Memory, value: float, at_s: float) -> float | None:
    """Return a reading, or None where it is a jump that no others confirm yet.

    mine: the source's memory. The same reading asked for again, by its time, is no confirmation.
    """
    last: list[float] | None = mine.get("last")
    if last is not None and at_s == last[0]:
        return last[1]
    if last is None or at_s < last[0] or at_s - last[0] > STALE_S:
        mine["last"], mine["doubted"] = [at_s, value], []
        return value
    if abs(value - last[1]) <= RIPPLE_M + JUMP_M_S * (at_s - last[0]) + 1e-9:
        mine["last"], mine["doubted"] = [at_s, value], []
        return value
    doubted: list[list[float]] = mine.setdefault("doubted", [])
    if not doubted or doubted[-1][0] != at_s:
        doubted.append([at_s, value])
        del doubted[:-CONFIRM]
    if not _agree([d[1] for d in doubted]):
        return None
    mine["last"], mine["doubted"] = [at_s, value], []
    return value


def _agree(values: Sequence[float]) -> bool:
    """Tell whether jumps confirm one another: they stay where they are, or go on the same way."""
    if len(values) < CONFIRM:
        return False
    if max(values) - min(values) <= 2 * RIPPLE_M + 1e-9:
        return True
    steps = [b - a for a, b in zip(values, values[1:], strict=False)]
    return min(steps) > 0 or max(steps) < 0


def check_sources(params: Any, names: Names) -> Iterable[Fault]:
    """Refuse a level that nothing tells, a floor, which has none, and a sensor without metres."""
    if not params.gauge and not params.sensor:
        yield Fault("params.gauge", "needs a gauge, a level sensor, or both")
    if params.gauge in names.floors:
        yield Fault("params.gauge", "tells the wet share of a floor, and no level")
    if params.sensor and names.kinds.get(params.sensor) != "number":
        yield Fault("params.sensor", "must be an input that is a number")
    elif params.sensor and names.units.get(params.sensor, "") not in ("", "m"):
        unit = names.units[params.sensor]
        yield Fault("params.sensor", "must tell metres, and tells %(unit)s", {"unit": unit})


def check_scale(params: Any, levels: Sequence[str], names: Names) -> Iterable[Fault]:
    """Refuse levels in metres so far outside the gauge's marks that another unit was meant."""
    if params.gauge not in names.marks:
        return
    low, high = names.marks[params.gauge]
    beyond = FARTHEST * (high - low)
    for name in levels:
        level = getattr(params, name)
        if level is not None and not low - beyond <= level <= high + beyond:
            text = (
                "%(found)s m is far outside the gauge's marks, %(low)s to %(high)s m: is it in"
                " metres?"
            )
            values = {"found": f"{level:g}", "low": f"{low:g}", "high": f"{high:g}"}
            yield Fault(f"params.{name}", text, values)


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _short(value: float | None) -> str:
    return "?" if value is None else f"{value:.2f}"
