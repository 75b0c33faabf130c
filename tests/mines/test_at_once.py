"""The same thing written twice in one instant: the second is refused in words."""

from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client

from apps.accounts.models import User
from apps.accounts.services import user_create
from apps.cameras.models import Camera
from apps.cameras.services import camera_create
from apps.mines.models import Area
from apps.mines.services import area_create
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast, build_cast

pytestmark = pytest.mark.django_db(transaction=True)
URL = "rtsp://10.0.0.9/main"


@pytest.fixture
def hill() -> Cast:
    """The cast, committed, so that another connection sees it."""
    with system_scope("test"):
        return build_cast()


def somebody_is_faster(hill: Cast, what: type[Model], monkeypatch) -> None:
    """Let another connection write the same between the look for what is there and the write."""
    place = hill.lamp_hill

    def write() -> None:
        with mine_scope(place.mine.pk):
            if what is User:
                user_create(username="fay", password="lamp-and-canary-1816")
            elif what is Area:
                area_create(mine=place.mine, name="Shaft 2")
            else:
                camera_create(area=place.area, name="Gate", main_url=URL)
        connection.close()

    really = what.full_clean

    def full_clean(self: Model, *args: Any, **more: Any) -> None:
        really(self, *args, **more)
        monkeypatch.setattr(what, "full_clean", really)
        other = Thread(target=write)
        other.start()
        other.join(10)

    monkeypatch.setattr(what, "full_clean", full_clean)


@pytest.mark.parametrize(
    ("what", "path", "given", "words"),
    [
        (Area, "areas", {"name": "Shaft 2"}, "has a place of that name already"),
        (
            Camera, "cameras",
            {"name": "Gate", "main_url": URL, "keeps": "all", "chunk_s": "1"},
            "has a camera of that name already",
        ),
        (
            User, "people",
            {"who": "new", "username": "fay", "role": "operator"},
            "Somebody has this user name already",
        ),
    ],
)  # fmt: skip
def test_who_comes_second_by_an_instant_is_told_on_the_page(
    hill: Cast, what: type[Model], path: str, given: dict[str, str], words: str, monkeypatch
):
    client = Client()
    client.force_login(hill.admin)
    somebody_is_faster(hill, what, monkeypatch)
    given = {**given, "area": str(hill.lamp_hill.area.pk)}
    answer = client.post(f"/portal/mines/{hill.lamp_hill.mine.pk}/{path}/new/", given)
    assert words in answer.content.decode()


def test_who_comes_second_by_an_instant_is_told_by_the_api(hill: Cast, monkeypatch):
    client = Client()
    client.force_login(hill.admin)
    somebody_is_faster(hill, Camera, monkeypatch)
    given = {"area": hill.lamp_hill.area.pk, "name": "Gate", "main_url": URL}
    answer = client.post("/api/v1/cameras/", given, content_type="application/json")
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["code"] == "conflict"
    with system_scope("test"):
        assert Camera.objects.filter(name="Gate").count() == 1
