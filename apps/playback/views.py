"""The player's page: cameras to choose from, or one to four of them, live or as recorded."""

import re
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.accounts.pages import access_of_request, page, picture, require_somewhere
from apps.accounts.permissions import Action
from apps.cameras.models import Camera
from apps.cameras.selectors import camera_health, cameras
from apps.playback.page import MOST_CAMERAS, watch_config

__all__ = ["states", "watch"]


@require_GET
@never_cache
@page
def watch(request: HttpRequest) -> HttpResponse:
    """Play `?camera=` (up to four) from `?at=` (Unix seconds) on, or live; else let one choose."""
    allowed = require_somewhere(request, Action.VIEW)
    rows = cameras().filter(mine__in=allowed)
    asked = [pk for pk in request.GET.getlist("camera") if pk.isdecimal() and len(pk) < 12]
    wanted = list(dict.fromkeys(map(int, asked)))[:MOST_CAMERAS]
    if not wanted:
        context = {"cameras": _standing(rows), "most": MOST_CAMERAS}
        return render(request, "playback/choose.html", context)
    found = {camera.pk: camera for camera in rows.filter(pk__in=wanted)}
    if len(found) < len(wanted):
        raise Http404
    chosen = [found[pk] for pk in wanted]
    others = rows.filter(mine=chosen[0].mine_id).exclude(pk__in=wanted)
    config = watch_config(access_of_request(request), chosen, at=request.GET.get("at", ""))
    context = {"cameras": chosen, "others": others, "config": config, "most": MOST_CAMERAS}
    return render(request, "playback/watch.html", context)


@require_GET
@never_cache
@picture
def states(request: HttpRequest) -> HttpResponse:
    """Say how each camera stands now, as parts of the page that lets one choose."""
    rows = cameras().filter(mine__in=require_somewhere(request, Action.VIEW))
    return render(request, "playback/states.html", {"cameras": _standing(rows)})


def _standing(rows: QuerySet[Camera]) -> list[tuple[Camera, dict[str, Any]]]:
    """List cameras with how each stands: those that are off last, numbers in names as numbers."""

    def order(one: tuple[Camera, dict[str, Any]]) -> tuple[Any, ...]:
        camera, health = one
        names = (camera.mine.name, camera.area.name, camera.name)
        return health["state"] == "off", *map(_natural, names)

    return sorted(((camera, camera_health(camera)) for camera in rows), key=order)


def _natural(name: str) -> list[str | int]:
    """Cut a name into texts and numbers by turns, so that 2 stands before 10."""
    parts = re.split(r"(\d+)", name)
    return [int(part) if at % 2 else part.casefold() for at, part in enumerate(parts)]
