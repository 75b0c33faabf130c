"""A mine whose clock is set back and forward: what it says and is told is of the hour it was."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Grant, Role
from apps.accounts.services import member_set
from apps.alarms.templatetags.words import mine_time
from apps.audit.services import record
from apps.evidence.models import Clip
from apps.mines.models import Mine
from apps.playback.services import span_name
from apps.rules.models import Replay
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import SCENE, Cast, an_alarm
from tests.recordings.recorded import put
from workers.media.ring import Ring

FIRST, SECOND = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
BOTH = "2026-10-25T02:30:00"  # in Warsaw the clock shows it at both
OFFSETS = ("+0200", "+0100")
NEVER = "2026-03-29T02:30:00"


@pytest.fixture
def move(cast: Cast) -> Callable[[str], Mine]:
    """Let the mine lie in another zone."""

    def moved(zone: str) -> Mine:
        mine = cast.lamp_hill.mine
        with system_scope("test"):
            Mine.objects.filter(pk=mine.pk).update(timezone=zone)
            for one in (mine, cast.lamp_hill.camera.mine):
                one.timezone = zone
        return mine

    return moved


@pytest.fixture
def warsaw(cast: Cast, move, settings, tmp_path) -> Iterator[Cast]:
    """The mine in the morning after; half a minute of each of the two half past two is recorded."""
    settings.RING_DIR = tmp_path / "ring"
    settings.RING_MIN_FREE_BYTES = 0
    move("Europe/Warsaw")
    with time_machine.travel(datetime(2026, 10, 25, 8, tzinfo=UTC), tick=False):
        with mine_scope(cast.lamp_hill.mine.pk):
            ring = Ring(Path(settings.RING_DIR), durable=False)
            for at in (FIRST, SECOND):
                put(ring, cast.lamp_hill.camera, at, 31)
        yield cast


def signed_in(user: Any) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def faults(answer: Any) -> dict[str, str]:
    assert answer.status_code == 400, answer.content
    return {one["field"]: one["message"] for one in answer.json()["errors"]}


def test_a_program_is_told_that_its_time_comes_twice_and_how_to_write_which(warsaw: Cast):
    camera, admin = warsaw.lamp_hill.camera, signed_in(warsaw.admin)
    with mine_scope(camera.mine_id):
        alarm = an_alarm(warsaw.lamp_hill, at=FIRST)
    address = f"/api/v1/cameras/{camera.pk}"
    ends = {"since": BOTH, "until": "2026-10-25T03:00:30"}

    def send(path: str, **body: Any) -> Any:
        return admin.post(f"/api/v1/{path}/", body, content_type="application/json")

    asked = {
        "span": admin.get(f"{address}/span/", ends),
        "timeline": admin.get(f"{address}/timeline/", ends),
        "clips": send("clips", **ends, cameras=[camera.pk], reason="case 7"),
        "replays": send("replays", **ends, camera=camera.pk, document=SCENE),
    }
    for name, answer in asked.items():
        told = faults(answer)["since"]
        assert "twice" in told and "+02:00 or +01:00" in told, name
    held = send("holds", alarm=alarm.pk, reason="case 7", until="2027-10-31T02:30:00")
    assert "twice" in faults(held)["until"]
    assert "never" in faults(admin.get(f"{address}/span/", ends | {"since": NEVER}))["since"]
    for offset, at in (("+02:00", FIRST), ("+01:00", SECOND)):
        span = {"since": f"{BOTH}{offset}", "until": f"2026-10-25T02:30:30{offset}"}
        assert admin.get(f"{address}/span/", span).json()["since"] == at.timestamp()
    assert send("replays", **span, camera=camera.pk, document=SCENE).status_code == 201
    with mine_scope(camera.mine_id):
        assert Replay.objects.get().since == SECOND


def test_the_command_that_replays_refuses_what_comes_twice(warsaw: Cast):
    ends = {"since": datetime.fromisoformat(BOTH), "until": datetime(2026, 10, 25, 3)}
    with pytest.raises(CommandError, match=r"\+02:00 or \+01:00"):
        call_command("replay", camera=warsaw.lamp_hill.camera.pk, **ends)


def typed(page: str, *names: str) -> dict[str, str]:
    """Return what a browser would send of a page's fields of time."""
    found = {}
    for name in names:
        field = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)[0]
        found[name] = re.search(r'value="([^"]*)"', field)[1]
        chosen = re.search(rf'name="{name}_offset".*?value="([^"]*)" selected', page)
        if chosen:
            found[f"{name}_offset"] = chosen[1]
    return found


@pytest.mark.parametrize("at", [FIRST, SECOND])
def test_a_page_that_is_filled_in_with_a_shown_moment_cuts_that_hour_and_not_the_other(
    warsaw: Cast, at: datetime
):
    camera, browser = warsaw.lamp_hill.camera, signed_in(warsaw.operator)
    shown = {"since": at.timestamp(), "until": at.timestamp() + 20, "camera": camera.pk}
    page = browser.get(reverse("clip-new"), shown).content.decode()
    sent = typed(page, "since", "until") | {"cameras": [camera.pk], "reason": "rope jumped"}
    assert sent["since"] == BOTH
    made = browser.post(reverse("clip-new"), sent)
    assert made.status_code == 302, made.content.decode()
    with mine_scope(camera.mine_id):
        assert Clip.objects.get().wanted_from == at


def test_a_page_asks_which_hour_somebody_means_and_keeps_what_was_typed(warsaw: Cast):
    camera, browser = warsaw.lamp_hill.camera, signed_in(warsaw.operator)
    sent = {"cameras": [camera.pk], "reason": "rope jumped", "since": BOTH,
            "until": "2026-10-25T02:30:20"}  # fmt: skip
    asked = browser.post(reverse("clip-new"), sent)
    page = asked.content.decode()
    assert asked.status_code == 400 and "rope jumped" in page
    assert page.count("say which one is meant") == 2
    assert "02:30:00 UTC+2" in page and "02:30:20 UTC+1" in page
    chosen = {"since_offset": "+01:00", "until_offset": "+01:00"}
    assert browser.post(reverse("clip-new"), sent | chosen).status_code == 302
    with mine_scope(camera.mine_id):
        assert Clip.objects.get().wanted_from == SECOND


def test_a_grant_from_one_of_the_two_hours_until_the_other_is_half_an_hour_long(warsaw: Cast):
    mine, browser = warsaw.lamp_hill.mine, signed_in(warsaw.admin)
    with time_machine.travel(SECOND + timedelta(minutes=5), tick=False):
        page = browser.get(reverse("grant-give", args=[mine.pk])).content.decode()
        assert typed(page, "since")["since_offset"] == "+01:00", "now"
        sent = {
            "who": "known", "username": warsaw.stranger.username, "purpose": "case 7",
            "since": "2026-10-25T02:50", "since_offset": "+02:00",
            "until": "2026-10-25T02:50", "until_offset": "+01:00",
        }  # fmt: skip
        given = browser.post(reverse("grant-give", args=[mine.pk]), sent)
    assert given.status_code == 302, given.content.decode()
    with system_scope("test"):
        grant = Grant.objects.get()
    assert grant.until - grant.since == timedelta(hours=1)


def test_the_settings_of_an_hour_that_comes_twice_are_shown_when_it_is_said_which(warsaw: Cast):
    browser, address = signed_in(warsaw.admin), reverse("settings-as-of")
    asked = browser.get(address, {"at": BOTH})
    page = asked.content.decode()
    assert asked.status_code == 400 and "say which one is meant" in page
    assert 'aria-describedby="as-of-fault"' in page and '<select name="at_offset"' in page
    shown = browser.get(address, {"at": BOTH, "at_offset": "+01:00"})
    assert shown.status_code == 200
    assert f'datetime="{SECOND.isoformat()}"' in shown.content.decode()


def test_what_is_said_of_the_two_hours_can_be_told_apart(warsaw: Cast):
    mine, camera = warsaw.lamp_hill.mine, warsaw.lamp_hill.camera
    said = [mine_time({"mine": mine}, at) for at in (FIRST, SECOND)]
    assert [re.search(">(.*)<", words)[1] for words in said] == [
        "2026-10-25 02:30:00 UTC+2", "2026-10-25 02:30:00 UTC+1",
    ]  # fmt: skip
    names = [span_name(camera, at, gaps=False) for at in (FIRST, SECOND)]
    assert names == [f"davy-camera{camera.pk}-20261025-023000{offset}.mp4" for offset in OFFSETS]
    later = FIRST + timedelta(hours=2)
    assert span_name(camera, later, gaps=False).endswith("20261025-033000.mp4")


def test_days_to_narrow_by_are_the_mines_own_or_said_to_be_of_utc(cast: Cast, move):
    mine, browser = move("America/Santiago"), signed_in(cast.auditor)
    with system_scope("test"):
        member_set(mine=cast.deep_vale.mine, user=cast.auditor, role=Role.AUDITOR)
    evening = datetime(2026, 3, 5, 1, 30, tzinfo=UTC)  # of the fourth, there
    with mine_scope(mine.pk), time_machine.travel(evening, tick=False):
        record(action="camera.changed", subject="camera:7", mine_id=mine.pk, part="test")
    of_all = {"act": "camera.changed", "since": "2026-03-04", "until": "2026-03-04"}
    of_one = of_all | {"mine": str(mine.pk)}
    pages = [browser.get(reverse("audit"), asked).content.decode() for asked in (of_all, of_one)]
    assert ["are those of UTC" in page for page in pages] == [True, False]
    assert ["camera:7" in page for page in pages] == [False, True]
    with time_machine.travel(evening, tick=False):
        taken = browser.get(reverse("audit"), of_one | {"export": "csv"})
    assert "-20260304-2230.csv" in taken["Content-Disposition"]
    assert "2026-03-04 22:30:00 -0300" in b"".join(taken.streaming_content).decode()
