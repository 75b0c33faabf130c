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


@dataclass(frozen=True)
class Fall:
    """A figure that is worse than last time by more than its noise; now None: not measured."""

    name: str
    before: float
    now: float | None
    noise: float
    unit: str

    def words(self) -> str:
        """Say what fell from what to what."""
        now = "no longer measured" if self.now is None else f"to {self.now:.2f}"
        return f"{self.name} fell from {self.before:.2f} {now} {self.unit} (noise {self.noise:.2f})"


def noise_of(first: Sequence[Figure], again: Sequence[Sequence[Figure]]) -> dict[str, float]:
    """Return each figure's noise: the largest change in runs over the same scenes filmed again,
    and over the same films in another processor's number format.

    Times and lengths have at least one step of their measure. Shares of many have at least one
    thing more or less, which another processor's arithmetic may change; of few, that is a fall.
    """
    others = [{figure.name: figure for figure in one} for one in again]
    found = {}
    for figure in first:
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
    """Return the figures that fell. absent: beginnings of names that cannot be measured here."""
    found = []
    known = {figure.name: figure for figure in now}
    for name, old in before.items():
        figure = known.get(name)
        if figure is None:
            if not any(name.startswith(f"{one}/") for one in absent):
                found.append(Fall(name, old["value"], None, old["noise"], str(old["unit"])))
            continue
        worse = figure.value - old["value"]
        if figure.better == "more":
            worse = -worse
        if worse > old["noise"] + 1e-6:
            found.append(Fall(name, old["value"], figure.value, old["noise"], figure.unit))
    return found


def read(path: Path = BASELINE) -> dict[str, dict[str, float]]:
    """Return the kept figures by name; empty where there are none yet."""
    return dict(json.loads(path.read_text())["figures"]) if path.exists() else {}


def write(figures: Sequence[Figure], noise: Mapping[str, float], about: str, path: Path) -> None:
    """Keep figures as the ones to compare with."""
    kept = {
        figure.name: {
            "value": round(figure.value, 3),
            "noise": round(noise[figure.name], 3),
            "unit": figure.unit,
            "n": round(figure.n, 4),
        }
        for figure in figures
    }
    path.write_text(json.dumps({"about": about, "figures": kept}, indent=1) + "\n")


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
