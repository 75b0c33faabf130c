"""The rows of a list as a file for a spreadsheet.

The keys are read at once, the rows in batches while the file is sent, each batch in a scope of its
own: a long export holds no transaction open, and a row that was deleted meanwhile is left out.
"""

import csv
import io
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from channels.db import database_sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from apps.accounts.permissions import Access, Action
from apps.audit.services import record
from apps.inquiry.guard import Guard
from apps.lists.filters import value_of
from apps.lists.listing import Listing, Shown
from apps.tenancy.scope import Scope, current_scope, mine_scope

__all__ = ["MOST_ROWS", "TooMany", "cell", "export"]

MOST_ROWS = 100_000
BATCH = 500
# What makes a spreadsheet take a cell for a formula; the wide ones are typed in East Asia.
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "|", "%")


class TooMany(ValueError):
    """More rows than a spreadsheet is good for."""


def cell(value: Any, zone: str) -> Any:
    """Return a value as the file says it; text that would be a formula stays text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return value
    if isinstance(value, datetime):
        at = value.astimezone(ZoneInfo(zone))
        return f"{at:%Y-%m-%d %H:%M:%S} {at:%z}"
    text = str(value).replace("\0", "")
    return f"'{text}" if text.lstrip().startswith(FORMULA) or text[:1] in "\t\r\n" else text


def export(request: HttpRequest, shown: Shown) -> HttpResponseBase:
    """Note who takes which rows, and send them; TooMany when they are too many."""
    listing, rows = shown.listing, shown.rows
    whole = isinstance(rows, QuerySet)
    if whole:
        keys = list(rows.values_list("pk", listing.mine)[: MOST_ROWS + 1])
    else:
        keys = [(number, value_of(row, listing.mine)) for number, row in enumerate(rows)]
    if len(keys) > MOST_ROWS:
        raise TooMany(_("More than %(most)s rows: narrow the list first.") % {"most": MOST_ROWS})
    counts = Counter(
        mine for _key, its in keys for mine in (its if isinstance(its, list) else [its])
    )
    for mine_id, count in sorted(counts.items()):
        record(
            action="list.exported",
            subject=f"list:{listing.name}",
            mine_id=mine_id,
            actor=request.user,
            detail={"filters": shown.chosen(), "rows": count},
        )
    guards = _guards(request, listing.name, set(counts))
    write = _writer(shown, current_scope() or Scope(), get_language() or "en", guards)
    batches = [[key for key, _mine in keys[i : i + BATCH]] for i in range(0, len(keys), BATCH)]
    served = _later(batches, write) if isinstance(request, ASGIRequest) else _now(batches, write)
    now = timezone.now().astimezone(ZoneInfo(shown.zone))
    name = f"davy-{listing.name}-{now:%Y%m%d-%H%M}.csv"
    return StreamingHttpResponse(
        served,
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


Write = Callable[[list[Any] | None], str]


def _guards(request: HttpRequest, name: str, mine_ids: set[int]) -> list[Guard]:
    """Return what looks at an auditor's right to each mine's rows while they are sent."""
    access: Access = request.access  # type: ignore[attr-defined]
    return [
        Guard(
            request,
            mine_id=mine_id,
            action=Action.READ_AUDIT,
            alarm=next(iter(access.cases.get(mine_id, {})), None),
            subject=f"list:{name}",
            detail={},
        )
        for mine_id in sorted(mine_ids)
        if access.watched_in(mine_id)
    ]


def _writer(shown: Shown, scope: Scope, language: str, guards: list[Guard]) -> Write:
    """Return what turns a batch of keys into lines; None into the head."""
    listing: Listing = shown.listing
    rows = shown.rows

    def lines(keys: list[Any] | None) -> str:
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\r\n")
        if keys is None:
            file.write("\ufeff")  # without it Excel takes UTF-8 for something else
            writer.writerow([cell(column.label, "UTC") for column in listing.exported])
            return file.getvalue()
        if isinstance(rows, QuerySet):
            found = {row.pk: row for row in rows.filter(pk__in=keys)}
        else:
            found = {key: rows[key] for key in keys}
        for row in (found[key] for key in keys if key in found):
            zone = value_of(row, "mine__timezone") or shown.zone
            writer.writerow([cell(column.text(row), zone) for column in listing.exported])
        return file.getvalue()

    def write(keys: list[Any] | None) -> str:
        for guard in guards:
            guard.look()
        with (
            mine_scope(
                *scope.mine_ids, organisation_ids=scope.organisation_ids, user_id=scope.user_id
            ),
            override(language),
        ):
            return lines(keys)

    return write


def _now(batches: list[list[Any]], write: Write) -> Iterator[str]:
    yield write(None)
    for batch in batches:
        yield write(batch)


async def _later(batches: list[list[Any]], write: Write) -> AsyncIterator[str]:
    # Between two batches no connection is held: a reader may be slow.
    later = database_sync_to_async(write)
    yield await later(None)
    for batch in batches:
        yield await later(batch)
