"""The newest pictures of a camera; `X-Picture-Time` (Unix seconds) says how old each is."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from apps.accounts.pages import find, picture
from apps.accounts.permissions import Action
from apps.cameras.models import Camera
from apps.cameras.tiles import newest_frame, tile_of
from apps.rules.masks import covered

__all__ = ["frame", "tile"]


@require_GET
@picture
def tile(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer the small picture that analysis saw last; 204 when there is none yet."""
    camera = find(request, Camera.objects.all(), Action.VIEW, pk=pk)
    return _answer(tile_of(camera.pk), camera.pk)


@require_GET
@picture
def frame(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer a large picture from the newest recorded second, or else the tile."""
    camera = find(request, Camera.objects.all(), Action.VIEW, pk=pk)
    return _answer(newest_frame(camera) or tile_of(camera.pk), camera.pk)


def _answer(found: tuple[float, bytes] | None, camera_id: int) -> HttpResponse:
    jpeg = covered(found[1], camera_id=camera_id) if found else b""
    if found is None or not jpeg:
        return HttpResponse(status=204, headers={"Cache-Control": "no-store"})
    taken_s = found[0]
    return HttpResponse(
        jpeg,
        content_type="image/jpeg",
        headers={"Cache-Control": "no-store", "X-Picture-Time": f"{taken_s:.3f}"},
    )
