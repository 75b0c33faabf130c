"""The boxes that a player draws over a clip: what lies beside it, less what masks hide.

The page draws them over the video; the video and the file beside it are never touched.
"""

import json
from datetime import datetime
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from apps.evidence.file_views import file_of
from apps.evidence.models import Clip
from apps.evidence.storage import StorageError
from apps.rules.masks import Polygon, masks_of
from workers.geometry import distance_inside

__all__ = ["overlay", "overlay_data"]


def overlay(clip: Clip) -> HttpResponse:
    """Answer a clip's boxes; 503 while the store is away. Who may see them, the caller asks."""
    try:
        return JsonResponse(overlay_data(clip), headers={"Cache-Control": "no-store"})
    except StorageError as error:
        return HttpResponse(str(error), status=503, content_type="text/plain")


def overlay_data(clip: Clip) -> dict[str, Any]:
    """Return a clip's boxes for a player, in the reader's language; needs the mine's scope.

    pictures: [t_s, [[label, score or None, left, top, right, bottom], ...]] by rising time;
    until_s: from there on the analysis had not come to the recording when the clip was cut, None
    where that is not known; none: why there are no boxes at all, empty where there are some.
    StorageError when the store is away or gives another file than was stored.
    """
    body = file_of(clip, "boxes.json")
    told = json.loads(body) if body else {"pictures": []}
    masks = masks_of(camera_id=clip.camera_id, at=clip.wanted_from)
    aspect = clip.width / clip.height if clip.width and clip.height else 1.0
    pictures = [
        [
            picture["t_s"],
            [
                [box["label"], box.get("score"), *box["box"]]
                for box in picture["boxes"]
                if not _hidden(box["box"], masks, aspect)
            ],
        ]
        for picture in told["pictures"]
    ]
    pictures = [picture for picture in pictures if picture[1]]
    until, start = told.get("analysed_until"), told.get("starts_at")
    return {
        "pictures": pictures,
        "until_s": _seconds(start, until) if start and until else None,
        "labels": {
            "person": _("person"),
            "car": _("car"),
            "truck": _("truck"),
            "bus": _("bus"),
            "train": _("train"),
            "motorcycle": _("motorcycle"),
        },
        "none": ""
        if pictures
        else _("No boxes: nobody was followed in this video, or it was not analysed yet when cut."),
        "later": _("No boxes from here on: it was not analysed yet when the video was cut."),
    }


def _hidden(box: list[float], masks: list[Polygon], aspect: float) -> bool:
    """Tell whether a box is about what a mask hides: its middle counts, as in the analysis."""
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    outlines = (tuple((x, y) for x, y in mask) for mask in masks)
    return any(distance_inside(outline, middle, aspect) >= 0 for outline in outlines)


def _seconds(start: str, until: str) -> float:
    return (datetime.fromisoformat(until) - datetime.fromisoformat(start)).total_seconds()
