"""The masks of a camera, and pictures of it with the masks filled.

A mask covers every picture of its camera, unless it says that it does not (`cover: false`). A mask
of today covers old pictures as well, and an old picture keeps the masks of its own time.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from apps.rules.models import Scene
from workers.media.cover import cover_jpeg
from workers.media.errors import MediaError

__all__ = ["Polygon", "covered", "masks_now", "masks_of"]

log = logging.getLogger(__name__)
Polygon = list[list[float]]


def masks_of(*, camera_id: int, at: datetime | None = None) -> list[Polygon]:
    """Return what is covered in a camera's picture of a moment, or of now; needs the mine's scope.

    What is covered now and what was covered then.
    """
    versions = Scene.objects.filter(camera=camera_id).order_by("-version")
    documents = list(versions.values_list("document", flat=True)[:1])
    if at is not None:
        documents += list(
            versions.filter(created_at__lte=at).values_list("document", flat=True)[:1]
        )
    return _covering(documents)


def masks_now(*, camera_ids: Iterable[int]) -> dict[int, list[Polygon]]:
    """Return for several cameras at once what is covered in their pictures of now."""
    rows = (
        Scene.objects.filter(camera__in=list(camera_ids))
        .order_by("camera_id", "-version")
        .distinct("camera_id")
        .values_list("camera_id", "document")
    )
    return {camera: _covering([document]) for camera, document in rows}


def _covering(documents: list[dict[str, Any]]) -> list[Polygon]:
    found: list[Polygon] = []
    for document in documents:
        for mask in document.get("masks", []):
            # A mask may be its polygon alone.
            polygon = mask if isinstance(mask, list) else mask["polygon"]
            hides = isinstance(mask, list) or mask.get("cover", True)
            if hides and polygon not in found:
                found.append(polygon)
    return found


def covered(jpeg: bytes, *, camera_id: int, at: datetime | None = None) -> bytes:
    """Return a camera's picture with its masks filled; b"" for one that cannot be covered."""
    masks = masks_of(camera_id=camera_id, at=at)
    try:
        return cover_jpeg(jpeg, masks)
    except MediaError as error:
        log.warning("a picture of camera %s cannot be covered: %s", camera_id, error)
        return b""
