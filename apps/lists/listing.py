"""A list that filters, sorts and turns its pages by the words in its address.

All that is chosen stands in the address, so a list can be sent to a colleague; what the colleague
may not see is not in their answer. A word that makes no sense narrows to nothing and says so,
rather than showing (or exporting) more than was asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.db.models.expressions import OrderBy
from django.http import QueryDict
from django.utils.functional import Promise

from apps.lists.filters import LONGEST, Filter, Options, Rows, value_of
from apps.natural import natural, natural_key

__all__ = ["Column", "Listing", "Shown"]

PAGE_ROWS = 50
SORT, PAGE, EXPORT = "sort", "page", "export"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column. `text` is what the file of an export says; the page has its own cell."""

    key: str
    label: str | Promise
    text: Callable[[Any], Any]
    order: tuple[str, ...] = ()  # paths to sort by; none: it does not sort
    shown: bool = True  # or in the exported file alone
    exported: bool = True  # or on the page alone, as a button is


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What one list has: columns, filters, and the order before anybody chose one."""

    name: str
    title: str | Promise
    columns: tuple[Column, ...]
    filters: tuple[Filter, ...]
    order: str  # a column's key; "-" before it: from the end
    mine: str = "mine_id"  # where a row says whose it is; a plain row may name a list of mines
    below: bool = False  # other things stand above it: its links come back to it, not to the top

    @property
    def exported(self) -> tuple[Column, ...]:
        """Return the columns of the file."""
        return tuple(column for column in self.columns if column.exported)


@dataclass(frozen=True)
class Field:
    """A filter as the page shows it."""

    filter: Filter
    value: str
    options: Options
    fault: str


class Shown:
    """A list as one address asks for it."""

    def __init__(
        self, listing: Listing, query: QueryDict, rows: Rows, *, mine_ids: list[int], zone: str
    ) -> None:
        self.listing, self.zone = listing, zone
        self.query = query.copy()
        for key in (PAGE, EXPORT):
            self.query.pop(key, None)
        self.page_number = query.get(PAGE, "1")
        self.fields: list[Field] = []
        for one in listing.filters:
            value = query.get(one.key, "").replace("\0", "").strip()[:LONGEST]
            options, fault = one.options(mine_ids), ""
            if value:
                try:
                    rows = self._narrow(one, rows, value, options)
                except ValueError as error:
                    rows, fault = rows[:0] if isinstance(rows, list) else rows.none(), str(error)
            self.fields.append(Field(one, value, options, fault))
        self.rows = self._sorted(rows)

    def _narrow(self, one: Filter, rows: Rows, value: str, options: Options) -> Rows:
        known = {code for code, _words in options}
        if one.kind == "choice" and value not in known:
            return rows[:0] if isinstance(rows, list) else rows.none()
        return one.narrow(rows, value, self.zone)

    @cached_property
    def _sort(self) -> tuple[Column, bool]:
        columns = {column.key: column for column in self.listing.columns if column.order}
        for asked in (self.query.get(SORT, ""), self.listing.order):
            column = columns.get(asked.removeprefix("-"))
            if column is not None:
                return column, asked.startswith("-")
        raise LookupError(f"{self.listing.name}: no column {self.listing.order}")

    def _sorted(self, rows: Rows) -> Rows:
        column, down = self._sort
        if isinstance(rows, QuerySet):
            return rows.order_by(*(_by(path, down) for path in (*column.order, "pk")))

        def key(row: Any) -> list[tuple[bool, Any]]:
            found = ((path, value_of(row, path)) for path in column.order)
            return [(value is None, _key(path, value)) for path, value in found]

        return sorted(rows, key=key, reverse=down)

    @cached_property
    def page(self) -> Page:
        """Return the page that is asked for, or the nearest there is."""
        return Paginator(self.rows, PAGE_ROWS).get_page(self.page_number)

    @property
    def filtered(self) -> bool:
        """Tell whether anything is narrowed."""
        return any(field.value for field in self.fields)

    @property
    def faults(self) -> list[str]:
        """List what made no sense."""
        return [field.fault for field in self.fields if field.fault]

    def chosen(self) -> dict[str, str]:
        """Return the filters in force, for the record."""
        return {field.filter.key: field.value for field in self.fields if field.value}

    def chips(self) -> list[dict[str, Any]]:
        """List the filters in force, each with the address without it."""
        chips = []
        for field in self.fields:
            if field.value:
                words = dict(field.options).get(field.value, field.value)
                away = self._link(**{field.filter.key: None})
                chips.append({"label": field.filter.label, "words": words, "link": away})
        return chips

    def heads(self) -> list[dict[str, Any]]:
        """List the heads of the columns, each with the address that sorts by it."""
        sorted_by, down = self._sort
        heads = []
        for column in self.listing.columns:
            if column.shown:
                here = column is sorted_by
                turn = f"-{column.key}" if here and not down else column.key
                link = self._link(**{SORT: turn}) if column.order else ""
                state = ("descending" if down else "ascending") if here else ""
                heads.append({"label": column.label, "link": link, "state": state})
        return heads

    @property
    def sort(self) -> str:
        """Return the sorting that was asked for, to keep it when filters change."""
        return self.query.get(SORT, "")[:LONGEST]

    def clear_link(self) -> str:
        """Return the address without any filter."""
        return self._link(**dict.fromkeys((f.key for f in self.listing.filters), None))

    def export_link(self) -> str:
        """Return the address of the same rows as a file."""
        return self._link(**{EXPORT: "csv"})

    def newer_link(self) -> str:
        """Return the address of the page before."""
        return self._link(**{PAGE: self.page.previous_page_number()})

    def older_link(self) -> str:
        """Return the address of the page after."""
        return self._link(**{PAGE: self.page.next_page_number()})

    def _link(self, **changes: Any) -> str:
        """Return the address with these words changed; None takes one away."""
        query = self.query.copy()
        for key, value in changes.items():
            query.pop(key, None)
            if value is not None:
                query[key] = str(value)
        return f"?{query.urlencode()}{'#list' if self.listing.below else ''}"


def _is_name(path: str) -> bool:
    """Tell whether people gave it: they number cameras, and expect 2 before 10."""
    return path.rpartition("__")[2] == "name"


def _by(path: str, down: bool) -> str | OrderBy:
    if _is_name(path):
        return OrderBy(natural(path), descending=down)
    return f"-{path}" if down else path


def _key(path: str, value: Any) -> Any:
    if value is None:
        return ""
    return natural_key(value) if _is_name(path) else value
