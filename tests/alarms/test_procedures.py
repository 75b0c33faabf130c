"""A procedure's strip of steps: on the alarm's page, on the camera's page and in the API."""

import pytest
from django.test import Client
from django.utils import timezone

from apps.alarms.words import STEP_STATES
from apps.cameras.models import Analysis
from apps.tenancy.scope import mine_scope
from tests.cast import NOON, Cast, an_alarm

T = NOON.timestamp()
SHOWN = {
    "begun_t": T,
    "ended_t": None,
    "steps": [
        {"id": "signal", "name": "Start signal", "actor": "signalman", "state": "done", "t": T},
        {"id": "driver", "name": "Driver at the stand", "state": "unseen"},
        {"id": "clear", "name": "Area <empty>", "state": "skipped"},
        {"id": "start", "name": "Start", "state": "now", "from_t": T + 5, "until_t": T + 120},
    ],
    "forbidden": [{"id": "in", "name": "Somebody inside", "state": "forbidden", "t": T + 3}],
}


@pytest.fixture
def admin(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.admin)
    return client


def watched(cast: Cast, **shown) -> str:
    """Say what the analysis of Lamp Hill's camera shows; return the camera's address."""
    camera = cast.lamp_hill.camera
    with mine_scope(camera.mine_id):
        Analysis.objects.update_or_create(
            camera=camera,
            defaults={"mine_id": camera.mine_id, "shown": {"r9": {**SHOWN, **shown}}},
        )
    return f"/portal/cameras/{camera.pk}/"


def test_an_alarms_page_and_the_api_tell_every_step_in_words_with_its_time(
    cast: Cast, admin: Client
):
    clause = {"jurisdiction": "CN", "edition": "2022", "clause": "403", "text": "Signal first."}
    with mine_scope(cast.lamp_hill.mine.pk):
        alarm = an_alarm(
            cast.lamp_hill, rule_type="procedure_sequence", values={**SHOWN, "clauses": [clause]}
        )
    page = admin.get(f"/alarms/{alarm.pk}/").content.decode()
    for text in (
        "Driver at the stand", "not visible", "skipped", "2026-03-04 20:00:00", "signalman",
        "Area &lt;empty&gt;", "Somebody inside", "it happened", "Signal first.",
    ):  # fmt: skip
        assert text in page
    strip = admin.get(f"/api/v1/alarms/{alarm.pk}/").json()["procedure"]
    assert [row["words"] for row in strip["steps"]] == ["done", "not visible", "skipped", "now"]
    assert strip["steps"][0]["at"] == "2026-03-04T12:00:00+00:00"
    assert strip["steps"][3]["latest"] == "2026-03-04T12:02:00+00:00"
    assert strip["forbidden"][0]["state"] == "forbidden"


def test_an_alarm_about_something_else_has_no_strip(cast: Cast, admin: Client):
    with mine_scope(cast.lamp_hill.mine.pk):
        alarm = an_alarm(cast.lamp_hill)
    assert "procedure" not in admin.get(f"/api/v1/alarms/{alarm.pk}/").json()
    assert "Steps of the procedure" not in admin.get(f"/alarms/{alarm.pk}/").content.decode()


def test_a_cameras_page_shows_a_procedure_while_it_goes_on_and_shortly_after(
    cast: Cast, admin: Client
):
    address = watched(cast, name="Winch start")
    for part in (address, f"{address}procedures/"):
        page = admin.get(part).content.decode()
        assert "Winch start" in page and "goes on since" in page and "not visible" in page
        assert "2026-03-04 20:00:00" in page, "by the mine's clock"
    [row] = admin.get(f"/api/v1/cameras/{cast.lamp_hill.camera.pk}/").json()["procedures"]
    assert row["rule"] == "r9" and row["ended_at"] is None
    watched(cast, ended_t=timezone.now().timestamp() - 60)
    assert "over since" in admin.get(address).content.decode()
    watched(cast, ended_t=timezone.now().timestamp() - 3600)
    assert "Start signal" not in admin.get(address).content.decode()


def test_every_state_that_a_step_can_have_has_words():
    import re
    from pathlib import Path

    source = (Path(__file__).parents[2] / "workers/hazards/steps.py").read_text()
    told = set(re.findall(r'case "(\w+)":', source)) | {
        "interrupted", "called_off", "not_needed", "done", "now", "waiting", "unseen", "kept",
        "watched", "forbidden",
    }  # fmt: skip
    assert told == set(STEP_STATES)
