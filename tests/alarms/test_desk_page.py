"""The desk's page offers what a role may do, and every video has a name to be called by."""

import re
from pathlib import Path

from django.test import Client

from apps.accounts.models import Role, User
from apps.accounts.services import member_set
from apps.alarms.answers import alarm_acknowledge
from apps.alarms.services import alarm_clear
from apps.mines.services import mine_update
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import NOON, Cast, an_alarm

TEMPLATES = Path(__file__).resolve().parents[2] / "apps"


def test_the_desk_lists_no_keys_for_a_role_that_may_only_look(cast: Cast):
    def keys(user: User) -> list[str]:
        browser = Client()
        browser.force_login(user)
        return re.findall(r"<kbd>(\w)</kbd>", browser.get("/desk/").content.decode())

    assert keys(cast.operator) == list("JKACGFSRP")
    assert keys(cast.auditor) == list("JKP")


def test_every_video_on_a_page_has_a_name():
    videos = [
        video
        for template in TEMPLATES.rglob("*.html")
        for video in re.findall(r"<video\b[^>]*", template.read_text())
    ]
    assert videos
    assert [video for video in videos if "aria-label=" not in video] == []


def page_of(person: User, address: str) -> str:
    browser = Client()
    browser.force_login(person)
    return browser.get(address).content.decode()


def test_who_may_only_look_reads_what_an_alarm_waits_for(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        alarm = an_alarm(cast.lamp_hill)
    page = page_of(cast.auditor, f"/alarms/{alarm.pk}/")
    assert "Not answered yet." in page and "Not reset yet." not in page
    with mine_scope(cast.lamp_hill.mine.pk):
        alarm_acknowledge(alarm=alarm, actor=cast.operator)
        alarm_clear(camera=cast.lamp_hill.camera, rule="r1", situation="r1:1", at=NOON)
    page = page_of(cast.auditor, f"/alarms/{alarm.pk}/")
    assert "Not answered yet." not in page
    assert "Not reset yet. Your role may look, not answer." in page


def test_the_mark_over_pictures_goes_by_the_clock_of_the_mine_that_is_looked_at(cast: Cast):
    with system_scope("test"):
        mine_update(mine=cast.deep_vale.mine, timezone="America/Lima")
        member_set(mine=cast.deep_vale.mine, user=cast.auditor, role=Role.AUDITOR)
        alarms = [an_alarm(place) for place in (cast.lamp_hill, cast.deep_vale)]
    for alarm, zone in zip(alarms, ("Asia/Shanghai", "America/Lima"), strict=True):
        assert f'data-zone="{zone}" data-unreached' in page_of(cast.auditor, f"/alarms/{alarm.pk}/")
    assert 'data-zone="UTC" data-unreached' in page_of(cast.auditor, "/alarms/")
    assert "data-viewer" not in page_of(cast.operator, "/alarms/")


def test_what_the_platform_raises_by_itself_names_no_version_of_a_scene(cast: Cast):
    fault = {"rule": "camera.dark", "rule_type": "camera_health", "level": "dark", "values": {}}
    with mine_scope(cast.lamp_hill.mine.pk):
        dark = an_alarm(cast.lamp_hill, **fault, situation="camera:dark@1", scene_version=0)
        near = an_alarm(cast.lamp_hill)
    for address in ("/alarms/{}/", "/audit/cases/{}/"):
        assert "scene version" not in page_of(cast.auditor, address.format(dark.pk))
        assert "scene version 1" in page_of(cast.auditor, address.format(near.pk))
