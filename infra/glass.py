"""Which second of the demo mine a page shows, read from the number burned into its picture.

The demo's cameras play their loops by the clock, so the number tells when the camera saw the
picture, whatever the recorder, the server and the player say of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from workers.simulate.counter import PER_WIDTH, read_counter

__all__ = ["SHOWN", "seen_before_s"]

# Returns what a <video> shows now: the strip of luma that holds the number, and both clocks' time.
SHOWN = """(video) => {
    if (!video.videoWidth || video.readyState < 2) return null;
    const rows = Math.ceil(video.videoWidth / PER_WIDTH);
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = rows;
    const brush = canvas.getContext("2d");
    brush.drawImage(video, 0, 0);
    const now = Date.now() / 1000;
    const pixels = brush.getImageData(0, 0, canvas.width, rows).data;
    const luma = [];
    for (let i = 0; i < pixels.length; i += 4) luma.push(pixels[i + 1]);
    return {now, rows, luma, at: video.currentTime};
}""".replace("PER_WIDTH", str(PER_WIDTH))


def seen_before_s(
    shown: Mapping[str, Any] | None, truth: Mapping[str, Any], moment_s: float | None = None
) -> float | None:
    """Return how long before a moment (now, unless told) a camera saw what is shown, in s.

    Modulo the loop's length; None when nothing is shown or its number cannot be read.
    """
    if shown is None:
        return None
    number = read_counter(np.array(shown["luma"], np.uint8).reshape(shown["rows"], -1))
    if number is None:
        return None
    length_s = truth["frames"] / truth["fps"]
    place_s = number % truth["frames"] / truth["fps"]
    return float(((shown["now"] if moment_s is None else moment_s) - place_s) % length_s)
