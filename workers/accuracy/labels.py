"""Looks at a clip's labels before they are believed: one that names nothing would not be scored."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import av

from workers.scene import Scene, SceneRule
from workers.vision.belief import STATES
from workers.vision.health import HOLD_S

# What labels may say; what the simulator writes besides is not scored.
TOP = {"regime", "events", "machines", "levels", "levels_hidden", "faults", "frames_truth"}
TOP_SIMULATED = {"fps", "frames", "seconds", "zones", "seed"}
EVENT = {"zone", "rule", "t", "to_s", "alarm", "type", "machine_state", "person"}
MACHINE = {"id", "phases"}
FAULT = {"fault", "from_s", "to_s"}
FRAME = {"t", "people", "machines", "i", "luma"}
PERSON = {"box", "visible", "id", "foot_m", "in_zones"}
# A label may lie this far beyond the clip's last picture.
BEYOND_S = 1.0
# An entry is seen in the labelled people this soon after it.
SEEN_S = 0.35


class LabelError(ValueError):
    """A label cannot be meant; the text says which and why."""


def check(raw: Mapping[str, Any], scene: Scene) -> None:
    """Refuse what no label can mean, and what names nothing that the scene has.

    raw: truth.json as read. LabelError; KeyError, TypeError or ValueError where it has no shape.
    """
    _keys("truth", raw, TOP | TOP_SIMULATED)
    for number, event in enumerate(raw.get("events") or ()):
        _event(f"events[{number}]", event, raw, scene)
    if raw.get("events") and not scene.rules:
        raise LabelError("events: the scene has no rule that could raise them")
    machines = raw.get("machines") or {}
    rows = machines.items() if isinstance(machines, Mapping) else ((m["id"], m) for m in machines)
    for name, machine in rows:
        _keys(f"machines.{name}", machine, MACHINE)
        _among("machines", name, [m.id for m in scene.machines])
        _series(f"machines.{name}", machine["phases"], 1)
        for _, state in machine["phases"]:
            _among(f"machines.{name}", state, STATES)
    _levels(raw, scene)
    for number, fault in enumerate(raw.get("faults") or ()):
        where = f"faults[{number}]"
        _keys(where, fault, FAULT)
        _among(where, fault["fault"], HOLD_S)
        _span(where, fault["from_s"], fault["to_s"])
    for number, frame in enumerate(raw.get("frames_truth") or ()):
        _frame(f"frames_truth[{number}]", frame, scene)


def watches(rule: SceneRule, event: Mapping[str, Any]) -> bool:
    """Tell whether an event is one of a rule: it names the rule, or the zone that it watches."""
    if "rule" in event:
        return bool(event["rule"] == rule.id)
    return bool(rule.zone is not None and event["zone"] == rule.zone)


def occupied(raw: Mapping[str, Any], zone: str | None) -> list[float]:
    """Return the labelled times at which somebody is said to be in a zone."""
    frames = raw.get("frames_truth") or ()
    return [
        float(f["t"]) for f in frames if any(zone in p.get("in_zones", ()) for p in f["people"])
    ]


def outside(times: Iterator[tuple[str, float]], clip: Path) -> str:
    """Return what is wrong with the first label that lies outside of its clip, or ""."""
    end_s = length_s(clip)
    for key, t in times:
        if not 0 <= t <= end_s + BEYOND_S:
            return f"{key}: {t:g} s is outside of {clip.name}, which has {end_s:.1f} s"
    return ""


def length_s(clip: Path) -> float:
    """Return the time of a clip's last picture in seconds; OSError where it cannot be read."""
    try:
        with av.open(str(clip)) as container:
            packets = container.demux(container.streams.video[0])
            times = [float(p.pts * p.time_base) for p in packets if p.pts is not None]
    except (av.error.FFmpegError, IndexError) as error:
        raise OSError(f"{clip.name}: no video in it: {error}") from None
    return max(times) - min(times) if times else 0.0


def _event(where: str, event: Mapping[str, Any], raw: Mapping[str, Any], scene: Scene) -> None:
    _keys(where, event, EVENT)
    rules = {rule.id: rule for rule in scene.rules}
    if "zone" not in event and "rule" not in event:
        raise LabelError(f"{where}: names neither its zone nor its rule")
    if "zone" in event:
        _among(where, event["zone"], [zone.id for zone in scene.zones])
    if "rule" in event:
        _among(where, event["rule"], rules)
        own = rules[event["rule"]].zone
        if event.get("zone", own) != own:
            raise LabelError(f"{where}: rule {event['rule']} does not watch {event['zone']}")
    must = event.get("alarm", True)
    if not isinstance(must, bool):
        raise LabelError(f"{where}: alarm must be true or false, found {must!r}")
    if must and not any(watches(rule, event) for rule in scene.rules):
        raise LabelError(f"{where}: no rule watches {event['zone']}")
    if "to_s" in event:
        _span(where, event["t"], event["to_s"])
    elif must and not any(
        0 <= t - float(event["t"]) <= SEEN_S for t in occupied(raw, event.get("zone"))
    ):
        raise LabelError(f"{where}: no to_s, the time at which it is over")


def _levels(raw: Mapping[str, Any], scene: Scene) -> None:
    levels = raw.get("levels") or {}
    gauges = [gauge.id for gauge in scene.gauges if gauge.zone is None]
    if isinstance(levels, list):
        if len(gauges) != 1:
            raise LabelError("levels: say which gauge they are of, by its id")
        levels = {gauges[0]: levels}
    for name, rows in levels.items():
        _among("levels", name, gauges)
        _series(f"levels.{name}", rows, 2)
    for name, spans in (raw.get("levels_hidden") or {}).items():
        _among("levels_hidden", name, levels)
        for begin, end in spans:
            _span(f"levels_hidden.{name}", begin, end)


def _frame(where: str, frame: Mapping[str, Any], scene: Scene) -> None:
    _keys(where, frame, FRAME)
    for person in frame["people"]:
        _keys(where, person, PERSON)
        x1, y1, x2, y2 = person["box"]
        if not (x1 < x2 and y1 < y2):
            raise LabelError(f"{where}: box {person['box']} is not left, top, right, bottom")
    for name in frame.get("machines") or ():
        _among(where, name, [machine.id for machine in scene.machines])


def _keys(where: str, found: Mapping[str, Any], known: set[str]) -> None:
    if not isinstance(found, Mapping):
        raise LabelError(f"{where}: must be an object")
    if wrong := sorted(set(found) - known):
        raise LabelError(f"{where}: unknown {', '.join(wrong)}")


def _among(where: str, name: Any, known: Any) -> None:
    if name not in known:
        raise LabelError(f"{where}: no {name!r}; there are: {', '.join(known) or 'none'}")


def _series(where: str, rows: Sequence[Sequence[Any]], least: int) -> None:
    times = [float(t) for t, _ in rows]
    if len(times) < least:
        raise LabelError(f"{where}: {len(times)} rows, at least {least} are needed")
    if any(not a < b for a, b in zip(times, times[1:], strict=False)):
        raise LabelError(f"{where}: the times do not rise")


def _span(where: str, begin: float, end: float) -> None:
    if not (math.isfinite(begin) and begin < end < math.inf):
        raise LabelError(f"{where}: from {begin:g} to {end:g} s is no time")
