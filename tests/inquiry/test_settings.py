"""The settings of a moment, the search of cases, the record in words, and the ledger's page."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.passwords import password_renew
from apps.alarms.answers import alarm_acknowledge, alarm_call_false
from apps.alarms.models import Silence
from apps.alarms.silences import permits_follow, silence_ask
from apps.audit.models import AuditEntry
from apps.cameras.services import camera_update, stream_say
from apps.inquiry.models import CaseWord
from apps.ledger.services import ledger_seal, root_sign
from apps.recordings.keeping import retention_set
from apps.rules.services import scene_publish
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import SCENE, Cast, an_alarm
from tests.database import NAME

THIRD = datetime(2026, 3, 3, 20, 0, tzinfo=UTC)  # 04:00 on the 4th at the mine


def scene(**rule: Any) -> dict[str, Any]:
    return SCENE | {"rules": [SCENE["rules"][0] | rule]}


@pytest.fixture
def dora(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.auditor)
    return client


@pytest.fixture
def history(cast: Cast) -> Cast:
    """The rule is armed at 02:00, in shadow from 03:30 on, armed again at 05:00; times of the mine.

    From 03:00 to 03:10 it was shelved by two people.
    """
    camera = cast.lamp_hill.camera
    hour = timedelta(hours=1)
    with system_scope("test"), time_machine.travel(THIRD - 2 * hour, tick=False) as clock:
        scene_publish(camera=camera, document=scene(params={"dwell_s": 0.5}), reason="two")
        stream_say(camera_id=camera.pk, mine_id=camera.mine_id, stream="main", state="recording")
        Silence.objects.create(
            mine=camera.mine, camera=camera, rule="r1", kind="shelved", reason="rope change",
            asked_at=THIRD - hour, since=THIRD - hour, until=THIRD + 4 * hour,
            ended_at=THIRD - hour + timedelta(minutes=10), asked_by=cast.operator,
            agreed_by=cast.admin, needs_second=True,
        )  # fmt: skip
        clock.move_to(THIRD - hour / 2)
        scene_publish(camera=camera, document=scene(mode="shadow"), disarm=True, reason="half past")
        clock.move_to(THIRD + hour)
        scene_publish(camera=camera, document=SCENE, reason="five")
    return cast


def as_of(client: Client, camera: int, at: str) -> dict[str, Any]:
    answer = client.get(reverse("api:settings"), {"camera": camera, "at": at})
    assert answer.status_code == 200, answer.content
    [one] = answer.json()["cameras"]
    return one


def test_what_a_parameter_points_to_is_called_by_its_name_of_that_version(cast: Cast, dora):
    camera = cast.lamp_hill.camera
    around = {
        "id": "around",
        "name": "round the drum",
        "polygon": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]],
    }
    document = scene(params={"warning_zone": "around"}) | {"zones": [*SCENE["zones"], around]}
    with system_scope("test"):
        scene_publish(camera=camera, document=document, reason="two tiers")
        renamed = [*SCENE["zones"], around | {"name": "by the winch"}]
        before = datetime.now(UTC)
        scene_publish(camera=camera, document=document | {"zones": renamed}, reason="new name")
    page = dora.get("/audit/settings/", {"camera": camera.pk}).content.decode()
    assert "Warning zone: <strong>by the winch <code>around</code></strong>" in page
    [rule] = as_of(dora, camera.pk, before.isoformat())["rules"]
    assert rule["names"]["warning_zone"] == "round the drum"


def test_the_settings_of_a_moment_are_those_of_the_version_in_force_then(history: Cast, dora):
    camera = history.lamp_hill.camera.pk
    before = as_of(dora, camera, "2026-03-04T01:00")
    assert before["scene"] is None and before["rules"] == []
    for at, mode, reason in (
        ("2026-03-04T02:00:00", "armed", "two"),
        ("2026-03-04T03:29:59", "armed", "two"),
        ("2026-03-04T03:30:00+08:00", "shadow", "half past"),
        ("2026-03-04T06:00", "armed", "five"),
    ):
        found = as_of(dora, camera, at)
        assert (found["rules"][0]["mode"], found["scene"]["reason"]) == (mode, reason), at
    params = {p["key"]: p for p in as_of(dora, camera, "2026-03-04T02:30")["rules"][0]["params"]}
    assert params["dwell_s"]["value"] == 0.5 and params["dwell_s"]["set"]
    assert not params["warning_dwell_s"]["set"]


def test_what_a_rule_watched_is_called_as_that_version_called_it(history: Cast, dora):
    camera = history.lamp_hill.camera
    zones = [SCENE["zones"][0] | {"name": "滚筒区"}]
    with system_scope("test"), time_machine.travel(THIRD + timedelta(hours=2), tick=False):
        scene_publish(camera=camera, document=SCENE | {"zones": zones}, reason="named")
    assert as_of(dora, camera.pk, "2026-03-04T05:30")["rules"][0]["names"] == {}
    assert as_of(dora, camera.pk, "2026-03-04T06:30")["rules"][0]["names"] == {"zone": "滚筒区"}
    page = dora.get(f"/audit/settings/?camera={camera.pk}&at=2026-03-04T06:30").content.decode()
    assert "zone: 滚筒区 <code>danger</code>" in page and "machine: winch-1" in page


def test_a_silence_and_the_recorder_of_that_moment_stand_beside_the_rule(history: Cast, dora):
    camera = history.lamp_hill.camera.pk
    during = as_of(dora, camera, "2026-03-04T03:05")
    assert during["rules"][0]["silenced"] == ["shelved"]
    assert during["silences"][0]["agreed_by"] == "ben"
    assert during["stream"]["state"] == "recording"
    assert as_of(dora, camera, "2026-03-04T03:15")["rules"][0]["silenced"] == []


def test_a_camera_that_was_switched_off_is_told_as_off_then_and_on_before(history: Cast, dora):
    camera = history.lamp_hill.camera
    with system_scope("test"), time_machine.travel(THIRD, tick=False) as clock:
        camera_update(camera=camera, enabled=True)
        clock.move_to(THIRD + timedelta(hours=1))
        camera_update(camera=camera, enabled=False)
    moments = ("03:00", "04:30", "05:30")
    told = [as_of(dora, camera.pk, f"2026-03-04T{at}")["enabled"] for at in moments]
    assert told == [None, True, False]


def test_a_procedure_and_a_permit_of_then_are_said_in_words_and_not_as_a_program_writes_them(
    history: Cast, dora
):
    camera = history.lamp_hill.camera
    steps = [
        {"id": "empty", "name": "Area empty", "needs": {"zone": "danger", "at_most": 0}},
        {"id": "start", "name": "Start", "needs": {"machine": "winch-1", "running": True}},
    ]
    rule = {"id": "p", "type": "procedure_sequence", "params": {"steps": steps}}
    with system_scope("test"), time_machine.travel(THIRD + timedelta(hours=1), tick=False):
        scene_publish(camera=camera, document=SCENE | {"rules": [rule]}, disarm=True, reason="p")
        permits_follow(camera=camera, permits={"p": "permit-7"})
    asked = {"mine": history.lamp_hill.mine.pk, "at": "2026-03-04T05:30"}
    shown = dora.get(reverse("settings-as-of"), asked).content.decode()
    assert "name: Area empty, needs: (zone: danger, at_most: 0)" in shown
    assert "&#x27;" not in shown
    assert "– as long as the permit is open: <q>permit-7</q>" in shown


def test_the_page_asks_the_same_of_the_database_for_many_cameras(history: Cast, dora):
    from tests.lists.test_lists import more

    address = reverse("settings-as-of")
    asked = {"mine": history.lamp_hill.mine.pk, "at": "2026-03-04T03:05"}
    dora.get(address, asked)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert b"rope change" in dora.get(address, asked).content
        return len(queries)

    few = count()
    more(history, 3)
    assert count() == few
    wrong = dora.get(address, {"at": "last week"})
    assert wrong.status_code == 400 and "last week" in wrong.content.decode()


@pytest.mark.parametrize("at", ["9999-12-31T23:59", "2026-03-05T06:05", "2199-01-01T00:00:00Z"])
def test_of_a_moment_that_is_still_to_come_nothing_is_said(history: Cast, dora, at: str):
    with time_machine.travel(THIRD + timedelta(days=1), tick=False):
        page = dora.get(reverse("settings-as-of"), {"mine": history.lamp_hill.mine.pk, "at": at})
        told = dora.get(reverse("api:settings"), {"mine": history.lamp_hill.mine.pk, "at": at})
    assert (page.status_code, told.status_code) == (400, 400)
    for answer in (page, told):
        assert "still to come" in answer.content.decode() or at.startswith("9999")
    assert told.json()["errors"][0]["field"] == "at"


def test_cases_are_found_by_words_number_outcome_and_rule(cast: Cast, dora):
    with system_scope("test"):
        a = an_alarm(cast.lamp_hill)
        camera = cast.lamp_hill.camera
        b = an_alarm(cast.lamp_hill, rule="r2", situation="r2:1", why="2 people at the sump")
        alarm_acknowledge(alarm=a, actor=cast.operator, note="asked the rope man to step back")
        alarm_call_false(alarm=b, actor=cast.operator, reason="a coat on a hook")
    page = reverse("cases")

    def numbers(**asked: Any) -> set[int]:
        return {row.pk for row in dora.get(page, asked).context["shown"].page}

    assert numbers() == {a.pk, b.pk}
    assert numbers(q="rope man") == {a.pk}
    assert numbers(q="SUMP") == {b.pk}
    assert numbers(q="coat") == {b.pk}
    assert numbers(q=str(a.pk)) == {a.pk}
    assert numbers(outcome="false") == {b.pk}
    assert numbers(rule="r1") == {a.pk}
    assert numbers(camera=str(camera.pk), severity="critical") == {a.pk, b.pk}
    assert numbers(q="nothing of the kind") == set()
    sent = b"".join(dora.get(page, {"q": "sump", "export": "csv"}).streaming_content).decode()
    assert "2 people at the sump" in sent and "1 person in danger" not in sent


def test_the_search_of_cases_asks_no_more_with_more_cases(cast: Cast, dora):
    from tests.lists.test_lists import more

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            dora.get(reverse("cases"), {"q": "danger"})
        return len(queries)

    more(cast, 2)
    count()
    few = count()
    more(cast, 4, first=2)
    assert count() == few


def test_acts_are_said_in_the_readers_words_and_filtered_by_kind(cast: Cast, dora):
    with system_scope("test"):
        alarm_acknowledge(alarm=an_alarm(cast.lamp_hill), actor=cast.operator)
    page = dora.get("/record/?act=alarms").content.decode()
    assert "Alarm: Acknowledged" in page and "Role given" not in page.split("<tbody>")[1]
    cast.auditor.language = "zh-hans"
    with system_scope("test"):
        cast.auditor.save()
    assert "报警：已确认" in dora.get("/record/?act=alarm.acknowledged").content.decode()


def test_an_act_is_found_under_the_group_that_it_belongs_to(cast: Cast, dora):
    mine, camera = cast.lamp_hill.mine, cast.lamp_hill.camera
    with mine_scope(mine.pk):
        retention_set(mine=mine, days=1, actor=cast.admin)
        silence_ask(camera=camera, rule="r2", kind="shelved", length=timedelta(hours=1),
                    reason="lamp swings", actor=cast.operator)  # fmt: skip
    password_renew(user=cast.operator, actor=cast.admin)

    def found(group: str) -> str:
        page: str = dora.get(f"/record/?act={group}").content.decode()
        return page.split("<tbody>")[1].split("</tbody>")[0]

    assert "Retention changed" in found("settings")
    assert "Silence began" in found("alarms")
    assert "New password given" in found("people")


def test_the_ledgers_page_proves_the_record_and_names_what_does_not_hold(cast: Cast, dora):
    mine = cast.lamp_hill.mine
    with mine_scope(mine.pk):
        ledger_seal(mine_id=mine.pk)
        root_sign(mine_id=mine.pk)
    page = reverse("ledger", args=[mine.pk])
    assert "Signed roots" in dora.get(page).content.decode()
    held = dora.post(reverse("ledger-verify", args=[mine.pk])).content.decode()
    assert "every link and every signature" in held
    with system_scope("test"):
        said = AuditEntry.objects.get(action="ledger.verified")
        assert said.actor == cast.auditor and said.detail["faults"] == []


def test_cases_are_found_in_chinese_and_by_the_beginning_of_a_word(cast: Cast, dora):
    with system_scope("test"):
        alarm = an_alarm(cast.lamp_hill)
        alarm_acknowledge(alarm=alarm, actor=cast.operator, note="已通知绞车司机停车")
    page = reverse("cases")

    def found(text: str) -> bool:
        return [row.pk for row in dora.get(page, {"q": text}).context["shown"].page] == [alarm.pk]

    assert found("绞车司机") and found("停") and found("运行设备") and found("runn")
    assert not found("司机绞车") and not found("unning")


@pytest.mark.django_db(transaction=True)
def test_the_words_of_cases_are_looked_up_in_an_index_behind_the_fence(cast: Cast):
    mine = cast.lamp_hill.mine
    with system_scope("test"):
        alarm = an_alarm(cast.lamp_hill)
        an_alarm(cast.deep_vale)
        # As many as make the planner choose by what it knows, and not by habit.
        CaseWord.objects.bulk_create(
            CaseWord(mine=mine, alarm=alarm, word=f"word{number}") for number in range(5000)
        )
    # The tables are the owner's: to anybody else PostgreSQL says a warning, and counts nothing.
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], dbname=NAME) as owner:
        owner.execute(f"ANALYZE {CaseWord._meta.db_table}")
    with mine_scope(mine.pk):
        rows = CaseWord.objects.filter(word__gte="danger", word__lte="danger\U0010ffff")
        plan = rows.explain()
        assert {row.mine_id for row in rows} == {mine.pk}
    assert "case_word" in plan and "word)::text >= 'danger'" in plan.split("Index Cond")[1], plan
