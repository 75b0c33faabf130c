"""The masks of a camera, and pictures of it with the masks filled.

A mask covers every picture of its camera, unless it says that it does not (`cover: false`). A mask
of today covers old pictures as well, and an old picture keeps the masks of its own time. Of a
camera that was knocked a little a mask covers two places, where it was drawn and where it lies now.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import cv2
import numpy as np

from apps.cameras.models import Camera
from apps.rules.models import MasksCarried, Scene
from workers.laid import mask_name
from workers.media.cover import cover_jpeg
from workers.media.errors import MediaError
from workers.vision.way import Way

__all__ = [
    "Polygon",
    "covered",
    "carried_now",
    "covering",
    "hidden_parts",
    "masks_carry",
    "masks_left",
    "masks_now",
    "masks_of",
]

log = logging.getLogger(__name__)
Polygon = list[list[float]]
# A video begins with a key picture before the moment that was asked for; no chunk lasts longer.
LEAD = timedelta(seconds=20)
# A knock is known after three looks, which are three seconds apart where nothing moves.
KNOWN_WITHIN = timedelta(seconds=30)
MOSTLY = 0.5  # so much of it hidden, and it may as well be all


def masks_of(
    *, camera_id: int, at: datetime | None = None, until: datetime | None = None
) -> list[Polygon]:
    """Return what is covered in a camera's picture of a moment, or of now; needs the mine's scope.

    What is covered now and what was covered then. With `until`: in a video from `at` to then, all
    that was covered at any time within. Where masks were carried by a knock, there as well.
    """
    versions = Scene.objects.filter(camera=camera_id).order_by("-version")
    found = versions.values_list("document", flat=True)
    documents = list(found[:1])
    if at is not None and until is not None:
        at -= LEAD
        documents += list(found.filter(created_at__gt=at, created_at__lt=until))
    if at is not None:
        documents += list(found.filter(created_at__lte=at)[:1])
    masks = covering(documents)
    return _with(masks, _carried(camera_id, at, until or at) if masks else [])


def masks_now(*, camera_ids: Iterable[int]) -> dict[int, list[Polygon]]:
    """Return for several cameras at once what is covered in their pictures of now."""
    rows = (
        Scene.objects.filter(camera__in=list(camera_ids))
        .order_by("camera_id", "-version")
        .distinct("camera_id")
        .values_list("camera_id", "document")
    )
    masks = {camera: covering([document]) for camera, document in rows}
    carried = carried_now(camera_ids=[camera for camera, found in masks.items() if found])
    return {camera: _with(found, carried.get(camera, [])) for camera, found in masks.items()}


def carried_now(*, camera_ids: Iterable[int]) -> dict[int, list[Polygon]]:
    """Return for several cameras at once where their masks lie that a knock carried."""
    wanted = list(camera_ids)
    if not wanted:
        return {}
    rows = MasksCarried.objects.filter(camera__in=wanted)
    newest = rows.order_by("camera_id", "-since", "-pk").distinct("camera_id")
    return dict(newest.values_list("camera_id", "polygons"))


def masks_carry(
    *, camera: Camera, scene: Scene | None, aside: dict[str, list[float]], since: datetime
) -> None:
    """Keep where a scene's masks lie from a moment on; said twice is as once.

    aside: which way what is drawn was carried, by name (workers.laid). A place that is left is
    covered until the scene was drawn, for what waits is judged by a version of later; and until
    the last place counted, which is later where the clock was set back.
    """
    polygons = []
    for mask in covering([scene.document] if scene else []):
        if (name := mask_name(mask)) in aside:
            lies = Way(*aside[name]).carry([(x, y) for x, y in mask])
            polygons.append([[round(x, 5), round(y, 5)] for x, y in lies])
    rows = MasksCarried.objects.filter(camera=camera)
    newest = rows.first()
    known = newest.polygons if newest else []
    if polygons == known:
        return
    both, left = _with(known, polygons), since
    if newest:
        left = max(left, newest.since)
    if scene and both != polygons:
        left = max(left, scene.created_at)
    kept = {"mine_id": camera.mine_id, "camera": camera}
    if left > since and both != known:
        MasksCarried.objects.create(**kept, since=since, polygons=both)
    MasksCarried.objects.create(**kept, since=left, polygons=polygons)


def _carried(camera_id: int, at: datetime | None, until: datetime | None) -> list[Polygon]:
    """Return where masks lay that a knock carried: now, or at any time from `at` to `until`."""
    rows = MasksCarried.objects.filter(camera=camera_id)
    if at is None or until is None:
        newest = rows.values_list("polygons", flat=True).first()
        return list(newest or [])
    later = rows.filter(since__gt=at, since__lte=until + KNOWN_WITHIN)
    before = rows.filter(since__lte=at).values_list("polygons", flat=True)[:1]
    found: list[Polygon] = []
    for polygons in [*before, *later.values_list("polygons", flat=True)]:
        found = _with(found, polygons)
    return found


def _with(masks: list[Polygon], more: list[Polygon]) -> list[Polygon]:
    return masks + [mask for mask in more if mask not in masks]


def covering(documents: Iterable[dict[str, Any]]) -> list[Polygon]:
    """Return the polygons that scene documents say are covered."""
    found: list[Polygon] = []
    for document in documents:
        for mask in document.get("masks", []):
            # A mask may be its polygon alone.
            polygon = mask if isinstance(mask, list) else mask["polygon"]
            hides = isinstance(mask, list) or mask.get("cover", True)
            if hides and polygon not in found:
                found.append(polygon)
    return found


def masks_left(
    masks: list[Polygon], *, camera_id: int, recorded: Iterable[int | None]
) -> list[Polygon]:
    """Return which masks are still to be filled in what was recorded; needs the mine's scope.

    recorded: the scene versions whose masks the recorder filled, one a chunk, None for none. What
    every chunk has filled already needs no second time; a mask that is drawn later does.
    """
    versions = set(recorded) if masks else set()
    if not versions or None in versions:
        return masks
    filled = [_filled(camera_id, version) for version in versions if version is not None]
    return [mask for mask in masks if not all(mask in one for one in filled)]


def _filled(camera_id: int, version: int) -> Sequence[Polygon]:
    try:
        return _of_version(camera_id, version)
    except Scene.DoesNotExist:  # nobody knows what was filled: all of it is filled again
        return ()


@lru_cache(maxsize=512)
def _of_version(camera_id: int, version: int) -> Sequence[Polygon]:
    # A version never changes.
    return covering([Scene.objects.get(camera=camera_id, version=version).document])


def hidden_parts(document: dict[str, Any]) -> list[str]:
    """Name the zones, lines, machines and gauges of a scene that lie mostly beneath a mask.

    In a recording with its masks filled the analysis sees nothing of them.
    """
    size = 200
    masks = np.zeros((size, size), np.uint8)
    for polygon in covering([document]):
        cv2.fillPoly(masks, [_pixels(polygon, size)], 1)
    found = []
    for kind, key in (("zones", "polygon"), ("machines", "roi"), ("lines", "points")):
        for part in document.get(kind, []):
            if part.get(key) and _share(part[key], masks, closed=kind != "lines") > MOSTLY:
                found.append(str(part["id"]))
    for gauge in document.get("gauges", []):
        marks = [point["xy"] for point in gauge.get("points", [])]
        if marks and _share(marks, masks, closed=False) > MOSTLY:
            found.append(str(gauge["id"]))
    return found


def _pixels(points: Polygon, size: int) -> np.ndarray:
    return np.rint(np.array(points, np.float64) * (size - 1)).astype(np.int32)


def _share(points: Polygon, masks: np.ndarray, *, closed: bool) -> float:
    """Return how much of a polygon, or of a line, the masks hide: 0 to 1."""
    drawn = np.zeros_like(masks)
    if closed:
        cv2.fillPoly(drawn, [_pixels(points, len(masks))], 1)
    else:
        cv2.polylines(drawn, [_pixels(points, len(masks))], False, 1)
    return float(masks[drawn == 1].mean()) if drawn.any() else 0.0


def covered(jpeg: bytes, *, camera_id: int, at: datetime | None = None) -> bytes:
    """Return a camera's picture with its masks filled; b"" for one that cannot be covered."""
    masks = masks_of(camera_id=camera_id, at=at)
    try:
        return cover_jpeg(jpeg, masks)
    except MediaError as error:
        log.warning("a picture of camera %s cannot be covered: %s", camera_id, error)
        return b""
