"""The newest pictures of a camera; `X-Picture-Time` (Unix seconds) says how old each is."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from apps.accounts.pages import find, picture
from apps.accounts.permissions import Action
from apps.cameras.models import Camera
from apps.cameras.tiles import newest_frame, tile_of

__all__ = ["frame", "tile"]


@require_GET
@picture
def tile(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer the small picture that analysis saw last; 204 when there is none yet."""
    camera = find(request, Camera.objects.all(), Action.VIEW, pk=pk)
    return _answer(tile_of(camera.pk))


@require_GET
@picture
def frame(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer a large picture from the newest recorded second, or else the tile."""
    camera = find(request, Camera.objects.all(), Action.VIEW, pk=pk)
    return _answer(newest_frame(camera) or tile_of(camera.pk))


def _answer(found: tuple[float, bytes] | None) -> HttpResponse:
    if found is None:
        return HttpResponse(status=204, headers={"Cache-Control": "no-store"})
    taken_s, jpeg = found
    return HttpResponse(
        jpeg,
        content_type="image/jpeg",
        headers={"Cache-Control": "no-store", "X-Picture-Time": f"{taken_s:.3f}"},
    )
