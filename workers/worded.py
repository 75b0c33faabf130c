"""Texts that a file or a document gives in one or more languages; whoever shows one picks."""

from collections.abc import Mapping
from typing import Any

from workers import checks
from workers.checks import SceneError

__all__ = ["LANGUAGES", "Worded", "first", "worded"]

LANGUAGES = ("en", "zh-hans")
Worded = str | Mapping[str, str]  # one text for everybody, or one by language


def worded(value: Any, path: str, most: int = 200) -> Worded:
    """Check a text, or an object of texts by language; at most so many letters each."""
    place, _dot, key = path.rpartition(".")
    if not isinstance(value, Mapping):
        return checks.text({key: value}, place, key, most)
    raw = checks.keys(value, path, (), LANGUAGES)
    if not raw:
        raise SceneError(path, "needs a text in at least one language")
    return {language: checks.text(raw, path, language, most) for language in raw}


def first(text: Worded) -> str:
    """Return a text itself, or that of the first language that has one."""
    if isinstance(text, str):
        return text
    return next((text[language] for language in LANGUAGES if text.get(language)), "")
