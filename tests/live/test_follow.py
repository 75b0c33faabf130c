"""An open desk knows what one that is opened now is told, whatever came late, twice or never.

The page's own code (`frontend/src/desk/follow.ts`) runs in node; the real verbs, the real database
and random hands are on the other side.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from hypothesis import Phase, given
from hypothesis import settings as plan
from hypothesis import strategies as st

from apps.alarms import answers
from apps.alarms.floods import floods_due
from apps.alarms.models import Alarm
from apps.alarms.selectors import desk_data, silences
from apps.alarms.services import alarm_clear
from apps.alarms.silences import silence_ask, silence_end
from apps.cameras.models import Analysis, Camera
from apps.cameras.selectors import camera_tile_data, cameras
from apps.cameras.services import camera_create, camera_update, stream_say
from apps.live.selectors import cursor_now, events_after
from apps.live.services import emit
from apps.notify import routing
from apps.notify.delivery import drain
from apps.notify.models import Delivery, Route
from apps.notify.services import route_create, route_update
from apps.notify.standing import calls_standing
from apps.tenancy.scope import mine_scope
from tests.cast import NOON, Cast, an_alarm
from tests.notify.receivers import unused_port

FRONTEND = Path(__file__).resolve().parents[2] / "frontend"
TEN_MINUTES = timedelta(minutes=10)


class Page:
    """The desk's page in node."""

    def __init__(self) -> None:
        node = shutil.which("node")
        assert node, "the page's code runs in node"
        self.process = subprocess.Popen(
            [node, "tests/follow.mjs"], cwd=FRONTEND, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self.snapshot: dict[str, Any] = {}
        self.asks: list[str] = []

    def told(self, **order: Any) -> None:
        """Give it an order; what it knows and asks for afterwards is kept."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        said = json.loads(self.process.stdout.readline())
        self.snapshot, self.asks = said["snapshot"], said["asks"]


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    page = Page()
    yield page
    assert page.process.stdin
    page.process.stdin.close()
    assert page.process.wait(timeout=20) == 0


class Shift:
    """One mine, one desk, and a line between them that loses and repeats."""

    def __init__(self, cast: Cast, page: Page, chance: Random) -> None:
        self.cast, self.page, self.chance = cast, page, chance
        self.place = cast.lamp_hill
        self.scope = mine_scope(self.place.mine.pk)
        self.scope.__enter__()
        self.clock = time_machine.travel(NOON, tick=False)
        self.now = self.clock.start()
        self.number = 0
        self.stale = False  # time went by: what is old is told by no event
        self.read: dict[str, Any] = {}  # what the server read for a question, not there yet
        self.route: Route = route_create(
            mine=self.place.mine, channel="webhook", name="Gas system", actor=self.cast.admin,
            address=f"http://127.0.0.1:{unused_port()}/", severities=["high", "low"],
        )[0]  # fmt: skip
        self.seen()
        self.page.told(snapshot=self.fresh())

    def end(self) -> None:
        """Leave an empty mine to the next example."""
        self.clock.stop()
        transaction.set_rollback(True)
        self.scope.__exit__(None, None, None)

    # ---- what a server says

    def fresh(self) -> dict[str, Any]:
        mines = [self.place.mine.pk]
        data = {**desk_data(mine_ids=mines), "calls": calls_standing(mine_ids=mines)}
        return json.loads(
            json.dumps(data | {"mines": mines, "may_acknowledge": mines}, default=str)
        )

    def answer_to(self, what: str) -> Any:
        if what == "snapshot":
            return self.fresh()
        rows = cameras().filter(mine=self.place.mine)
        return json.loads(json.dumps([camera_tile_data(row) for row in rows], default=str))

    def seen(self) -> None:
        """Let the camera's analysis be up to date."""
        for camera in Camera.objects.all():
            Analysis.objects.update_or_create(
                camera=camera, mine=camera.mine, defaults={"analysed_until": timezone.now()}
            )

    # ---- what happens

    def alarms_come(self, number: int, severity: str) -> None:
        """Raise some; two or three times this is a flood."""
        for _ in range(number):
            self.number += 1
            name = f"f{self.number}"
            an_alarm(self.place, at=NOON, rule=name, situation=name, severity=severity)

    def one_is_answered(self, verb: str) -> None:
        """Answer any, end it, or ask its rule to be silent."""
        alarms = list(Alarm.objects.exclude(state="closed").order_by("pk"))
        if not alarms:
            return
        alarm = self.chance.choice(alarms)
        by = {"alarm": alarm, "actor": self.cast.operator}
        camera = alarm.camera
        verbs = {
            "acknowledge": lambda: answers.alarm_acknowledge(**by),
            "false": lambda: answers.alarm_call_false(reason="a shadow", **by),
            "clear": lambda: alarm_clear(
                camera=camera, rule=alarm.rule, situation=alarm.situation, at=timezone.now()
            ),
            "shelve": lambda: silence_ask(
                camera=camera, rule=alarm.rule, kind="shelved", length=timedelta(hours=8),
                reason="repair", actor=self.cast.operator,
            ),
        }  # fmt: skip
        try:
            with transaction.atomic():
                verbs[verb]()
        except ValidationError:
            pass

    def a_silence_ends(self) -> None:
        """Let a rule ask again; its alarm counts as recent again."""
        for row in silences():
            silence_end(silence=row, actor=self.cast.operator)

    def time_goes_by(self, minutes: int) -> None:
        """Let alarms grow old, floods end and the cameras' last pictures grow stale."""
        self.now.shift(timedelta(minutes=minutes))
        floods_due(now=timezone.now())
        self.stale = True
        self.all_arrives()

    def a_stream_changes(self, state: str) -> None:
        """Let the recorder lose a camera and find it again."""
        camera = self.place.camera
        stream_say(
            camera_id=camera.pk, mine_id=camera.mine_id, stream="main", state=state, reason="test"
        )

    def a_picture_fails(self, fault: str) -> None:
        """Say what the analysis says when a lens is covered, and when it is free."""
        self.seen()
        faults = [{"fault": fault, "about": "", "since": NOON.timestamp()}] if fault else []
        Analysis.objects.update(faults=faults)
        payload = {"camera": self.place.camera.pk, "because": fault, "faults": faults}
        emit(mine_id=self.place.mine.pk, kind="camera.sight", payload=payload)

    def a_camera_is_switched(self, enabled: bool) -> None:
        """Switch it off or on."""
        camera_update(camera=self.place.camera, actor=self.cast.admin, enabled=enabled)

    def a_camera_is_added(self) -> None:
        """Add one."""
        name = f"Cam {Camera.objects.count()}"
        camera_create(area=self.place.area, name=name, main_url="rtsp://10.0.0.9/more")

    def a_message_is_given_up(self) -> None:
        """Try along the route until its last hour is over."""
        last = Delivery.objects.filter(state="waiting").order_by("give_up_at").last()
        if last is None:
            return
        with time_machine.travel(last.give_up_at + timedelta(seconds=1), tick=False):
            drain(route_id=self.route.pk, mine_id=self.place.mine.pk)

    def the_route_is_switched(self, enabled: bool) -> None:
        """Switch it off or on: one that is off is not down."""
        self.route = route_update(route=self.route, actor=self.cast.admin, enabled=enabled)

    def an_alarm_calls_nobody(self) -> None:
        """Let the messages of one alarm fail to be written."""
        with patch.object(routing, "_route", side_effect=RuntimeError("no messages today")):
            self.alarms_come(number=1, severity="high")

    # ---- the line

    def the_line(self) -> None:
        """Let a few things happen on the line, or none."""
        for _ in range(self.chance.randint(0, 3)):
            steps = [self.some_events_arrive]
            steps += [self.the_server_reads] * bool(self.unread())
            steps += [self.an_answer_arrives] * bool(self.read)
            self.chance.choice(steps)()
        if self.chance.random() < 0.2:
            self.all_arrives()

    def some_events_arrive(self) -> None:
        """Send what comes after a cursor that may be older than the page's; the rest is lost."""
        cursor = max(0, self.page.snapshot["cursor"] - self.chance.randint(0, 6))
        self.page.told(hear=events_after(cursor=cursor)[: self.chance.randint(1, 20)])

    def unread(self) -> list[str]:
        return [what for what in self.page.asks if what not in self.read]

    def the_server_reads(self) -> None:
        """Read what is asked for; it is on its way, and grows old there."""
        what = self.chance.choice(self.unread())
        self.read[what] = self.answer_to(what)

    def an_answer_arrives(self) -> None:
        """Bring what was read, or nothing."""
        what = self.chance.choice(sorted(self.read))
        found = self.read.pop(what)
        lost = self.chance.random() < 0.2
        self.page.told(answer=what, **({} if lost else {"data": found}))
        self.stale = self.stale or (lost and what == "cameras")

    def all_arrives(self) -> None:
        """Bring everything, then compare with a desk that is opened now."""
        while (cursor := self.page.snapshot["cursor"]) < cursor_now():
            self.page.told(hear=events_after(cursor=cursor))
        if self.stale:
            self.page.told(ask=True)
        self.stale = False
        while self.page.asks:
            what = self.page.asks[0]
            found = self.read.pop(what) if what in self.read else self.answer_to(what)
            self.page.told(answer=what, data=found)
        shown, fresh = self.page.snapshot, self.fresh()
        assert set(shown) == set(fresh)
        for part in fresh:
            assert of(shown, part) == of(fresh, part), part


def of(snapshot: dict[str, Any], part: str) -> Any:
    """Return a part as it is shown: what is old or answered is left out by the page itself."""
    rows = snapshot[part]
    if part == "recent":
        since = (timezone.now() - TEN_MINUTES).isoformat()
        return [row for row in rows if row["at"] > since]
    if part == "calls":
        asking = {a["id"] for a in snapshot["alarms"] if a["state"] in UNANSWERED}
        return rows["down"], asking & set(rows["uncalled"])
    return rows


UNANSWERED = ("unacknowledged", "returned")


ACTS: tuple[tuple[Any, ...], ...] = (
    (Shift.alarms_come, 6, "low"),
    (Shift.alarms_come, 6, "high"),
    (Shift.alarms_come, 1, "low"),
    (Shift.one_is_answered, "acknowledge"),
    (Shift.one_is_answered, "clear"),
    (Shift.one_is_answered, "false"),
    (Shift.one_is_answered, "shelve"),
    (Shift.a_silence_ends,),
    (Shift.time_goes_by, 4),
    (Shift.time_goes_by, 11),
    (Shift.a_stream_changes, "recording"),
    (Shift.a_stream_changes, "lost"),
    (Shift.a_picture_fails, "blocked"),
    (Shift.a_picture_fails, ""),
    (Shift.a_camera_is_switched, False),
    (Shift.a_camera_is_switched, True),
    (Shift.a_camera_is_added,),
    (Shift.a_message_is_given_up,),
    (Shift.the_route_is_switched, False),
    (Shift.the_route_is_switched, True),
    (Shift.an_alarm_calls_nobody,),
)


def test_an_alarm_that_called_nobody_is_known_when_it_asks_again(
    cast: Cast, page: Page, settings: Any
):
    """It was shelved when the desk read all anew, and no event says again that it called nobody."""
    settings.NOTIFY_PRIVATE = ["127.0.0.0/8"]
    with transaction.atomic():
        shift = Shift(cast, page, Random(1))
        try:
            shift.an_alarm_calls_nobody()
            shift.one_is_answered("shelve")
            shift.the_route_is_switched(False)
            shift.all_arrives()
            assert of(page.snapshot, "calls") == ([], set())
            shift.a_silence_ends()
            shift.all_arrives()
            assert of(page.snapshot, "calls") != ([], set())
        finally:
            shift.end()


def test_an_open_desk_knows_what_one_that_is_opened_now_is_told(
    cast: Cast, page: Page, settings: Any
):
    """Play four shifts in which everything happens, in any order."""
    settings.NOTIFY_PRIVATE = ["127.0.0.0/8"]

    @plan(max_examples=4, deadline=None, phases=[Phase.generate])
    @given(order=st.permutations(ACTS), chance=st.randoms(use_true_random=False))
    def shift(order: list[tuple[Any, ...]], chance: Random) -> None:
        with transaction.atomic():
            shift = Shift(cast, page, chance)
            try:
                for act, *given_ in order:
                    act(shift, *given_)
                    shift.the_line()
                shift.all_arrives()
            finally:
                shift.end()

    shift()
