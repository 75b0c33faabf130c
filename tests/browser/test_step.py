"""Videos of two cameras that were cut together play in step, in a real browser."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.cameras.services import camera_create
from apps.evidence.models import Clip
from apps.evidence.services import clip_make
from apps.tenancy.scope import mine_scope
from tests.browser import api
from tests.film import record_chunks
from workers.media.ring import Ring

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

APART = """() => {
  const shown = [...document.querySelectorAll("video[data-start]")]
    .map((video) => Number(video.dataset.start) + video.currentTime);
  return Math.max(...shown) - Math.min(...shown);
}"""
AT = "() => document.querySelector('video[data-start]').currentTime"


def test_an_operator_cuts_two_cameras_by_hand_and_sees_them_in_step(
    enter: Callable[..., Page], world: Any, settings, tmp_path: Path
):
    settings.RING_DIR = tmp_path / "ring"
    ring = Ring(settings.RING_DIR, durable=False)
    place = world.lamp_hill
    start = timezone.now() - timedelta(seconds=120)
    with mine_scope(place.mine.pk):
        rope = camera_create(area=place.area, name="Rope", main_url="rtsp://10.0.0.9/rope")
        record_chunks(ring, place.camera, start, 40)
        record_chunks(ring, rope, start + timedelta(seconds=0.4), 40, first=100)
    since, until = (start + timedelta(seconds=s) for s in (8, 28))
    page = enter(
        "chen",
        f"/clips/new/?camera={place.camera.pk}&camera={rope.pk}"
        f"&since={since.timestamp():.0f}&until={until.timestamp():.0f}",
    )
    page.get_by_label("Why").fill("rope jumped")
    page.get_by_role("button", name="Cut it").click()
    expect(page.get_by_text("rope jumped")).to_be_visible(timeout=20_000)
    with mine_scope(place.mine.pk):
        for clip in Clip.objects.all():
            clip_make(clip_id=clip.pk, mine_id=clip.mine_id)
            clip.refresh_from_db()
            assert clip.state == Clip.State.READY, clip.error
    page.reload()
    expect(page.locator("video[data-start]")).to_have_count(2)
    play = page.locator("#step-play")
    expect(play).to_be_visible(timeout=20_000)
    play.click()
    api.wait_for(page, lambda: page.evaluate(AT) > 3, seconds=40, what="three seconds")
    assert page.evaluate(APART) < 0.25
    play.click()
    page.locator("#step-at").fill("12")
    api.wait_for(page, lambda: page.evaluate(AT) > 11, seconds=20, what="the jump")
    assert page.evaluate(APART) < 0.1, "a jump brings both to the same second"
