"""Pages of cameras and of their scenes."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.pages import attempt, find, page
from apps.accounts.permissions import Action
from apps.alarms.procedures import procedures_of
from apps.cameras.models import Analysis, Camera, Chunk, StreamState
from apps.cameras.probing import no_video_hint
from apps.cameras.selectors import camera_health, cameras
from apps.cameras.services import camera_create, camera_update, view_accept
from apps.lists.pages import answer_list
from apps.mines.models import Mine
from apps.mines.selectors import areas
from apps.portal.forms import CameraForm
from apps.portal.keeping import kept_words
from apps.portal.mines import mine_to
from apps.portal.scene_page import VERSIONS, camera_config, scene_config
from apps.portal.stale import seen, still_so
from apps.readings.chart import charts
from apps.recordings.keeping import kept_by_camera
from apps.rules.selectors import rules_unknown, scene_document, scene_in_force

__all__ = [
    "camera_accept",
    "camera_add",
    "camera_change",
    "camera_page",
    "camera_procedures",
    "camera_state",
    "scene",
]

BAD_CHUNKS = 10
# The recorder looks for new cameras every few seconds: after so long it does not run.
LATE_S = 30.0
# States in which a camera gave an answer, and no picture.
WRONG = (StreamState.State.LOST, StreamState.State.FROZEN, StreamState.State.UNUSABLE)


@require_http_methods(["GET", "POST"])
@page
def camera_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a camera."""
    mine = mine_to(request, pk, Action.CONFIGURE)
    if not areas(mine=mine).exists():
        messages.info(request, _("A camera needs a place: add one first."))
        return redirect("portal-area-add", pk=mine.pk)
    form = CameraForm(request.POST or None, mine=mine)
    if form.is_valid():
        camera = attempt(form, lambda: camera_create(actor=request.user, **form.cleaned_data))
        if camera is not None:
            messages.success(request, _("%s was added.") % camera.name)
            _say_twice(request, camera)
            return redirect("portal-camera", pk=camera.pk)
    return _form(request, mine, form, None)


@require_http_methods(["GET", "POST"])
@page
def camera_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a camera."""
    camera: Camera = find(request, cameras(), Action.CONFIGURE, pk=pk)
    form = seen(CameraForm(request.POST or None, mine=camera.mine, camera=camera))
    if form.is_valid() and still_so(form):
        changed = attempt(
            form, lambda: camera_update(camera=camera, actor=request.user, **form.cleaned_data)
        )
        if changed is not None:
            messages.success(request, _("Saved."))
            _say_twice(request, changed)
            return redirect("portal-camera", pk=camera.pk)
    return _form(request, camera.mine, form, camera)


def _say_twice(request: HttpRequest, camera: Camera) -> None:
    """Warn where another camera of the same mine has the address: it may be wished, as in a trial.

    In another mine it is another camera: their networks number theirs alike.
    """
    same = Camera.objects.filter(mine=camera.mine_id, main_url=camera.main_url)
    if names := same.exclude(pk=camera.pk).order_by("name").values_list("name", flat=True):
        messages.warning(
            request,
            _("This address is in use already, by: %(cameras)s.") % {"cameras": ", ".join(names)},
        )


def _form(
    request: HttpRequest, mine: Mine, form: CameraForm, camera: Camera | None
) -> HttpResponse:
    context: dict[str, Any] = {
        "mine": mine,
        "camera": camera,
        "form": form,
        "config": camera_config(camera),
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "portal/camera_form.html", context, status=status)


@require_GET
@page
def camera_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how a camera stands, in words."""
    camera: Camera = find(request, cameras(), Action.CONFIGURE, pk=pk)
    standing = _standing(camera)
    document = scene_document(standing["scene"])
    context = {
        "mine": camera.mine,
        **standing,
        "kept": kept_words(kept_by_camera([camera])[camera.pk]),
        "bad_chunks": Chunk.objects.filter(camera=camera, state=Chunk.State.BAD).order_by(
            "-started_at"
        )[:BAD_CHUNKS],
        "procedures": procedures_of(camera),
        "levels": charts(camera=camera, now=timezone.now()),
        "aside": bool(Analysis.objects.filter(camera=camera).exclude(aside={})),
        "floors": any(gauge.get("zone") for gauge in document.get("gauges", [])),
    }
    return render(request, "portal/camera.html", context)


@require_GET
@never_cache
@page
def camera_procedures(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the procedures that go on under a camera, as a part of its page."""
    camera: Camera = find(request, cameras(), Action.CONFIGURE, pk=pk)
    context = {"camera": camera, "procedures": procedures_of(camera)}
    return render(request, "portal/procedures.html", context)


@require_GET
@never_cache
@page
def camera_state(request: HttpRequest, pk: int) -> HttpResponse:
    """Say how a camera stands and what it answered, as parts of its page."""
    camera: Camera = find(request, cameras(), Action.CONFIGURE, pk=pk)
    return render(request, "portal/camera_state.html", _standing(camera))


def _standing(camera: Camera) -> dict[str, Any]:
    """Return what a camera's page asks for again and again: its health, and what it answered."""
    health = camera_health(camera)
    states = {row["state"] for row in health["streams"]}
    newest = scene_in_force(camera=camera)
    document = scene_document(newest)
    reasons = {row.stream: row.reason for row in camera.streams.all()}
    for row in health["streams"]:
        row["hint"] = no_video_hint(url=camera.main_url, reason=reasons[row["stream"]])
    # Nothing in a stream says "being tried" for the seconds before the recorder first sees it.
    waits_s = 0.0 if states else (timezone.now() - camera.created_at).total_seconds()
    return {
        "camera": camera,
        "scene": newest,
        "rule_count": len(document.get("rules", [])),
        "unknown": rules_unknown(document),
        "health": health,
        "unseen": bool(states) and states <= set(WRONG),
        "late": waits_s > LATE_S,
        "tried": not states or StreamState.State.CONNECTING in states,
        "wrong": WRONG,
    }


@require_POST
@page
def camera_accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the camera's present view as the usual one, after it was moved on purpose."""
    camera: Camera = find(request, cameras(), Action.CONFIGURE, pk=pk)
    if camera_health(camera)["analysed_until"] is None:
        messages.error(request, _("No picture of this camera was analysed yet: it has no view."))
    else:
        view_accept(camera=camera, actor=request.user)
        messages.success(request, _("The present view is now the usual one. Check the zones."))
    return redirect("portal-camera", pk=camera.pk)


@require_GET
@page
def scene(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Draw a camera's zones; the island saves through the API."""
    camera: Camera = find(request, cameras(), Action.CONFIGURE, pk=pk)
    rows = camera.scenes.defer("document").select_related("author")
    context = {
        "camera": camera,
        "mine": camera.mine,
        "config": scene_config(camera, me=request.user.get_username()),
    }
    return answer_list(
        request, VERSIONS, rows, mine_ids=[camera.mine_id], template="portal/scene.html",
        context=context,
    )  # fmt: skip
