"""The pages of the shift hand-over; they need no JavaScript."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.pages import access_of_request, attempt, find, page, require_somewhere
from apps.accounts.permissions import Action
from apps.alarms.desks import desk_of
from apps.alarms.forms import HandoverForm
from apps.alarms.handover import (
    handover_page,
    handover_sign,
    handover_take,
    handovers,
    in_the_way,
)
from apps.alarms.models import Handover
from apps.mines.models import Mine
from apps.mines.selectors import mines
from apps.portal.mines import mine_to

__all__ = ["handover", "mine_list", "signed", "take"]


@require_GET
@page
def mine_list(request: HttpRequest) -> HttpResponse:
    """List the mines whose shifts the person sees; of one mine alone show it."""
    allowed = require_somewhere(request, Action.VIEW)
    if len(allowed) == 1:
        return redirect("handover", pk=allowed[0])
    return render(request, "alarms/handover_mines.html", {"mines": mines().filter(pk__in=allowed)})


@require_http_methods(["GET", "POST"])
@never_cache
@page
def handover(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how the mine stands, and take the signature of who goes."""
    signs = request.method == "POST"
    mine = mine_to(request, pk, Action.ACKNOWLEDGE if signs else Action.VIEW)
    form = HandoverForm(request.POST or None)
    if signs and form.is_valid():
        by = {"actor": request.user, "desk": desk_of(request)}
        note = form.cleaned_data["note"]
        made = attempt(form, lambda: handover_sign(mine=mine, note=note, **by))
        if made is not None:
            return redirect("handover-signed", pk=made.pk)
    return _page(request, mine, form, status=400 if signs else 200)


def _page(request: HttpRequest, mine: Mine, form: HandoverForm, *, status: int) -> HttpResponse:
    context: dict[str, Any] = {
        "mine": mine,
        "content": handover_page(mine=mine, now=timezone.now()),
        "in_the_way": list(in_the_way(mine=mine)),
        "last": handovers().filter(mine=mine).first(),
        "form": form,
        "may_sign": access_of_request(request).can(Action.ACKNOWLEDGE, mine.pk),
    }
    return render(request, "alarms/handover.html", context, status=status)


@require_GET
@page
def signed(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a signed hand-over as it was, and who took it."""
    return _signed(request, find(request, handovers(), Action.VIEW, pk=pk), HandoverForm())


def _signed(
    request: HttpRequest, row: Handover, form: HandoverForm, *, status: int = 200
) -> HttpResponse:
    may = access_of_request(request).can(Action.ACKNOWLEDGE, row.mine_id)
    newer = handovers().filter(mine=row.mine_id, pk__gt=row.pk).first()
    context = {
        "handover": row,
        "mine": row.mine,
        "content": row.content,
        "takeover": getattr(row, "takeover", None),
        "newer": newer,
        "in_the_way": list(in_the_way(mine=row.mine)),
        "may_take": may and row.handed_by_id != request.user.pk,
        "form": form,
    }
    return render(request, "alarms/handover_signed.html", context, status=status)


@require_POST
@page
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the signature of who comes."""
    row = find(request, handovers(), Action.ACKNOWLEDGE, pk=pk)
    form = HandoverForm(request.POST)
    if form.is_valid():
        by = {"actor": request.user, "desk": desk_of(request)}
        note = form.cleaned_data["note"]
        if attempt(form, lambda: handover_take(handover=row, note=note, **by)):
            return redirect("handover-signed", pk=pk)
    # Read anew: it may have been taken, or replaced, in this very moment.
    return _signed(request, handovers().get(pk=pk), form, status=400)
