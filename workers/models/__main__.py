"""The catalogue's commands: list, fetch, check and bench. `manage.py models` hands over to here.

Exit status 0: done, and right; 2: something is missing or wrong, one line each on stderr.
"""

import argparse
import sys
from pathlib import Path

from workers.models import HERE, Model, ModelError, catalogue, find, verify
from workers.models.fetch import fetch


def main(argv: list[str] | None = None) -> int:
    """Run a command; return its exit status."""
    options = _parser().parse_args(argv)
    try:
        entries, default = catalogue()
        chosen = [find(name) for name in options.name] if options.name else list(entries.values())
    except ModelError as error:
        print(f"models: {error}", file=sys.stderr)
        return 2
    if options.action == "list":
        _list(chosen, default, options.dir)
        return 0
    faults = 0
    for entry in chosen:
        try:
            if options.action == "fetch":
                _fetch(entry, options.dir)
            elif options.action == "check":
                _check(entry, options.dir)
            else:
                from workers.models.bench import bench

                bench(entry, options.dir, options.pictures, options.limit, say=_say)
        except ModelError as error:
            print(f"models: {entry.name}: {error}", file=sys.stderr)
            faults += 1
    return 2 if faults else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="models", description=__doc__)
    parser.add_argument("action", choices=("list", "fetch", "check", "bench"))
    parser.add_argument("name", nargs="*", help="names of models.toml (default: every one)")
    parser.add_argument("--dir", type=Path, help="folder of models (default: $DAVY_MODELS)")
    parser.add_argument(
        "--pictures",
        type=Path,
        help="bench: a folder with images/ and labels/ (YOLO: number x y w h), for AP50 of people",
    )
    parser.add_argument("--limit", type=int, default=0, help="bench: at most so many pictures")
    return parser


def _say(line: str) -> None:
    print(line, flush=True)


def _list(chosen: list[Model], default: str, base: Path | None) -> None:
    for entry in chosen:
        try:
            verify(entry, base)
            state = "ready"
        except ModelError:
            state = "not fetched" if entry.package else "missing"
        mark = " (default)" if entry.name == default else ""
        _say(f"{entry.name} {entry.version}{mark}: {entry.what}")
        _say(f"  {state}; {entry.kind}; {len(entry.labels)} labels; by {', '.join(entry.backends)}")
        _say(f"  source: {entry.source}")
        _say(f"  licence: {entry.licence}")
        if entry.card:
            _say(f"  card: {entry.card}")
        if entry.dark:
            _say(f"  below a mean luma of {entry.dark_below:g}: {entry.dark}")


def _fetch(entry: Model, base: Path | None) -> None:
    """Fetch an entry, and make its graph while a wait is expected anyway."""
    from workers.vision.export import graph_of

    where = fetch(entry, base, say=_say) if entry.package else verify(entry, base)
    if entry.network == "nanodet":
        graph_of(entry, base)
    _say(f"{entry.name} {entry.version}: ready in {where}")


def _check(entry: Model, base: Path | None) -> None:
    """Check an entry's files, then let every backend that is here look at a picture."""
    where = verify(entry, base)
    _say(f"{entry.name} {entry.version}: present in {where}, SHA-256 right")
    if entry.card and not (HERE.parents[1] / entry.card).is_file():
        raise ModelError(f"its card is missing: no {entry.card}")
    if entry.network != "nanodet" and entry.kind != "onnx":
        _say(f"{entry.name}: network {entry.network} is no detector; its files were checked")
        return
    from workers.vision.backends import is_installed
    from workers.vision.load import probe, wrap

    for backend in entry.backends:
        if not is_installed(backend):
            _say(f"{entry.name}: {backend} is not installed")
            continue
        detector = wrap(entry, folder=base, device="cpu", backend=backend)
        probe(detector)
        _say(f"{entry.name}: {backend} loads it; {len(entry.labels)} labels and shape right")


if __name__ == "__main__":
    sys.exit(main())
