"""Entries of the bank: a clip, its scene, and what is true in it.

An entry is a folder with `clip.mp4` (or `sub.mp4`), `scene.json` and `truth.json`. A mine labels
its own clips with as much of it as it likes, times in seconds from the clip's first frame:

    {"regime": "dim",
     "events": [{"zone": "danger", "t": 12.4, "to_s": 19.0, "alarm": true}],
     "machines": [{"id": "winch-1", "phases": [[0, "STOPPED"], [8.5, "RUNNING"]]}],
     "levels": {"sump": [[0, 1.32], [60, 1.35]]},
     "levels_hidden": {"sump": [[20, 31]]},
     "faults": [{"fault": "blurred", "from_s": 30, "to_s": 60}],
     "frames_truth": [{"t": 0.0, "people": [{"box": [left, top, right, bottom], "visible": 1}]}]}

Every key may be missing: what is not labelled is not scored. An event is a stay in a zone that must
(`alarm` true, or left out) raise the rules of that zone, or the one `rule` that it names; with a
list of events the clip holds no others. Between two levels the water is taken to move evenly; while
it is hidden, it must be told to be unknown. A label that names nothing of the scene, or lies
outside of the clip, is refused. `regime` is bright, dim, very_dark, glare or dust; without it,
brightness tells the first three.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workers.accuracy.labels import check, occupied, outside, watches
from workers.scene import Scene, SceneError, load_scene

REGIMES = ("bright", "dim", "very_dark", "glare", "dust")
CLIPS = ("clip.mp4", "sub.mp4")
HERE = Path(__file__).resolve().parent
# Rendered ones that ship with the product.
SHIPPED = (HERE.parent / "simulate" / "loops", HERE.parent / "simulate" / "bank")
# A person counts as there from this share of the body; less may be found or not.
CLEAR = 0.5
# What a machine may take to be believed: RUNNING within 1.5 s, STOPPED within 4 s.
START_S = 1.5
STOP_S = 4.0


class BankError(Exception):
    """An entry cannot be used; the text says which and why."""


@dataclass(frozen=True)
class Person:
    """A person really there: box as fractions of the picture, visible share 0..1."""

    box: tuple[float, float, float, float]
    visible: float = 1.0


@dataclass(frozen=True)
class Stay:
    """Somebody is in a zone from `begin_s` to `end_s`; the rule of that zone must be raised.

    With `sure` false it may be raised or not: the foot is on the edge, or hardly visible.
    """

    rule: str
    begin_s: float
    end_s: float
    sure: bool = True


@dataclass(frozen=True)
class Fault:
    """The camera has a fault from one time to another."""

    fault: str
    from_s: float
    to_s: float


@dataclass(frozen=True)
class Truth:
    """What is true in a clip; what is None or empty is not labelled.

    people: at each labelled time, in order; stays: for the scene's own rules; machines and
    levels: (time, value) at each change, by id; hidden: from when to when a level cannot be seen.
    """

    people: tuple[tuple[float, tuple[Person, ...]], ...] | None = None
    stays: tuple[Stay, ...] | None = None
    machines: Mapping[str, tuple[tuple[float, str], ...]] = field(default_factory=dict)
    levels: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    faults: tuple[Fault, ...] | None = None
    hidden: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """One clip of the bank. source: rendered, real or own; regime None: the clip's light tells."""

    name: str
    source: str
    clip: Path
    scene: Scene
    truth: Truth
    regime: str | None = None


def read_bank(folder: Path, source: str) -> list[Entry]:
    """Read all entries below a folder, or the folder itself if it is one; BankError if broken."""
    if (folder / "truth.json").exists():
        return [read_entry(folder, source)]
    if not folder.is_dir():
        return []
    return [read_entry(path, source) for path in sorted(folder.iterdir()) if _is_entry(path)]


def shipped() -> list[Entry]:
    """Return the rendered entries of the repository."""
    return [entry for folder in SHIPPED for entry in read_bank(folder, "rendered")]


def read_entry(folder: Path, source: str) -> Entry:
    """Read one entry; BankError names the file and what is wrong in it."""
    clip = next((folder / name for name in CLIPS if (folder / name).exists()), None)
    if clip is None:
        raise BankError(f"{folder}: no {' or '.join(CLIPS)}")
    path = folder / "truth.json"
    try:
        raw = json.loads(path.read_text(encoding="utf-8-sig"))
        scene = load_scene(folder / "scene.json") if (folder / "scene.json").exists() else Scene()
        check(raw, scene)
        regime = raw.get("regime")
        if regime is not None and regime not in REGIMES:
            raise BankError(f"{path}: regime must be one of {', '.join(REGIMES)}, found {regime!r}")
        return Entry(folder.name, source, clip, scene, parse_truth(raw, scene), regime)
    except SceneError as error:
        raise BankError(f"{folder / 'scene.json'}: {error}") from None
    except (OSError, ValueError) as error:
        raise BankError(f"{path}: {error}") from None
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise BankError(f"{path}: not as labelled clips are written: {error!r}") from None


def check_times(entries: Sequence[Entry]) -> None:
    """Raise BankError where a label lies outside of its clip, or a clip cannot be read."""
    for entry in entries:
        try:
            wrong = outside(_times(entry.truth), entry.clip)
        except OSError as error:
            raise BankError(f"{entry.clip.parent}: {error}") from None
        if wrong:
            raise BankError(f"{entry.clip.parent / 'truth.json'}: {wrong}")


def unlabelled(folder: Path) -> list[str]:
    """Return the folders of a bank that hold a clip and no labels."""
    return [
        path.name
        for path in sorted(folder.iterdir())
        if path.is_dir() and not _is_entry(path) and any((path / name).exists() for name in CLIPS)
    ]


def _times(truth: Truth) -> Iterator[tuple[str, float]]:
    """Return every time that labels speak of, and where."""
    for t, _ in truth.people or ():
        yield "frames_truth", t
    for stay in truth.stays or ():
        yield "events", stay.begin_s
        yield "events", stay.end_s
    for fault in truth.faults or ():
        yield "faults", fault.from_s
        yield "faults", fault.to_s
    for key, series in (("machines", truth.machines), ("levels", truth.levels)):
        for name, rows in series.items():
            for t, _ in rows:
                yield f"{key}.{name}", t
    for name, spans in truth.hidden.items():
        for span in spans:
            for t in span:
                yield f"levels_hidden.{name}", t


def parse_truth(raw: Mapping[str, Any], scene: Scene) -> Truth:
    """Turn truth.json into a Truth; raises KeyError, TypeError or ValueError where it cannot."""
    frames = raw.get("frames_truth")
    people = None
    if frames is not None:
        people = tuple((float(f["t"]), tuple(_person(p) for p in f["people"])) for f in frames)
    machines = {m["id"]: _series(m["phases"], str) for m in _listed(raw.get("machines"))}
    for frame in frames or ():
        for name, item in (frame.get("machines") or {}).items():
            if isinstance(item, Mapping) and "state" in item and name not in machines:
                machines[name] = _phases(frames or (), name)
    levels = raw.get("levels") or {}
    if isinstance(levels, list):
        [gauge] = [gauge for gauge in scene.gauges if gauge.zone is None]
        levels = {gauge.id: levels}
    faults = raw.get("faults")
    return Truth(
        people,
        _stays(raw, scene, machines),
        machines,
        {name: _series(rows, float) for name, rows in levels.items()},
        None
        if faults is None
        else tuple(Fault(f["fault"], float(f["from_s"]), float(f["to_s"])) for f in faults),
        {
            name: tuple((float(a), float(b)) for a, b in spans)
            for name, spans in (raw.get("levels_hidden") or {}).items()
        },
    )


def _is_entry(path: Path) -> bool:
    return path.is_dir() and (path / "truth.json").exists()


def _listed(machines: Any) -> list[Mapping[str, Any]]:
    """Take machines as a list, or as an object by id."""
    if isinstance(machines, Mapping):
        return [{"id": name, **item} for name, item in machines.items()]
    return list(machines or [])


def _person(raw: Mapping[str, Any]) -> Person:
    x1, y1, x2, y2 = (float(v) for v in raw["box"])
    return Person((x1, y1, x2, y2), float(raw.get("visible", 1.0)))


def _series(rows: Sequence[Sequence[Any]], kind: type) -> tuple[tuple[float, Any], ...]:
    return tuple((float(t), kind(value)) for t, value in rows)


def _phases(frames: Sequence[Mapping[str, Any]], name: str) -> tuple[tuple[float, str], ...]:
    found: list[tuple[float, str]] = []
    for frame in frames:
        state = str(frame["machines"][name]["state"])
        if not found or found[-1][1] != state:
            found.append((float(frame["t"]), state))
    return tuple(found)


def state_at(phases: Sequence[tuple[float, Any]], t: float) -> Any:
    """Return the value that holds at a time; the first one before that."""
    return next((value for at, value in reversed(phases) if at <= t + 1e-6), phases[0][1])


def _stays(
    raw: Mapping[str, Any], scene: Scene, machines: Mapping[str, tuple[tuple[float, str], ...]]
) -> tuple[Stay, ...] | None:
    """Return the stays that the scene's own rules must raise, and those that they may."""
    if not scene.rules or "events" not in raw:
        return None
    found = []
    for rule in scene.rules:
        phases = machines.get(rule.machine or "", ())
        for event in raw["events"]:
            if not watches(rule, event) or not event.get("alarm", True):
                continue
            begin_s = float(event["t"])
            end_s = float(event["to_s"]) if "to_s" in event else _left(raw, rule.zone, begin_s)
            found.append(Stay(rule.id, begin_s, end_s))
        found += _doubtful(raw, rule.id, rule.zone, phases)
    return tuple(found)


def _left(raw: Mapping[str, Any], zone: str | None, t: float) -> float:
    """Return when the zone is left that was entered at t."""
    end_s = t
    for at in occupied(raw, zone):
        if end_s <= at <= end_s + 0.35:
            end_s = at
    return end_s


def _doubtful(
    raw: Mapping[str, Any], rule: str, zone: str | None, phases: Sequence[tuple[float, str]]
) -> list[Stay]:
    """Return when somebody is in the zone while the machine may still be taken for running.

    That is the time a belief may take: at the clip's start, and after a machine has stopped.
    """
    stops = [0.0, *(t for t, state in phases if state == "STOPPED")]
    return [
        Stay(rule, t, t, sure=False)
        for t in occupied(raw, zone)
        if not phases
        or state_at(phases, t) != "STOPPED"
        or any(0 <= t - stop <= STOP_S for stop in stops)
    ]
