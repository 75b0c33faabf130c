"""docs/accuracy.md: every figure with its interval and count, and what was not measured."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from workers.accuracy.baseline import Fall, as_json, is_too_few
from workers.accuracy.figures import Figure

HEAD = """# Accuracy, last measured

Written by `make accuracy`; do not edit. Intervals are of 95 %: Wilson's for shares, exact Poisson
for rates, bootstrap over clips or pictures for the rest. *Noise* is the largest change of the
figure when the same scenes were filmed again (noise of two grey levels, exposure within 3 %), or
read in whole floats instead of the processor's own; at least one thing more or less. A fall by more
makes `make accuracy` fail, and so does a figure, a clip or a part of what was counted that is gone.
Where noise alone may take a share to nothing there are *too few to compare*: no fall can be told.

A raise counts for the entries of its own time: one that is open still from before hits nothing.
*Cleared in time* is the share of raised entries that were over two seconds after their rule's own
time to end, counted from when the last foot left; while a camera is labelled as spoilt, or a rule
says that it cannot see in light that is hard by nature, it rightly ends nothing. A gauge is asked
every second of its labels for the level that stands: *read* is the share of seconds in which there
was one, *error* is what it was wrong by. A first reading has four seconds, and what was told stands
for eleven. *Unknown while hidden* is the share of seconds in which a level that nobody could see
was told to be unknown: to hold on to the last one is wrong.

Figures on rendered clips are of one synthetic world: they are for regression, and say nothing of
the accuracy in a real mine. Figures under `real` are of footage that does not ship.
"""


@dataclass(frozen=True)
class Page:
    """All that is told. about: how it was measured; notes: what went wrong in which clip.

    hours: what the last `--long` run said; table: rows of the comparison on real pictures.
    """

    figures: Sequence[Figure]
    noise: Mapping[str, float]
    about: Sequence[str]
    notes: Sequence[str]
    falls: Sequence[Fall]
    hours: Sequence[str] = ()
    table: Sequence[str] = ()


def markdown(page: Page) -> str:
    """Return the page as Markdown."""
    lines = [HEAD, *(f"- {line}" for line in page.about), ""]
    lines += _listed("Fallen since the baseline", [fall.words() for fall in page.falls])
    lines += _listed("Hours: the last run with `--long`", page.hours)
    if page.table:
        lines += ["## Night and under ground, before and after", "", *page.table, ""]
    for group, members in groupby(sorted(page.figures, key=_group), key=_group):
        lines += [f"## {group}", "", "| | figure | 95 % | n | noise |", "|---|---|---|---|---|"]
        lines += [_row(figure, page.noise.get(figure.name)) for figure in members]
        lines.append("")
    lines += _listed("What was missed or false", page.notes)
    return "\n".join(lines)


def _listed(title: str, items: Sequence[str]) -> list[str]:
    return [f"## {title}", "", *(f"- {item}" for item in items), ""] if items else []


def _group(figure: Figure) -> str:
    return ": ".join(figure.name.split("/")[:2])


def _row(figure: Figure, noise: float | None) -> str:
    what = ", ".join(figure.name.split("/")[2:])
    interval = ""
    if math.isfinite(figure.low) and math.isfinite(figure.high):
        interval = f"{_number(figure.low)} to {_number(figure.high)}"
    told = "" if noise is None else _number(noise)
    if noise is not None and is_too_few(figure, noise):
        told += ", too few to compare"
    amount = f"{_number(figure.n)} {figure.of}"
    return f"| {what} | {_number(figure.value)} {figure.unit} | {interval} | {amount} | {told} |"


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "–"
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def write(folder: Path, page: Page) -> None:
    """Write accuracy.md and accuracy.json into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "accuracy.md").write_text(markdown(page))
    document = {
        "about": list(page.about),
        "figures": as_json(page.figures),
        "noise": {name: round(value, 4) for name, value in page.noise.items()},
        "falls": [fall.words() for fall in page.falls],
        "notes": list(page.notes),
        "hours": list(page.hours),
        "table": list(page.table),
    }
    (folder / "accuracy.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def last_hours(folder: Path) -> list[str]:
    """Return what the last run with `--long` said: a run without it keeps that."""
    path = folder / "accuracy.json"
    return list(json.loads(path.read_text()).get("hours", [])) if path.exists() else []
