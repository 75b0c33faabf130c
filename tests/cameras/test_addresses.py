"""What may stand as a camera's address, and what of it is kept."""

import socket
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import connection
from django.test import Client
from django.utils.translation import override

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.cameras import addresses, probing
from apps.cameras.models import Camera
from apps.cameras.probing import try_source
from apps.cameras.secrets import split_credentials, stream_url, unlock
from apps.cameras.services import camera_create, camera_update
from apps.tenancy.scope import mine_scope
from tests.cast import Cast
from tests.media.make import video
from workers.media.errors import MediaError


@pytest.fixture
def hill(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


@pytest.mark.parametrize("way_out", ["%2e%2e/ring/theirs.mp4", "link.mp4"])
def test_a_file_is_judged_by_the_very_path_that_is_opened(
    hill: Cast, settings, tmp_path: Path, way_out: str
):
    (tmp_path / "ring").mkdir()
    (tmp_path / "videos").mkdir()
    theirs = video(tmp_path / "ring" / "theirs.mp4", seconds=1)
    (tmp_path / "videos" / "link.mp4").symlink_to(theirs)
    settings.FILE_SOURCES = [str(tmp_path / "videos")]
    sly = f"file://{tmp_path}/videos/{way_out}"
    tried = try_source(url=sly)
    assert not tried["ok"] and "DAVY_FILE_SOURCES" in tried["reason"]
    with pytest.raises(ValidationError):
        camera_create(area=hill.lamp_hill.area, name="Sly", main_url=sly)
    old = Camera(mine_id=hill.lamp_hill.mine.pk, main_url=sly)
    with pytest.raises(ImproperlyConfigured):
        stream_url(old, "main")


def test_a_file_whose_name_needs_signs_is_stored_by_its_path(hill: Cast, settings, tmp_path: Path):
    settings.FILE_SOURCES = [str(tmp_path)]
    camera = camera_create(
        area=hill.lamp_hill.area, name="Film", main_url=f"file://{tmp_path}/a%20%252e.avi"
    )
    assert camera.main_url == f"file:{tmp_path}/a %2e.avi"
    assert stream_url(camera, "main") == camera.main_url


def record_of(camera: Camera) -> str:
    """Return what the record says of how a camera was added."""
    rows = AuditEntry.objects.filter(action="camera.created", subject=f"camera:{camera.pk}")
    return str(rows.get().detail)


def seen_of(camera: Camera, person: User) -> str:
    """Return what a person who may only watch is told of a camera."""
    client = Client()
    client.force_login(person)
    return client.get(f"/api/v1/cameras/{camera.pk}/").content.decode()


@pytest.mark.parametrize(
    ("typed", "password"),
    [
        ("Mine#2024", "Mine#2024"),
        ("Mine/2024", "Mine/2024"),
        ("Mine?2024", "Mine?2024"),
        ("9/2024", "9/2024"),
        ("Mi[ne@2024#x", "Mi[ne@2024#x"),
        ("Mine%232024", "Mine#2024"),
    ],
)
def test_a_password_with_signs_in_it_is_moved_out_of_the_address(
    hill: Cast, typed: str, password: str
):
    camera = camera_create(
        area=hill.lamp_hill.area,
        name="Signs",
        main_url=f"rtsp://admin:{typed}@10.0.0.7:554/main?a=1",
        actor=hill.admin,
    )
    assert camera.main_url == "rtsp://10.0.0.7:554/main?a=1"
    assert (camera.username, unlock(camera.password_box)) == ("admin", password)
    whole = stream_url(camera, "main")
    assert split_credentials(whole) == (camera.main_url, "admin", password)
    for said in (record_of(camera), seen_of(camera, hill.operator)):
        assert "2024" not in said


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://admin:Mine#2024@camera-7/main",
        "rtsp://admin:9/2024@camera-7/main",
        "rtsp://admin:a@b/2024@camera-7/main",
        "rtsp://admin:Mine2024",
    ],
)
def test_an_address_whose_host_is_not_clear_is_refused(hill: Cast, url: str):
    with pytest.raises(ValidationError) as refused:
        camera_create(area=hill.lamp_hill.area, name="Signs", main_url=url)
    assert list(refused.value.message_dict) == ["main_url"]
    assert "2024" not in str(refused.value)
    assert not try_source(url=url)["ok"]


@pytest.mark.parametrize(
    "url", ["rtsp://10.0.0.7:554/cam@main", "rtsp://[fd00::7]/cam@main", "rtsps://camera-7/main"]
)
def test_an_at_sign_behind_the_host_is_no_password(hill: Cast, url: str):
    camera = camera_create(area=hill.lamp_hill.area, name="At", main_url=url)
    assert (camera.main_url, camera.username) == (url, "")
    assert stream_url(camera, "main") == url


SECRETIVE = "rtsp://10.0.0.7:554/user=admin&password=Mine2024&channel=1&stream=0.sdp"
SHOWN = "rtsp://10.0.0.7:554/user=***&password=***&channel=1&stream=0.sdp"


@pytest.fixture
def secretive(hill: Cast) -> Camera:
    return camera_create(
        area=hill.lamp_hill.area, name="Recorder", main_url=SECRETIVE, sub_url=SECRETIVE,
        actor=hill.admin,
    )  # fmt: skip


def test_a_password_in_a_parameter_is_encrypted_and_shown_to_nobody(hill: Cast, secretive: Camera):
    assert (secretive.main_url, secretive.sub_url) == (SHOWN, SHOWN)
    assert "2024" not in secretive.main_box + secretive.sub_box
    assert stream_url(secretive, "main") == stream_url(secretive, "sub") == SECRETIVE
    for said in (record_of(secretive), seen_of(secretive, hill.operator)):
        assert "Mine2024" not in said and "password=***" in said.replace("\\u0026", "&")


def test_an_address_that_comes_back_as_it_was_shown_keeps_what_is_secret(secretive: Camera):
    kept = camera_update(camera=secretive, name="Other", main_url=SHOWN, sub_url=SHOWN)
    assert stream_url(kept, "main") == stream_url(kept, "sub") == SECRETIVE
    for other in (SHOWN.replace("channel=1", "channel=2"), SHOWN.replace("10.0.0.7", "10.0.0.66")):
        with pytest.raises(ValidationError) as refused:
            camera_update(camera=secretive, main_url=other)
        assert list(refused.value.message_dict) == ["main_url"]
    plain = camera_update(camera=secretive, main_url="rtsp://10.0.0.66/main")
    assert stream_url(plain, "main") == "rtsp://10.0.0.66/main"
    assert not plain.main_box


def test_a_shown_address_is_tried_with_what_is_kept_of_that_camera(
    secretive: Camera, monkeypatch: pytest.MonkeyPatch
):
    opened: list[str] = []

    def probe(url: str, **_more: object) -> None:
        opened.append(url)
        raise MediaError("no answer")

    monkeypatch.setattr(probing, "probe", probe)
    elsewhere = SHOWN.replace("10.0.0.7", "10.0.0.66")
    for url in (SHOWN, elsewhere):
        try_source(url=url, camera=secretive)
    assert opened == [SECRETIVE, elsewhere]


def test_passwords_in_addresses_of_before_are_moved_out(hill: Cast):
    camera = hill.lamp_hill.camera
    Camera.objects.filter(pk=camera.pk).update(
        main_url="rtsp://admin:Mine#2024@10.0.0.7:554/main", sub_url=SECRETIVE, username="",
        password_box="",
    )  # fmt: skip
    migration = import_module("apps.cameras.migrations.0011_secret_addresses")
    for _again in range(2):
        migration.move_out(apps, SimpleNamespace(connection=connection))
        camera.refresh_from_db()
        assert (camera.main_url, camera.sub_url) == ("rtsp://10.0.0.7:554/main", SHOWN)
        assert stream_url(camera, "main") == "rtsp://admin:Mine%232024@10.0.0.7:554/main"
        assert unlock(camera.sub_box) == SECRETIVE


def test_an_address_of_before_that_is_longer_with_its_secrets_covered_is_moved_too(hill: Cast):
    camera, long = hill.lamp_hill.camera, "rtsp://10.0.0.14/" + "&key=a" * 80
    Camera.objects.filter(pk=camera.pk).update(main_url=long)
    migration = import_module("apps.cameras.migrations.0011_secret_addresses")
    for _again in range(2):
        migration.move_out(apps, SimpleNamespace(connection=connection))
        camera.refresh_from_db()
        assert len(long) < len(camera.main_url) == 500
        assert stream_url(camera, "main") == long
    kept = camera_update(camera=camera, name="Other", main_url=camera.main_url)
    assert (kept.name, stream_url(kept, "main")) == ("Other", long)


@pytest.mark.parametrize("signs", ["\r\nFLUSHALL\r\n", "\t", "\x7f", "\u2028", " ", "\0"])
def test_signs_that_cannot_be_seen_are_sent_to_nobody(hill: Cast, signs: str):
    url = f"rtsp://10.0.0.7/x{signs}y"
    tried = try_source(url=url)
    assert not tried["ok"] and "spaces" in tried["reason"]
    with pytest.raises(ValidationError) as refused:
        camera_create(area=hill.lamp_hill.area, name="Odd", main_url=url)
    assert list(refused.value.message_dict) == ["main_url"]


def test_a_camera_of_before_with_such_signs_is_not_asked(hill: Cast):
    with pytest.raises(ImproperlyConfigured):
        stream_url(Camera(main_url="rtsp://10.0.0.7/x\r\nFLUSHALL"), "main")


def test_a_user_name_is_one_line(hill: Cast):
    with pytest.raises(ValidationError) as refused:
        camera_create(
            area=hill.lamp_hill.area, name="Odd", main_url="rtsp://a%0d%0ab:c@10.0.0.7/main"
        )
    assert list(refused.value.message_dict) == ["username"]
    assert "user name" in try_source(url="rtsp://10.0.0.7/main", username="a\r\nb")["reason"]


OWN = [
    "127.0.0.1:6379", "localhost", "LOCALHOST.", "a.localhost", "127.1", "2130706433", "0x7f000001",
    "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]",
]  # fmt: skip
SPECIAL = [
    "169.254.169.254",
    "[fe80::1]",
    "[::ffff:169.254.169.254]",
    "0.0.0.0",
    "[::]",
    "224.0.0.1",
]


@pytest.mark.parametrize("host", OWN + SPECIAL)
def test_a_camera_is_no_way_to_what_only_the_server_reaches(hill: Cast, host: str):
    url = f"rtsp://{host}/x"
    assert "DAVY_CAMERA_LOOPBACK" in try_source(url=url)["reason"]
    with pytest.raises(ValidationError) as refused:
        camera_create(area=hill.lamp_hill.area, name="Own", main_url=url)
    assert list(refused.value.message_dict) == ["main_url"]


def test_a_name_is_tried_only_where_all_it_stands_for_may_be_asked(
    hill: Cast, monkeypatch: pytest.MonkeyPatch
):
    def two(_host: str, _port: None, *, type: int, flags: int) -> list[tuple[object, ...]]:
        if flags == socket.AI_NUMERICHOST:
            raise socket.gaierror
        return [(2, 1, 6, "", (ip, 0)) for ip in ("10.0.0.7", "127.0.0.1")]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", two)
    assert "DAVY_CAMERA_LOOPBACK" in try_source(url="rtsp://two-faces.example/")["reason"]


def test_the_setting_allows_this_machine_and_nothing_of_special_use(hill: Cast, settings):
    settings.CAMERA_LOOPBACK = True
    for number, host in enumerate(OWN):
        camera_create(area=hill.lamp_hill.area, name=f"Own {number}", main_url=f"rtsp://{host}/x")
    for host in SPECIAL:
        with pytest.raises(ValidationError):
            camera_create(area=hill.lamp_hill.area, name="Special", main_url=f"rtsp://{host}/x")


@pytest.mark.parametrize("host", ["127.0.0.1:8554", "169.254.12.7"])
def test_a_camera_that_is_at_such_an_address_already_can_be_changed_but_not_sent_on(
    hill: Cast, host: str
):
    camera, there = hill.lamp_hill.camera, f"rtsp://{host}/relay"
    Camera.objects.filter(pk=camera.pk).update(main_url=there)
    camera = camera_update(camera=camera, name="Relayed", main_url=there, sub_url="")
    assert (camera.name, camera.main_url) == ("Relayed", there)
    with pytest.raises(ValidationError):
        camera_update(camera=camera, main_url=there + "/2")
    with pytest.raises(ValidationError):
        camera_update(camera=camera, main_url=there, sub_url=there)


@pytest.mark.parametrize("port", ["99999", "0", "", "554x", "+554", "-1", "5\u0664", "9" * 5000])
def test_a_port_that_is_none_is_named_with_what_it_may_be(port: str):
    problem = addresses.source_problem(f"rtsp://10.0.0.9:{port}/main")
    assert "from 1 to 65535" in problem and "554" in problem


@pytest.mark.parametrize(
    "host", ["10.0.0.9", "10.0.0.9:1", "10.0.0.9:65535", "[fd00::9]", "[fd00::9]:554", "cam-7:554"]
)
def test_an_address_needs_no_port_and_takes_any_there_is(host: str):
    assert addresses.source_problem(f"rtsp://{host}/main?port=99999:x") == ""


@pytest.mark.parametrize("url", ["http://10.0.0.9/", "https://10.0.0.9/video", "HTTP://10.0.0.9"])
def test_the_address_of_a_web_page_is_said_to_be_one(url: str):
    tried = try_source(url=url)
    assert not tried["ok"] and "a web page" in tried["reason"] and "rtsp://" in tried["reason"]


def test_a_test_of_the_port_of_web_pages_says_what_may_be_wrong(monkeypatch: pytest.MonkeyPatch):
    def nothing(url: str, *, timeout_s: float) -> None:
        raise MediaError(said)

    monkeypatch.setattr(probing, "probe", nothing)
    said = "what comes cannot be read as video"
    reason = try_source(url="rtsp://10.0.0.9:80/")["reason"]
    assert reason.startswith(said) and "web page" in reason and "554" in reason
    with override("zh-hans"):
        reason = try_source(url="rtsp://10.0.0.9:80/")["reason"]
    assert "读取。" in reason and "." not in reason
    said = "wrong user name or password"
    assert try_source(url="rtsp://10.0.0.9/")["reason"] == said
