"""Plans: uploaded, shown live, with cameras placed on them."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.alarms.answers import alarm_acknowledge
from apps.audit.models import AuditEntry
from apps.cameras.models import Analysis, StreamState
from apps.cameras.services import camera_create
from apps.live.models import Event
from apps.plans.models import Placement, Plan
from apps.plans.services import plan_set
from apps.tenancy.scope import mine_scope, system_scope
from davy.bodies import BodyLimit
from tests.cast import Cast, an_alarm
from tests.plans.test_plan_pictures import drawn


def upload(body: bytes, name: str = "plan.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, body, "image/png")


@pytest.fixture
def ben(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.admin)
    return client


@pytest.fixture
def plan(cast: Cast) -> Plan:
    place = cast.lamp_hill
    with mine_scope(place.mine.pk):
        return plan_set(mine=place.mine, area=place.area, file=upload(drawn()), actor=cast.admin)


def put(client: Client, plan: Plan, camera: int, **where: Any) -> Any:
    address = reverse("api:plan-camera", args=[plan.pk, camera])
    return client.put(address, json.dumps(where), "application/json")


def shown(client: Client, plan: Plan) -> dict[str, Any]:
    return client.get(reverse("api:plan", args=[plan.pk])).json()


def test_an_admin_uploads_a_plan_and_everybody_of_the_mine_sees_it(cast: Cast, ben: Client):
    place = cast.lamp_hill
    address = reverse("portal-plan-add", args=[place.mine.pk])
    answer = ben.post(address, {"area": place.area.pk, "file": upload(drawn())})
    with system_scope("test"):
        plan = Plan.objects.get()
        assert AuditEntry.objects.filter(action="plan.set", actor=cast.admin).exists()
    assert answer["Location"] == f"/plans/{plan.pk}/#place"
    chen = Client()
    chen.force_login(cast.operator)
    assert "Winch house" in chen.get("/plans/").content.decode()
    picture = chen.get(reverse("plan-picture", args=[plan.pk]))
    assert picture["Content-Type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")


def test_a_false_picture_is_refused_beside_its_field_and_the_choice_stays(cast: Cast, ben: Client):
    place = cast.lamp_hill
    address = reverse("portal-plan-add", args=[place.mine.pk])
    answer = ben.post(address, {"area": place.area.pk, "file": upload(b"MZ not a picture")})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "This is no PNG or JPEG picture." in page
    assert f'value="{place.area.pk}" selected' in page
    with system_scope("test"):
        assert not Plan.objects.exists()


def test_a_new_picture_keeps_the_cameras_where_they_are(cast: Cast, ben: Client, plan: Plan):
    place = cast.lamp_hill
    put(ben, plan, place.camera.pk, x=0.25, y=0.5)
    with mine_scope(place.mine.pk):
        again = plan_set(
            mine=place.mine, area=place.area, file=upload(drawn(width=400)), actor=cast.admin
        )
    assert (again.pk, again.width) == (plan.pk, 400)
    [camera] = shown(ben, plan)["cameras"]
    assert (camera["where"]["x"], camera["where"]["y"]) == (0.25, 0.5)


def test_a_camera_is_put_moved_and_taken_off(cast: Cast, ben: Client, plan: Plan):
    camera = cast.lamp_hill.camera.pk
    assert shown(ben, plan)["cameras"][0]["where"] is None
    assert put(ben, plan, camera, x=0.2, y=0.4).status_code == 200
    assert put(ben, plan, camera, bearing_deg=90, reach=0.3).status_code == 200
    assert shown(ben, plan)["cameras"][0]["where"] == {
        "x": 0.2, "y": 0.4, "bearing_deg": 90.0, "angle_deg": 70.0, "reach": 0.3,
    }  # fmt: skip
    assert ben.delete(reverse("api:plan-camera", args=[plan.pk, camera])).status_code == 200
    assert shown(ben, plan)["cameras"][0]["where"] is None
    with system_scope("test"):
        acts = list(AuditEntry.objects.filter(action__startswith="plan.camera"))
        told = Event.objects.filter(kind="plan.changed")
        assert len(acts) == 3 and told.count() == 4  # the upload, too


@pytest.mark.parametrize(
    "where",
    [
        {"x": 1.2, "y": 0.5}, {"x": -0.1, "y": 0.5}, {"y": 0.5}, {"x": 0.5, "y": "left"},
        {"x": 0.5, "y": 0.5, "angle_deg": 0}, {"x": 0.5, "y": 0.5, "bearing_deg": 361},
        {"x": 0.5, "y": 0.5, "reach": 0}, {"x": float("nan"), "y": 0.5},
    ],
)  # fmt: skip
def test_a_place_that_is_none_is_refused(cast: Cast, ben: Client, plan: Plan, where: Any):
    assert put(ben, plan, cast.lamp_hill.camera.pk, **where).status_code == 400
    with system_scope("test"):
        assert not Placement.objects.exists()


def test_another_mines_camera_cannot_be_put_on_a_plan(cast: Cast, ben: Client, plan: Plan):
    assert put(ben, plan, cast.deep_vale.camera.pk, x=0.5, y=0.5).status_code == 404


def test_an_alarm_glows_where_its_camera_is_until_it_is_over(cast: Cast, ben: Client, plan: Plan):
    with system_scope("test"):
        an_alarm(cast.lamp_hill, rule="r2", situation="x", severity="low")
        worst = an_alarm(cast.lamp_hill)
    [camera] = shown(ben, plan)["cameras"]
    assert camera["alarms"] == 2
    assert (camera["alarm"]["id"], camera["alarm"]["severity"]) == (worst.pk, "critical")
    assert camera["alarm"]["asks"] is True
    with mine_scope(cast.lamp_hill.mine.pk):
        alarm_acknowledge(alarm=worst, actor=cast.operator)
    [camera] = shown(ben, plan)["cameras"]
    assert camera["alarm"]["asks"] is False  # answered: it is there, and glows no more


def test_a_camera_that_sees_nothing_is_blind_on_the_plan(cast: Cast, ben: Client, plan: Plan):
    camera, now = cast.lamp_hill.camera, timezone.now()
    with system_scope("test"):
        StreamState.objects.create(
            mine=camera.mine, camera=camera, stream="main", state="recording", since=now
        )
        Analysis.objects.filter(camera=camera).update(analysed_until=now)
    assert shown(ben, plan)["cameras"][0]["state"] == "protecting"
    with system_scope("test"):
        Analysis.objects.filter(camera=camera).update(analysed_until=now - timedelta(minutes=1))
    [told] = shown(ben, plan)["cameras"]
    assert (told["state"], told["because"]) == ("blind", "stale")


def test_a_plan_asks_no_more_of_the_database_with_more_cameras(cast: Cast, ben: Client, plan: Plan):
    def ask() -> int:
        with CaptureQueriesContext(connection) as asked:
            shown(ben, plan)
        return len(asked)

    def more(first: int) -> None:
        with system_scope("test"):
            for i in range(first, first + 3):
                camera = camera_create(
                    area=cast.lamp_hill.area, name=f"Cam {i}", main_url=f"rtsp://10.0.1.{i}/m"
                )
                an_alarm(cast.lamp_hill, camera=camera, situation=f"s{i}")
                Placement.objects.create(mine=camera.mine, plan=plan, camera=camera, x=0.5, y=0.5)

    more(0)
    few = ask()
    more(3)
    assert ask() == few


async def answered(path: str, headers: dict[bytes, bytes], bodies: list[bytes]) -> tuple[int, bool]:
    """Return the status and whether the application saw the whole body."""
    seen: list[str] = []
    status: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect" or not message["more_body"]:
                seen.append(message["type"])
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})

    left = list(bodies)

    async def receive() -> Any:
        body = left.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(left)}

    async def send(message: Any) -> None:
        if "status" in message:
            status.append(message["status"])

    scope = {"type": "http", "path": path, "headers": list(headers.items())}
    await BodyLimit(app)(scope, receive, send)
    return status[0], seen == ["http.request"]


async def test_two_gigabytes_are_refused_before_they_are_read():
    told = {b"content-length": b"2000000000"}
    assert await answered("/portal/mines/1/plans/", told, []) == (413, False)


async def test_the_api_refuses_what_is_too_large_in_the_form_of_its_errors():
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    told = [(b"content-length", b"2000000000")]
    scope = {"type": "http", "path": "/api/v1/models/", "headers": told}
    await BodyLimit(None)(scope, None, send)  # type: ignore[arg-type]  # neither is asked
    begin, body = sent
    assert (begin["status"], dict(begin["headers"])[b"content-type"]) == (413, b"application/json")
    [error] = json.loads(body["body"])["errors"]
    assert error["code"] == "too_large" and "200 MB" in error["message"]


async def test_a_body_that_tells_no_length_is_cut_off_when_it_grows_too_large():
    piece = b"\0" * 5_000_000
    assert await answered("/portal/mines/1/plans/", {}, [piece] * 5) == (200, True)
    assert (await answered("/portal/mines/1/plans/", {}, [piece] * 9))[1] is False
    assert (await answered("/api/v1/signals/", {}, [piece] * 9))[1] is False
