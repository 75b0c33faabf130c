"""Makes the letters of printed papers: `python -m infra.letters` writes apps/bundles/letters.

What comes out is committed; run it anew when @fontsource-variable/noto-sans-sc changes. It takes
that package's slices (frontend/node_modules), sets each to one weight, and joins them. Bold has the
letters of GB 2312's first level, which our own words are made of; a rarer one in a name is shown
in the regular weight.
"""

import sys
from io import BytesIO
from pathlib import Path

from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

ROOT = Path(__file__).resolve().parent.parent
SLICES = ROOT / "frontend/node_modules/@fontsource-variable/noto-sans-sc"
OUT = ROOT / "apps/bundles/letters"
FAMILY = "Davy Paper"
# What only a setting by columns, or another weight, would need.
TABLES = ("BASE", "GDEF", "GPOS", "GSUB", "HVAR", "MVAR", "STAT", "avar", "gasp", "prep")
TABLES += ("vhea", "vmtx", "VORG", "VVAR")


def first_level() -> set[int]:
    """Return the letters of GB 2312's first level, with Latin ones and signs."""
    found = set(range(0x20, 0x180)) | set(range(0x2000, 0x2700)) | set(range(0x3000, 0x3020))
    found |= set(range(0xFF01, 0xFF5F))
    for high in range(0xB0, 0xD8):
        for low in range(0xA1, 0xFF):
            letter = bytes((high, low)).decode("gb2312", "ignore")
            found |= set(map(ord, letter))
    return found


def part(file: Path, weight: int, wanted: set[int] | None) -> TTFont | None:
    """Return one slice in one weight, None where nothing of it is wanted."""
    font = TTFont(file)
    letters = set(font.getBestCmap())
    if wanted is not None:
        letters &= wanted
    if not letters:
        return None
    for tag in TABLES:
        if tag in font and tag not in ("HVAR", "MVAR", "STAT", "avar"):
            del font[tag]
    options = Options(layout_features=[], notdef_outline=True, hinting=False, name_IDs=["*"])
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=letters)
    subsetter.subset(font)
    fixed = instantiateVariableFont(font, {"wght": weight})
    for tag in TABLES:
        if tag in fixed:
            del fixed[tag]
    fixed.flavor = None
    return fixed


def name(font: TTFont, style: str, weight: int) -> None:
    """Give a font our family's name; its licence and makers stay."""
    table = font["name"]
    keep = {0, 7, 8, 9, 11, 13, 14}
    table.names = [record for record in table.names if record.nameID in keep]
    full = f"{FAMILY} {style}"
    for number, text in ((1, FAMILY), (2, style), (4, full), (6, full.replace(" ", ""))):
        table.setName(text, number, 3, 1, 0x409)
    font["OS/2"].usWeightClass = weight
    bold = style == "Bold"
    font["OS/2"].fsSelection = 0x20 if bold else 0x40
    font["head"].macStyle = int(bold)
    font["head"].created = font["head"].modified = 0


def make(style: str, weight: int, wanted: set[int] | None = None) -> set[int]:
    """Write one weight; return its letters."""
    slices = sorted((SLICES / "files").glob("*-wght-normal.woff2"))
    slices.sort(key=lambda file: "-latin-wght" not in file.name)
    files: list[BytesIO] = []
    for file in slices:
        if (fixed := part(file, weight, wanted)) is not None:
            files.append(BytesIO())
            fixed.save(files[-1])
    font = Merger().merge(files)
    name(font, style, weight)
    font.recalcTimestamp = False
    font.save(OUT / f"davy-paper-{style.lower()}.ttf", reorderTables=True)
    return set(font.getBestCmap())


def ranges(letters: set[int]) -> str:
    """Write numbers as ranges, one a line: `4e00-4e0b`."""
    lines: list[list[int]] = []
    for letter in sorted(letters):
        if lines and lines[-1][1] == letter - 1:
            lines[-1][1] = letter
        else:
            lines.append([letter, letter])
    return "".join(f"{first:x}-{last:x}\n" for first, last in lines)


def main() -> int:
    """Write both weights, what they can show, and their licence."""
    OUT.mkdir(exist_ok=True)
    letters = make("Regular", 400)
    make("Bold", 700, first_level())
    (OUT / "letters.txt").write_text(ranges(letters))
    (OUT / "LICENSE.txt").write_bytes((SLICES / "LICENSE").read_bytes())
    return 0


if __name__ == "__main__":
    sys.exit(main())
