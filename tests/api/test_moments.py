"""A time without an offset is by the mine's clock, through whichever door it comes."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role
from apps.accounts.organisations import member_take_out
from apps.accounts.services import member_set
from apps.evidence.models import Clip, Hold
from apps.mines.models import Mine
from apps.readings.models import Reading
from apps.rules.models import Replay
from apps.signals.models import Signal
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import SCENE, Cast, an_alarm
from tests.recordings.recorded import put
from workers.checks import SceneError
from workers.media.ring import Ring
from workers.when import parse_schedule

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 4, 12, tzinfo=ZONE)
BARE = "2026-03-04T12:00:00"
SAME = [BARE, "2026-03-04 12:00", "2026-03-04T04:00:00Z", f"{BARE}+08:00"]


@pytest.fixture
def hill(cast: Cast, settings, tmp_path):
    settings.RING_DIR = tmp_path / "ring"
    settings.RING_MIN_FREE_BYTES = 0
    with time_machine.travel(NOON + timedelta(hours=9), tick=False):
        with mine_scope(cast.lamp_hill.mine.pk):
            ring = Ring(Path(settings.RING_DIR), durable=False)
            for at in (NOON, NOON + timedelta(hours=8)):  # noon there, and noon of UTC
                put(ring, cast.lamp_hill.camera, at, 31)
        yield cast


@pytest.fixture
def admin(hill: Cast) -> Client:
    browser = Client()
    browser.force_login(hill.admin)
    return browser


def send(browser: Client, path: str, **body: Any) -> Any:
    return browser.post(f"/api/v1/{path}/", body, content_type="application/json")


@pytest.mark.parametrize("noon", SAME)
def test_a_clip_shows_the_seconds_that_the_span_told_of(hill: Cast, admin: Client, noon: str):
    camera = hill.lamp_hill.camera.pk
    asked = {"since": noon, "until": "2026-03-04T12:00:30"}
    told = admin.get(f"/api/v1/cameras/{camera}/span/", asked).json()
    made = send(admin, "clips", **asked, cameras=[camera], reason="case 7")
    assert made.status_code == 201, made.content
    with mine_scope(hill.lamp_hill.mine.pk):
        assert Clip.objects.get().wanted_from == NOON
    assert told["since"] == NOON.timestamp()


def test_a_hold_ends_by_the_mines_clock(hill: Cast, admin: Client):
    with mine_scope(hill.lamp_hill.mine.pk):
        alarm = an_alarm(hill.lamp_hill, at=NOON)
    held = send(admin, "holds", alarm=alarm.pk, reason="case 7", until="2026-03-09T12:00:00")
    assert held.status_code == 201, held.content
    with mine_scope(hill.lamp_hill.mine.pk):
        assert Hold.objects.get().until == NOON + timedelta(days=5)


def test_a_signal_without_an_offset_is_refused_and_not_taken_for_an_old_one(hill: Cast):
    def send_signal(at: str) -> Any:
        body = {"mine": hill.lamp_hill.mine.pk, "machine": "winch-1", "state": "STOPPED", "at": at}
        return Client(headers={"Authorization": f"Token {hill.token}"}).post(
            "/api/v1/signals/", body, content_type="application/json"
        )

    refused = send_signal(BARE)
    assert refused.status_code == 400
    [error] = refused.json()["errors"]
    assert error["field"] == "at" and "with its offset" in error["message"]
    assert send_signal(f"{BARE}+08:00").status_code == 201
    with mine_scope(hill.lamp_hill.mine.pk):
        assert Signal.objects.get().at == NOON


def test_a_replay_plays_the_mines_hour(hill: Cast, admin: Client):
    asked = {"since": BARE, "until": "2026-03-04T12:00:30"}
    begun = send(admin, "replays", camera=hill.lamp_hill.camera.pk, document=SCENE, **asked)
    assert begun.status_code == 201, begun.content
    with mine_scope(hill.lamp_hill.mine.pk):
        assert Replay.objects.get().since == NOON


def test_a_series_is_of_the_mines_hour(hill: Cast, admin: Client):
    camera = hill.lamp_hill.camera
    with mine_scope(camera.mine_id):
        Reading.objects.create(
            mine_id=camera.mine_id, camera=camera, name="sump.level_m", at=NOON, value=2.0
        )
    asked = {"camera": camera.pk, "name": "sump.level_m", "step": "raw"}
    asked |= {"from": BARE, "to": "2026-03-04T12:00:01"}
    found = admin.get("/api/v1/readings/", asked)
    assert len(found.json()["points"]) == 1, found.content


@pytest.mark.parametrize("text", ["yesterday", "0001-01-01T00:00:00", "9999-12-31T23:59:59"])
def test_what_is_no_time_is_refused_beside_its_field(hill: Cast, admin: Client, text: str):
    camera = hill.lamp_hill.camera.pk
    refused = [
        send(admin, "clips", since=text, until=BARE, cameras=[camera], reason="case 7"),
        admin.get(f"/api/v1/cameras/{camera}/span/", {"since": text, "until": BARE}),
        admin.get("/api/v1/gaps/", {"since": text}),
        admin.get("/api/v1/settings/", {"at": text}),
    ]
    for answer in refused:
        assert answer.status_code == 400, answer.content
        assert answer.json()["errors"][0]["field"] in ("since", "at")


@pytest.mark.parametrize("unix_s", ["253402300790", "-62135596000", "-62135596800", "1e300", "nan"])
def test_a_number_that_is_no_time_of_a_mine_is_refused_beside_its_field(
    hill: Cast, admin: Client, unix_s: str
):
    camera = f"/api/v1/cameras/{hill.lamp_hill.camera.pk}"
    for path, field in (("media", "since"), ("timeline", "until"), ("preview", "at")):
        answer = admin.get(f"{camera}/{path}/", {field: unix_s})
        assert answer.status_code == 400, (path, answer.content)
        assert answer.json()["errors"][0]["field"] == field
    asked = {"since": unix_s, "until": unix_s}
    page = admin.get(reverse("span-ask", args=[hill.lamp_hill.camera.pk]), asked)
    assert page.status_code in (302, 404)
    assert admin.get("/watch/", {"at": unix_s}).status_code == 200


def test_digits_that_are_no_number_name_nothing(hill: Cast, admin: Client):
    assert admin.get("/watch/", {"camera": "\u00b2"}).status_code == 200
    answer = admin.get("/api/v1/readings/", {"camera": "\u00b2"})
    assert answer.status_code == 400 and answer.json()["errors"][0]["field"] == "camera"
    with pytest.raises(ValidationError, match="no role"):
        member_take_out(
            organisation=hill.lamp_hill.mine.organisation, member_id="\u00b2", actor=hill.admin
        )
    with pytest.raises(SceneError, match="must be a time"):
        parse_schedule([{"from": "\u00b2:00", "to": "12:00"}], "when", {})


def test_of_many_mines_a_time_without_an_offset_is_refused_in_words(hill: Cast, admin: Client):
    answer = admin.get("/api/v1/gaps/", {"since": BARE})
    assert answer.status_code == 400
    assert "with its offset" in answer.json()["errors"][0]["message"]
    assert admin.get("/api/v1/gaps/", {"since": f"{BARE}+08:00"}).status_code == 200
    assert admin.get(f"/api/v1/gaps/?since={BARE}+08:00").status_code == 200  # the + is a space


def test_settings_of_mines_in_two_zones_want_an_offset(hill: Cast):
    with system_scope("test"):
        Mine.objects.filter(pk=hill.deep_vale.mine.pk).update(timezone="Europe/Berlin")
        member_set(mine=hill.deep_vale.mine, user=hill.auditor, role=Role.AUDITOR)
    browser = Client()
    browser.force_login(hill.auditor)
    of_one = {"at": BARE, "mine": hill.lamp_hill.mine.pk}
    told = browser.get("/api/v1/settings/", of_one).json()
    assert datetime.fromisoformat(told["at"]) == NOON
    refused = browser.get("/api/v1/settings/", {"at": BARE})
    assert refused.status_code == 400 and "with its offset" in refused.content.decode()
