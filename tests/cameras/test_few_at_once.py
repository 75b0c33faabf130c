"""What a page waits for outside takes few of the connections that all mines' desks live by."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.cameras import discovery, probing
from apps.detectors import services as models
from apps.detectors.uploads import model_upload
from apps.notify import services as notify
from apps.outside import MOST, outside
from apps.tenancy.scope import mine_scope
from tests.cast import Cast
from workers.media.errors import MediaError

WORDS = "Others are trying something out"


@pytest.fixture
def crowd():
    """As many as may wait outside do."""
    with ExitStack() as others:
        for _one in range(MOST):
            others.enter_context(outside())
        yield others


def asked(*_given: Any, **_more: Any) -> Any:
    pytest.fail("somebody outside was asked")


def test_one_more_camera_is_not_tried_and_the_answer_says_so(
    cast: Cast, crowd: ExitStack, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(probing, "probe", asked)
    client = Client()
    client.force_login(cast.admin)
    body = json.dumps({"url": "rtsp://10.0.0.7/main"})
    answer = client.post("/api/v1/cameras/test/", body, "application/json")
    assert answer.status_code == 200
    assert not answer.json()["ok"] and WORDS in answer.json()["reason"]


def test_when_one_is_answered_the_next_is_asked(crowd: ExitStack, monkeypatch: pytest.MonkeyPatch):
    crowd.close()

    def silent(*_given: Any, **_more: Any) -> None:
        raise MediaError("no answer within 8 s")

    monkeypatch.setattr(probing, "probe", silent)
    for _one in range(MOST + 1):  # each gives its turn back, whatever came of it
        assert "no answer" in probing.try_source(url="rtsp://10.0.0.7/main")["reason"]


@pytest.mark.parametrize(
    ("module", "name", "ask"),
    [
        (discovery, "discover", lambda: discovery.cameras_found(mine_ids=[1])),
        (discovery, "streams", lambda: discovery.camera_streams(address="10.0.0.7")),
    ],
)
def test_so_with_the_search_for_cameras(
    crowd: ExitStack,
    monkeypatch: pytest.MonkeyPatch,
    module: Any,
    name: str,
    ask: Callable[[], Any],
):
    monkeypatch.setattr(module, name, asked)
    with pytest.raises(ValidationError, match=WORDS):
        ask()


def test_so_with_a_test_message_of_which_nothing_is_written(
    cast: Cast, crowd: ExitStack, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(notify, "send", asked)
    mine = cast.lamp_hill.mine
    with mine_scope(mine.pk):
        route, _secret = notify.route_create(
            mine=mine, channel="email", name="Leaders", address="li@example.com"
        )
        with pytest.raises(ValidationError, match=WORDS):
            notify.route_test(route=route, actor=cast.admin)


def test_so_with_a_look_at_a_network(cast: Cast, crowd: ExitStack, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(models, "examine", asked)
    mine = cast.lamp_hill.mine
    file = SimpleUploadedFile("own.onnx", b"x")
    with mine_scope(mine.pk), pytest.raises(ValidationError, match=WORDS):
        model_upload(file, mine=mine, name="Own", contract={"labels": ["person"]})
