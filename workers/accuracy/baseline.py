"""The figures of last time: kept with the noise that each was measured to have, and compared."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from workers.accuracy.entry import HERE
from workers.accuracy.figures import Figure

BASELINE = HERE / "baseline.json"
# From so many things on, one more or less is no fall by itself.
MANY = 20
# Hours are kept with four digits: less than this is no change of what was counted.
SAME_N = 1e-3
# A figure and its noise are kept with three digits: together they may be this much off.
ROUNDED = 1e-3


@dataclass(frozen=True)
class Fall:
    """A figure that is worse than last time. what: in words."""

    name: str
    what: str

    def words(self) -> str:
        """Say what fell from what to what."""
        return f"{self.name} {self.what}"


def noise_of(first: Sequence[Figure], again: Sequence[Sequence[Figure]]) -> dict[str, float]:
    """Return each figure's noise: the largest change in runs over the same scenes filmed again,
    and over the same films in another processor's number format.

    Times and lengths have at least one step of their measure. Shares of many have at least one
    thing more or less, which another processor's arithmetic may change; of few, that is a fall.
    A figure that is not there in every film hangs on the film: it has no noise, and is not kept.
    """
    others = [{figure.name: figure for figure in one} for one in again if one]
    found = {}
    for figure in first:
        if not figure.asked and any(figure.name not in other for other in others):
            continue
        changes = [
            abs(other[figure.name].value - figure.value)
            for other in others
            if figure.name in other and math.isfinite(other[figure.name].value)
        ]
        counted = figure.unit == "%" and figure.n < MANY or figure.unit.startswith("per ")
        found[figure.name] = max([figure.step / 2 if counted else figure.step, *changes])
    return found


def compare(
    before: Mapping[str, Mapping[str, float]], now: Sequence[Figure], absent: Sequence[str] = ()
) -> list[Fall]:
    """Return the figures that fell by more than their noise, vanished, or are counted over less.

    New ones have nothing to fall from. absent: beginnings of names that cannot be measured here.
    """
    found = []
    known = {figure.name: figure for figure in now}
    for name, old in before.items():
        figure = known.get(name)
        told = f"fell from {old['value']:.2f}"
        if figure is None:
            if not any(name.startswith(f"{one}/") for one in absent):
                found.append(Fall(name, f"{told}, no longer measured"))
            continue
        worse = figure.value - old["value"]
        if figure.better == "more":
            worse = -worse
        if not worse <= old["noise"] + ROUNDED + 1e-6:  # not a number is no better
            noise = f"{figure.unit} (noise {old['noise']:.2f})"
            found.append(Fall(name, f"{told} to {figure.value:.2f} {noise}"))
        elif figure.asked and figure.n < old["n"] * (1 - SAME_N) - SAME_N:
            found.append(Fall(name, f"is of {figure.n:g} {figure.of}, it was of {old['n']:g}"))
    return found


def vanished(before: Sequence[str], now: Sequence[str]) -> list[Fall]:
    """Return the clips that were measured last time and are no longer."""
    return [Fall(clip, "was measured last time, and is no longer")
            for clip in before if clip not in now]  # fmt: skip


def is_too_few(figure: Figure, noise: float) -> bool:
    """Tell whether a share could fall to nothing by its noise alone: no fall of it can be told."""
    return figure.better == "more" and noise >= figure.value - ROUNDED


def read(path: Path = BASELINE) -> dict[str, dict[str, float]]:
    """Return the kept figures by name; empty where there are none yet."""
    return dict(json.loads(path.read_text())["figures"]) if path.exists() else {}


def clips(path: Path = BASELINE) -> list[str]:
    """Return the clips that the kept figures are of; empty where nobody wrote them down."""
    return list(json.loads(path.read_text()).get("clips", [])) if path.exists() else []


def write(
    figures: Sequence[Figure],
    noise: Mapping[str, float],
    about: str,
    path: Path,
    clips: Sequence[str] = (),
) -> None:
    """Keep figures that have a noise, and the clips they are of, as the ones to compare with."""
    kept = {
        figure.name: {
            "value": round(figure.value, 3),
            "noise": round(noise[figure.name], 3),
            "unit": figure.unit,
            "n": round(figure.n, 4),
        }
        for figure in figures
        if figure.name in noise
    }
    document = {"about": about, "clips": list(clips), "figures": kept}
    path.write_text(json.dumps(document, indent=1) + "\n")


def as_json(figures: Sequence[Figure]) -> dict[str, dict[str, object]]:
    """Return figures by name, as JSON has them: what is not known is null."""
    return {
        figure.name: {
            key: round(value, 4)
            if isinstance(value, float) and math.isfinite(value)
            else (None if isinstance(value, float) else value)
            for key, value in asdict(figure).items()
            if key != "name"
        }
        for figure in figures
    }
