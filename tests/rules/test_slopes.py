"""Cameras of one slope tell one another their counts, and who says nothing holds the slope."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.audit.models import AuditEntry
from apps.cameras.services import camera_create
from apps.rules.services import scene_publish
from apps.rules.slopes import counts_tell, joined, key_of
from apps.signals.models import Report
from apps.signals.selectors import reports_until
from apps.tenancy.scope import mine_scope
from tests.cast import NOON, SCENE, Cast
from workers.failing import Failing
from workers.hazards.base import MachineView, View
from workers.judge import Judge
from workers.scene import parse_scene
from workers.state import InputState, RuleState, State

TYPE = "slope_mutual_exclusion"


def slope(place: str = "slope 2", **more: Any) -> dict[str, Any]:
    rule = {"id": "s1", "type": TYPE, "zone": "danger", "machine": "winch-1", "place": place}
    return {**SCENE, "rules": [rule | more]}


@pytest.fixture
def cameras(cast: Cast):
    """Two cameras of one slope, in the scope of their mine."""
    hill = cast.lamp_hill
    with mine_scope(hill.mine.pk):
        second = camera_create(area=hill.area, name="Slope 2b", main_url="rtsp://10.0.0.9/b")
        for camera in (hill.camera, second):
            scene_publish(camera=camera, document=slope(), disarm=True, reason="test")
        yield hill.camera, second


def tells(camera, people: float, after_s: float = 0, *, blind: bool = False) -> None:
    told = {"people": [people, 0.0]} | ({"sight": ["BLIND", 0.0]} if blind else {})
    state = State(rules={"s1": RuleState(TYPE, told=told)})
    at = NOON + timedelta(seconds=after_s)
    counts_tell(camera=camera, scene=parse_scene(slope()), state=state, at=at)


def hauling_warned(camera, until_s: float = 14) -> bool:
    """Watch an empty slope until a time, haul from then on, and tell whether it was warned of."""
    scene, state = joined(parse_scene(slope()), camera=camera), State()
    told = reports_until(
        mine_id=camera.mine_id, keys=[one.id for one in scene.inputs],
        since=NOON, until=NOON + timedelta(seconds=until_s + 2),
    )  # fmt: skip
    for at, key, value in told:
        state.inputs.setdefault(key, InputState()).add((at - NOON).total_seconds(), value)
    judge = Judge(scene, state, "none", Failing(apart=False))
    for step in range(int(5 * until_s) + 5):
        winch = MachineView("STOPPED" if step / 5 < until_s else "RUNNING", "signal")
        judge.frame(View(step / 5, 0.2, (), {"winch-1": winch}, scene.polygons, 1.0, 16 / 9))
    return any(one.state == "raised" for one in judge.findings)


def test_hauling_is_free_when_the_other_camera_sees_nobody_too(cameras):
    for after_s in range(0, 16, 4):
        tells(cameras[1], 0, after_s)
    assert not hauling_warned(cameras[0])


def test_somebody_before_the_other_camera_holds_the_slope(cameras):
    for after_s in range(0, 16, 4):
        tells(cameras[1], 1, after_s)
    assert hauling_warned(cameras[0])


def test_ten_seconds_without_anybody_are_counted_from_the_last_person_anywhere(cameras):
    for after_s, people in ((0, 0), (4, 0), (6, 1), (7, 0), (11, 0), (15, 0), (19, 0)):
        tells(cameras[1], people, after_s)
    assert hauling_warned(cameras[0], until_s=14)
    assert not hauling_warned(cameras[0], until_s=18)


def test_a_camera_that_is_blind_silent_or_was_never_analysed_holds_the_slope(cameras):
    assert hauling_warned(cameras[0])
    tells(cameras[1], 0, 0)
    assert hauling_warned(cameras[0])  # fourteen seconds ago is too long
    for after_s in range(2, 16, 4):
        tells(cameras[1], 0, after_s, blind=True)
    assert hauling_warned(cameras[0])


def test_another_place_and_no_place_are_asked_for_nothing(cameras):
    scene_publish(camera=cameras[1], document=slope("slope 3"), disarm=True, reason="test")
    assert joined(parse_scene(slope()), camera=cameras[0]).inputs == ()
    alone = parse_scene(slope(""))
    assert joined(alone, camera=cameras[0]) is alone


def test_a_count_is_told_when_it_changes_and_every_four_seconds_and_is_no_entry_of_the_log(cameras):
    before = AuditEntry.objects.count()
    for after_s, people in ((0, 0), (1, 0), (2, 1), (3, 1), (6, 1), (6, 1), (1, 2)):
        tells(cameras[1], people, after_s)
    rows = Report.objects.filter(key=key_of(cameras[1].pk, "s1")).order_by("at")
    told = [((row.at - NOON).total_seconds(), row.value) for row in rows]
    assert told == [(0, "0"), (2, "1"), (6, "1")]
    assert AuditEntry.objects.count() == before


def test_old_counts_are_forgotten(cameras):
    tells(cameras[1], 0)
    tells(cameras[1], 0, after_s=32 * 86400)
    assert Report.objects.count() == 1


def test_nobody_else_can_tell_a_camera_s_count(cast: Cast, cameras):
    client = Client()
    client.force_login(cast.admin)
    data = {"mine": cast.lamp_hill.mine.pk, "input": key_of(cameras[1].pk, "s1"), "value": "0"}
    told = client.post("/api/v1/signals/", data, content_type="application/json")
    assert told.status_code == 400
    assert "told by their analyses alone" in told.content.decode()
    assert not Report.objects.exists()
