"""Sets one paper: python -I press.py FOLDER SECONDS makes paper.pdf out of the folder's data.json.

A program of its own, since typst keeps what it laid out for as long as its process lives: some
50 MB for each long paper. Ends with 3 where typst refuses, and says why.
"""

import sys
from pathlib import Path

import typst

HERE = Path(__file__).parent
# An archive's form of PDF: its letters lie in it, and it needs nothing from outside.
STANDARD = "a-2a"
REFUSED = 3


def main(folder: Path, at_s: int) -> int:
    """Set the paper; returns the exit status."""
    compiler = typst.Compiler(
        (HERE / "paper.typ").read_bytes(),
        root=folder,
        font_paths=typst.Fonts(include_system_fonts=False, font_paths=[HERE / "letters"]),
        ignore_system_fonts=True,
        # Nothing is fetched: where packages would be, nothing is.
        package_path=folder,
        package_cache_path=folder,
    )
    try:
        made = compiler.compile(format="pdf", pdf_standards=[STANDARD], timestamp=at_s)
    except typst.TypstError as error:
        print(error, file=sys.stderr)
        return REFUSED
    assert isinstance(made, bytes)
    (folder / "paper.pdf").write_bytes(made)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
