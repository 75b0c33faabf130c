"""Draws what was found into a copy of a picture: the zone, the boxes and the time."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from workers.media.errors import MediaError

__all__ = ["mark_jpeg"]

ZONE = (0, 190, 255)
BOX = (40, 40, 255)
QUALITY = 90


def mark_jpeg(
    jpeg: bytes,
    *,
    boxes: Sequence[Sequence[float]],
    zone: Sequence[Sequence[float]],
    caption: str,
) -> bytes:
    """Return a new JPEG with boxes and zone (shares of the picture) and a line of ASCII in it.

    What went in is never changed. MediaError for what is no picture.
    """
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise MediaError("the picture cannot be read")
    height, width = picture.shape[:2]
    line = max(1, round(height / 360))
    if zone:
        points = np.rint(np.array([[x * width, y * height] for x, y in zone])).astype(np.int32)
        cv2.polylines(picture, [points], True, ZONE, line, cv2.LINE_AA)
    for left, top, right, bottom, *_ in boxes:
        first = (round(left * width), round(top * height))
        cv2.rectangle(picture, first, (round(right * width), round(bottom * height)), BOX, line)
    scale = height / 900 + 0.2
    (wide, high), base = cv2.getTextSize(caption, cv2.FONT_HERSHEY_SIMPLEX, scale, line)
    cv2.rectangle(picture, (0, 0), (wide + 12, high + base + 8), (0, 0, 0), cv2.FILLED)
    cv2.putText(
        picture, caption, (6, high + 4), cv2.FONT_HERSHEY_SIMPLEX, scale, (255, 255, 255), line,
        cv2.LINE_AA,
    )  # fmt: skip
    good, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not good:
        raise MediaError("the picture could not be written as JPEG")
    return data.tobytes()
