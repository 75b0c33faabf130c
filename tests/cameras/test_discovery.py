"""An admin finds a camera in the network, asks for its streams, and adds it."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from apps.cameras import discovery
from apps.cameras.models import Camera
from apps.cameras.secrets import unlock
from apps.tenancy.scope import system_scope
from tests.cast import Cast
from tests.onvif import GROUP, Onvif

SECRET = "lamp & <canary>"


@pytest.fixture
def ben(cast: Cast, settings: object) -> Client:
    settings.CAMERA_LOOPBACK = True  # type: ignore[attr-defined]
    client = Client()
    client.force_login(cast.admin)
    return client


def address(cast: Cast) -> str:
    return reverse("portal-camera-find", args=[cast.lamp_hill.mine.pk])


def test_a_camera_is_found_asked_and_added(
    cast: Cast, ben: Client, settings: object, monkeypatch: pytest.MonkeyPatch
):
    settings.ONVIF_WAIT_S = 1.0  # type: ignore[attr-defined]
    with Onvif() as camera:
        monkeypatch.setattr(discovery, "GROUP", (GROUP, camera.udp_port))
        page = ben.post(address(cast), {"step": "search"}).content.decode()
        assert "Drum east" in page and "not yet" in page
        asked = ben.post(
            address(cast),
            {"step": "ask", "address": camera.address, "username": "davy", "password": SECRET},
        )
    page = asked.content.decode()
    assert "1920 × 1080" in page and "canary" not in page
    form = asked.context["add"]
    assert form.fields["sub"].initial == "1"
    given = {
        "step": "add", "box": form.initial["box"], "area": cast.lamp_hill.area.pk,
        "name": "Drum east", "main": "0", "sub": "1",
    }  # fmt: skip
    # What is half filled comes back as it was typed, and the camera need not be asked again.
    half = ben.post(address(cast), given | {"area": ""})
    assert half.status_code == 400 and 'value="Drum east"' in half.content.decode()
    assert ben.post(address(cast), given).status_code == 302
    with system_scope("test"):
        made = Camera.objects.get(name="Drum east")
        assert made.main_url == "rtsp://127.0.0.1:554/main?a=1&b=2"
        assert made.sub_url == "rtsp://127.0.0.1:554/sub?a=1&b=2"
        assert (made.username, unlock(made.password_box)) == ("davy", SECRET)


def test_a_network_in_which_nobody_answers_is_said_plainly(cast: Cast, ben: Client):
    page = ben.post(address(cast), {"step": "search"}).content.decode()
    assert "No camera answered." in page and "same network segment" in page


def test_a_network_that_cannot_be_asked_is_said_plainly(cast: Cast, ben: Client, settings: object):
    settings.ONVIF_INTERFACES = ["nowhere0"]  # type: ignore[attr-defined]
    answer = ben.post(address(cast), {"step": "search"})
    assert answer.status_code == 400
    assert "The network cannot be asked from here" in answer.content.decode()


def test_a_wrong_password_is_said_and_what_was_typed_stays_but_not_the_password(
    cast: Cast, ben: Client
):
    with Onvif() as camera:
        given = {"step": "ask", "address": camera.address, "username": "davy", "password": "guess"}
        answer = ben.post(address(cast), given)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "The camera refuses this user name and password." in page
    assert camera.address in page and 'value="davy"' in page and "guess" not in page


@pytest.mark.parametrize(
    "text",
    [
        "", "localhost", "example.org", "https://192.168.1.2/", "http://127.0.0.1:6379/",
        "http://169.254.169.254/", "http://[::1]/", "ftp://10.0.0.1", "http://u:p@10.0.0.1/",
        "http://10.0.0.1:99999/", "http://0.0.0.0/", "239.255.255.250",
    ],
)  # fmt: skip
def test_a_page_is_no_way_to_what_only_the_server_reaches(
    cast: Cast, ben: Client, settings: object, text: str
):
    settings.CAMERA_LOOPBACK = False  # type: ignore[attr-defined]
    answer = ben.post(address(cast), {"step": "ask", "address": text})
    assert answer.status_code == 400
    assert answer.context["ask"].errors["address"]


@pytest.mark.parametrize(
    "host",
    ["[::ffff:127.0.0.1]", "[::ffff:169.254.169.254]", "[::ffff:0.0.0.0]", "[64:ff9b::7f00:1]"],
)
def test_an_address_in_the_disguise_of_another_is_not_asked(host: str):
    with pytest.raises(ValidationError):
        discovery.service_address(f"http://{host}/")


def test_the_interface_for_programs_tells_the_same(cast: Cast, ben: Client):
    with Onvif() as camera:
        body = {"address": camera.address, "username": "davy", "password": SECRET}
        told = ben.post("/api/v1/cameras/streams/", body, "application/json").json()
    assert [one["name"] for one in told["results"]] == ["large", "small"]
    assert ben.post("/api/v1/cameras/discover/").json() == {"results": []}
