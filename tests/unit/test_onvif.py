"""Cameras are found by UDP multicast and asked by SOAP; no answer is believed blindly."""

import socket
import threading
import time

import pytest

from tests.onvif import GROUP, Onvif
from workers.media.errors import MediaError
from workers.media.onvif import Device, discover, streams

LOOPBACK = [socket.if_nametoindex("lo")]
SECRET = "lamp & <canary>"


def found(camera: Onvif, wait_s: float = 1.0) -> list[Device]:
    return discover(wait_s=wait_s, group=(GROUP, camera.udp_port), interfaces=LOOPBACK)


def test_a_camera_answers_the_question_once_though_it_is_asked_twice():
    with Onvif() as camera:
        assert found(camera) == [Device(camera.address, "127.0.0.1", "Drum east", "DS-2CD")]


def test_silence_is_an_empty_list_after_the_wait():
    started = time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        assert discover(wait_s=0.3, group=(GROUP, port), interfaces=LOOPBACK) == []
    assert 0.25 < time.monotonic() - started < 3


@pytest.mark.parametrize("mode", ["bomb", "stale"])
def test_an_answer_of_entities_or_to_another_question_is_left_out(mode: str):
    with Onvif(mode=mode) as camera:
        assert found(camera, 0.5) == []
    assert camera.heard == 2


def test_no_device_sends_us_to_a_third_machine():
    with Onvif(told_host="10.1.2.3") as camera:
        assert found(camera, 0.5) == []
    assert camera.heard == 2


def test_a_network_that_cannot_be_asked_is_an_error():
    with pytest.raises(OSError):
        discover(wait_s=0.1, interfaces=[99_999])


def test_a_camera_tells_its_streams_the_largest_first_on_its_own_host():
    with Onvif() as camera:
        main, sub = streams(camera.address, username="davy", password=SECRET)
    assert (main.name, main.width, main.height, main.fps, main.codec) == (
        "large", 1920, 1080, 25.0, "H265",
    )  # fmt: skip
    # It names itself by an inner address; the one that answered is the one that is reached.
    assert main.url == "rtsp://127.0.0.1:554/main?a=1&b=2"
    assert sub.url == "rtsp://127.0.0.1:554/sub?a=1&b=2"


def test_the_password_is_never_on_the_wire():
    with Onvif() as camera:
        streams(camera.address, username="davy", password=SECRET)
        assert len(camera.asked) == 5
        assert not any("canary" in body for body in camera.asked)


@pytest.mark.parametrize("ahead_s", [-3e8, 7200])
def test_a_camera_whose_clock_is_wrong_is_signed_for_by_its_own_clock(ahead_s: float):
    with Onvif(clock_ahead_s=ahead_s) as camera:
        assert len(streams(camera.address, username="davy", password=SECRET)) == 2


@pytest.mark.parametrize(
    ("username", "password"), [("davy", "wrong"), ("", ""), ("dav<y>", SECRET)]
)
def test_a_wrong_password_is_said_to_be_one(username: str, password: str):
    with Onvif() as camera, pytest.raises(MediaError, match="refuses this user name"):
        streams(camera.address, username=username, password=password)


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("bomb", "makes no sense"),
        ("garbage", "makes no sense"),
        ("endless", "too long"),
        ("bare", "no RTSP stream"),
    ],
)
def test_an_answer_that_is_none_is_refused_in_words(mode: str, words: str):
    with Onvif(mode=mode) as camera, pytest.raises(MediaError, match=words):
        streams(camera.address, username="davy", password=SECRET)


def test_a_machine_that_is_silent_or_not_there_costs_seconds_and_no_more():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(MediaError, match="does not answer"):
        streams(f"http://127.0.0.1:{port}/", timeout_s=0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        started = time.monotonic()
        with pytest.raises(MediaError, match="does not answer"):
            streams(address, timeout_s=0.3)
        assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    ("begins", "words"),
    [
        ("Content-Length: 100000\r\n\r\n", "too long"),
        ("X-Camera: ", "too slowly"),
        ("Transfer-Encoding: chunked\r\n\r\n", "too slowly"),
    ],
)
def test_a_machine_that_answers_drop_by_drop_is_given_up(begins: str, words: str):
    with socket.create_server(("127.0.0.1", 0)) as slow:

        def drip() -> None:
            line, _sender = slow.accept()
            with line:
                line.sendall(b"HTTP/1.1 200 OK\r\n" + begins.encode())
                try:
                    while time.monotonic() - started < 6:
                        line.sendall(b"x")
                        time.sleep(0.05)
                except OSError:
                    return

        started = time.monotonic()
        threading.Thread(target=drip, daemon=True).start()
        with pytest.raises(MediaError, match=words):
            streams(f"http://127.0.0.1:{slow.getsockname()[1]}/", timeout_s=0.2)
        assert time.monotonic() - started < 4
