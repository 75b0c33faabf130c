"""The day on which something ends is the mine's, to its end."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from apps.evidence.expiry import clip_remove, clips_expire
from apps.evidence.models import Clip, Hold
from apps.mines.models import Mine
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast, an_alarm


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


def test_a_hold_lasts_to_the_end_of_a_day_of_25_hours(cast: Cast, move):
    mine = move("America/Santiago")  # on 4 April its clock goes from midnight back to eleven
    with time_machine.travel(datetime(2026, 3, 4, 12, tzinfo=UTC), tick=False):
        with mine_scope(mine.pk):
            alarm = an_alarm(cast.lamp_hill)
        sent = {"reason": "case 7", "until": "2026-04-04"}
        browser = Client()
        browser.force_login(cast.admin)
        held = browser.post(reverse("hold-alarm", args=[alarm.pk]), sent)
    assert held.status_code == 302
    midnight = datetime(2026, 4, 5, 4, tzinfo=UTC)
    with mine_scope(mine.pk):
        assert Hold.objects.get().until == midnight - timedelta(microseconds=1)


def test_a_lock_ends_on_the_day_that_it_is_at_the_mine(cast: Cast, move):
    mine = move("America/St_Johns")
    with (
        time_machine.travel(datetime(2026, 3, 4, 12, tzinfo=UTC), tick=False),
        mine_scope(mine.pk),
        override("en"),
    ):
        clip = an_alarm(cast.lamp_hill).clips.get()
        # Half past ten in the evening there.
        locked = datetime(2026, 4, 6, 1, tzinfo=UTC)
        Clip.objects.filter(pk=clip.pk).update(state=Clip.State.READY, locked_until=locked)
        with pytest.raises(ValidationError, match="April 5, 2026"):
            clip_remove(clip=clip, actor=cast.admin, reason="tidy up")


@pytest.mark.parametrize(
    ("recorded", "years", "still_kept", "over"),
    [
        ("2027-03-01T12:00Z", 1, "2028-03-01T11:00Z", "2028-03-01T13:00Z"),
        ("2028-02-29T12:00Z", 1, "2029-02-28T23:59Z", "2029-03-01T00:01Z"),
        ("2027-02-28T12:00Z", 1, "2028-02-28T11:00Z", "2028-02-28T13:00Z"),
        ("2026-06-01T12:00Z", 3, "2029-06-01T11:00Z", "2029-06-01T13:00Z"),
    ],
)
def test_a_video_is_kept_for_years_of_the_calendar_also_over_a_leap_day(
    cast: Cast, settings, recorded: str, years: int, still_kept: str, over: str
):
    settings.CLIP_YEARS = years
    with mine_scope(cast.lamp_hill.mine.pk):
        clip = an_alarm(cast.lamp_hill).clips.get()
        Clip.objects.filter(pk=clip.pk).update(
            state=Clip.State.READY, wanted_until=datetime.fromisoformat(recorded)
        )
    assert clips_expire(now=datetime.fromisoformat(still_kept)) == 0
    assert clips_expire(now=datetime.fromisoformat(over)) == 1
