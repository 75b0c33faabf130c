"""The model card: what the network was made of, how, and what it measures, written by the run."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workers.train.validate import HEIGHTS, REGIMES

SCORES = ("at_0.25", "at_0.35", "at_0.45")


def write(
    path: Path,
    *,
    said: Mapping[str, str],
    made: str,
    curve: Sequence[Mapping[str, float]],
    figures: Mapping[str, Any],
    sets: Mapping[str, str],
) -> None:
    """Write the card; made: paragraphs of the data and the recipe, kept from the run."""
    before, after = figures["before"], figures["after"]
    parts = [
        f"# {said['name']} {said['version']}: the miner's network",
        "NanoDet-g with the original's 80 classes and topology, tuned for people under ground, in "
        "the dark and far away. Written by `make train-miner`; figures are of this file.",
        "## What it is made of",
        made,
        "## Measured",
        f"{sets['rendered']} AP50 of people in percent, with the 95 % interval over places.",
        _table(
            ("light", "box height in 360 px", "people", "before", "after"),
            [
                (regime, height, after[regime][height]["people"],
                 _ap50(before[regime][height]), _ap50(after[regime][height]))
                for regime in REGIMES
                for height in HEIGHTS
            ],
        ),
        "What a score means there (people of 25 px and taller): precision and recall in percent, "
        "and false sightings in a picture without people.",
        _table(
            ("light", "score", "before", "after"),
            [
                (regime, at.removeprefix("at_"), _at(before[regime][at]), _at(after[regime][at]))
                for regime in REGIMES
                for at in SCORES
            ],
        ),
    ]  # fmt: skip
    if "photographs" in after:
        then, now = before["photographs"], after["photographs"]
        parts += [
            f"Real photographs, {sets['photographs']}: {now['people']} people, AP50 "
            f"{_ap50(then)} before and {_ap50(now)} after; recall at 90 % precision "
            f"{then['recall_at_90']} and {now['recall_at_90']}, at the scores "
            f"{then['score_at_90']} and {now['score_at_90']}.",
        ]
    parts += [
        "How much of the tuned weights to take, on other places and on real pictures that were "
        "not learnt from (AP50 against what the original sees in them):",
        _table(tuple(curve[0]), [tuple(row.values()) for row in curve]),
        "## Limits",
        "- Trained and measured on one synthetic world. The figures above serve to compare "
        "networks; they are not accuracy in a real mine. Run it in shadow first.\n"
        "- Below about 25 px of height, in the very dark, people are mostly missed: there is no "
        "light to see them by.\n"
        "- The original's other classes were held by distillation, not trained or measured.",
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join(parts) + "\n")


def _ap50(row: Mapping[str, Any]) -> str:
    low, high = row["interval"]
    return f"{row['ap50']} ({low}–{high})"


def _at(row: Mapping[str, Any]) -> str:
    return f"{row['precision']} / {row['recall']} / {row['false_per_empty']}"


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
