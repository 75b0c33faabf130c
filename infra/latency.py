"""How long from the frame in which a foot first stands in the zone to the alarm in a client.

Two ways to know when that frame was seen, which must agree: the demo's cameras play by the clock,
so truth and loop length alone tell it; and each frame of the clip carries its number, so the clip's
own times tell it, as far as the recorder's clock is right.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import av

__all__ = ["clip_entries", "clock_entry", "entry_frames", "loop_of", "unix_s"]


def unix_s(moment: str) -> float:
    """Return Unix seconds of an ISO 8601 time with a zone."""
    return datetime.fromisoformat(moment).timestamp()


def loop_of(url: str) -> str:
    """Return the loop's name in a demo camera's address, rtsp://host:port/<name>/<stream>."""
    return url.partition("://")[2].split("/")[1].partition("?")[0]


def entry_frames(truth: Mapping[str, Any], zone: str = "danger") -> list[int]:
    """Return the frames in which a foot first stands in a zone and an alarm must follow."""
    return [
        round(event["t"] * truth["fps"])
        for event in truth["events"]
        if event["type"] == "zone_entry" and event["zone"] == zone and event["alarm"]
    ]


def clock_entry(
    truth: Mapping[str, Any], before_s: float, *, zone: str = "danger", phase_s: float = 0.0
) -> float | None:
    """Return the Unix time of the last such frame before a moment, by the cameras' clock."""
    length_s = truth["frames"] / truth["fps"]
    moments = []
    for frame in entry_frames(truth, zone):
        place_s = frame / truth["fps"] - phase_s
        moments.append(before_s - (before_s - place_s) % length_s)
    return max(moments, default=None)


def clip_entries(
    clip: Path, starts_at_s: float, truth: Mapping[str, Any], *, zone: str = "danger"
) -> list[float]:
    """Return the Unix times of such frames in a clip, by the numbers burned into its frames."""
    from workers.simulate.counter import read_counter

    wanted = set(entry_frames(truth, zone))
    found, last = [], -1
    with av.open(str(clip)) as container:
        first: float | None = None
        for frame in container.decode(video=0):
            if frame.time is None:
                continue
            first = frame.time if first is None else first
            plane = frame.reformat(format="gray").to_ndarray()
            number = read_counter(plane)
            if number is None:
                continue
            number %= truth["frames"]
            if number in wanted and number != last:
                found.append(starts_at_s + frame.time - first)
            last = number
    return found
