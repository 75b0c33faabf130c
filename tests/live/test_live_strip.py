"""What a live analysis found of a procedure stands as a strip of steps on the alarm's page."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.alarms.models import Alarm
from apps.cameras.analysis import drain
from apps.cameras.services import camera_update
from apps.rules.services import scene_publish
from apps.signals.services import report_receive, signal_receive
from apps.tenancy.scope import mine_scope
from tests.cast import Cast
from tests.loops import feed, loop
from workers.media.ring import Ring

pytestmark = pytest.mark.live

# The operator of the loop is at the post from the beginning; nobody rings the bell.
STEPS = [
    {"id": "driver", "name": "driver at the post", "needs": {"zone": "stand", "at_least": 1}},
    {"id": "bell", "name": "bell", "needs": {"input": "bell", "is": ["RINGS"]}, "hold_s": 2},
    {
        "id": "start", "name": "start", "needs": {"machine": "winch-1", "running": True},
        "min_gap_s": 3, "max_gap_s": 30,
    },
]  # fmt: skip
POST = [[0.5856, 0.9617], [0.7793, 0.926], [0.7141, 0.7827], [0.5502, 0.8077]]
SCENE = {
    "version": 1,
    "zones": [{"id": "stand", "polygon": POST}],
    "machines": [{"id": "winch-1", "kind": "winch", "source": "signal"}],
    "inputs": [{"id": "bell", "kind": "state", "states": ["SILENT", "RINGS"]}],
    "rules": [{"id": "p1", "type": "procedure_sequence", "params": {"steps": STEPS}}],
}


def test_a_bell_that_was_left_out_stands_as_skipped_on_the_page_of_the_alarm(
    cast: Cast, settings, tmp_path
):
    settings.RING_DIR = tmp_path / "ring"
    hill, film = cast.lamp_hill, loop("winch-two").chunks[:12]
    start = timezone.now() - timedelta(seconds=len(film))
    with mine_scope(hill.mine.pk):
        camera = camera_update(camera=hill.camera, sub_url="rtsp://10.0.0.9/sub")
        scene_publish(camera=camera, document=SCENE, disarm=True, reason="test")
        report_receive(mine=hill.mine, key="bell", value="SILENT", at=start)
        for after_s, state in ((0, "STOPPED"), (8, "RUNNING")):
            at = start + timedelta(seconds=after_s)
            signal_receive(machine=hill.machine, state=state, at=at)
        feed(Ring(settings.RING_DIR, durable=False), camera, film, start)
    taken = 0
    while count := drain(camera.pk):
        taken += count
    assert taken == len(film)
    with mine_scope(hill.mine.pk):
        alarm = Alarm.objects.get(camera=camera, rule="p1")
    client = Client()
    client.force_login(cast.admin)
    page = client.get(f"/alarms/{alarm.pk}/").content.decode()
    steps = [part.split("</li>")[0] for part in page.split('<li class="strip-step ')[1:]]
    assert [step.split('"')[0] for step in steps] == ["done", "skipped", "done"]
    for step, name in zip(steps, ("driver at the post", "bell", "start"), strict=True):
        assert name in step
    told = client.get(f"/api/v1/alarms/{alarm.pk}/").json()["procedure"]
    assert [row["name"] for row in told["steps"]] == ["driver at the post", "bell", "start"]
