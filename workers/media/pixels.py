"""Pixels that are not square: pictures brought to the shape in which they are shown.

A stream may store half of a picture's columns or lines and leave it to who shows it to stretch them
(ITU-T H.264, annex E: sample_aspect_ratio). A person squeezed to half of his width is not found.
"""

import threading
from fractions import Fraction
from typing import Any

from av.video.reformatter import VideoReformatter

__all__ = ["formers", "ratio_of", "square"]

# Halves of a television picture, 4 by 3, whose cameras seldom say so; nothing else has such sizes.
HALVES = {(w, h) for w in (352, 360) for h in (576, 480)} | {
    (w, h) for w in (704, 720) for h in (288, 240)
}
SHOWN = Fraction(4, 3)
# Pixels this nearly square stay as they are: to stretch costs time, and changes nothing.
NEARLY, MOST = Fraction(112, 100), 4


class _Formers(threading.local):
    """One converter a thread: making a new one for each picture costs more than converting."""

    def __init__(self) -> None:
        self.one = VideoReformatter()


formers = _Formers()


def ratio_of(stream: Any) -> Fraction:
    """Return how wide a pixel of a video stream is by its height; 1 where nothing is known."""
    context = stream.codec_context
    said = Fraction(stream.sample_aspect_ratio or context.sample_aspect_ratio or 1)
    width, height = int(context.width), int(context.height)
    if said == 1 and (width, height) in HALVES:
        return SHOWN * height / width
    return said if Fraction(1, MOST) <= said <= MOST else Fraction(1)


def square(picture: Any, ratio: Fraction) -> Any:
    """Return a decoded picture with square pixels, its layout as it was, stretched where need be.

    ratio: a pixel's width by its height. The shorter side grows, so that nothing is lost; up to a
    tenth off, the picture is returned as it is.
    """
    if max(ratio, 1 / ratio) <= NEARLY:
        return picture
    wide = picture.width * max(ratio, Fraction(1))
    high = picture.height * max(1 / ratio, Fraction(1))
    return formers.one.reformat(picture, round(wide / 2) * 2, round(high / 2) * 2)
