"""Scenarios: what each hazard type must tell, must not tell, and must say that it cannot see.

One TOML file a hazard type in `scenarios/`. Each scenario plays a clip of the rendered mine (or of
real footage) under a scene of its own, with what machines and other systems say meanwhile:

    [[scenario]]
    name = "walks into the drum's zone"
    tells = "true"                  # true, near miss, blind or messy
    clip = "winch-house"            # a folder of simulate/loops or simulate/bank, or real:FILE
    change = ["fresh", 3]           # optional: other light by a seed (disturb.py), several with
                                    # [[..], [..]]; a fault is ["blocked", from_s, to_s], water
                                    # on the floor ["flood", from_s, to_s, share]
    signals = [[0.0, "winch-1", "RUNNING"]]
    expect = [{rule = "r", level = "danger", at_s = 9.4, to_s = 13.4, dwell_s = 0.3}]
    unsure = [{rule = "r", level = "warning", at_s = 8.0, to_s = 14.5}]
    sight = [{rule = "r", from_s = 5.0, within_s = 10.0}]
    [scenario.scene]                # a scene document; "version" may be left out

An expected alarm is the first in its time that the rule raises at that level: from half a second
before `at_s`, when the hazard begins, to a second after `to_s`, when it ends. Every other raise of
the rule is false, and so is a second one in the same time, but of the same situation when more
people have joined it than were told of, up to the hazard's `persons` (else 1). `sight`: the rule
must say BLIND from `from_s` on within a time.
"""

import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import cv2

from workers.accuracy import disturb
from workers.accuracy.entry import CLIPS, HERE, SHIPPED, BankError
from workers.accuracy.outcome import Outcome, judge
from workers.accuracy.real import DATA
from workers.accuracy.runner import Remembering, Run, run
from workers.engine import Signal
from workers.hazards import registry
from workers.media.decode import Cells, Frame, read_frames
from workers.scene import Scene, SceneError, parse_scene
from workers.simulate.faults import NAMES, flood, spoil
from workers.vision.boxes import Box
from workers.vision.detector import Detector
from workers.vision.load import load_detector

FOLDER = HERE / "scenarios"
TELLS = ("true", "near miss", "blind", "messy")
WIDE = 640
KEYS = {
    "name", "tells", "clip", "change", "signals", "expect", "unsure", "sight", "scene", "from_s",
    "to_s", "stretch", "begins", "why",
}  # fmt: skip


@dataclass(frozen=True)
class Hazard:
    """A hazard that is there from at_s to to_s, and must be raised at a level by a rule.

    persons: the most that are in it.
    """

    rule: str
    level: str
    at_s: float
    to_s: float
    dwell_s: float = 0.0
    persons: int = 1


@dataclass(frozen=True)
class Sight:
    """A rule cannot see from a time on, and must say so within a time."""

    rule: str
    from_s: float
    within_s: float


@dataclass(frozen=True)
class Scenario:
    """One scene of one hazard type. stretch: the clip's times are multiplied by it."""

    type: str
    name: str
    tells: str
    clip: str
    scene: Scene
    changes: tuple[tuple[Any, ...], ...] = ()
    signals: tuple[Signal, ...] = ()
    expect: tuple[Hazard, ...] = ()
    unsure: tuple[Hazard, ...] = ()
    sight: tuple[Sight, ...] = ()
    from_s: float = 0.0
    to_s: float = float("inf")
    stretch: float = 1.0
    epoch_s: float | None = None


def scenarios(folder: Path = FOLDER) -> list[Scenario]:
    """Read all scenarios, in the order of their clips; BankError names what is wrong where."""
    found = [one for path in sorted(folder.glob("*.toml")) for one in read(path)]
    return sorted(found, key=lambda one: (one.clip, str(one.changes), one.type))


def read(path: Path) -> list[Scenario]:
    """Read one type's scenarios; BankError names what is wrong in which."""
    kind = path.stem
    if kind not in registry():
        raise BankError(f"{path}: no hazard type {kind}")
    try:
        document = tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise BankError(f"{path}: {error}") from None
    found = []
    for raw in document.get("scenario", ()):
        try:
            found.append(_scenario(kind, raw))
        except (SceneError, KeyError, TypeError, ValueError) as error:
            raise BankError(f"{path}: {raw.get('name')}: {error!r}") from None
    return found


def _scenario(kind: str, raw: Mapping[str, Any]) -> Scenario:
    if wrong := set(raw) - KEYS:
        raise ValueError(f"unknown {', '.join(sorted(wrong))}")
    if raw["tells"] not in TELLS:
        raise ValueError(f"tells must be one of {', '.join(TELLS)}")
    changes = raw.get("change", [])
    if changes and isinstance(changes[0], str):
        changes = [changes]
    scene = parse_scene({"version": 1, **raw["scene"]})
    made = Scenario(
        kind,
        raw["name"],
        raw["tells"],
        raw["clip"],
        scene,
        tuple(tuple(change) for change in changes),
        tuple(Signal(float(t), str(name), str(said)) for t, name, said in raw.get("signals", ())),
        tuple(Hazard(**one) for one in raw.get("expect", ())),
        tuple(Hazard(**one) for one in raw.get("unsure", ())),
        tuple(Sight(**one) for one in raw.get("sight", ())),
        float(raw.get("from_s", 0.0)),
        float(raw.get("to_s", "inf")),
        float(raw.get("stretch", 1.0)),
        _epoch(raw.get("begins")),
    )
    levels = {rule.id: registry()[rule.type].levels for rule in scene.rules}
    for hazard in (*made.expect, *made.unsure):
        if hazard.level not in levels[hazard.rule]:
            raise ValueError(f"rule {hazard.rule} has no level {hazard.level}")
    return made


def _epoch(begins: Any) -> float | None:
    if begins is None:
        return None
    if not isinstance(begins, datetime) or begins.tzinfo is None:
        raise ValueError("begins must be a time with its offset, as 2026-03-04T05:00:00+08:00")
    return begins.timestamp()


def frames(scenario: Scenario) -> list[Frame]:
    """Return the pictures that are analysed, under the scenario's light and faults.

    FileNotFoundError where real footage is not on this machine.
    """
    clip = _clip(scenario.clip)
    cells = Cells(scenario.scene.analysis_fps * scenario.stretch)
    plain = not scenario.changes
    kept = []
    for frame in read_frames(clip):
        if not scenario.from_s <= frame.t < scenario.to_s or not cells.take(frame.t):
            continue
        t = (frame.t - scenario.from_s) * scenario.stretch
        if plain and t == frame.t:
            kept.append(frame)
        else:
            kept.append(Frame(t, frame.index, _small(frame.bgr())))
    for change in scenario.changes:
        kept = list(_changed(kept, *change))
    return kept


def _small(picture: Any) -> Any:
    high, wide = picture.shape[:2]
    if wide <= WIDE:
        return picture
    return cv2.resize(picture, (WIDE, round(high * WIDE / wide)), interpolation=cv2.INTER_AREA)


def _changed(frames: Sequence[Frame], name: str, *values: float) -> Sequence[Frame]:
    if name in NAMES:
        pictures = ((f.t, f.bgr()) for f in frames)
        seed = int(values[2]) if len(values) > 2 else 0
        spoilt = spoil(pictures, name, values[0], values[1], seed)
        return [Frame(t, index, picture) for index, (t, picture) in enumerate(spoilt)]
    if name == "flood":
        from_s, to_s, most = values
        shares = [most * min(1.0, max(0.0, (f.t - from_s) / (to_s - from_s))) for f in frames]
        return [
            Frame(f.t, f.index, flood(f.bgr(), share))
            for f, share in zip(frames, shares, strict=True)
        ]
    make: dict[str, Callable[[int], disturb.Change]] = {
        "fresh": disturb.fresh,
        "darken": disturb.darken,
        "retake": disturb.retake,
    }
    change = make[name](int(values[0]))
    return [Frame(f.t, f.index, change(f.bgr(), f.t)) for f in frames]


def _clip(name: str) -> Path:
    if name.startswith("real:"):
        path = DATA / name.removeprefix("real:")
        if not path.exists():
            raise FileNotFoundError(f"{path} is not on this machine")
        return path
    for folder in SHIPPED:
        for file in CLIPS:
            if (folder / name / file).exists():
                return folder / name / file
    raise BankError(f"no clip {name}")


class Eyeless:
    """A detector that sees nobody, for scenes in which nothing asks for people or vehicles."""

    name, input_px, light, score = "none", 416, False, 0.4

    def detect(self, pictures: Sequence[Any]) -> list[list[Box]]:
        """Find nothing."""
        return [[] for _ in pictures]


def asks_for_people(scene: Scene) -> bool:
    """Tell whether a scene needs what the detector finds: a rule, or a machine in the picture.

    Who stands before a machine is cut out of its region, whatever the rules are.
    """
    kinds = [registry()[rule.type] for rule in scene.rules]
    in_picture = any(machine.source != "signal" for machine in scene.machines)
    return in_picture or any(kind.uses_people or kind.uses_vehicles for kind in kinds)


def play(scenario: Scenario, detector: Detector, change: disturb.Change | None = None) -> Run:
    """Run the engine over a scenario; change: alters each of its pictures once more."""
    pictures = frames(scenario)
    if change is not None:
        pictures = [Frame(f.t, f.index, change(f.bgr(), f.t)) for f in pictures]
    return run(
        scenario.scene,
        pictures,
        detector if asks_for_people(scenario.scene) else Eyeless(),
        signals=scenario.signals,
        epoch_s=scenario.epoch_s,
    )


def measure(
    wanted: Sequence[Scenario],
    detector: Detector,
    *,
    change: Callable[[str], disturb.Change] | None = None,
    tell: Callable[[str], None] = lambda text: None,
) -> dict[str, Outcome]:
    """Play scenarios and judge them, by type; what needs absent footage is left out and noted.

    change: gives, by a clip's name, what alters its pictures.
    """
    found: dict[str, Outcome] = {}
    eyes: Remembering | None = None
    last: tuple[str, str] | None = None
    for one in wanted:
        outcome = found.setdefault(one.type, Outcome())
        # The same pictures are looked at once, whichever types are tried on them.
        if eyes is None or last != (one.clip, str(one.changes)):
            eyes, last = Remembering(detector), (one.clip, str(one.changes))
        try:
            done = play(one, eyes, change(one.clip) if change else None)
            outcome.add(judge(one, done))
        except FileNotFoundError as error:
            outcome.notes.append(f"{one.type}, {one.name}: left out: {error}")
        tell(f"{one.type}: {one.name}")
    return found


def main(types: Sequence[str]) -> int:
    """Play the scenarios of some types, or all; print what went wrong; 1 if anything did."""
    wanted = [one for one in scenarios() if not types or one.type in types]
    found = measure(wanted, load_detector())
    for kind, one in sorted(found.items()):
        print(f"{kind}: {len(one.delays)} of {one.expected} events, {one.false} false of "
              f"{one.raises} alarms, blind told {one.said} of {one.blind}")  # fmt: skip
        print(*(f"  {note}" for note in one.notes), sep="\n", end="\n" if one.notes else "")
    return 1 if any(one.notes for one in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
