"""Three people at three desks see the same at once, and a chosen alarm's video plays at once.

The pages come from a server with sockets, as in a mine, in this test's own process.
"""

import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import uvicorn
from channels.routing import ProtocolTypeRouter
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.alarms.models import Alarm
from apps.evidence.services import clip_make
from apps.tenancy.scope import mine_scope
from davy.asgi import application
from tests.browser.conftest import Chromium, doorman
from tests.cast import Cast, an_alarm
from tests.film import record_chunks
from workers.media.ring import Ring

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Enter = Callable[..., Page]

# Notes when the desk shows that an alarm was answered, by the clock that all desks share.
WATCH = """(alarm) => {
  window.answeredAt = new Promise((done) => {
    const began = Date.now();
    const look = () => {
      const row = document.querySelector(`#queue li[data-alarm="${alarm}"]`);
      if (row?.textContent.includes("answered, still there")) done(Date.now());
      else if (Date.now() - began > 20000) done(Infinity);
      else requestAnimationFrame(look);
    };
    look();
  });
}"""
# Chooses the next alarm and says how long its video took to play, in milliseconds.
OPEN = """(key) => new Promise((done) => {
  const began = performance.now();
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  const look = () => {
    const video = document.querySelector("video.loop");
    if (video && !video.hidden && video.currentTime > 0) done(performance.now() - began);
    else if (performance.now() - began > 20000) done(Infinity);
    else requestAnimationFrame(look);
  };
  look();
})"""


@pytest.fixture
def enter(own_browser: Chromium, world: Cast, settings: Any) -> Iterator[Enter]:
    """Return a function that signs somebody in at a server with sockets."""
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    parts = application.app.application_mapping
    served = ProtocolTypeRouter({**parts, "http": ASGIStaticFilesHandler(get_asgi_application())})
    config = uvicorn.Config(
        served, host="127.0.0.1", port=0, log_level="error", lifespan="off",
        timeout_graceful_shutdown=3,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = threading.Event()
    while not server.started:
        assert thread.is_alive()
        deadline.wait(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    with doorman(own_browser, f"http://127.0.0.1:{port}") as open_page:
        yield open_page
    server.should_exit = True
    thread.join(20)
    assert not thread.is_alive()


def raised(world: Cast, *rules: str, **changes: Any) -> list[Alarm]:
    with mine_scope(world.lamp_hill.mine.pk):
        return [
            an_alarm(world.lamp_hill, rule=rule, situation=f"{rule}:1", **changes) for rule in rules
        ]


def test_three_desks_see_an_answer_within_a_second(world: Cast, enter: Enter):
    alarms = raised(world, *(f"r{number}" for number in range(1, 9)))
    desks = [enter(name) for name in ("chen", "ben", "anna")]
    for desk in desks:
        expect(desk.locator("body[data-line=live]")).to_be_visible(timeout=20_000)
    took_ms = []
    for alarm in alarms:
        for desk in desks:
            desk.evaluate(WATCH, alarm.pk)
        desks[0].locator(f'#queue li[data-alarm="{alarm.pk}"] .item').click()
        began = desks[0].evaluate(
            """() => {
              const began = Date.now();
              const press = { key: "a", bubbles: true };
              document.body.dispatchEvent(new KeyboardEvent("keydown", press));
              return began;
            }"""
        )
        seen = [desk.evaluate("window.answeredAt") for desk in desks]
        took_ms.append(max(seen) - began)
        if took_ms[-1] < 1000:
            break  # the best of eight: this machine may have more to do
    assert min(took_ms) < 1000, took_ms
    # The ages run on between one desk's reading and the next one's.
    texts = {re.sub(r"[\d:]+ ·", "·", desk.locator("#queue").inner_text()) for desk in desks}
    assert len(texts) == 1, texts


def test_the_video_of_a_chosen_alarm_plays_within_a_second(
    world: Cast, enter: Enter, settings: Any, tmp_path: Any
):
    settings.RING_DIR, settings.RING_MIN_FREE_BYTES = tmp_path / "ring", 0
    at = timezone.now() - timedelta(seconds=40)
    alarms = raised(world, *(f"r{number}" for number in range(1, 7)), at=at)
    ring = Ring(settings.RING_DIR, durable=False)
    with mine_scope(world.lamp_hill.mine.pk):
        record_chunks(ring, world.lamp_hill.camera, at - timedelta(seconds=12), 35)
        for alarm in alarms:
            clip_make(clip_id=alarm.clips.get().pk, mine_id=alarm.mine_id)
    page = enter("chen")
    expect(page.locator("video.loop")).to_be_visible(timeout=20_000)
    took_ms = []
    for _alarm in alarms[1:]:
        took_ms.append(page.evaluate(OPEN, "j"))
        if took_ms[-1] < 1000:
            break  # the best of five
    assert min(took_ms) < 1000, took_ms
    still = enter("ben", reduced_motion="reduce")
    expect(still.locator("#detail .clips, #detail .clip").first).to_be_visible(timeout=20_000)
    expect(still.locator("video.loop")).to_be_hidden()
