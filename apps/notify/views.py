"""Pages of a mine's routes: the list with its outcomes, the form, the log."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.pages import access_of_request, attempt, find, page
from apps.accounts.permissions import Action
from apps.alarms.models import Severity
from apps.lists.pages import answer_list
from apps.mines.models import Mine
from apps.mines.selectors import areas
from apps.notify.forms import RouteForm
from apps.notify.listing import DELIVERIES, ROUTES
from apps.notify.models import Channel, Route
from apps.notify.selectors import deliveries, reach_of, routes, with_health
from apps.notify.services import (
    route_create,
    route_remove,
    route_secret_anew,
    route_test,
    route_update,
)
from apps.notify.standing import routes_down
from apps.portal.mines import mine_to
from apps.portal.stale import seen, still_so

__all__ = [
    "log",
    "route_add",
    "route_change",
    "route_end",
    "route_list",
    "route_secret",
    "route_try",
]


@require_GET
@never_cache
@page
def route_list(request: HttpRequest, pk: int) -> HttpResponseBase:
    """List a mine's routes, how each does, and whom the ladders really reach; or send the list."""
    mine = mine_to(request, pk, Action.CONFIGURE)
    rows = with_health(routes().filter(mine=mine))
    names = {area.pk: area.name for area in areas(mine=mine)}
    down = set(routes_down().filter(mine=mine).values_list("pk", flat=True))
    for route in rows:
        route.down = route.pk in down
        route.places = [names[area] for area in route.areas if area in names]
        route.severity_codes = [code for code in Severity.values if code in route.severities]
        route.severity_ranks = [Severity.values.index(code) for code in route.severity_codes]
        route.standing = "off" if not route.enabled else "down" if route.down else "used"
    context = {
        "mine": mine,
        "reach": reach_of(mine=mine, rows=rows),
        "channels": Channel.choices,
        "push": settings.PUSH,
        "mail": settings.EMAIL_SET,
    }
    return answer_list(
        request, ROUTES, rows, mine_ids=[pk], template="notify/routes.html", context=context
    )


@require_http_methods(["GET", "POST"])
@never_cache
@page
def route_add(request: HttpRequest, pk: int, channel: str) -> HttpResponse:
    """Add a route; a webhook's secret is shown here and never again."""
    mine = mine_to(request, pk, Action.CONFIGURE)
    if channel not in Channel.values:
        raise Http404
    form = RouteForm(request.POST or None, mine=mine, channel=channel)
    if form.is_valid():
        given = form.cleaned_data
        made = attempt(
            form, lambda: route_create(mine=mine, channel=channel, actor=request.user, **given)
        )
        if made is not None:
            route, secret = made
            if secret:
                context = {"mine": mine, "route": route, "secret": secret}
                return render(request, "notify/secret.html", context)
            messages.success(request, _("%s was added. Now send a test.") % route.name)
            return redirect("notify", pk=mine.pk)
    return _form(request, mine, channel, form, None)


@require_http_methods(["GET", "POST"])
@never_cache
@page
def route_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a route."""
    route: Route = find(request, routes(), Action.CONFIGURE, pk=pk)
    form = seen(
        RouteForm(request.POST or None, mine=route.mine, channel=route.channel, route=route)
    )
    if form.is_valid() and still_so(form):
        given = form.cleaned_data
        if attempt(form, lambda: route_update(route=route, actor=request.user, **given)):
            messages.success(request, _("Saved."))
            return redirect("notify", pk=route.mine_id)
    return _form(request, route.mine, route.channel, form, route)


def _form(
    request: HttpRequest, mine: Mine, channel: str, form: RouteForm, route: Route | None
) -> HttpResponse:
    context: dict[str, Any] = {
        "mine": mine,
        "route": route,
        "channel": channel,
        "channel_name": Channel(channel).label,
        "form": form,
        "mail": settings.EMAIL_SET,
        "push": settings.PUSH,
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "notify/route_form.html", context, status=status)


@require_POST
@page
def route_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a route."""
    route: Route = find(request, routes(), Action.CONFIGURE, pk=pk)
    route_remove(route=route, actor=request.user)
    messages.success(request, _("%s was removed.") % route.name)
    return redirect("notify", pk=route.mine_id)


@require_POST
@never_cache
@page
def route_secret(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a webhook's secret anew, and show it here and never again."""
    route: Route = find(request, routes(), Action.CONFIGURE, pk=pk)
    try:
        secret = route_secret_anew(route=route, actor=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("notify-change", pk=pk)
    context = {"mine": route.mine, "route": route, "secret": secret, "anew": True}
    return render(request, "notify/secret.html", context)


@require_POST
@page
def route_try(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a test; what came of it stands beside the button afterwards."""
    route: Route = find(request, routes(), Action.CONFIGURE, pk=pk)
    try:
        route_test(route=route, actor=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    response = redirect("notify", pk=route.mine_id)
    response["Location"] += f"#route-{route.pk}"
    return response


@require_GET
@never_cache
@page
def log(request: HttpRequest, pk: int) -> HttpResponseBase:
    """List what was sent in a mine, or send the list as a file."""
    mine = mine_to(request, pk, Action.READ_AUDIT)
    may_configure = access_of_request(request).can(Action.CONFIGURE, pk)
    context = {"mine": mine, "may_configure": may_configure}
    rows = deliveries().filter(mine=mine)
    return answer_list(
        request, DELIVERIES, rows, mine_ids=[pk], template="notify/log.html", context=context
    )
