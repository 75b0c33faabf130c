"""What a list may be narrowed by; each filter is one word in the page's address.

A filter works on a query, or on plain rows where a list is read out of documents.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

__all__ = ["Among", "Choice", "Filter", "Options", "Rows", "Search", "Since", "Until", "value_of"]

Rows = QuerySet | list
Words = str | Promise
Options = list[tuple[str, Words]]
LONGEST = 100


def value_of(row: Any, path: str) -> Any:
    """Return what stands at a path such as `camera__name` of a row."""
    for name in path.split("__"):
        row = getattr(row, name, None)
    return row


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One thing to narrow by. `fields` are paths as in a query, `camera__area`."""

    key: str
    label: Words
    fields: tuple[str, ...]
    kind: ClassVar[str] = "text"

    def options(self, mine_ids: list[int]) -> Options:
        """List what may be chosen; nothing where it is typed."""
        return []

    def narrow(self, rows: Rows, value: str, zone: str) -> Rows:
        """Return the rows that fit; ValueError with a sentence where the value is none."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Choice(Filter):
    """One of several codes. What is not among them fits no row: it may be a foreign mine's."""

    choices: Callable[[list[int]], Iterable[tuple[Any, Words]]]
    # Codes that stand for more than one value of the field.
    groups: dict[str, tuple[str, ...]] | None = None
    kind: ClassVar[str] = "choice"

    def options(self, mine_ids: list[int]) -> Options:
        """List the codes with their words."""
        return [(str(code), words) for code, words in self.choices(mine_ids)]

    def narrow(self, rows: Rows, value: str, zone: str) -> Rows:
        """Keep the rows with this code."""
        wanted = (self.groups or {}).get(value, (value,))
        if isinstance(rows, QuerySet):
            return rows.filter(**{f"{self.fields[0]}__in": wanted})
        return [row for row in rows if str(value_of(row, self.fields[0])) in wanted]


@dataclass(frozen=True, kw_only=True)
class Among(Choice):
    """One of several codes, in plain rows that have some of them each; with none, all."""

    def narrow(self, rows: Rows, value: str, zone: str) -> Rows:
        """Keep the rows that have this code among theirs, or name none."""
        return [row for row in rows if not (its := self._codes(row)) or value in its]

    def _codes(self, row: Any) -> set[str]:
        return {str(code) for code in value_of(row, self.fields[0]) or ()}


@dataclass(frozen=True, kw_only=True)
class Search(Filter):
    """A piece of text, in any of the fields, whatever its letters' case."""

    key: str = "q"
    kind: ClassVar[str] = "search"

    def narrow(self, rows: Rows, value: str, zone: str) -> Rows:
        """Keep the rows that have the text somewhere."""
        if isinstance(rows, QuerySet):
            anywhere = Q()
            for name in self.fields:
                anywhere |= Q(**{f"{name}__icontains": value})
            return rows.filter(anywhere)
        text = value.casefold()
        return [
            row
            for row in rows
            if any(text in str(value_of(row, name) or "").casefold() for name in self.fields)
        ]


@dataclass(frozen=True, kw_only=True)
class Since(Filter):
    """From the beginning of a day on, by the mine's clock."""

    key: str = "since"
    kind: ClassVar[str] = "date"

    def narrow(self, rows: Rows, value: str, zone: str) -> Rows:
        """Keep what is not older."""
        return rows.filter(**{f"{self.fields[0]}__gte": _midnight(value, zone)})


@dataclass(frozen=True, kw_only=True)
class Until(Filter):
    """Until the end of a day, by the mine's clock."""

    key: str = "until"
    kind: ClassVar[str] = "date"

    def narrow(self, rows: Rows, value: str, zone: str) -> Rows:
        """Keep what is not newer."""
        return rows.filter(**{f"{self.fields[0]}__lt": _midnight(value, zone, days=1)})


def _midnight(value: str, zone: str, days: int = 0) -> datetime:
    try:
        day = date.fromisoformat(value) + timedelta(days=days)
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    except (ValueError, OverflowError):
        raise ValueError(_("Write a day as in 2026-03-04.")) from None
