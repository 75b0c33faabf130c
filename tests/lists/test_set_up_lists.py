"""The lists of what is set up by hand, mines to signed roots, filter, sort and export as well."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.organisations import member_add
from apps.accounts.services import user_create
from apps.audit.models import AuditEntry
from apps.cameras.services import camera_create
from apps.detectors.models import OwnModel, ShadowDay
from apps.ledger.services import ledger_seal, root_sign
from apps.mines.services import mine_create
from apps.recordings.keeping import retention_set
from apps.tenancy.scope import system_scope
from tests.cast import Cast
from tests.tables import shown, taken


@pytest.fixture
def anna(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.owner)
    return client


def test_mines_are_filtered_by_how_their_cameras_stand(cast: Cast, anna: Client):
    with system_scope("test"):
        organisation = cast.lamp_hill.mine.organisation
        mine_create(organisation=organisation, name="Far Dale", timezone="UTC", actor=cast.owner)
    assert [row.name for row in shown(anna, "/portal/?sort=-name")] == ["Lamp Hill", "Far Dale"]
    assert [row.name for row in shown(anna, "/portal/?state=blind")] == ["Lamp Hill"]
    [row] = taken(anna, "/portal/?state=none&export=csv")
    assert (row["Mine"], row["Time zone"], row["Cameras"]) == ("Far Dale", "UTC", "0")
    assert "Deep Vale" not in anna.get("/portal/").content.decode()


def test_own_models_are_filtered_and_cost_one_question_for_all(cast: Cast, anna: Client):
    mine, camera = cast.lamp_hill.mine, cast.lamp_hill.camera
    address = f"/portal/mines/{mine.pk}/models/"

    def bring(name: str, state: str, both: int, **of: Any) -> None:
        with system_scope("test"):
            model = OwnModel.objects.create(
                mine=mine, name=name, kind="onnx", contract={}, key=name, sha256=name * 9, bytes=1,
                cpu_ms=9, state=state, **of,
            )  # fmt: skip
            ShadowDay.objects.create(
                mine=mine, model=model, camera=camera, day=timezone.now(), frames=10, both=both,
            )  # fmt: skip

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            anna.get(address)
        return len(queries)

    bring("lamp", OwnModel.State.RETIRED, 3)
    asked()
    few = asked()
    bring("miner", OwnModel.State.SHADOW, 5)
    bring("winch", OwnModel.State.ACTIVE, 4, camera=camera)
    assert asked() == few
    assert [row.name for row in shown(anna, address)] == ["winch", "miner", "lamp"]
    assert [row.name for row in shown(anna, f"{address}?sort=both")] == ["lamp", "winch", "miner"]
    assert [row.name for row in shown(anna, f"{address}?camera={camera.pk}")] == ["winch"]
    [row] = taken(anna, f"{address}?state=shadow&export=csv")
    assert (row["Model"], row["Camera"], row["People found by both"]) == ("miner", "all", "5")


def test_the_people_of_an_organisation_are_taken_away_and_each_of_its_mines_records_it(
    cast: Cast, anna: Client
):
    organisation = cast.lamp_hill.mine.organisation
    user_create(username="gu", password="x")
    member_add(organisation=organisation, username="gu", role="auditor", actor=cast.owner)
    address = f"/portal/organisations/{organisation.pk}/"
    assert [row.user.username for row in shown(anna, address)] == ["anna", "gu"]
    assert [row.user.username for row in shown(anna, f"{address}?role=owner")] == ["anna"]
    assert [row["User name"] for row in taken(anna, f"{address}?q=g&export=csv")] == ["gu"]
    with system_scope("test"):
        acts = AuditEntry.objects.filter(action="list.exported", subject="list:everywhere")
        assert acts.get().mine_id == cast.lamp_hill.mine.pk


def test_numbered_cameras_stand_in_the_order_of_their_numbers(cast: Cast, anna: Client):
    with system_scope("test"):
        for number in (10, 2, 1):
            camera_create(
                area=cast.lamp_hill.area, name=f"{number} 号摄像机", main_url="rtsp://10.0.0.9/x"
            )
    there = ["1 号摄像机", "2 号摄像机", "10 号摄像机", "Winch house 1"]
    kept = f"/portal/mines/{cast.lamp_hill.mine.pk}/retention/?sort=camera"
    for address in ("/portal/cameras/?sort=name", kept):
        assert [row.name for row in shown(anna, address)] == there, address
    assert [row.name for row in shown(anna, "/portal/cameras/?sort=-name")] == there[::-1]


def test_retention_is_sorted_by_how_long_and_told_by_who_says_so(cast: Cast, anna: Client):
    hill = cast.lamp_hill
    with system_scope("test"):
        long = camera_create(area=hill.area, name="Sump", main_url="rtsp://10.0.0.9/main")
        retention_set(mine=hill.mine, camera=long, actor=cast.owner, days=400.0)
    address = f"/portal/mines/{hill.mine.pk}/retention/"
    assert [row.name for row in shown(anna, f"{address}?sort=-days")] == ["Sump", "Winch house 1"]
    [row] = taken(anna, f"{address}?said=own&export=csv")
    assert (row["Camera"], row["Recordings"]) == ("Sump", "400 days")
    assert not shown(anna, "/portal/retention/?said=own")
    with system_scope("test"):
        retention_set(mine=hill.mine, actor=cast.owner, days=20.0)
    [row] = taken(anna, "/portal/retention/?said=own&export=csv")
    assert (row["Mine"], row["Recordings"]) == ("Lamp Hill", "20 days")
    assert row["Cameras that say something else"] == "1"


def test_signed_roots_are_taken_away_whole(cast: Cast, anna: Client):
    mine = cast.lamp_hill.mine
    with system_scope("test"):
        ledger_seal(mine_id=mine.pk)
        root = root_sign(mine_id=mine.pk)
    address = f"/ledger/{mine.pk}/"
    [row] = taken(anna, f"{address}?export=csv")
    assert (row["Hash"], row["Signature"]) == (root.hash, root.signature)
    assert not shown(anna, f"{address}?until=2001-01-01")
