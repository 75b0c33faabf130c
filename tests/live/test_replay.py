"""A draft rule over what is recorded: how often it would have raised, and nothing is written."""

import copy
import json
from datetime import timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from apps.alarms.models import Alarm
from apps.cameras.models import Camera
from apps.cameras.services import camera_update
from apps.rules.services import scene_publish
from apps.tenancy.scope import mine_scope
from tests.cast import Cast
from tests.loops import feed, loop
from workers.media.ring import Ring

pytestmark = pytest.mark.live


@pytest.fixture
def start(settings, tmp_path, cast: Cast):
    """The winch house, recorded once; the time of its first second."""
    settings.RING_DIR = tmp_path / "ring"
    begin = timezone.now() - timedelta(hours=1)
    winch = loop("winch-house")
    with mine_scope(cast.lamp_hill.mine.pk):
        camera = camera_update(camera=cast.lamp_hill.camera, sub_url="rtsp://10.0.0.9/sub")
        scene_publish(camera=camera, document=winch.scene, reason="test")
        feed(Ring(settings.RING_DIR, durable=False), camera, winch.chunks, begin)
    return begin


def replayed(camera: Camera, begin, seconds: float = 60, **more) -> str:
    out = StringIO()
    until = begin + timedelta(seconds=seconds)
    call_command("replay", camera=camera.pk, since=begin, until=until, stdout=out, **more)
    return out.getvalue()


def test_it_says_what_the_rules_in_force_would_have_raised(cast: Cast, start):
    told = replayed(cast.lamp_hill.camera, start)
    assert "r1: 1 person in" in told
    assert "would have raised 1 alarm in 40 s of recording" in told
    with mine_scope(cast.lamp_hill.mine.pk):
        assert not Alarm.objects.exists()


def test_a_draft_tells_something_else_than_what_is_in_force(cast: Cast, start, tmp_path):
    camera = cast.lamp_hill.camera
    draft = copy.deepcopy(loop("winch-house").scene)
    draft["rules"][0]["mode"] = "shadow"
    draft["rules"][0].setdefault("params", {})["dwell_s"] = 30
    path = tmp_path / "draft.json"
    path.write_text(json.dumps(draft))
    assert " critical r1: 1 person in danger" not in replayed(camera, start, scene=str(path))
    assert " medium r1: 1 person in warning" in replayed(camera, start, scene=str(path))


def test_a_draft_that_is_wrong_is_refused_with_its_path(cast: Cast, start, tmp_path):
    path = tmp_path / "draft.json"
    path.write_text('{"version": 1, "rules": [{"id": "r", "type": "proximity_while_running"}]}')
    with pytest.raises(CommandError, match=r"rules\[0\].zone: needed by"):
        replayed(cast.lamp_hill.camera, start, scene=str(path))


def test_times_without_an_offset_are_by_the_mines_clock(cast: Cast, start):
    zone = ZoneInfo(cast.lamp_hill.mine.timezone)
    there = f"{start.astimezone(zone):%Y-%m-%dT%H:%M:%S}"
    until = f"{start.astimezone(zone) + timedelta(minutes=1):%Y-%m-%dT%H:%M:%S}"
    out = StringIO()
    camera = f"--camera={cast.lamp_hill.camera.pk}"
    call_command("replay", camera, f"--from={there}", f"--to={until}", stdout=out)
    assert "would have raised 1 alarm in 40 s" in out.getvalue()
    assert "+08:00 critical r1: " in out.getvalue()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"scene": "[]"}, "draft.json: a scene is a JSON object"),
        ({"scene": "{"}, "draft.json: Expecting"),
        ({"model": "nosuch"}, '--model: no model "nosuch"'),
    ],
)
def test_what_cannot_be_replayed_is_said_of_what_is_wrong(cast: Cast, start, tmp_path, given, said):
    if "scene" in given:
        path = tmp_path / "draft.json"
        path.write_text(given["scene"])
        given = {"scene": str(path)}
    with pytest.raises(CommandError, match=said):
        replayed(cast.lamp_hill.camera, start, **given)


def test_a_time_of_no_mine_is_refused(cast: Cast):
    camera = f"--camera={cast.lamp_hill.camera.pk}"
    with pytest.raises(CommandError, match="--from: invalid moment value: '0001-01-01'"):
        call_command("replay", camera, "--from=0001-01-01", "--to=2026-01-01")


def test_where_nothing_is_recorded_it_says_so(cast: Cast, start):
    told = replayed(cast.lamp_hill.camera, start - timedelta(days=2))
    assert told == "nothing is recorded in this span\n"
