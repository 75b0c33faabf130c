"""`make bench`: runs every benchmark, or the one named; each prints one JSON line."""

import sys

from bench import bundle, cost, desk, e2e, engine, index, masked, record, replay, rules, watch

BENCHES = {
    "engine": engine.main,
    "record": record.main,
    "masked": masked.main,
    "e2e": e2e.main,
    "cost": cost.main,
    "rules": rules.main,
    "replay": replay.main,
    "watch": watch.main,
    "desk": desk.main,
    "index": index.main,
    "bundle": bundle.main,
}


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, all of them by default."""
    if arguments[:1] == ["bundle"]:
        bundle.main(arguments[1:])
        return 0
    if arguments[:1] in (["replay"], ["desk"], ["cost"]):
        arguments = arguments[:1]  # what follows are its own options
    unknown = [name for name in arguments if name not in BENCHES]
    if unknown:
        print(f"no benchmark {unknown[0]!r}; there are: {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    for name in arguments or list(BENCHES):
        BENCHES[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
