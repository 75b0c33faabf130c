"""From the foot in the zone to the alarm in a client, with four cameras, and what it costs.

Four cameras play the winch loop by the clock, a quarter of the loop apart, so a person enters a
danger zone while the drum turns every ten seconds at a known moment. A client listens as a browser
does and answers each alarm, so that the next entry is a new one.
"""

import json
import os
import shutil
import statistics
import sys
import time
from typing import Any

from bench.usage import cpu_seconds
from infra.client import Client
from infra.command import ROOT
from infra.latency import clock_entry
from infra.stack import Stack
from infra.state import read_logins, state_folder
from infra.winches import CAMERAS, winch_truth, winches

SAMPLES = 30
MOST_S = 600.0
PROCESSES = ("recorder", "analysis", "default", "web", "beat", "postgres", "valkey")


def main() -> None:
    """Run the demo on a folder of its own, measure, print one JSON line."""
    folder = state_folder(ROOT / "var" / "bench")
    shutil.rmtree(folder)
    stack = Stack(folder, os.environ, lambda line: print(line, file=sys.stderr, flush=True))
    try:
        stack.start()
        print(json.dumps(_measure(stack)), flush=True)
    finally:
        stack.stop()


def _owner(stack: Stack) -> Client:
    login = next(row for row in read_logins(stack.logins_file) if row["role"] == "owner")
    client = Client(stack.base_url)
    client.login(login["username"], login["password"])
    return client


def _measure(stack: Stack) -> dict[str, Any]:
    client = _owner(stack)
    phases = winches(client, stack.rtsp_url)
    truth = winch_truth()
    begun_s = time.time()
    latencies: list[float] = []
    counted: set[tuple[int, int]] = set()
    before: dict[str, float] = {}
    measured_from = 0.0
    events = client.events(client.get("/api/v1/desk/")["cursor"], timeout_s=MOST_S)
    for heard in events:
        if not before and time.time() - begun_s > 15:  # everything is warm
            before, measured_from = _cpu(stack), time.time()
        if heard is None or heard.event["kind"] not in ("alarm.raised", "alarm.updated"):
            continue
        alarm = heard.event["payload"]
        if alarm["level"] != "danger" or alarm["state"] != "unacknowledged":
            continue
        if (alarm["id"], alarm["count"]) in counted or alarm["camera"] not in phases:
            continue
        counted.add((alarm["id"], alarm["count"]))
        client.post(f"/api/v1/alarms/{alarm['id']}/acknowledge/", {})
        entry_s = clock_entry(truth, heard.at_s, phase_s=phases[alarm["camera"]])
        if entry_s is None or not before or entry_s < measured_from:
            continue
        latencies.append(heard.at_s - entry_s)
        print(f"{len(latencies)}: {latencies[-1]:.2f} s", file=sys.stderr, flush=True)
        if len(latencies) >= SAMPLES:
            break
    elapsed_s = time.time() - measured_from
    used = {name: value - before.get(name, 0.0) for name, value in _cpu(stack).items()}
    ordered = sorted(latencies)
    return {
        "bench": "e2e",
        "cameras": CAMERAS,
        "cores": os.cpu_count(),
        "samples": len(ordered),
        "frame_to_client_s": {
            "p50": round(statistics.median(ordered), 2),
            "p95": round(ordered[max(0, round(0.95 * len(ordered)) - 1)], 2),
            "max": round(ordered[-1], 2),
        }
        if ordered
        else None,
        # The fifth camera (another organisation's) plays as well.
        "cpu_ms_per_camera_s": {
            name: round(1000 * seconds / elapsed_s / (CAMERAS + 1), 1)
            for name, seconds in used.items()
        },
        "memory_mb": stack.supervisor.memory_mb(),
        "load": os.getloadavg()[0],
    }


def _cpu(stack: Stack) -> dict[str, float]:
    return {name: cpu_seconds(stack.supervisor.process(name).pid) for name in PROCESSES}


if __name__ == "__main__":
    main()
