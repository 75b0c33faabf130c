"""Looking at an address once: a picture, or the reason why not."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest

from apps.cameras.secrets import with_credentials
from tests.media.camera import Camera, Viewer, by_the_clock, shots
from tests.media.make import RtspServer, free_port, sound, video
from workers.media.errors import MediaError
from workers.media.probe import probe
from workers.media.source import as_libav_takes, open_stream, redact


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RtspServer]:
    running = RtspServer(tmp_path).start()
    yield running
    running.kill()


def nothing(viewer: Viewer) -> None:
    """Send no picture."""


@contextmanager
def peer(answer: bytes, pause_s: float = 0.0) -> Iterator[int]:
    """A peer that takes a connection and then answers every request with these bytes, or none."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(client,), daemon=True).start()

    def talk(client: socket.socket) -> None:
        with client:
            while not ended.is_set():
                try:
                    if not pause_s and not client.recv(65536):
                        return
                    client.sendall(answer)
                except OSError:
                    return
                ended.wait(pause_s)

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    ended.set()
    listener.close()


def reason(url: str, timeout_s: float = 4.0) -> str:
    with pytest.raises(MediaError) as caught:
        probe(url, timeout_s)
    assert caught.value.reason == str(caught.value)
    return caught.value.reason


def test_a_camera_gives_a_picture_and_its_facts(tmp_path: Path, server: RtspServer) -> None:
    video(tmp_path / "a.mp4", sound=True)
    found = probe(server.url("a.mp4"))
    assert (found.codec, found.width, found.height) == ("h264", 320, 180)
    assert found.fps == 10.0 and found.key_interval_s == 1.0
    image = cv2.imdecode(np.frombuffer(found.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image.shape == (180, 320, 3)


def test_a_file_gives_a_picture_however_it_is_named(tmp_path: Path) -> None:
    path = video(tmp_path / "a clip.mp4", codec="mpeg4", key_every=250, seconds=2)
    for url in (str(path), f"file:{path}", f"file://{str(path).replace(' ', '%20')}"):
        assert probe(url).codec == "mpeg4"
    assert probe(str(path)).key_interval_s is None


def test_each_refusal_is_said_in_words(tmp_path: Path, server: RtspServer) -> None:
    sound(tmp_path / "sound.mp4")
    (tmp_path / "text.mp4").write_text("this is no video, whatever its name says\n" * 50)
    cut_off = video(tmp_path / "cut.mp4").read_bytes()[:300]
    (tmp_path / "cut.mp4").write_bytes(cut_off)
    assert reason(server.url("none.mp4")).startswith("not found")
    assert "no video" in reason(server.url("sound.mp4"))
    assert "no video" in reason(str(tmp_path / "sound.mp4"))
    assert "cannot be read as video" in reason(str(tmp_path / "text.mp4"))
    assert "cannot be read as video" in reason(str(tmp_path / "cut.mp4"))
    assert "the file is not there" in reason(str(tmp_path / "missing.mp4"))
    assert "not a file" in reason(str(tmp_path))
    assert "refused" in reason(f"rtsp://127.0.0.1:{free_port()}/a")
    assert "not read" in reason("http://127.0.0.1/video.mp4")
    assert "no host" in reason("rtsp://")
    assert "no number" in reason("rtsp://127.0.0.1:port/a")


def test_a_wrong_password_is_told_without_repeating_it() -> None:
    answer = (
        b"RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\n"
        b'WWW-Authenticate: Basic realm="camera"\r\nContent-Length: 0\r\n\r\n'
    )
    with peer(answer) as port:
        text = reason(f"rtsp://minerva:s3cretpw@127.0.0.1:{port}/live")
    assert text == "wrong user name or password"


def test_a_camera_that_is_too_busy_or_sends_over_udp_alone_says_what_to_look_for() -> None:
    for line in ("453 Not Enough Bandwidth", "503 Service Unavailable"):
        with Camera(nothing, answers={"SETUP": line}).serving() as camera:
            assert "perhaps too many watch it already" in reason(camera.url())
    with Camera(nothing, answers={"SETUP": "461 Unsupported Transport"}).serving() as camera:
        assert "UDP is not read" in reason(camera.url())


@pytest.mark.parametrize("scheme", ["Basic", "Digest"])
@pytest.mark.parametrize("password", ["p@ss:w/o%r#d? 42", "密码" * 7, "@" * 45, "/%?#" * 9])
def test_a_password_of_any_signs_lets_in(tmp_path: Path, scheme: str, password: str) -> None:
    play = by_the_clock(shots(video(tmp_path / "film.ts", seconds=2)))
    camera = Camera(play, user="管理员", password=password, scheme=scheme)
    with camera.serving():
        url = with_credentials(camera.url(), camera.user, password)
        opened = open_stream(url)
        opened.container.close()
    assert opened.codec == "h264"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("rtsp://10.0.0.9:/live", "rtsp://10.0.0.9/live"),
        ("RTSP://10.0.0.9:?a=b:", "rtsp://10.0.0.9?a=b:"),
        ("rtsp://a:b%3A@[fe80::1]:/live", "rtsp://a:b%3A@[fe80::1]/live"),
        ("rtsps://a:@[fe80::1]:322/x:", "rtsps://a:@[fe80::1]:322/x:"),
    ],
)
def test_a_port_that_was_left_out_with_its_colon_is_the_usual_one(written: str, meant: str) -> None:
    assert as_libav_takes(written) == meant


def test_a_password_that_would_be_cut_off_is_never_sent() -> None:
    camera = Camera(nothing, user="admin", password="x" * 122)
    with camera.serving():
        url = with_credentials(camera.url(), camera.user, camera.password)
        assert "too long" in reason(url)
    assert camera.asked == []


def test_a_peer_that_stalls_or_trickles_holds_nobody_longer_than_asked() -> None:
    for answer, pause_s in ((b"", 0.2), (b"RTSP/1.0 2", 0.2)):
        with peer(answer, pause_s) as port:
            begin = time.monotonic()
            text = reason(f"rtsp://127.0.0.1:{port}/live", timeout_s=1.5)
            assert time.monotonic() - begin < 3.0
            assert "within" in text or "cannot" in text


def test_a_playlist_cannot_reach_for_other_files_or_addresses(tmp_path: Path) -> None:
    inner = video(tmp_path / "inner.ts", seconds=2)
    playlist = tmp_path / "list.m3u8"
    playlist.write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n" + inner.name + "\n#EXT-X-ENDLIST\n"
    )
    assert reason(str(playlist))
    assert probe(str(inner)).codec == "h264"


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://minerva:s3cretpw@10.0.0.9:554/live",
        "rtsp://minerva:s3cretpw/s3cretpw@s3cretpw@10.0.0.9/live",
        "rtsp://10.0.0.9/live?user=minerva&password=s3cretpw",
        "rtsp://10.0.0.9/user=minerva_password=s3cretpw_channel=1",
        "rtsps://10.0.0.9/live?token=s3cretpw",
        "rtsp://10.0.0.9/live?usr=minerva&pwd=s3cretpw",
        "rtsp://10.0.0.9/live?loginuse=minerva&loginpas=s3cretpw",
    ],
)
def test_no_credentials_survive_redaction(url: str) -> None:
    shown = redact(url)
    assert "s3cretpw" not in shown and "minerva" not in shown
    assert "10.0.0.9" in shown


def test_redaction_leaves_an_address_without_secrets_as_it_is() -> None:
    for url in ("rtsp://10.0.0.9:554/a/b?channel=1", "file:/srv/video/a.mp4", "/srv/a.mp4"):
        assert redact(url) == url


def test_neither_errors_nor_logs_hold_the_password(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    url = f"rtsp://minerva:s3cretpw@127.0.0.1:{free_port()}/a"
    with pytest.raises(MediaError) as caught:
        open_stream(url)
    chain, error = "", caught.value
    while error is not None:
        chain += repr(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    assert "s3cretpw" not in chain + caplog.text
