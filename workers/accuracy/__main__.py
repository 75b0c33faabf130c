"""`make accuracy`: the engine over labelled clips; exit status 1 names every figure that fell."""

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from workers.accuracy import baseline, report, stills
from workers.accuracy.entry import BankError
from workers.accuracy.film import film, film_again, film_exactly
from workers.models import ModelError
from workers.vision.load import load_detector

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
        filmed = [helpers.submit(film_again, options.model, own, k) for k in retakes]
        if options.update_baseline:
            filmed.append(helpers.submit(film_exactly, options.model, own))
        now = film(detector, own, notes)
        figures, absent = now.figures, now.absent
        again = [found.result() for found in filmed]
    before = baseline.read(kept)
    noise = {name: float(old["noise"]) for name, old in before.items()}
    falls = baseline.vanished(baseline.clips(kept), now.clips)
    falls += baseline.compare(before, figures, absent)
    if options.update_baseline:
        noise = baseline.noise_of(figures, again)
        baseline.write(figures, noise, f"{detector.name}", kept, now.clips)
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
    if new := sum(figure.name not in noise for figure in figures):
        print(f"{new} figures are compared with nothing: new ones, until --update-baseline keeps "
              "them, and those that not every film of the same scenes has")  # fmt: skip
    print(f"{len(figures)} figures in {out / 'accuracy.md'}; {len(falls)} fell")
    return 1 if falls else 0


def _helpers() -> ProcessPoolExecutor:
    """Return processes for the retakes and for whole floats, beside this one."""
    return ProcessPoolExecutor(RETAKES + 1, mp_context=get_context("spawn"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
