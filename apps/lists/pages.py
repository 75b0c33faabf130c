"""Answers a list's page, or its rows as a file."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from apps.lists.export import TooMany, export
from apps.lists.filters import Rows
from apps.lists.listing import EXPORT, Listing, Shown
from apps.mines.selectors import mines

__all__ = ["answer_list"]


def answer_list(
    request: HttpRequest,
    listing: Listing,
    rows: Rows,
    *,
    mine_ids: list[int],
    template: str,
    context: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponseBase:
    """Show the rows that the address asks for, or send them with `?export=csv`.

    `rows` are limited to `mine_ids` by the caller; days are those of the chosen mine's clock, or
    of the clock that all of the mines share. `status` is for a page whose form comes back.
    """
    allowed = mines().filter(pk__in=mine_ids)
    zones = {str(pk): zone for pk, zone in allowed.values_list("pk", "timezone")}
    chosen = zones.get(request.GET.get("mine", ""))
    shared = set(zones.values())
    zone = chosen or (shared.pop() if len(shared) == 1 else "UTC")
    shown = Shown(listing, request.GET, rows, mine_ids=mine_ids, zone=zone)
    status, refused = (400, "") if shown.faults else (status, "")
    if request.GET.get(EXPORT) == "csv" and not shown.faults:
        try:
            return export(request, shown)
        except TooMany as error:
            status, refused = 400, str(error)
    # Whoever narrows by a day is told which one it is, where the mines' clocks differ.
    by_day = any(field.filter.kind == "date" for field in shown.fields)
    utc_days = by_day and chosen is None and len(set(zones.values())) > 1
    context = {**(context or {}), "shown": shown, "refused": refused, "utc_days": utc_days}
    return render(request, template, context, status=status)
