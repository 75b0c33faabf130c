"""`make demo-check`: the demo without a person, in a state folder of its own.

Prints one JSON line to stdout, all else to stderr. Seconds: `ready_s` from the start until every
part answers; `first_alarm_s` from then to the first winch alarm in a client; `frame_to_browser_s`
from the frame with the foot in the danger zone to the alarm, by the cameras' clock
(`frame_to_browser_clip_s`: by the clip's burned-in numbers); `clip_ready_s` from the alarm to its
clip. `pss_mb` is what the machine gives, `rss_mb` counts shared pages once a process.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any

import av

from infra.client import Client, ClientError, Heard
from infra.embedded import rtsp
from infra.embedded.service import ServiceError
from infra.latency import clip_entries, clock_entry, loop_of, unix_s
from infra.progress import Progress
from infra.stack import Stack
from infra.state import Lock, read_logins, state_folder
from infra.supervisor import Stopped

__all__ = ["check"]

RULE = "proximity_while_running"
LISTENERS = ("operator", "admin", "owner")
WAIT_S = 180.0


class _Watch:
    """Listens for each login on a thread of its own and keeps what is needed for the figures."""

    def __init__(self) -> None:
        self.heard: queue.Queue[tuple[Client, Heard | Exception]] = queue.Queue()
        self._over = False

    def listen(self, client: Client, cursor: int) -> None:
        """Start to listen."""
        threading.Thread(target=self._run, args=(client, cursor), daemon=True).start()

    def _run(self, client: Client, cursor: int) -> None:
        try:
            for heard in client.events(cursor, timeout_s=WAIT_S):
                if self._over:
                    return
                if heard is not None:
                    self.heard.put((client, heard))
        except Exception as fault:  # told by whoever waits
            self.heard.put((client, fault))

    def stop(self) -> None:
        """Let the threads end."""
        self._over = True


def check(state_dir: Path) -> int:
    """Run the whole way once; returns 0 only when all of it held."""
    say = Progress(sys.stderr)
    state_dir = state_folder(state_dir)
    lock = Lock(state_dir.with_name("check.lock"))
    if not lock.take():
        say(f"another check runs (process {lock.holder()})")
        return 1
    shutil.rmtree(state_dir)
    stack = Stack(state_dir, os.environ, say)
    result: dict[str, Any] = {}
    status = 1
    try:
        stack.start()
        result["ready_s"] = round(say.elapsed_s(), 1)
        say("ready; waiting for an alarm of a winch")
        _follow(stack, say, result)
        if restarted := {name: n for name, n in stack.supervisor.restarts().items() if n}:
            raise ClientError(f"processes had to be started again: {restarted}")
        status = 0
    except Stopped:
        say("stopped by hand")
    except (ServiceError, TimeoutError, ClientError) as fault:
        result["error"] = str(fault).splitlines()[0]
        say(str(fault))
    finally:
        stack.stop()
        say(f"stopped; logs in {state_dir / 'log'}")
        lock.release()
    print(json.dumps({"ok": status == 0, **result}), flush=True)
    return status


def _follow(stack: Stack, say: Any, result: dict[str, Any]) -> None:
    ready_s = time.time()
    watch = _Watch()
    for login in read_logins(stack.logins_file):
        if login["role"] in LISTENERS:
            client = Client(stack.base_url)
            client.login(login["username"], login["password"])
            client.page("/")
            watch.listen(client, client.get("/api/v1/desk/")["cursor"])
    try:
        client, alarm, seen_s = _first_alarm(stack, watch, ready_s, say, result)
        clip = _its_clip(stack, watch, alarm["id"], seen_s, result)
    finally:
        watch.stop()
    say("the clip is ready; fetching page, API and clip")
    memory = stack.supervisor.memory_mb()
    result |= {"rss_mb": memory["rss"], "pss_mb": memory["pss"]}
    _fetch(client, alarm, clip, seen_s, stack.state_dir / "clip.mp4", result)


def _next(stack: Stack, watch: _Watch, deadline: float, what: str) -> tuple[Client, Heard]:
    while True:
        stack.supervisor.check()
        if stack.supervisor.stopping:
            raise Stopped
        if time.monotonic() > deadline:
            raise TimeoutError(f"no {what} within {WAIT_S:.0f} s")
        try:
            client, heard = watch.heard.get(timeout=0.2)
        except queue.Empty:
            continue
        if isinstance(heard, Exception):
            raise ClientError(f"the socket failed: {heard}") from heard
        return client, heard


def _first_alarm(
    stack: Stack, watch: _Watch, ready_s: float, say: Any, result: dict[str, Any]
) -> tuple[Client, dict[str, Any], float]:
    """Wait for a winch alarm at danger whose entry was seen by the running system.

    A person may stand in the zone already when the cameras are first looked at: that alarm counts
    for `first_alarm_s`, but tells nothing about the way from frame to browser.
    """
    deadline = time.monotonic() + WAIT_S
    done: set[int] = set()
    while True:
        client, heard = _next(stack, watch, deadline, "alarm of a winch")
        event, alarm = heard.event, heard.event.get("payload", {})
        if event["kind"] not in ("alarm.raised", "alarm.updated", "alarm.cleared"):
            continue
        if alarm.get("rule_type") != RULE:
            continue
        result.setdefault("first_alarm_s", round(heard.at_s - ready_s, 1))
        if event["kind"] == "alarm.cleared" and alarm["id"] in done:
            # Answered and over, it is closed: the next turn of the loop raises a new one.
            client.post(f"/api/v1/alarms/{alarm['id']}/acknowledge/", {"note": "demo-check"})
            continue
        if alarm["level"] != "danger" or alarm["id"] in done:
            continue
        truth = _truth(client, alarm)
        entry_s = clock_entry(truth, heard.at_s) if truth else None
        if entry_s is not None and entry_s < ready_s:
            say("an alarm, but the person had entered before Davy looked; waiting for the next")
            done.add(alarm["id"])
            continue
        if entry_s is not None:
            result["frame_to_browser_s"] = round(heard.at_s - entry_s, 2)
        say(f"alarm: {alarm['why']}")
        return client, alarm, heard.at_s


def _its_clip(
    stack: Stack, watch: _Watch, alarm: int, seen_s: float, result: dict[str, Any]
) -> str:
    deadline = time.monotonic() + WAIT_S
    while True:
        _, heard = _next(stack, watch, deadline, "clip")
        payload = heard.event.get("payload", {})
        if heard.event["kind"] == "clip.ready" and payload["alarm"]["id"] == alarm:
            result["clip_ready_s"] = round(heard.at_s - seen_s, 1)
            return str(payload["clip"])


def _fetch(
    client: Client,
    alarm: dict[str, Any],
    clip: str,
    seen_s: float,
    file: Path,
    result: dict[str, Any],
) -> None:
    """Fetch page, lists and clip as a client would; raises ClientError for what does not hold."""
    page = client.page("/")
    if alarm["camera_name"] not in page and "alarm" not in page.lower():
        raise ClientError("the desk page does not look like one")
    if alarm["id"] not in [row["id"] for row in client.rows("/api/v1/alarms/")]:
        raise ClientError("the alarm is not in /api/v1/alarms/")
    if clip not in [row["id"] for row in client.rows("/api/v1/clips/")]:
        raise ClientError("the clip is not in /api/v1/clips/")
    row = client.get(f"/api/v1/clips/{clip}/")
    digest = client.download_clip(clip, file)
    if digest != row["sha256"]:
        raise ClientError(f"the clip's SHA-256 is {digest}, its row says {row['sha256']}")
    with av.open(str(file)) as container:
        codec = container.streams.video[0].codec_context.name
        frames = sum(1 for _ in container.decode(video=0))
    if codec != "h264" or not frames:
        raise ClientError(f"the clip does not play: {codec}, {frames} frames")
    result |= {"clip_frames": frames, "clip_bytes": file.stat().st_size}
    if truth := _truth(client, alarm):
        entries = [at for at in clip_entries(file, unix_s(row["starts_at"]), truth) if at <= seen_s]
        if entries:
            result["frame_to_browser_clip_s"] = round(seen_s - max(entries), 2)


def _truth(client: Client, alarm: dict[str, Any]) -> dict[str, Any] | None:
    """Return the truth of the loop that the alarm's camera plays, None for a camera of the user."""
    camera = client.get(f"/api/v1/cameras/{alarm['camera']}/")
    path = rtsp.LOOPS / loop_of(camera["main_url"]) / "truth.json"
    return json.loads(path.read_text()) if path.exists() else None
