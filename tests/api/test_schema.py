"""The schema that clients are generated from; tests/tenancy holds every address against it."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from apps.cameras.services import camera_create
from apps.live.selectors import cursor_now
from apps.tenancy.scope import mine_scope
from tests.cast import Cast, an_alarm
from tests.openapi import hold


def test_the_schema_is_made_and_valid_without_a_warning(tmp_path: Path):
    file = tmp_path / "schema.yaml"
    call_command("spectacular", "--fail-on-warn", "--validate", file=str(file))
    text = file.read_text()
    for path in ("/mines/", "/cameras/{id}/scene/", "/alarms/{id}/acknowledge/", "/signals/"):
        assert f"/api/v1{path}" in text


@pytest.mark.django_db
def test_events_and_a_camera_without_a_scene_are_told_as_the_schema_says(cast: Cast):
    client = Client()
    client.force_login(cast.admin)
    with mine_scope(cast.lamp_hill.mine.pk):
        cursor = cursor_now()
        an_alarm(cast.lamp_hill)
        bare = camera_create(area=cast.lamp_hill.area, name="Bare", main_url="rtsp://10.0.0.9/x")
    events = client.get(f"/api/v1/events/?cursor={cursor}")
    assert events.json()["events"]
    hold(events)
    empty = client.get(f"/api/v1/cameras/{bare.pk}/scene/")
    assert (empty.json()["version"], empty.json()["author_name"]) == (0, "")
    hold(empty)
