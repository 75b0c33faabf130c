"""What somebody waits for is made also after this machine's clock was set back by an hour."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

import apps.bundles.tasks
import apps.privacy.tasks
import apps.rules.tasks
from apps.bundles.models import Bundle, Sheet
from apps.evidence.models import Clip
from apps.privacy.models import Copy, Span
from apps.rules.models import Replay
from apps.tenancy.scope import mine_scope
from tests.cast import SCENE, Cast, an_alarm

RIGHT = datetime.fromisoformat("2026-03-04T12:00:00Z")
WRONG = RIGHT + timedelta(hours=1)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """A clock that is an hour ahead."""
    with time_machine.travel(WRONG, tick=False) as clock:
        yield clock


def a_bundle(cast: Cast, at: datetime) -> Bundle:
    return Bundle.objects.create(
        mine=cast.lamp_hill.mine, purpose="case 7", asked_by=cast.admin, next_attempt_at=at
    )


def a_sheet(cast: Cast, at: datetime) -> Sheet:
    return Sheet.objects.create(
        mine=cast.lamp_hill.mine, alarm=an_alarm(cast.lamp_hill), language="en",
        asked_by=cast.admin, next_attempt_at=at,
    )  # fmt: skip


def a_copy(cast: Cast, at: datetime) -> Copy:
    clip: Clip = an_alarm(cast.lamp_hill).clips.get()
    return Copy.objects.create(
        mine=cast.lamp_hill.mine, clip=clip, recipe="r", blurred=True, next_attempt_at=at
    )


def a_span(cast: Cast, at: datetime) -> Span:
    camera = cast.lamp_hill.camera
    return Span.objects.create(
        mine=camera.mine, camera=camera, stream="main", since=RIGHT, until=WRONG, recipe="r",
        asked_by=cast.admin, next_attempt_at=at,
    )  # fmt: skip


def a_replay(cast: Cast, at: datetime) -> Replay:
    camera = cast.lamp_hill.camera
    return Replay.objects.create(
        mine=camera.mine, camera=camera, document=SCENE, since=RIGHT, until=WRONG,
        state=Replay.State.RUNNING, lease_token="dead", lease_until=at,
    )  # fmt: skip


WORK = [
    (a_bundle, apps.bundles.tasks, "pack"),
    (a_sheet, apps.bundles.tasks, "make_sheet"),
    (a_copy, apps.privacy.tasks, "make"),
    (a_span, apps.privacy.tasks, "make_span"),
    (a_replay, apps.rules.tasks, "replay"),
]


@pytest.fixture
def rung(monkeypatch) -> Callable[[Any, str], list[int]]:
    """Return for whom a task's bell rings from now on."""

    def rung(tasks: Any, name: str) -> list[int]:
        found: list[int] = []
        task = getattr(tasks, name)
        monkeypatch.setattr(task, "apply_async", lambda args, **_: found.append(args[0]))
        monkeypatch.setattr(task, "delay", lambda *args: found.append(args[0]))
        return found

    return rung


@pytest.mark.parametrize(("wanted", "tasks", "name"), WORK, ids=[name for *_, name in WORK])
def test_what_was_claimed_or_put_off_in_that_future_is_made_now(
    cast: Cast, clock: time_machine.Traveller, rung, wanted, tasks, name: str
):
    with mine_scope(cast.lamp_hill.mine.pk):
        row = wanted(cast, timezone.now() + timedelta(seconds=60))
    bells = rung(tasks, name)
    clock.move_to(RIGHT)
    tasks.sweep()
    clock.shift(1)
    tasks.sweep()
    assert set(bells) == {row.pk}


@pytest.mark.parametrize(("wanted", "tasks", "name"), WORK, ids=[name for *_, name in WORK])
def test_what_somebody_is_at_work_on_keeps_its_claim(
    cast: Cast, clock: time_machine.Traveller, rung, wanted, tasks, name: str
):
    with mine_scope(cast.lamp_hill.mine.pk):
        wanted(cast, timezone.now() + timedelta(seconds=60))
    bells = rung(tasks, name)
    tasks.sweep()
    clock.shift(-20)  # as NTP may do
    tasks.sweep()
    assert bells == []
