"""Sets a paper as PDF (PDF/A-2, tagged), with our own letters and without a network.

The same data and picture give the same bytes. typst lays out (Apache-2.0); what people wrote goes
in as data, never as its markup.
"""

import bisect
import json
import subprocess
import sys
import tempfile
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["PaperError", "shown", "typeset"]

HERE = Path(__file__).parent
LETTERS = HERE / "letters"
LONGEST_S = 120
REFUSED = 3  # press.py's word for what no later attempt would set
# Latin letters of Europe that ours lack in part: typst brings DejaVu Sans Mono, which has them.
LATIN = range(0x100, 0x180)


class PaperError(ValueError):
    """What cannot be set, and why."""


def typeset(data: dict[str, Any], *, picture: bytes, at: datetime, workshop: Path) -> bytes:
    """Return the PDF of a paper; `picture` is a JPEG or nothing, `at` the time it is made.

    Raises PaperError for what cannot be set, OSError where the machine did not let it.
    """
    with tempfile.TemporaryDirectory(prefix="paper-", dir=workshop) as place:
        folder = Path(place)
        if picture:
            (folder / "picture.jpg").write_bytes(picture)
        try:
            return _set(folder, data, at)
        except PaperError:
            if not picture:
                raise
            # A damaged picture takes no paper away; it says so.
            return _set(folder, data | {"picture": data["picture"] | {"there": False}}, at)


def _set(folder: Path, data: dict[str, Any], at: datetime) -> bytes:
    """Set one paper in a process of its own, so that its memory ends with it."""
    (folder / "data.json").write_text(json.dumps(_shown(data), ensure_ascii=False))
    press = [sys.executable, "-I", str(HERE / "press.py"), str(folder), str(int(at.timestamp()))]
    try:
        done = subprocess.run(press, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    except subprocess.TimeoutExpired:
        raise OSError(f"the paper was not set within {LONGEST_S} s") from None
    if done.returncode == REFUSED:
        raise PaperError(done.stderr.strip())
    if done.returncode:
        # Killed, or no memory: the next attempt may find better times.
        raise OSError(f"the paper was not set ({done.returncode}): {done.stderr.strip()[-200:]}")
    return (folder / "paper.pdf").read_bytes()


@cache
def _letters() -> tuple[list[int], list[int]]:
    """Return where each range of letters that we can show begins, and where it ends."""
    lines = (LETTERS / "letters.txt").read_text().split()
    pairs = [(int(a, 16), int(b, 16)) for a, b in (line.split("-") for line in lines)]
    return [a for a, _ in pairs], [b for _, b in pairs]


def shown(text: str) -> str:
    """Return a text with what our letters lack by its number, such as [U+1F600].

    A paper of evidence shows that something stood there rather than a box or nothing.
    """
    begins, ends = _letters()

    def one(letter: str) -> str:
        code = ord(letter)
        if letter in "\n\t" or letter == "\u200b":
            return " "
        at = bisect.bisect_right(begins, code) - 1
        there = (at >= 0 and code <= ends[at]) or code in LATIN
        return letter if there else f"[U+{code:04X}]"

    return "".join(map(one, text))


def _shown(data: Any) -> Any:
    if isinstance(data, str):
        return shown(data)
    if isinstance(data, dict):
        return {key: _shown(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_shown(value) for value in data]
    return data
