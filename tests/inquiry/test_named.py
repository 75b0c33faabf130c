"""The record calls what an act is about by its name, and keeps the number beside it."""

import re
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.audit.models import AuditEntry
from apps.audit.services import record
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast, an_alarm

pytestmark = pytest.mark.django_db


def told(cast: Cast, address: str) -> str:
    client = Client()
    client.force_login(cast.auditor)
    page = client.get(address).content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", page.split("<tbody", 1)[1]).split())


def act(cast: Cast, action: str, subject: object, **detail: object) -> None:
    mine = cast.lamp_hill.mine.pk
    with mine_scope(mine):
        record(action=action, subject=subject, mine_id=mine, actor=cast.auditor, detail=detail)


def test_the_record_names_cameras_alarms_people_and_whose_page_was_looked_at(cast: Cast):
    hill = cast.lamp_hill
    with mine_scope(hill.mine.pk):
        alarm = an_alarm(hill)
        clip = alarm.clips.get()
    act(cast, "camera.playback", hill.camera)
    act(cast, "stream.state", f"camera:{hill.camera.pk}/main", state="lost")
    act(cast, "clip.play", clip)
    act(cast, "audit.looked", f"api:camera-live:{hill.camera.pk}", path="/x")
    act(cast, "audit.looked", f"case:{alarm.pk}", path="/y")
    act(cast, "password.changed", cast.operator)
    said = told(cast, "/record/")
    camera, number = hill.camera.name, hill.camera.pk
    for words in (
        f"{camera} camera:{number} ",
        f"{camera} camera:{number}/main",
        f"Video of {camera} clip:{clip.pk}",
        f"{camera} api:camera-live:{number}",
        f"Alarm {alarm.pk}: Person at a running machine case:{alarm.pk}",
        f"{cast.operator.username} user:{cast.operator.pk}",
    ):
        assert words in said, words


def test_numbers_among_the_details_are_named_where_they_are_numbers_of_something(cast: Cast):
    hill, chen = cast.lamp_hill, cast.operator
    act(
        cast, "notify.route_changed", "route:0",
        before={"areas": [hill.area.pk], "people": [chen.pk, 999999]},
    )  # fmt: skip
    act(cast, "camera.placed", "plan:0", camera=hill.camera.pk)
    act(cast, "copy.made", "clip:0", people=chen.pk)
    said = told(cast, "/record/")
    assert f"places: {hill.area.name} ({hill.area.pk})" in said
    assert f"people: {chen.username} ({chen.pk}), 999999" in said
    assert f"camera: {hill.camera.name} ({hill.camera.pk})" in said
    assert f"people: {chen.pk} " in f"{said} "  # so many people were blurred


def test_what_is_of_another_mine_is_never_named(cast: Cast):
    with system_scope("the test looks at both mines"):
        foreign = cast.deep_vale.camera
    act(cast, "camera.playback", f"camera:{foreign.pk}", camera=foreign.pk)
    said = told(cast, "/record/?act=camera.playback")
    assert f"camera:{foreign.pk}" in said and foreign.name not in said


def test_a_long_record_asks_for_its_names_no_more_often_than_a_short_one(cast: Cast):
    client = Client()
    client.force_login(cast.auditor)
    counts = []
    for rows in (1, 20):
        for _ in range(rows):
            act(cast, "camera.playback", cast.lamp_hill.camera, camera=cast.lamp_hill.camera.pk)
        client.get("/record/?act=camera.playback")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get("/record/?act=camera.playback")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_receipt_says_in_words_what_was_taken_away(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        alarm = an_alarm(cast.lamp_hill)
    act(cast, "sheet.download", alarm, sha256="ab" * 32)
    said = told(cast, "/audit/receipts/")
    assert f"Alarm {alarm.pk}: Person at a running machine alarm:{alarm.pk}" in said
    client = Client()
    client.force_login(cast.auditor)
    with mine_scope(cast.lamp_hill.mine.pk):
        entry = AuditEntry.objects.get(action="sheet.download")
    words = f"Time line downloaded as PDF: Alarm {alarm.pk}: Person at a running machine"
    assert words in client.get(reverse("receipt", args=[entry.pk])).content.decode()
    text = client.get(reverse("receipt", args=[entry.pk]) + "?as=text").content.decode()
    there = entry.at.astimezone(ZoneInfo("Asia/Shanghai"))
    assert f"{words} (alarm:{alarm.pk})" in text
    assert f"When: {there:%Y-%m-%d %H:%M:%S}+08:00 (" in text
