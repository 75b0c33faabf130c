"""Where people and vehicles were in each analysed picture: kept with the chunk, told beside a clip.

A chunk's row is written anew when it is analysed in any case, so its boxes cost no row and no
statement of their own, and they go when the ring lets the chunk go.
"""

import json
import zlib
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.cameras.models import Analysis, Chunk
from apps.rules.masks import Polygon
from workers.geometry import distance_inside
from workers.vision.track import HIGH_SCORE
from workers.vision.vehicles import LABELS

__all__ = ["boxes_between", "boxes_data", "boxes_kept", "boxes_left"]

FORMAT = "davy-boxes/1"
# No chunk lasts longer.
LONGEST = timedelta(seconds=20)


def boxes_kept(detections: Iterable[dict[str, Any]], *, start_s: float) -> bytes | None:
    """Return what a chunk keeps of the engine's detections; None where nobody was followed.

    Packed JSON, some 150 bytes: [milliseconds from the chunk's start, [[track, label, left, top,
    right, bottom, score], ...]] for each picture, in thousandths of the picture, the score in
    hundredths. People who are followed, and vehicles (track 0).
    """
    kept = []
    for seen in detections:
        boxes = [
            [
                box["track"] or 0,
                box["label"],
                *(round(1000 * side) for side in box["xyxy"]),
                round(100 * box["score"]),
            ]
            for box in seen["boxes"]
            if box["track"] is not None or (box["label"] in LABELS and box["score"] >= HIGH_SCORE)
        ]
        if boxes:
            kept.append([round(1000 * (seen["t"] - start_s)), boxes])
    return zlib.compress(json.dumps(kept, separators=(",", ":")).encode()) if kept else None


def boxes_between(
    *, camera_id: int, since: datetime, until: datetime, but: Collection[int] = ()
) -> list[tuple[datetime, list[dict[str, Any]]]]:
    """List the analysed pictures of a span in which anybody was, each with its boxes, by time.

    but: chunks that are left out.
    """
    rows = Chunk.objects.filter(
        camera=camera_id, started_at__gt=since - LONGEST, started_at__lt=until, boxes__isnull=False
    ).order_by("started_at", "sequence")
    rows = rows.exclude(pk__in=but) if but else rows
    return [
        (at, [_told(*box) for box in boxes])
        for start, kept in rows.values_list("started_at", "boxes")
        for at_ms, boxes in json.loads(zlib.decompress(kept))
        if since <= (at := start + timedelta(milliseconds=at_ms)) <= until
    ]


def boxes_data(
    *, camera_id: int, since: datetime, until: datetime, clip: str
) -> dict[str, Any] | None:
    """Return a clip's side file with the boxes of each analysed picture, in the clip's own clock.

    None where nobody was followed. `analysed_until` says from when on the analysis had not come to
    the recording yet when the clip was cut: what is not told after it was not looked for.
    """
    pictures = [
        {"t_s": round((at - since).total_seconds(), 3), "boxes": boxes}
        for at, boxes in boxes_between(camera_id=camera_id, since=since, until=until)
    ]
    if not pictures:
        return None
    analysed = Analysis.objects.filter(camera=camera_id).values_list("analysed_until", flat=True)
    end = analysed.first()
    return {
        "format": FORMAT,
        "clip": clip,
        "camera": camera_id,
        "clock": "t_s: seconds after the clip's first picture",
        "starts_at": since.astimezone(UTC).isoformat(timespec="milliseconds"),
        "boxes_are": "left, top, right, bottom, as shares of the picture; score: how sure, 0 to 1",
        "analysed_until": end.astimezone(UTC).isoformat(timespec="milliseconds") if end else None,
        "pictures": pictures,
    }


def boxes_left(
    told: dict[str, Any], *, masks: list[Polygon], aspect: float
) -> tuple[dict[str, Any], int]:
    """Return a side file without the boxes of what masks hide, and how many those are.

    A box's middle counts, as in the analysis. aspect: the picture's width by its height.
    """
    outlines = [tuple((x, y) for x, y in mask) for mask in masks]
    pictures, out = [], 0
    for picture in told["pictures"]:
        left = [one for one in picture["boxes"] if not _hidden(one["box"], outlines, aspect)]
        out += len(picture["boxes"]) - len(left)
        if left:
            pictures.append(picture | {"boxes": left})
    return told | {"pictures": pictures}, out


def _hidden(box: list[float], outlines: list[tuple[Any, ...]], aspect: float) -> bool:
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    return any(distance_inside(outline, middle, aspect) >= 0 for outline in outlines)


def _told(track: int, label: str, *numbers: int) -> dict[str, Any]:
    """Return one box as it is told; what was kept before scores were has none."""
    told = {"track": track, "label": label, "box": [side / 1000 for side in numbers[:4]]}
    return told | ({"score": numbers[4] / 100} if len(numbers) > 4 else {})
