"""Putting rules in force: what protects life is not disarmed by the way; shadows and inputs."""

import copy
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.alarms.models import Alarm
from apps.cameras import analysis
from apps.cameras.models import Analysis, Camera, StreamState
from apps.live.selectors import events_after
from apps.rules.models import Scene
from apps.rules.services import DisarmError, scene_publish
from apps.signals.models import Report
from apps.signals.selectors import reports_until
from apps.signals.services import report_receive
from apps.tenancy.scope import mine_scope
from tests.cast import SCENE, Cast
from tests.tables import shown
from workers.engine import Finding
from workers.scene import SceneError

CRITICAL = {**SCENE, "rules": [{**SCENE["rules"][0], "severity": "critical"}]}


@pytest.fixture
def camera(cast: Cast) -> Camera:
    with mine_scope(cast.lamp_hill.mine.pk):
        scene_publish(camera=cast.lamp_hill.camera, document=CRITICAL, reason="begin", disarm=True)
    return cast.lamp_hill.camera


def changed(**rule):
    document = copy.deepcopy(CRITICAL)
    document["rules"][0].update(rule)
    return document


@pytest.mark.parametrize(
    "document",
    [
        {**CRITICAL, "rules": []},
        changed(mode="off"),
        changed(mode="shadow"),
        changed(severity="high"),
    ],
)
def test_a_life_critical_rule_stops_protecting_only_with_a_yes_and_a_reason(
    camera: Camera, document
):
    with mine_scope(camera.mine_id):
        for more in ({}, {"disarm": True}, {"reason": "moved"}, {"disarm": True, "reason": " "}):
            with pytest.raises(DisarmError, match="would no longer protect anybody"):
                scene_publish(camera=camera, document=document, **more)
        scene_publish(camera=camera, document=document, disarm=True, reason="winch taken away")


def test_other_changes_of_a_life_critical_rule_need_no_yes(camera: Camera):
    with mine_scope(camera.mine_id):
        scene_publish(camera=camera, document=changed(params={"dwell_s": 0.5}))


NEWER = {"id": "gas", "type": "gas_cloud", "params": {"ppm": 3}, "ppm_unit": "volume"}


def with_rule(**rule):
    return {**CRITICAL, "rules": [*CRITICAL["rules"], rule]}


@pytest.fixture
def newer(camera: Camera) -> Camera:
    """A camera whose scene a newer version wrote, with a rule that this one does not know."""
    with mine_scope(camera.mine_id):
        Scene.objects.create(
            mine_id=camera.mine_id, camera=camera, version=90, document=with_rule(**NEWER)
        )
    return camera


def test_a_rule_of_a_newer_version_is_kept_as_it_was_written(newer: Camera):
    document = with_rule(**NEWER) | {"analysis_fps": 4}
    with mine_scope(newer.mine_id):
        scene = scene_publish(camera=newer, document=document)
        scene.refresh_from_db()
        assert scene.document["rules"][1] == NEWER


@pytest.mark.parametrize("rule", [NEWER | {"id": "gas-2"}, NEWER | {"type": "gas_clowd"}])
def test_only_the_rule_that_was_there_may_be_of_a_type_that_is_not_known(newer: Camera, rule: Any):
    with mine_scope(newer.mine_id), pytest.raises(SceneError, match="no hazard type"):
        scene_publish(camera=newer, document=with_rule(**rule))


def test_a_misspelt_rule_is_refused_with_its_path_and_the_types_there_are(cast: Cast):
    ben = Client()
    ben.force_login(cast.admin)
    answer = ben.put(
        f"/api/v1/cameras/{cast.lamp_hill.camera.pk}/scene/",
        {"document": SCENE | {"rules": [{"id": "r1", "type": "nope"}]}},
        "application/json",
    )
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["field"] == "rules[0].type"
    assert "nope" in error["message"] and "proximity_while_running" in error["message"]


def test_pages_say_of_a_rule_that_is_not_known_that_it_protects_nobody(cast: Cast, newer: Camera):
    ben = Client()
    ben.force_login(cast.admin)
    with mine_scope(newer.mine_id):
        now = timezone.now()
        StreamState.objects.create(
            mine_id=newer.mine_id, camera=newer, stream="main", state="recording", since=now
        )
        Analysis.objects.filter(camera=newer).update(analysed_until=now, visibility=1)
    said = "This version does not know this rule: it is kept and protects nobody."
    page = ben.get(f"/portal/cameras/{newer.pk}/").content.decode()
    assert f"<strong>gas</strong> <code>gas_cloud</code>: {said}" in page
    state = ben.get(f"/portal/cameras/{newer.pk}/state/").content.decode()
    for told in (page, state):
        assert "protecting, but not by every rule" in told and ">protecting<" not in told
    [row] = shown(ben, "/portal/rules/?mode=unknown")
    assert (row.id, row.mode_words) == ("gas", said)
    assert said in ben.get("/portal/rules/").content.decode()
    with mine_scope(newer.mine_id):
        Scene.objects.create(
            mine_id=newer.mine_id, camera=newer, version=91, document=SCENE | {"rules": [NEWER]}
        )
    assert (
        "protects nobody: it has no rule that raises alarms</span>"
        in ben.get(f"/portal/cameras/{newer.pk}/").content.decode()
    )


def found(state: str, mode: str) -> Finding:
    return Finding(
        "r9", "proximity_while_running", state, "r9@1.000", "danger", "critical",
        timezone.now().timestamp(), [], "1 person in danger", {}, mode,
    )  # fmt: skip


def test_what_a_rule_in_shadow_finds_is_told_and_is_no_alarm(camera: Camera):
    with mine_scope(camera.mine_id):
        before = Alarm.objects.count()
        cursor = max((event["id"] for event in events_after(cursor=0)), default=0)
        analysis._apply(camera, None, found("raised", "shadow"), b"")
        assert Alarm.objects.count() == before
        [event] = events_after(cursor=cursor)
        assert (event["kind"], event["payload"]["rule"]) == ("rule.shadow", "r9")


def test_an_alarm_that_was_raised_before_its_rule_went_into_shadow_still_clears(camera: Camera):
    with mine_scope(camera.mine_id):
        analysis._apply(camera, None, found("raised", "armed"), b"")
        analysis._apply(camera, None, found("cleared", "shadow"), b"")
        assert Alarm.objects.get(rule="r9").cleared_at is not None


def test_the_last_report_before_a_span_still_holds_in_it(cast: Cast):
    mine, now = cast.lamp_hill.mine, timezone.now()
    with mine_scope(mine.pk):
        for seconds, value in ((90, "CLOSED"), (60, "OPEN"), (10, "CLOSED")):
            at = now - timedelta(seconds=seconds)
            report_receive(mine=mine, key="gate-1", value=value, at=at)
            report_receive(mine=mine, key="gate-1", value=value, at=at)  # twice is once
        assert Report.objects.count() == 3
        told = reports_until(
            mine_id=mine.pk, keys=["gate-1"], since=now - timedelta(seconds=30), until=now
        )
    assert [value for _, _, value in told] == ["OPEN", "CLOSED"]


def with_token(*states: str) -> dict[str, Any]:
    """Return the cast's scene with a slope whose token has these states."""
    rule = {"id": "slope", "type": "slope_mutual_exclusion", "zone": "danger", "machine": "winch-1",
            "params": {"token": "token"}}  # fmt: skip
    token = {"id": "token", "kind": "state", "states": list(states)}
    return with_rule(**rule) | {"inputs": [token]}


def test_a_token_that_can_never_say_vehicle_is_refused_in_words_with_its_path(cast: Cast):
    ben = Client()
    ben.force_login(cast.admin)
    place = f"/api/v1/cameras/{cast.lamp_hill.camera.pk}/scene/"
    answer = ben.put(place, {"document": with_token("car", "FREE")}, "application/json")
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["field"] == "rules[1].params.token"
    assert "VEHICLE" in error["message"] and "car, FREE" in error["message"]
    answer = ben.put(place, {"document": with_token("VEHICLE", "FREE")}, "application/json")
    assert answer.status_code < 300


def test_a_scene_in_force_that_would_be_refused_today_is_still_analysed(camera: Camera):
    with mine_scope(camera.mine_id):
        document = with_token("vehicle", "free")
        row = Scene.objects.create(
            mine_id=camera.mine_id, camera=camera, version=91, document=document
        )
        scene = analysis._parsed(camera.pk, row)
        assert [rule.id for rule in scene.rules] == ["r1", "slope"]
        with pytest.raises(SceneError, match="needs an input with the states VEHICLE"):
            scene_publish(camera=camera, document=document | {"analysis_fps": 4})
