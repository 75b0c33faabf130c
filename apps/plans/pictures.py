"""Takes in a picture that somebody uploads: PNG or JPEG, nothing that only says it is one.

What the header tells is looked at before anything is decoded, so that a small file which unpacks
to gigabytes costs nothing. What is kept is written anew: without places, names or anything else
that a file may carry beside its picture.
"""

import struct
from dataclasses import dataclass

import cv2
import numpy as np
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

__all__ = ["MOST_BYTES", "Picture", "take_in"]

MOST_BYTES = 25_000_000
MOST_PIXELS = 60_000_000
LEAST_SIDE = 100
# Longer sides are made smaller: more than a 4K screen shows of a plan at once, zoomed twice.
KEPT_SIDE = 6000
# A real progressive JPEG has about ten scans; thousands of empty ones would decode for hours.
MOST_SCANS = 64
PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


@dataclass(frozen=True)
class Picture:
    """A picture as it is kept."""

    body: bytes
    content_type: str
    width: int
    height: int


def take_in(body: bytes) -> Picture:
    """Return the picture as Davy keeps it; ValidationError with a sentence for what is none."""
    if len(body) > MOST_BYTES:
        words = _("Expected at most %(most)s MB, found %(found)s MB.")
        found = {"most": MOST_BYTES // 1_000_000, "found": -(-len(body) // 1_000_000)}
        raise ValidationError(words % found)
    png = body.startswith(PNG)
    if not png and not body.startswith(JPEG):
        raise ValidationError(
            _("This is no PNG or JPEG picture. A drawing or PDF: export it as PNG first.")
        )
    size = _png_size(body) if png else _jpeg_size(body)
    if size is None:
        raise ValidationError(_("This picture is damaged: its size cannot be read."))
    width, height = size
    if width * height > MOST_PIXELS:
        words = _(
            "The picture is too large: %(width)s × %(height)s points, at most %(most)s million."
        )
        most = MOST_PIXELS // 1_000_000
        raise ValidationError(words % {"width": width, "height": height, "most": most})
    if min(width, height) < LEAST_SIDE:
        words = _(
            "The picture is too small: %(width)s × %(height)s points, at least %(least)s a side."
        )
        raise ValidationError(words % {"width": width, "height": height, "least": LEAST_SIDE})
    pixels = _decode(body)
    if pixels is None or pixels.shape[:2] != (height, width):
        raise ValidationError(_("This picture is damaged: it cannot be opened."))
    return _keep(pixels, png)


def _png_size(body: bytes) -> tuple[int, int] | None:
    if len(body) < 33 or body[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", body[16:24])
    return (width, height) if width and height else None


def _jpeg_size(body: bytes) -> tuple[int, int] | None:
    """Walk the segments to the frame's header, as T.81 B.1 lays them out."""
    if body.count(b"\xff\xda") > MOST_SCANS:
        return None
    at = 2
    while at + 9 < len(body) and body[at] == 0xFF:
        marker = body[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        length = int.from_bytes(body[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", body[at + 5 : at + 9])
            return (width, height) if width and height else None
        if marker == 0xDA or length < 2:
            return None
        at += 2 + length
    return None


def _decode(body: bytes) -> np.ndarray | None:
    # The rotation that a phone notes is left out: header and pixels must tell the same size.
    flags = cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        pixels = cv2.imdecode(np.frombuffer(body, np.uint8), flags)
    except cv2.error:
        return None
    if pixels is None:
        return None
    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    return pixels if pixels.dtype == np.uint8 else None


def _keep(pixels: np.ndarray, png: bool) -> Picture:
    longest = max(pixels.shape[:2])
    if longest > KEPT_SIDE:
        scale = KEPT_SIDE / longest
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        # Drawings come with black lines on nothing: nothing is paper.
        alpha = pixels[:, :, 3:].astype(np.uint16)
        paper = pixels[:, :, :3].astype(np.uint16) * alpha + 255 * (255 - alpha)
        pixels = (paper // 255).astype(np.uint8)
    height, width = pixels.shape[:2]
    kind, how = (".png", []) if png else (".jpg", [cv2.IMWRITE_JPEG_QUALITY, 90])
    _done, encoded = cv2.imencode(kind, pixels, how)
    return Picture(encoded.tobytes(), "image/png" if png else "image/jpeg", width, height)
