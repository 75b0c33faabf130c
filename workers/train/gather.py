"""What the training needs before it begins: rendered pictures, and real ones that may be used."""

import subprocess
import sys
import tomllib
from pathlib import Path

from workers.train.samples import read_labels

ROOT = Path(__file__).resolve().parents[2]
# Pictures are rendered in so many processes, each with places of its own.
SEEDS_APART = 1000
# One real picture in so many is kept from training, to choose by.
HELD_OUT = 7


class MissingError(Exception):
    """Something that training needs is not there; the text says what and how to get it."""


def render(folder: Path, split: str, count: int, python: Path, processes: int) -> None:
    """Render pictures until there are count; MissingError where there is no render environment."""
    there = len(read_labels(folder))
    if there >= count:
        return
    print(f"{there} of {count} pictures in {folder}: rendering the rest", flush=True)
    if not python.is_file():
        raise MissingError(
            f"rendering needs {python}: make it as workers/simulate/README.md says under "
            '"Rendering anew", name another with --render-python, or bring the pictures to '
            f"{folder}"
        )
    share = -(-count // processes)
    command = [str(python), "-m", "workers.simulate", "pictures", "--split", split]
    running = [
        subprocess.Popen(
            [*command, "--out", str(folder), "--count", str(share),
             "--seed", str(1 + SEEDS_APART * number)],
            cwd=ROOT,
        )
        for number in range(processes)
    ]  # fmt: skip
    codes = [process.wait() for process in running]
    if any(codes):
        raise MissingError("rendering failed; what it said stands above")


def photographs(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return real pictures to learn from and real pictures to choose by.

    Those whose licence asks to share alike are never learnt from: whether weights are a work
    derived from a picture is not settled. They and every seventh of the others serve to choose by.
    """
    if not any(folder.glob("*.jpg")):
        subprocess.run(
            [sys.executable, "-m", "workers.train.pictures", "--out", str(folder)],
            cwd=ROOT,
            check=False,
        )
    alike = share_alike()
    paths = sorted(folder.glob("*.jpg"))
    if not paths:
        raise MissingError(f"no real pictures in {folder}: run python -m workers.train.pictures")
    free = [path for path in paths if not path.name.startswith(alike)]
    held = set(free[HELD_OUT - 1 :: HELD_OUT])
    return [p for p in free if p not in held], [p for p in paths if p in held or p not in free]


def share_alike() -> tuple[str, ...]:
    """Return the beginnings of the names of pictures under a share-alike licence."""
    document = tomllib.loads((Path(__file__).parent / "pictures.toml").read_text())
    return tuple(
        f"{source['name']}-"
        for source in document["source"]
        if "GPL" in source["licence"] or "-SA" in source["licence"]
    )
