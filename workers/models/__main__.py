"""`python -m workers.models fetch|check [--dir DIR] [NAME]`: get the weights, or check them."""

import argparse
import sys
from pathlib import Path

from workers.models import ModelError, find, verify
from workers.models.fetch import fetch


def main(argv: list[str] | None = None) -> int:
    """Return 0 when the weights are there and right, 2 with one line on stderr otherwise."""
    parser = argparse.ArgumentParser(prog="python -m workers.models", description=__doc__)
    parser.add_argument("action", choices=("fetch", "check"))
    parser.add_argument("name", nargs="?", default="default", help="a name of models.toml")
    parser.add_argument("--dir", type=Path, help="folder of models (default: $DAVY_MODELS)")
    options = parser.parse_args(argv)
    try:
        entry = find(options.name)
        if options.action == "fetch":
            where = fetch(entry, options.dir, say=lambda line: print(line, flush=True))
        else:
            where = verify(entry, options.dir)
    except ModelError as error:
        print(f"models: {error}", file=sys.stderr)
        return 2
    print(f"{entry.name} {entry.version}: ready in {where}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
