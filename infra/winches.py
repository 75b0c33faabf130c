"""Four cameras on the demo's winch loop, a quarter of it apart: an entry every ten seconds."""

import json
from typing import Any

from infra.client import Client
from infra.embedded import rtsp

__all__ = ["CAMERAS", "four_winches", "winch_truth"]

LOOP = "winch-house"
CAMERAS = 4


def winch_truth() -> dict[str, Any]:
    """Return the loop's truth."""
    return dict(json.loads((rtsp.LOOPS / LOOP / "truth.json").read_text()))


def four_winches(client: Client, rtsp_url: str) -> dict[int, float]:
    """Point four of the person's cameras at the winch, switch off the rest.

    Returns each camera's phase in seconds, for `infra.latency.clock_entry`.
    """
    truth = winch_truth()
    length_s = truth["frames"] / truth["fps"]
    scene = json.loads((rtsp.LOOPS / LOOP / "scene.json").read_text())
    phases: dict[int, float] = {}
    cameras = sorted(client.rows("/api/v1/cameras/"), key=lambda camera: camera["id"])
    for camera in cameras:
        number = camera["id"]
        # A camera with a password keeps it for its own host.
        if len(phases) >= CAMERAS or camera["username"]:
            client.send("PATCH", f"/api/v1/cameras/{number}/", {"enabled": False})
            continue
        phases[number] = len(phases) * length_s / CAMERAS
        urls = {
            f"{stream}_url": f"{rtsp_url}/{LOOP}/{stream}?phase={phases[number]:g}"
            for stream in ("main", "sub")
        }
        client.send("PATCH", f"/api/v1/cameras/{number}/", urls)
        client.send("PUT", f"/api/v1/cameras/{number}/scene/", {"document": scene})
    return phases
