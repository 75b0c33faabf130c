"""Lists clause packs and checks files: `manage.py packs list`, `manage.py packs check FILE …`."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from workers.checks import SceneError
from workers.packs import load, read
from workers.worded import first

FOLDER = "DAVY_PACKS_DIR"


def own_folder() -> Path | None:
    """Return the folder of a mine's own packs, as the environment names it."""
    name = os.environ.get(FOLDER)
    return Path(name) if name else None


def main(argv: Sequence[str] | None = None, folder: Path | None = None) -> int:
    """Run one command; folder: of a mine's own packs. 0: done, 1: a pack has a fault."""
    parser = argparse.ArgumentParser(prog="packs", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help=f"the packs that come along, and those in {FOLDER}")
    checking = commands.add_parser("check", help="say what is wrong with files, or with all packs")
    checking.add_argument("files", nargs="*", type=Path)
    options = parser.parse_args(argv)
    packs, faults = load(folder or own_folder())
    if options.command == "check" and options.files:
        packs, faults = {}, []
        for file in options.files:
            try:
                packs[file.stem] = read(file)
            except SceneError as error:
                faults.append(f"{file}: {error}")
    for pack in packs.values():
        law, edition = first(pack.jurisdiction), first(pack.edition)
        print(f"{pack.id}: {law}, {edition}, {len(pack.clauses)} clauses")
        if options.command == "list" and pack.note:
            print(f"    {first(pack.note)}")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
