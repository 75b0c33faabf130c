"""Two people change the same thing: the older page puts nothing back unseen."""

import re

import pytest
from django.test import Client

from apps.accounts.models import Membership
from apps.cameras.models import Camera
from apps.mines.models import Mine
from apps.notify.services import route_create
from apps.recordings.models import Retention
from apps.tenancy.scope import mine_scope
from tests.cast import Cast

OPENED = {
    "name": "Winch house 1", "main_url": "rtsp://10.0.0.9/main", "sub_url": "", "chunk_s": "1.0",
    "enabled": "on", "keeps": "all", "username": "", "password": "",
}  # fmt: skip


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def seen(client: Client, address: str) -> dict[str, str]:
    """Open the page; what its form sends along."""
    page = client.get(address).content.decode()
    return {"seen": re.search(r'name="seen" value="(\w+)"', page)[1]}


@pytest.fixture
def two(cast: Cast) -> tuple[Client, Client]:
    """Anna and Ben, who both set the mine up."""
    return signed_in(cast.owner), signed_in(cast.admin)


def now(cast: Cast) -> Camera:
    with mine_scope(cast.lamp_hill.mine.pk):
        return Camera.objects.get(pk=cast.lamp_hill.camera.pk)


def test_an_older_page_of_a_camera_puts_no_stream_address_back(cast: Cast, two):
    anna, ben = two
    address = f"/portal/cameras/{cast.lamp_hill.camera.pk}/change/"
    opened = OPENED | {"area": cast.lamp_hill.area.pk}
    annas, bens = opened | seen(anna, address), opened | seen(ben, address)
    assert ben.post(address, bens | {"sub_url": "rtsp://10.0.0.9/b"}).status_code == 302
    annas["name"] = "Drum"
    refused = anna.post(address, annas)
    page = refused.content.decode()
    assert refused.status_code == 400 and "nothing was saved" in page
    assert "Now it is: rtsp://10.0.0.9/b" in page and "Now it is: Winch house 1" in page
    assert 'value="Drum"' in page, "what she typed is still there"
    assert (now(cast).name, now(cast).sub_url) == ("Winch house 1", "rtsp://10.0.0.9/b")
    shown = re.search(r'name="seen" value="(\w+)"', page)[1]
    again = anna.post(address, annas | {"sub_url": "rtsp://10.0.0.9/b", "seen": shown})
    assert again.status_code == 302
    assert (now(cast).name, now(cast).sub_url) == ("Drum", "rtsp://10.0.0.9/b")


def test_what_nobody_changed_meanwhile_is_saved(cast: Cast, two):
    anna, _ = two
    address = f"/portal/cameras/{cast.lamp_hill.camera.pk}/change/"
    given = OPENED | {"area": cast.lamp_hill.area.pk, "enabled": ""} | seen(anna, address)
    assert anna.post(address, given).status_code == 302
    assert not now(cast).enabled


def test_so_with_machines_with_how_long_what_is_kept_and_with_who_is_told(cast: Cast, two):
    anna, ben = two
    mine, place = cast.lamp_hill.mine.pk, cast.lamp_hill
    told = {"high": "60 shift leader", "medium": "", "low": ""}
    machine = {"name": "Winch 1", "kind": "winch", "area": place.area.pk}
    for address, first, second, words in (
        (f"/portal/machines/{place.machine.pk}/", machine | {"name": "Old winch"},
         machine | {"kind": "conveyor"}, "Now it is: Old winch"),
        (f"/portal/mines/{mine}/retention/", {"days": "60", "gigabytes": "3"}, {"days": "30"},
         "Now it is: 60.0"),
        (f"/portal/mines/{mine}/escalation/", told | {"critical": "30 director"},
         told | {"critical": "60 director"}, "Now it is: 30 director"),
    ):  # fmt: skip
        annas, bens = second | seen(anna, address), first | seen(ben, address)
        assert ben.post(address, bens).status_code == 302, address
        refused = anna.post(address, annas)
        assert refused.status_code == 400 and words in refused.content.decode(), address
    with mine_scope(mine):
        kept = Retention.objects.get(mine=mine, camera=None)
    assert (kept.days, kept.gigabytes) == (60, 3)


def test_a_new_name_from_an_older_page_takes_no_step_away_from_a_route(cast: Cast, two):
    anna, ben = two
    with mine_scope(cast.lamp_hill.mine.pk):
        route, _ = route_create(
            mine=cast.lamp_hill.mine, channel="email", name="Leaders", address="li@example.com",
            steps=[0], actor=cast.admin,
        )  # fmt: skip
    address = f"/portal/notifications/{route.pk}/"
    opened = {
        "name": "Leaders", "address": "li@example.com", "severities": ["critical", "high"],
        "steps": ["0"], "language": "en", "picture": "link", "enabled": "on",
    }  # fmt: skip
    annas, bens = opened | seen(anna, address), opened | seen(ben, address)
    assert ben.post(address, bens | {"steps": ["0", "1", "2"]}).status_code == 302
    refused = anna.post(address, annas | {"name": "Shift leaders"})
    page = refused.content.decode()
    assert refused.status_code == 400 and "nothing was saved" in page
    assert "Now it is: at once, when the alarm begins to ask, step 1" in page
    assert 'value="Shift leaders"' in page, "what she typed is still there"
    with mine_scope(cast.lamp_hill.mine.pk):
        route.refresh_from_db()
    assert (route.name, route.steps) == ("Leaders", [0, 1, 2])


def test_so_with_whose_clauses_alarms_carry(cast: Cast, two):
    anna, ben = two
    address = f"/portal/mines/{cast.lamp_hill.mine.pk}/clauses/"
    annas, bens = {"pack": ""} | seen(anna, address), {"pack": "us-30cfr"} | seen(ben, address)
    assert ben.post(address, bens).status_code == 302
    refused = anna.post(address, annas)
    assert refused.status_code == 400 and "nothing was saved" in refused.content.decode()
    with mine_scope(cast.lamp_hill.mine.pk):
        assert Mine.objects.get(pk=cast.lamp_hill.mine.pk).pack == "us-30cfr"


def test_so_with_a_members_role(cast: Cast, two):
    anna, ben = two
    mine = f"/portal/mines/{cast.lamp_hill.mine.pk}/"

    def chen() -> Membership:
        with mine_scope(cast.lamp_hill.mine.pk):
            return Membership.objects.get(user=cast.operator)

    form = rf'/portal/people/{chen().pk}/role/".*?name="seen" value="(\w+)"'
    opened = {"seen": re.search(form, anna.get(mine).content.decode(), re.S)[1]}
    address = f"/portal/people/{chen().pk}/role/"
    ben.post(address, opened | {"role": "auditor"})
    page = anna.post(address, opened | {"role": "integrator"}, follow=True).content.decode()
    assert "nothing was saved. Now it is: auditor" in page
    assert chen().role == "auditor"
    anna.post(address, {"role": "integrator", "seen": re.search(form, page, re.S)[1]})
    assert chen().role == "integrator"
