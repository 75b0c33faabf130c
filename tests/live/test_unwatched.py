"""An alarm whose rule ends while the danger is there: nobody says that it is over."""

import copy
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from apps.alarms.answers import alarm_acknowledge
from apps.alarms.models import Alarm
from apps.alarms.templatetags.words import standing_words, step_words
from apps.cameras.models import Camera
from apps.notify.message import message
from apps.notify.models import Delivery
from apps.notify.services import route_create
from apps.rules.services import scene_publish
from apps.sentences import kept
from apps.tenancy.scope import mine_scope
from tests.cast import Cast
from tests.live.watched import drain_all, fed
from tests.loops import Loop
from workers.media.ring import Ring

pytestmark = pytest.mark.live

SAID = {
    "the rule was switched off": "规则已停用",
    "outside of its schedule": "不在规则的时间表内",
    "permit work is open": "许可 work 已开启",
    "its condition does not hold": "规则的条件不成立",
    "rule removed": "规则已删除",
    "the rule is of another type now": "规则已改为其他类型",
    "the camera was switched off": "摄像机已关闭",
}


@pytest.mark.parametrize("english", SAID)
def test_why_nobody_watches_any_more_is_said_in_the_readers_language(english: str):
    with override("zh-hans"):
        assert kept(english) == SAID[english]


def test_where_only_the_rule_ended_it_is_said_that_nobody_watches_and_not_that_it_is_over(
    ring: Ring, camera: Camera, winch: Loop, start: datetime, cast: Cast
):
    scene = copy.deepcopy(winch.scene)
    for rule in scene["rules"]:
        rule["severity"] = "high"  # once answered, it closes when it ends
    with mine_scope(camera.mine_id):
        scene_publish(camera=camera, document=scene, reason="test", disarm=True)
        route_create(
            mine=cast.lamp_hill.mine, channel="email", actor=cast.admin, name="mail",
            address="boss@example.org", severities=["high"], steps=[0], cleared=True,
        )  # fmt: skip
    fed(ring, camera, winch.chunks[7:11], start)
    drain_all(camera)
    with mine_scope(camera.mine_id):
        alarm = Alarm.objects.get(camera=camera, cleared_at=None)
        alarm_acknowledge(alarm=alarm, actor=cast.operator)
        for rule in scene["rules"]:
            rule["mode"] = "off"
        scene_publish(camera=camera, document=scene, reason="test", disarm=True)
    fed(ring, camera, winch.chunks[11:12], start + timedelta(seconds=4), first=5)
    drain_all(camera)

    english, chinese = "the rule was switched off", "规则已停用"
    with mine_scope(camera.mine_id):
        alarm.refresh_from_db()
        assert (alarm.state, alarm.unwatched) == ("closed", english)
        step = alarm.transitions.get(cause="unwatched")
        assert step.detail == {"unwatched": english}
        [told] = Delivery.objects.filter(kind="cleared")
        client = Client()
        client.force_login(cast.admin)
        page = client.get(f"/alarms/{alarm.pk}/").content.decode()
        api = client.get(f"/api/v1/alarms/{alarm.pk}/", headers={"Accept-Language": "zh-hans"})
    assert f"No longer watched: {english}" in page
    with override("en"):
        assert step_words(step) == f"No longer watched: {english}"
        assert standing_words(alarm) == "no longer watched, answered"
    with override("zh-hans"):
        assert step_words(step) == f"不再监视：{chinese}"
    assert (
        api.json()["unwatched"] == api.json()["transitions"][-1]["detail"]["unwatched"] == chinese
    )
    now = timezone.now()
    for language, heading, line in (
        ("en", "No longer watched (high): ", f"No longer watched: {english}"),
        ("zh-hans", "【高，已不再监视】", f"不再监视: {chinese}"),
    ):
        said = message(
            kind=told.kind, facts=told.facts, language=language, created_at=now, now=now
        ).plain()
        assert said.startswith(heading) and line in said
        assert "Over" not in said and "已解除" not in said
