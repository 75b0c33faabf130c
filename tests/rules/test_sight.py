"""What whoever draws zones is told of the camera's analysis now."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.cameras.models import Analysis
from apps.rules.services import scene_publish
from apps.tenancy.scope import mine_scope
from tests.cast import SCENE, Cast
from workers.state import RuleState, State
from workers.vision.track import Track

pytestmark = pytest.mark.django_db


def told(cast: Cast, role: str = "admin") -> object:
    client = Client()
    client.force_login(cast[role])
    answer = client.get(f"/api/v1/cameras/{cast.lamp_hill.camera.pk}/sight/")
    return answer.json() if answer.status_code == 200 else answer.status_code


def a_track(number: int, seen_s: float) -> Track:
    box = [0.4, 0.3, 0.5, 0.8]
    return Track(number, [0.45, 0.55, 0.1, 0.5], [0.0] * 4, [0.01] * 4, 0.0, seen_s, 9, 0.9, True,
                 box=box)  # fmt: skip


def test_who_is_seen_now_and_which_rules_are_open_is_told_from_the_checkpoint(cast: Cast):
    hill = cast.lamp_hill
    name = SCENE["rules"][0]["id"]
    state = State(last_t=10.0)
    state.tracker.tracks = [a_track(1, 10.0), a_track(2, 9.0)]  # the second is lost from sight
    state.rules[name] = RuleState(
        SCENE["rules"][0]["type"], level="danger", why="1 person in danger", mode="shadow"
    )
    with mine_scope(hill.mine.pk):
        scene_publish(camera=hill.camera, document=SCENE, disarm=True, reason="test")
        Analysis.objects.filter(camera=hill.camera).delete()
    nothing = told(cast)
    assert nothing == {"at": None, "blind": "", "people": [], "open": []}
    with mine_scope(hill.mine.pk):
        Analysis.objects.create(
            camera=hill.camera, mine_id=hill.mine.pk, state=state.dump(), visibility=1.0,
            analysed_until=timezone.now() - timedelta(seconds=1),
        )  # fmt: skip
    now = told(cast)
    assert isinstance(now, dict)
    assert now["people"] == [{"track": 1, "box": [0.4, 0.3, 0.5, 0.8]}]
    assert [(one["rule"], one["level"], one["mode"]) for one in now["open"]] == [
        (name, "danger", "shadow")
    ]
    assert told(cast, "stranger") == 404
