"""The boxes that a player draws over a clip, as they may be taken along.

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

__all__ = ["box_labels", "overlay", "overlay_data"]


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
    beside = file_of(clip, "boxes.json")
    told = json.loads(beside.body) if beside else {"pictures": []}
    pictures = [
        [
            picture["t_s"],
            [[box["label"], box.get("score"), *box["box"]] for box in picture["boxes"]],
        ]
        for picture in told["pictures"]
    ]
    until, start = told.get("analysed_until"), told.get("starts_at")
    return {
        "pictures": pictures,
        "until_s": _seconds(start, until) if start and until else None,
        "labels": box_labels(),
        "none": ""
        if pictures
        else _("No boxes: nobody was followed in this video, or it was not analysed yet when cut."),
        "later": _("No boxes from here on: it was not analysed yet when the video was cut."),
    }


def box_labels() -> dict[str, str]:
    """Return what may be in a box, in the reader's language."""
    return {
        "person": _("person"),
        "car": _("car"),
        "truck": _("truck"),
        "bus": _("bus"),
        "train": _("train"),
        "motorcycle": _("motorcycle"),
    }


def _seconds(start: str, until: str) -> float:
    return (datetime.fromisoformat(until) - datetime.fromisoformat(start)).total_seconds()
