"""A person's own browsers: switch push messages on and off, and the script that shows them."""

from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from apps.accounts.pages import access_of_request, page
from apps.accounts.permissions import Action
from apps.lists.pages import answer_list
from apps.notify.listing import DEVICES
from apps.notify.selectors import devices_of
from apps.notify.services import device_remove
from apps.notify.webpush import encode, private_key, public_point

__all__ = ["device_end", "device_list", "worker"]

WORKER = Path(__file__).with_name("worker.js")


@require_GET
@never_cache
@page
def device_list(request: HttpRequest) -> HttpResponseBase:
    """Show in which browsers a person is told of alarms, or send the list as a file."""
    allowed = access_of_request(request).mines_for(Action.VIEW)
    key = encode(public_point(private_key(settings.VAPID_KEY))) if settings.PUSH else ""
    rows = devices_of(user_id=request.user.pk).filter(mine__in=allowed)
    # A browser keeps its subscription when another person signs in, or switches it off here.
    known = sorted(set(rows.values_list("endpoint_hash", flat=True)))
    context = {
        "push": settings.PUSH,
        "config": {"key": key, "mines": allowed, "known": known},
    }
    return answer_list(
        request, DEVICES, rows, mine_ids=allowed, template="notify/devices.html", context=context
    )


@require_POST
@page
def device_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a browser of one's own take no more messages of a mine."""
    row = devices_of(user_id=request.user.pk).filter(pk=pk).first()
    if row is None:
        raise Http404
    device_remove(subscription=row, actor=request.user)
    messages.success(request, _("This browser is told no more."))
    return redirect("notify-devices")


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """Answer the script that a browser keeps for messages; it has no secret in it."""
    return HttpResponse(
        WORKER.read_bytes(),
        content_type="text/javascript; charset=utf-8",
        headers={"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"},
    )
