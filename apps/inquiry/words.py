"""Cuts texts into the words by which cases are found, in Chinese into pairs of characters."""

import re

__all__ = ["LONGEST", "asked_words", "words_in"]

LONGEST = 40
# Chinese has no spaces: characters one by one, and each with its neighbour.
HAN = "\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
PIECE = re.compile(rf"[{HAN}]+|[^\W_{HAN}]+")
IS_HAN = re.compile(f"[{HAN}]")


def words_in(*texts: str) -> set[str]:
    """Return every word of some texts, in small letters."""
    found: set[str] = set()
    for piece in _pieces(" ".join(texts)):
        if IS_HAN.match(piece):
            found |= set(piece) | {piece[i : i + 2] for i in range(len(piece) - 1)}
        else:
            found.add(piece[:LONGEST])
    return found


def asked_words(text: str) -> list[tuple[str, bool]]:
    """Return the words that must all be there; True where a word may also only begin so."""
    asked: list[tuple[str, bool]] = []
    for piece in _pieces(text):
        if not IS_HAN.match(piece):
            asked.append((piece[:LONGEST], not piece.isdecimal()))
        elif len(piece) == 1:
            asked.append((piece, False))
        else:
            asked += [(piece[i : i + 2], False) for i in range(len(piece) - 1)]
    return list(dict.fromkeys(asked))


def _pieces(text: str) -> list[str]:
    return PIECE.findall(text.casefold().replace("\0", " "))
