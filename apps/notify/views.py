"""Pages of a mine's routes: the list with its outcomes, the form, the log."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.pages import attempt, find, page
from apps.accounts.permissions import Action
from apps.alarms.models import Severity
from apps.mines.models import Mine
from apps.mines.selectors import areas
from apps.notify.forms import RouteForm
from apps.notify.models import Channel, Delivery, Kind, Route
from apps.notify.selectors import deliveries, reach_of, routes, with_health
from apps.notify.services import route_create, route_remove, route_test, route_update
from apps.portal.mines import mine_to

__all__ = ["log", "route_add", "route_change", "route_end", "route_list", "route_try"]

ROWS = 50


@require_GET
@never_cache
@page
def route_list(request: HttpRequest, pk: int) -> HttpResponse:
    """List a mine's routes, how each does, and whom the ladders really reach."""
    mine = mine_to(request, pk, Action.CONFIGURE)
    rows = with_health(routes().filter(mine=mine))
    names = {area.pk: area.name for area in areas(mine=mine)}
    for route in rows:
        route.places = [names[area] for area in route.areas if area in names]
        route.severity_codes = [code for code in Severity.values if code in route.severities]
    context = {
        "mine": mine,
        "rows": rows,
        "reach": reach_of(mine=mine, rows=rows),
        "channels": Channel.choices,
        "push": settings.PUSH,
        "mail": settings.EMAIL_SET,
    }
    return render(request, "notify/routes.html", context)


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
    form = RouteForm(request.POST or None, mine=route.mine, channel=route.channel, route=route)
    if form.is_valid():
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
def log(request: HttpRequest, pk: int) -> HttpResponse:
    """List what was sent in a mine, by route, state, kind and severity."""
    mine = mine_to(request, pk, Action.READ_AUDIT)
    rows = deliveries().filter(mine=mine)
    chosen = {name: request.GET.get(name, "") for name in ("route", "state", "kind", "severity")}
    if chosen["route"].isascii() and chosen["route"].isdigit():
        rows = rows.filter(route=int(chosen["route"][:15]))
    if chosen["state"] in Delivery.State.values:
        rows = rows.filter(state=chosen["state"])
    if chosen["kind"] in Kind.values:
        rows = rows.filter(kind=chosen["kind"])
    if chosen["severity"] in Severity.values:
        rows = rows.filter(severity=chosen["severity"])
    context = {
        "mine": mine,
        "page": Paginator(rows, ROWS).get_page(request.GET.get("page")),
        "routes": Route.objects.filter(mine=mine).order_by("name", "pk"),
        "states": Delivery.State.choices,
        "kinds": Kind.choices,
        "severities": Severity.choices,
        "chosen": chosen,
    }
    return render(request, "notify/log.html", context)
