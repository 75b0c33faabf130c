"""A store that answers and takes nothing: full, over its quota, or by keys that are over."""

from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from apps.evidence.locking import lock_for
from apps.evidence.models import Clip
from apps.evidence.services import clip_make
from apps.evidence.storage import StorageError, features
from apps.tenancy.scope import mine_scope
from tests.cast import Cast, an_alarm
from tests.film import record_chunks
from workers.media.ring import Ring


class Refusing(BaseHTTPRequestHandler):
    """Answers each question with what stands for its method, and with no lock where it may ask."""

    answers: dict[str, tuple[int, str]]

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, code = self.answers[self.command]
        body = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = answer

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def store(settings) -> Iterator[type[Refusing]]:
    kind = type("Kind", (Refusing,), {"answers": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    Thread(target=server.serve_forever, daemon=True).start()
    settings.S3_ENDPOINT_URL = f"http://127.0.0.1:{server.server_port}"
    yield kind
    server.shutdown()
    server.server_close()


ALL_REFUSED = dict.fromkeys(("GET", "HEAD", "PUT"), (403, "InvalidAccessKeyId"))


def parts(cast: Cast) -> dict[str, tuple[str, str]]:
    browser = Client()
    browser.force_login(cast.admin)
    page = browser.get("/portal/health/").context["shown"].page
    return {part.name: (part.state_words, part.words) for part in page}


def test_videos_that_a_full_store_refuses_for_minutes_are_a_fault(
    cast: Cast, ring: Ring, store: type[Refusing]
):
    store.answers = {
        "HEAD": (200, ""),
        "GET": (501, "NotImplemented"),
        "PUT": (403, "QuotaExceeded"),
    }
    now = timezone.now()
    with mine_scope(cast.lamp_hill.mine.pk):
        alarm = an_alarm(cast.lamp_hill, at=now - timedelta(seconds=40))
        record_chunks(ring, cast.lamp_hill.camera, now - timedelta(seconds=52), 35)
        clip = alarm.clips.get()
        assert clip_make(clip_id=clip.pk, mine_id=clip.mine_id) is None
        clip.refresh_from_db()
        assert clip.state == Clip.State.PENDING and "QuotaExceeded" in clip.error
    assert parts(cast)["Videos of alarms"][0] == "works", "it may be over in seconds"
    with time_machine.travel(now + timedelta(minutes=6)):
        state, words = parts(cast)["Videos of alarms"]
    assert state == "FAULT"
    assert words.startswith("1 have waited for minutes and are tried again: The store did not")
    assert "QuotaExceeded" in words


def test_of_videos_that_could_not_be_made_the_reason_is_told(cast: Cast, ring: Ring):
    with mine_scope(cast.lamp_hill.mine.pk):
        alarm = an_alarm(cast.lamp_hill, at=timezone.now() - timedelta(minutes=10))
        clip_make(clip_id=alarm.clips.get().pk, mine_id=alarm.mine_id)
    told = parts(cast)["Videos of alarms"][1]
    assert told.endswith("the last one: there is no recording that can be used")


def test_a_video_that_could_not_be_made_weeks_ago_no_longer_stands_for_the_present(
    cast: Cast, ring: Ring
):
    now = timezone.now()
    with mine_scope(cast.lamp_hill.mine.pk):
        alarm = an_alarm(cast.lamp_hill, at=now - timedelta(minutes=10))
        clip_make(clip_id=alarm.clips.get().pk, mine_id=alarm.mine_id)
    with time_machine.travel(now + timedelta(days=6, hours=23)):
        state, words = parts(cast)["Videos of alarms"]
    assert state == "needs a look"
    assert words.startswith("0 are being made; in the last 7 days 1 could not be made")
    with time_machine.travel(now + timedelta(days=7, hours=1)):
        state, words = parts(cast)["Videos of alarms"]
    assert (state, words) == (
        "works",
        "0 are being made; in the last 7 days 0 could not be made",
    )
    with mine_scope(cast.lamp_hill.mine.pk):
        assert alarm.clips.get().state == Clip.State.FAILED


def test_a_store_that_lets_nobody_in_did_not_say_that_it_has_no_lock(
    cast: Cast, settings, store: type[Refusing]
):
    settings.OBJECT_LOCK = "compliance"
    store.answers = ALL_REFUSED
    with pytest.raises(StorageError):
        lock_for(30)
    assert parts(cast)["Store of videos (S3)"][1].startswith("refuses Davy: its keys are wrong")
    # Back in, it is asked anew: nothing of before is remembered.
    store.answers = {"HEAD": (200, ""), "GET": (403, "AccessDenied"), "PUT": (200, "")}
    assert not features().lock, "it lets us in and refuses the question alone"


def test_a_bucket_that_is_not_there_is_named(cast: Cast, store: type[Refusing]):
    store.answers = dict.fromkeys(("GET", "HEAD", "PUT"), (404, "NoSuchBucket"))
    assert parts(cast)["Store of videos (S3)"][1].startswith("answers, and has no bucket davy-")
