"""A user points the running demo at a source of their own, and at wrong ones."""

import time
from pathlib import Path

import pytest

from tests.stack import ROOT, Demo

pytestmark = pytest.mark.live

VTEST = ROOT.parent / "shared" / "data" / "video" / "vtest.avi"


@pytest.fixture(scope="module")
def owner(stack: Demo):
    return stack.client("owner")


def area_of(owner) -> int:
    return owner.rows("/api/v1/areas/")[0]["id"]


@pytest.mark.skipif(not VTEST.exists(), reason="the real footage is not on this machine")
def test_a_video_file_becomes_a_camera_with_alarms_and_a_clip(stack: Demo, owner):
    probed = owner.post("/api/v1/cameras/test/", {"url": str(VTEST)})
    assert (probed["ok"], probed["width"], probed["height"]) == (True, 768, 576)
    assert probed["picture"].startswith("data:image/jpeg;base64,")
    camera = owner.post(
        "/api/v1/cameras/", {"area": area_of(owner), "name": "vtest", "main_url": str(VTEST)}
    )["id"]
    scene = {
        "version": 1,
        "analysis_fps": 5,
        "zones": [{"id": "path", "polygon": [[0.1, 0.3], [0.9, 0.3], [0.9, 0.95], [0.1, 0.95]]}],
        # Nobody reports this machine's state, so it counts as running.
        "machines": [
            {"id": "winch-1", "kind": "winch", "source": "signal", "unknown_is": "running"}
        ],
        "rules": [
            {
                "id": "r1",
                "type": "proximity_while_running",
                "zone": "path",
                "machine": "winch-1",
                "severity": "high",
                "params": {},
            }
        ],
    }
    owner.send("PUT", f"/api/v1/cameras/{camera}/scene/", {"document": scene})

    def health() -> dict:
        return owner.get(f"/api/v1/cameras/{camera}/")["health"]

    stack.wait(lambda: health()["state"] == "protecting", 90, "the film is watched")
    [stream] = health()["streams"]
    assert "converted to H.264" in stream["reason"]

    def alarm() -> dict | None:
        rows = owner.rows("/api/v1/alarms/")
        return next((row for row in rows if row["camera"] == camera), None)

    found = stack.wait(alarm, 60, "somebody walks through the zone")
    assert "unknown, counts as running" in found["why"]

    def clip() -> dict | None:
        rows = owner.rows("/api/v1/clips/")
        return next((r for r in rows if r["camera"] == camera and r["state"] == "ready"), None)

    ready = stack.wait(clip, 60, "its clip")
    digest = owner.download_clip(ready["id"], stack.stack.state_dir / "vtest-clip.mp4")
    assert digest == ready["sha256"]
    owner.send("PATCH", f"/api/v1/cameras/{camera}/", {"enabled": False})
    stack.wait(lambda: health()["state"] == "off", 15, "switched off")


def test_a_wrong_address_is_told_in_words_and_costs_the_others_nothing(stack: Demo, owner):
    began = time.monotonic()
    answer = owner.post(
        "/api/v1/cameras/test/",
        {"url": "rtsp://viewer:s3cret-canary@127.0.0.1:9/none", "password": ""},
    )
    assert answer["ok"] is False and answer["reason"]
    assert "canary" not in str(answer)
    assert time.monotonic() - began < 10
    nowhere = owner.post(
        "/api/v1/cameras/test/", {"url": f"{stack.stack.rtsp_url}/no-such-camera/main"}
    )
    assert nowhere["ok"] is False and nowhere["reason"]


def test_no_password_is_in_a_log_or_a_process_list(stack: Demo, owner):
    secret = "s3cret-canary-7"
    camera = owner.post(
        "/api/v1/cameras/",
        {
            "area": area_of(owner),
            "name": "locked",
            "main_url": f"rtsp://viewer:{secret}@127.0.0.1:9/none",
        },
    )["id"]

    def said() -> str:
        streams = owner.get(f"/api/v1/cameras/{camera}/")["health"]["streams"]
        return next((s["reason"] for s in streams if s["state"] == "lost"), "")

    reason = stack.wait(said, 30, "the recorder says that it cannot connect")
    assert secret not in reason
    logs = "".join(
        path.read_text(errors="replace") for path in (stack.stack.state_dir / "log").glob("*.log")
    )
    assert secret not in logs
    commands = b"".join(_read(path) for path in Path("/proc").glob("[0-9]*/cmdline"))
    assert b"record" in commands
    assert secret.encode() not in commands
    owner.send("PATCH", f"/api/v1/cameras/{camera}/", {"enabled": False})


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # the process has ended meanwhile
        return b""
