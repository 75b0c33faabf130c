"""Parts are killed under load: everything resumes, no entry is missed, none is told twice.

Two cameras watch the winch half of its loop apart, so somebody enters a danger zone while the drum
turns every twenty seconds, at moments that are known to the frame. (Three leave two slow processors
nothing to work an outage's queue off with, and what is then left out is another drill.) `make test`
kills the three that matter most at once; `make drill` kills each by itself as well.
"""

import itertools
import os
import signal
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from infra.client import Client, ClientError
from infra.latency import entry_frames, unix_s
from infra.winches import winch_truth, winches
from tests.stack import Demo, too_slow

pytestmark = [pytest.mark.live, pytest.mark.chaos]

# From a foot in the zone to the raise in the row: dwell, a chunk, the tracker's first look.
RAISED_WITHIN_S = 3.0
CAMERAS = 2
# So long after a kill somebody entered somewhere, whenever it was.
ENTERED_WITHIN_S = 18.0
TOO_SLOW = f"this machine cannot follow {CAMERAS} cameras: it says that it gives up what waited"


@dataclass
class Watch:
    """A desk that answers every alarm, whatever happens to its line."""

    client: Client
    hands: Client  # the answering thread's own
    phases: dict[int, float]
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Answer what is open, again and again; a server that is away is asked later."""
        while not self.stop.wait(0.5):
            try:
                for alarm in self.hands.get("/api/v1/desk/")["alarms"]:
                    if alarm["level"] == "danger" and alarm["state"] in (
                        "unacknowledged",
                        "returned",
                    ):
                        self.hands.post(f"/api/v1/alarms/{alarm['id']}/acknowledge/", {})
            except (ClientError, ValueError):
                continue

    def settled(self) -> bool:
        """Tell whether the next entry anywhere is an alarm of its own.

        A winch that was never seen to run is UNKNOWN, and whoever stands there an alarm already. A
        camera that was too much for this machine a moment ago has its queue given up at once.
        """
        rows = [row for row in self.client.rows("/api/v1/cameras/") if row["id"] in self.phases]
        healths = [row["health"] for row in rows]
        machines = [one["state"] for health in healths for one in health["machines"].values()]
        alarms = [
            one
            for one in self.client.rows("/api/v1/alarms/?page_size=200")
            if one["camera"] in self.phases
        ]
        return (
            all(health["state"] == "protecting" for health in healths)
            and len(machines) == len(self.phases)
            and "UNKNOWN" not in machines
            and not any(one["level"] == "danger" and one["cleared_at"] is None for one in alarms)
        )

    def entries(self, since_s: float, until_s: float) -> list[tuple[int, float]]:
        """List (camera, moment) of every entry that must raise an alarm."""
        truth = winch_truth()
        length_s = truth["frames"] / truth["fps"]
        found = []
        for camera, phase_s in self.phases.items():
            for frame in entry_frames(truth):
                moment = (frame / truth["fps"] - phase_s) % length_s
                turns = itertools.count(int(since_s // length_s))
                moments = (turn * length_s + moment for turn in turns)
                found += [
                    (camera, m)
                    for m in itertools.takewhile(lambda m: m < until_s, moments)
                    if m > since_s
                ]
        return found

    def raises(self, since_s: float) -> list[tuple[int, float]]:
        """List (camera, moment) of every time that an alarm asked for an answer at danger."""
        found = []
        for alarm in self.client.rows("/api/v1/alarms/?page_size=200"):
            if alarm["level"] != "danger" or unix_s(alarm["last_seen_at"]) < since_s:
                continue
            steps = self.client.get(f"/api/v1/alarms/{alarm['id']}/")["transitions"]
            asks = [s for s in steps if s["cause"] in ("raised", "escalated", "again")]
            found += [(alarm["camera"], unix_s(s["at"])) for s in asks]
        return found


@pytest.fixture(scope="module")
def watch(stack: Demo):
    client = stack.client("owner")
    hands = stack.client("owner")
    watch = Watch(client, hands, winches(client, stack.stack.rtsp_url, count=CAMERAS))
    caught_up(stack, watch, since_s=time.time(), within_s=180)  # what ran before may have left work
    thread = threading.Thread(target=watch.run, daemon=True)
    thread.start()
    try:
        _settle(stack, watch)
        yield watch
    finally:
        watch.stop.set()
        thread.join(timeout=20)


def _settle(stack: Demo, watch: Watch) -> None:
    try:
        stack.wait(watch.settled, 180, "every winch watched and known, no alarm of before open")
    except AssertionError:
        if too_slow(stack):
            pytest.skip(TOO_SLOW)
        raise


def caught_up(stack: Demo, watch: Watch, since_s: float, within_s: float = 40) -> float:
    """Wait until every camera's analysis has passed a moment; returns the seconds that took."""
    began = time.monotonic()

    def all_past() -> bool:
        try:
            rows = watch.client.rows("/api/v1/cameras/")
        except ClientError:
            return False
        ends = [row["health"]["analysed_until"] for row in rows if row["id"] in watch.phases]
        return all(end and unix_s(end) > since_s for end in ends)

    stack.wait(all_past, within_s, "every camera analysed again")
    return time.monotonic() - began


def no_entry_missed_none_doubled(stack: Demo, watch: Watch, since_s: float, until_s: float) -> None:
    """Hold the raises against the truth, and every raise after `since_s` against an entry."""
    raises = watch.raises(since_s)
    entries = watch.entries(since_s, until_s)
    assert entries, "the drill must see somebody enter"
    for camera, moment in entries:
        answers = [at for c, at in raises if c == camera and 0 <= at - moment <= RAISED_WITHIN_S]
        if not answers and too_slow(stack):
            pytest.skip(TOO_SLOW)
        assert answers, f"camera {camera}: nobody told of the entry at {moment:.1f}"
    alarms = [
        row
        for row in watch.client.rows("/api/v1/alarms/?page_size=200")
        if row["level"] == "danger" and since_s < unix_s(row["raised_at"]) < until_s
    ]
    for camera, moment in entries:
        same = [
            a
            for a in alarms
            if a["camera"] == camera and -3 <= unix_s(a["raised_at"]) - moment <= RAISED_WITHIN_S
        ]
        assert len(same) <= 1, f"camera {camera}: one entry, {len(same)} alarms"


def kill(stack: Demo, name: str) -> None:
    """kill -9 the whole group of a process; the supervisor starts it again, as in the demo."""
    stack.stack.supervisor.process(name).signal(signal.SIGKILL)


def drill(stack: Demo, watch: Watch, *names: str, away_s: float = 0) -> None:
    """Kill parts while people enter, and see that all is as if nothing had happened."""
    since_s = time.time()
    # Let one entry pass in peace, so that state is warm when it is torn down.
    stack.wait(lambda: time.time() - since_s > 4, 10, "a few seconds of peace")
    for name in names:
        kill(stack, name)
    killed_s = time.time()
    if away_s:
        stack.wait(lambda: time.time() - killed_s > away_s, away_s + 5, "the outage")
    caught_up(stack, watch, since_s=killed_s + 1)
    until_s = killed_s + ENTERED_WITHIN_S
    caught_up(stack, watch, since_s=until_s + RAISED_WITHIN_S)
    no_entry_missed_none_doubled(stack, watch, since_s, until_s)


def test_worker_valkey_and_postgresql_killed_at_once_lose_nothing(stack: Demo, watch: Watch):
    drill(stack, watch, "analysis", "valkey", "postgres")


@pytest.mark.drill
def test_a_worker_killed_in_mid_chunk_costs_seconds_and_no_alarm(stack: Demo, watch: Watch):
    began = time.time()
    kill(stack, "analysis")
    seconds = caught_up(stack, watch, since_s=began, within_s=25)
    print(f"analysed again after {seconds:.1f} s")
    drill(stack, watch, "analysis")


@pytest.mark.drill
def test_valkey_killed_under_load_loses_nothing(stack: Demo, watch: Watch):
    drill(stack, watch, "valkey")


@pytest.mark.drill
def test_postgresql_killed_under_load_loses_nothing(stack: Demo, watch: Watch):
    drill(stack, watch, "postgres")


@pytest.mark.drill
def test_the_recorder_killed_comes_back_by_itself(stack: Demo, watch: Watch):
    began = time.time()
    kill(stack, "recorder")
    caught_up(stack, watch, since_s=began + 3)


@pytest.mark.drill
def test_the_cameras_gone_for_a_while_are_said_to_be_lost_and_come_back(stack: Demo, watch: Watch):
    process = stack.stack.supervisor.process("rtsp")
    began = time.time()
    os.killpg(process.pid, signal.SIGSTOP)
    try:

        def said() -> bool:
            rows = watch.client.rows("/api/v1/cameras/")
            return all(
                row["health"]["state"] == "blind" for row in rows if row["id"] in watch.phases
            )

        stack.wait(said, 20, "frozen cameras are called blind")
    finally:
        os.killpg(process.pid, signal.SIGCONT)
    caught_up(stack, watch, since_s=began + 15, within_s=60)


@pytest.mark.drill
def test_a_store_away_delays_clips_and_loses_none(stack: Demo, watch: Watch):
    away_s = float(os.environ.get("DAVY_STORE_AWAY_S", "15"))
    process = stack.stack.supervisor.process("s3")
    since_s = time.time()
    os.killpg(process.pid, signal.SIGSTOP)
    try:
        stack.wait(lambda: time.time() - since_s > away_s, away_s + 10, "the outage")
    finally:
        os.killpg(process.pid, signal.SIGCONT)

    def clips() -> list[dict[str, Any]]:
        return [
            clip
            for clip in watch.client.rows("/api/v1/clips/?page_size=200")
            if since_s - 30 < unix_s(clip["wanted_from"]) < since_s + away_s
        ]

    assert clips()
    stack.wait(
        lambda: all(clip["state"] == "ready" for clip in clips()), 90, "all clips of the outage"
    )
