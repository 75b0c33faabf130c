"""Times by a mine's clock, where clocks are set: an hour that is shown twice, and one that is not.

What such a clock shows twice means two moments, and what it never shows means none. Neither is
guessed, because an hour beside what happened proves nothing: it is refused in words, and a page
asks which of the two is meant. What is said of a doubled hour has its offset behind it.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

__all__ = [
    "Moment",
    "MomentInput",
    "Unclear",
    "clock_words",
    "offset_words",
    "read_clock",
    "twice",
    "years_from",
]

WORDS = "%Y-%m-%d %H:%M:%S"
OFFSET = re.compile(r"(?<=\d)(Z|[+-]\d\d:\d\d)$")


class Unclear(ValueError):
    """A time that the clock shows twice or never, with a sentence that says so."""


def read_clock(at: datetime, zone: str) -> datetime:
    """Return in UTC what was written by a zone's clock; an offset in it stands.

    In UTC, because Python takes two times of one zone for equally far apart as their hands are.
    Raises Unclear for what that clock shows twice or never.
    """
    if at.tzinfo is not None:
        return at.astimezone(UTC)
    first, second = _both(at, zone)
    before, after = first.utcoffset(), second.utcoffset()
    if before == after:
        return first.astimezone(UTC)
    if before < after:  # type: ignore[operator]
        raise Unclear(_("The mine's clock never shows this time: it is set forward then."))
    words = _(
        "The mine's clock shows this time twice, because it is set back: write the offset behind"
        " it, %(first)s or %(second)s."
    )
    raise Unclear(words % {"first": _offset(first), "second": _offset(second)})


def twice(at: datetime, zone: str) -> tuple[datetime, datetime] | None:
    """Return both moments at which a zone's clock shows a time, or None where it does so once."""
    first, second = _both(at.replace(tzinfo=None), zone)
    return (first, second) if first.utcoffset() > second.utcoffset() else None  # type: ignore[operator]


def clock_words(at: datetime, zone: str, pattern: str = WORDS) -> str:
    """Say a moment by a zone's clock, with the offset behind it in an hour that comes twice."""
    there = at.astimezone(ZoneInfo(zone))
    return (
        f"{there:{pattern}} {offset_words(there)}" if twice(there, zone) else f"{there:{pattern}}"
    )


def offset_words(at: datetime) -> str:
    """Say the offset of a time as pages do: UTC+8, UTC-3:30."""
    minutes = round((at.utcoffset() or timedelta(0)) / timedelta(minutes=1))
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "") if minutes else "UTC"


def years_from(at: datetime, years: float) -> datetime:
    """Return a moment so many years later, or earlier: of the calendar, as a law counts them.

    A year may have 366 days. Of the 29th of February it is the 28th where there is no such day.
    """
    whole = int(years)
    try:
        there = at.replace(year=at.year + whole)
    except ValueError:
        there = at.replace(year=at.year + whole, day=28)
    return there + (years - whole) * timedelta(days=365.25)


class MomentInput(forms.DateTimeInput):
    """A field of date and time, and beside a time that comes twice a list to say which one."""

    def __init__(self, zone: str, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"type": "datetime-local", **(attrs or {})})
        self.zone = zone

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> str | None:
        """Return what was written, with the offset that was chosen for it.

        One that was chosen for another time, before the field was written anew, counts no more.
        """
        text = data.get(name)
        at = _naive(text)
        chosen = data.get(f"{name}_offset", "")
        if at is not None and (both := twice(at, self.zone)) and chosen in map(_offset, both):
            return f"{str(text).strip()}{chosen}"
        return text

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Draw the field without an offset, which it cannot show, and the list where one counts."""
        text = str(value or "").strip()
        bare = OFFSET.sub("", text)
        field = super().render(name, bare, attrs, renderer)
        at = _naive(bare)
        both = twice(at, self.zone) if at is not None else None
        if both is None:
            return field
        options = [("", _("Which of the two?"))]
        options += [(_offset(one), f"{one:%H:%M:%S} {offset_words(one)}") for one in both]
        return format_html(
            '{} <select name="{}_offset" aria-label="{}">{}</select>',
            field, name, _("Which of the two?"),
            format_html_join(
                "", '<option value="{}"{}>{}</option>',
                ((code, SafeString(" selected") if text == f"{bare}{code}" else "", words)
                 for code, words in options),
            ),
        )  # fmt: skip


class Moment(forms.CharField):
    """A moment by the mine's clock; cleaned, it has an offset."""

    default_error_messages = {  # noqa: RUF012 - as Django declares them
        "invalid": gettext_lazy("Not a time, such as 2026-03-04 12:00:00."),
        "twice": gettext_lazy(
            "The mine's clock shows this time twice, because it is set back: say which one is"
            " meant."
        ),
    }

    def __init__(self, *, zone: str = "UTC", **how: Any) -> None:
        attrs = how.pop("attrs", None)
        super().__init__(widget=MomentInput(zone, attrs), **how)

    def in_zone(self, zone: str) -> None:
        """Read and show it by this zone's clock."""
        self.widget.zone = zone

    def show(self, at: datetime, pattern: str = "%Y-%m-%dT%H:%M:%S") -> str:
        """Return a moment as what fills the field in, with its offset in a doubled hour."""
        zone = self.widget.zone
        there = at.astimezone(ZoneInfo(zone))
        return f"{there:{pattern}}{_offset(there) if twice(there, zone) else ''}"

    def to_python(self, value: Any) -> Any:
        """Return the moment; of a time that comes twice the one that was chosen."""
        text = super().to_python(value)
        if not text:
            return text
        zone = self.widget.zone
        try:
            at = datetime.fromisoformat(text.strip())
            if not 1990 < at.year < 2200:
                raise ValueError(text)
            return read_clock(at, zone)
        except Unclear as unclear:
            if twice(at, zone):
                raise forms.ValidationError(self.error_messages["twice"], code="twice") from None
            raise forms.ValidationError(str(unclear), code="never") from None
        except (ValueError, OverflowError):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None


def _both(at: datetime, zone: str) -> tuple[datetime, datetime]:
    there = at.replace(tzinfo=ZoneInfo(zone), fold=0)
    return there, there.replace(fold=1)


def _naive(text: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(text or "").strip())
    except ValueError:
        return None
    return at if at.tzinfo is None and 1990 < at.year < 2200 else None


def _offset(at: datetime) -> str:
    return at.isoformat()[-6:]
