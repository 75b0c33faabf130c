"""Another DAVY_FIELD_KEY, as after a restore whose key is lost: what is locked silences nothing."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import Client
from django.urls import reverse

from apps.cameras.probing import try_source
from apps.cameras.services import camera_update
from apps.notify.models import Delivery, Route
from apps.notify.services import route_update
from tests.cast import Cast, an_alarm
from tests.notify.desk import Desk
from tests.notify.receivers import Receiver, Server

GIVE_ANEW = "Its address or secret was locked with another DAVY_FIELD_KEY: give both anew."


@pytest.fixture
def admin(cast: Cast) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(cast.admin)
    return client


@pytest.fixture
def mail(desk: Desk, post_office: Server, settings: Any) -> Route:
    """A route to somebody at home, of before the key was lost."""
    route = desk.route("email", address="night@example.com")
    settings.FIELD_KEY = Fernet.generate_key().decode()
    return route


def test_a_route_that_is_locked_keeps_no_other_from_an_alarm_and_says_why_it_is_silent(
    desk: Desk, hook: Receiver, mail: Route, post_office: Server
):
    program = desk.route("webhook", address=hook.url)
    an_alarm(desk.cast.lamp_hill)
    desk.ring(mail)
    desk.ring(program)
    states = {one.route_id: (one.state, one.said) for one in desk.log()}
    assert states[program.pk][0] == Delivery.State.SENT
    assert states[mail.pk] == (Delivery.State.FAILED, GIVE_ANEW)


def test_a_route_that_is_locked_is_seen_tried_and_given_its_address_anew(
    desk: Desk, mail: Route, admin: Client, post_office: Server
):
    listed = admin.get(reverse("notify", args=[desk.mine.pk])).content.decode()
    assert "locked with another key" in listed
    tested = admin.post(f"/api/v1/notifications/routes/{mail.pk}/test/")
    assert (tested.status_code, GIVE_ANEW in tested.content.decode()) == (200, True)
    form = admin.get(reverse("notify-change", args=[mail.pk]))
    assert form.status_code == 200 and form.context["form"].fields["address"].required
    an_alarm(desk.cast.lamp_hill)
    route_update(route=mail, actor=desk.cast.admin, address="night@example.com")
    desk.ring(mail)
    assert len(post_office.mails) == 1, "what waited goes to the address that was given anew"


def test_a_secret_that_is_locked_is_not_said_to_be_kept(
    desk: Desk, hook: Receiver, admin: Client, settings: Any
):
    route = desk.route("webhook", address=hook.url)
    settings.FIELD_KEY = Fernet.generate_key().decode()
    page = admin.get(reverse("notify-change", args=[route.pk])).content.decode()
    assert "is kept" not in page


def test_a_camera_whose_password_is_locked_is_tried_and_says_so(desk: Desk, settings: Any):
    url = "rtsp://10.0.0.8/main"
    camera = camera_update(
        camera=desk.cast.lamp_hill.camera, main_url=url, username="davy", password="lamp"
    )
    settings.FIELD_KEY = Fernet.generate_key().decode()
    said = try_source(url=url, camera=camera)
    assert not said["ok"] and "another DAVY_FIELD_KEY" in said["reason"]
