"""One film of the whole bank: every figure, on the scenes as they are or as filmed again."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workers.accuracy import footage, outcome, scenario, stills
from workers.accuracy.disturb import Change, retake
from workers.accuracy.entry import BankError, check_times, read_bank, shipped, unlabelled
from workers.accuracy.figures import Figure
from workers.accuracy.measure import figures_of, measure
from workers.accuracy.real import DATA
from workers.models import find
from workers.vision.detector import Detector
from workers.vision.load import load_detector

# The backend that counts in whole floats on every processor.
EXACT = "onnxruntime"


@dataclass(frozen=True)
class Filmed:
    """What was measured. clips: the labelled ones, by name; absent: sources not on this machine."""

    figures: list[Figure]
    clips: list[str]
    absent: list[str]


def film(
    detector: Detector,
    own: Path | None,
    notes: list[str],
    change: Callable[[str], Change] | None = None,
) -> Filmed:
    """Measure everything; what went wrong is added to the notes."""

    def tell(name: str) -> None:
        print(f"  {name}", flush=True)

    if own is not None:
        entries = read_bank(own, "own")
        if not entries:
            raise BankError(f"{own}: no labelled clips; see workers/accuracy/entry.py")
        check_times(entries)
        notes += [f"{name}: not scored, it has no truth.json" for name in unlabelled(own)]
        tally = measure(entries, detector, "own", change=change, tell=tell)
        notes += tally.notes
        return Filmed(figures_of(tally), tally.clips, [])
    tally = measure(shipped(), detector, "rendered", change=change, tell=tell)
    notes += tally.notes
    found = figures_of(tally)
    played = scenario.measure(scenario.scenarios(), detector, change=change, tell=tell)
    notes += [note for outcome in played.values() for note in outcome.notes]
    found += outcome.figures(played)
    if not DATA.exists():
        return Filmed(found, tally.clips, ["real"])
    found += footage.entries(detector, notes, change)
    found += stills.figures(detector, change)
    return Filmed(found, tally.clips, [])


def film_again(model: str, own: Path | None, number: int) -> list[Figure]:
    """Measure everything on other films of the same scenes; for a process of its own."""
    print(f"filming again, number {number + 1}", flush=True)
    return film(load_detector(model), own, [], _retakes(number)).figures


def film_exactly(model: str, own: Path | None) -> list[Figure]:
    """Measure everything in whole floats, as a processor without bfloat16 does.

    Nothing for a model that only another backend runs.
    """
    if EXACT not in find(model).backends:
        return []
    print("filming again, in whole floats", flush=True)
    return film(load_detector(model, device="cpu", backend=EXACT), own, []).figures


def _retakes(number: int) -> Callable[[str], Change]:
    """Return, by clip, the change that films it again: other noise for every clip and time."""
    return lambda name: retake(zlib.crc32(f"{name} {number}".encode()))
