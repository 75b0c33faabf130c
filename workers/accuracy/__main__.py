"""`make accuracy`: the engine over labelled clips; exit status 1 names every figure that fell."""

import argparse
import os
import sys
import time
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from workers.accuracy import baseline, footage, report, scenario, stills
from workers.accuracy.disturb import Change, retake
from workers.accuracy.entry import BankError, read_bank, shipped
from workers.accuracy.figures import Figure
from workers.accuracy.measure import figures_of, measure
from workers.accuracy.real import DATA
from workers.models import ModelError
from workers.vision.detector import Detector, load_detector

DOCS = Path(__file__).resolve().parents[2] / "docs"
# How often the same scenes are filmed again to measure each figure's noise.
RETAKES = 2


def parser() -> argparse.ArgumentParser:
    """Return the command's options."""
    made = argparse.ArgumentParser(prog="accuracy", description=__doc__, allow_abbrev=False)
    made.add_argument("--bank", type=Path, help="a folder of labelled clips of your own")
    made.add_argument("--model", default="default", help="a name of the model catalogue")
    made.add_argument("--update-baseline", action="store_true", help="keep what is measured now")
    made.add_argument("--long", action="store_true", help="two hours of clips: false alarms a day")
    made.add_argument("--out", type=Path, help="where accuracy.md and .json go (default: docs/)")
    return made


def main(argv: Sequence[str]) -> int:
    """Measure, write, compare; 0 as good as before, 1 fallen, 2 bad input."""
    options = parser().parse_args(argv)
    try:
        return _run(options)
    except (BankError, ModelError) as error:
        print(f"accuracy: {error}", file=sys.stderr)
        return 2


def _run(options: argparse.Namespace) -> int:
    detector = load_detector(options.model)
    own: Path | None = options.bank
    began = time.process_time()
    kept = own / "baseline.json" if own else baseline.BASELINE
    notes: list[str] = []
    with _helpers() as helpers:
        retakes = range(RETAKES) if options.update_baseline else ()
        filmed = [helpers.submit(_film_again, options.model, own, k) for k in retakes]
        figures, absent = _figures(detector, own, notes)
        again = [found.result() for found in filmed]
    before = baseline.read(kept)
    noise = {name: float(old["noise"]) for name, old in before.items()}
    falls = baseline.compare(before, figures, absent)
    if options.update_baseline:
        noise = baseline.noise_of(figures, again)
        baseline.write(figures, noise, f"{detector.name}", kept)
        falls = []
    about = [f"Detector: {detector.name}"]
    about += [f"`{name}`: not measured, the footage is not on this machine" for name in absent]
    about.append(f"{time.process_time() - began:.0f} s of CPU, without `--long`")
    out: Path = options.out or own or DOCS
    hours = report.last_hours(out)
    if options.long and own is None:
        from workers.accuracy.long import record

        hours = record(options.model)
    table = [] if own or absent else stills.before_and_after(detector)
    report.write(out, report.Page(figures, noise, about, notes, falls, hours, table))
    for fall in falls:
        print(fall.words())
    if not before and not options.update_baseline:
        print(f"nothing to compare with: no {kept.name} yet; --update-baseline writes one")
    print(f"{len(figures)} figures in {out / 'accuracy.md'}; {len(falls)} fell")
    return 1 if falls else 0


def _figures(
    detector: Detector,
    own: Path | None,
    notes: list[str],
    change: Callable[[str], Change] | None = None,
) -> tuple[list[Figure], list[str]]:
    """Measure everything; return the figures, and the sources that are not on this machine."""

    def tell(name: str) -> None:
        print(f"  {name}", flush=True)

    if own is not None:
        entries = read_bank(own, "own")
        if not entries:
            raise BankError(f"{own}: no labelled clips; see workers/accuracy/entry.py")
        tally = measure(entries, detector, "own", change=change, tell=tell)
        notes += tally.notes
        return figures_of(tally), []
    tally = measure(shipped(), detector, "rendered", change=change, tell=tell)
    notes += tally.notes
    found = figures_of(tally)
    played = scenario.measure(scenario.scenarios(), detector, change=change, tell=tell)
    notes += [note for outcome in played.values() for note in outcome.notes]
    found += scenario.figures(played)
    if not DATA.exists():
        return found, ["real"]
    found += footage.entries(detector, notes, change)
    found += stills.figures(detector, change)
    return found, []


def _helpers() -> ProcessPoolExecutor:
    """Return processes for the retakes, one for each core that the first film leaves."""
    count = min(RETAKES, max(1, (os.cpu_count() or 1) - 1))
    return ProcessPoolExecutor(count, mp_context=get_context("spawn"))


def _film_again(model: str, own: Path | None, number: int) -> list[Figure]:
    """Measure everything on other films of the same scenes."""
    print(f"filming again, {number + 1} of {RETAKES}", flush=True)
    return _figures(load_detector(model), own, [], _retakes(number))[0]


def _retakes(number: int) -> Callable[[str], Change]:
    """Return, by clip, the change that films it again: other noise for every clip and time."""
    return lambda name: retake(zlib.crc32(f"{name} {number}".encode()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
