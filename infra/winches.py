"""Cameras on the demo's winch loop, evenly apart: four of them see an entry every ten seconds."""

import json
import time
from typing import Any

from infra.client import Client
from infra.command import wait_until
from infra.embedded import rtsp
from infra.latency import unix_s

__all__ = ["CAMERAS", "winch_truth", "winches"]

LOOP = "winch-house"
CAMERAS = 4


def winch_truth() -> dict[str, Any]:
    """Return the loop's truth."""
    return dict(json.loads((rtsp.LOOPS / LOOP / "truth.json").read_text()))


def winches(client: Client, rtsp_url: str, count: int = CAMERAS) -> dict[int, float]:
    """Point so many of the person's cameras at the winch, switch off the rest.

    Returns each camera's phase in seconds, for `infra.latency.clock_entry`, once their new pictures
    come; TimeoutError when they do not.
    """
    truth = winch_truth()
    length_s = truth["frames"] / truth["fps"]
    scene = json.loads((rtsp.LOOPS / LOOP / "scene.json").read_text())
    phases: dict[int, float] = {}
    asked_s = time.time()
    cameras = sorted(client.rows("/api/v1/cameras/"), key=lambda camera: camera["id"])
    for camera in cameras:
        number = camera["id"]
        # A camera with a password keeps it for its own host.
        if len(phases) >= count or camera["username"]:
            client.send("PATCH", f"/api/v1/cameras/{number}/", {"enabled": False})
            continue
        phases[number] = len(phases) * length_s / count
        urls = {
            f"{stream}_url": f"{rtsp_url}/{LOOP}/{stream}?phase={phases[number]:g}"
            for stream in ("main", "sub")
        }
        client.send("PATCH", f"/api/v1/cameras/{number}/", urls)
        client.send("PUT", f"/api/v1/cameras/{number}/scene/", {"document": scene})

    def recorded_anew() -> bool:
        rows = [row for row in client.rows("/api/v1/cameras/") if row["id"] in phases]
        streams = [stream for row in rows for stream in row["health"]["streams"]]
        return all(
            one["state"] == "recording" and unix_s(one["since"]) > asked_s for one in streams
        )

    if not wait_until(recorded_anew, 60, step_s=0.5):
        raise TimeoutError("the cameras did not show the winch within a minute")
    # Each looks elsewhere than before, on purpose.
    for number in phases:
        client.press(f"/portal/cameras/{number}/accept-view/")
    return phases
