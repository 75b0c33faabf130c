"""Names in the order that people expect: Winch 2 before Winch 10."""

import re

from django.db.models import CharField, F, Func, Value

__all__ = ["natural", "natural_key"]


class _Replaced(Func):
    function = "regexp_replace"
    output_field = CharField()


def natural(field: str) -> Func:
    """Return an expression to order a field's text by, with its numbers by their size.

    Numbers get eight digits: zeros before each, and of these all but the last that are needed gone.
    """
    longer = _Replaced(F(field), Value(r"(\d+)"), Value(r"0000000\1"), Value("g"))
    return _Replaced(longer, Value(r"0*(\d{8,})"), Value(r"\1"), Value("g"))


def natural_key(text: str) -> str:
    """Return what rows that are sorted here are ordered by, as `natural` does in the database."""
    return re.sub(r"[0-9]+", lambda number: number[0].lstrip("0").zfill(8), text)
