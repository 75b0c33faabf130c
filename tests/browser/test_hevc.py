"""A camera that sends HEVC, in a browser that cannot play it: a sentence, never a black box."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.cameras.models import Stream, StreamState
from apps.cameras.services import camera_update
from apps.tenancy.scope import mine_scope
from tests.film import record_chunks
from workers.media.ring import Ring

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SLOW_MS = 30_000


def test_a_camera_that_sends_hevc_says_what_the_matter_is_and_what_to_do(
    enter: Callable[..., Page], world: Any, settings, tmp_path: Path, monkeypatch
):
    # Its newest second stays the newest for as long as this test may take.
    monkeypatch.setattr("apps.playback.selectors.LIVE", timedelta(hours=1))
    settings.RING_DIR = tmp_path / "ring"
    ring = Ring(settings.RING_DIR, durable=False)
    camera = world.lamp_hill.camera
    start = timezone.now() - timedelta(seconds=30)
    with mine_scope(camera.mine_id):
        record_chunks(ring, camera, start, 4, codec="libx265")
        StreamState.objects.create(
            mine=camera.mine, camera=camera, stream=Stream.MAIN, since=start, codec="hevc"
        )
    page = enter("chen", f"/watch/?camera={camera.pk}&at={start.timestamp():.0f}")
    hevc = 'video/mp4; codecs="hvc1.1.6.L120.90"'
    assert not page.evaluate("type => MediaSource.isTypeSupported(type)", hevc)
    cover = page.locator(".watch-cell .watch-cover")
    expect(cover).to_be_visible(timeout=SLOW_MS)
    expect(cover).to_contain_text("records HEVC, which this browser cannot play", timeout=SLOW_MS)
    expect(cover).to_contain_text("download a span")
    expect(cover).to_contain_text("send H.264")
    expect(page.locator(".watch-cell")).to_have_attribute("data-shows", "plain")
    with page.expect_response(lambda answer: "live=1" in answer.url):
        page.get_by_role("button", name="Go live").click()
    expect(cover).to_contain_text("records HEVC, which this browser cannot play", timeout=SLOW_MS)

    # Where there is a small stream that plays, it is shown, and the page says so.
    with mine_scope(camera.mine_id):
        camera_update(camera=camera, actor=world.admin, sub_url="rtsp://10.0.0.9/sub")
        record_chunks(ring, camera, start, 4, stream=Stream.SUB)
        StreamState.objects.create(
            mine=camera.mine, camera=camera, stream=Stream.SUB, since=start, codec="h264"
        )
    page.reload()
    expect(page.get_by_text("this is the small one")).to_be_visible(timeout=SLOW_MS)
    expect(cover).to_be_hidden(timeout=SLOW_MS)
