"""Times that a program gives; one without an offset is by the clock of its mine."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from apps.clocks import Unclear, read_clock

__all__ = ["MomentField", "by_clock", "moment"]

# An unquoted + before the offset arrives as a space.
UNQUOTED = re.compile(r"(?<=\d)(:[\d.]+) (?=\d\d:\d\d$)")


class MomentField(serializers.DateTimeField):
    """A time in a body; it keeps having no offset until `by_clock` reads it by the mine's clock.

    Davy itself has no time of day: read as UTC, noon would be another hour at the mine.
    """

    default_error_messages = {  # noqa: RUF012 - as REST framework declares them
        "invalid": gettext_lazy("Not a time, such as 2026-03-04 12:00:00."),
    }

    def __init__(self, **how: Any) -> None:
        how.setdefault("help_text", "ISO 8601; without an offset, mine time")
        super().__init__(**how)

    def enforce_timezone(self, value: datetime) -> datetime:
        """Leave it as it was given."""
        return value


def by_clock(given: dict[str, Any], zone: str | None) -> dict[str, Any]:
    """Return what was given with each time in UTC; what has no offset is of the zone's clock.

    Without a zone it is refused, and what that clock shows twice or never: ValidationError, as for
    a time that is out of range.
    """
    return {
        key: _in_utc(value, key, zone) if isinstance(value, datetime) else value
        for key, value in given.items()
    }


def moment(asked: Mapping[str, str], key: str, zone: str | None) -> datetime | None:
    """Return a time of a query, None if there is none: Unix seconds or ISO 8601.

    What has no offset is of the zone's clock. Where that shows it twice or never, and without a
    zone, where several mines may be meant, it is refused: ValidationError, as for what is no time.
    """
    text = asked.get(key, "").strip()
    if not text:
        return None
    try:
        try:
            when = datetime.fromtimestamp(float(text), tz=UTC)
        except ValueError:
            when = datetime.fromisoformat(UNQUOTED.sub(r"\1+", text))
    except (ValueError, OverflowError, OSError):
        raise _no_time(key) from None
    return _in_utc(when, key, zone)


def _in_utc(when: datetime, key: str, zone: str | None) -> datetime:
    if when.tzinfo is None and zone is None:
        words = _("Write a time with its offset, such as 2026-03-04T12:00:00Z.")
        raise ValidationError({key: words})
    try:
        when = read_clock(when, zone or "UTC")
    except Unclear as unclear:
        raise ValidationError({key: str(unclear)}) from None
    except (ValueError, OverflowError):
        raise _no_time(key) from None
    if not 1990 < when.year < 2200:
        raise _no_time(key)
    return when


def _no_time(key: str) -> ValidationError:
    return ValidationError({key: _("Not a time, such as 2026-03-04 12:00:00.")})
