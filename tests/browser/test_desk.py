"""The desk's verbs in a real browser: one key each, dialogs by keyboard, and nothing hidden.

The pages come from Django's own test server, which has no sockets: the desk works by polling.
"""

import os
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from apps.alarms.models import Alarm
from apps.alarms.services import alarm_clear
from apps.tenancy.scope import mine_scope, system_scope
from tests.browser.conftest import chromium
from tests.cast import NOON, PASSWORD, Cast, an_alarm, build_cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Enter = Callable[[str], Page]


@pytest.fixture(scope="module")
def own_browser(django_db_setup: None) -> Iterator[Browser]:
    """A browser for these tests alone: while it runs, Django takes this thread for an async one."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with chromium() as browser:
        yield browser
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def world(transactional_db: None) -> Cast:
    """The cast, committed, so that the server sees it."""
    with system_scope("the cast spans mines"):
        return build_cast()


@pytest.fixture
def quiet(live_server: Any) -> Iterator[None]:
    """At the end wait for the requests that the server still answers: the tables go then."""
    open_requests: list[int] = []
    idle = threading.Condition()

    def began(**_kwargs: Any) -> None:
        open_requests.append(1)

    def ended(**_kwargs: Any) -> None:
        with idle:
            open_requests.pop()
            idle.notify_all()

    request_started.connect(began)
    request_finished.connect(ended)
    yield
    with idle:
        idle.wait_for(lambda: not open_requests, timeout=20)
    request_started.disconnect(began)
    request_finished.disconnect(ended)


@pytest.fixture
def enter(own_browser: Browser, live_server: Any, world: Cast, quiet: None) -> Iterator[Enter]:
    """Return a function that signs somebody in and opens the desk."""
    contexts: list[BrowserContext] = []

    def open_desk(username: str) -> Page:
        context = own_browser.new_context(
            base_url=live_server.url, viewport={"width": 1366, "height": 768}
        )
        contexts.append(context)
        page = context.new_page()
        page.goto("/login/?next=/desk/")
        page.get_by_label("User name").fill(username)
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/desk/")
        return page

    yield open_desk
    for context in contexts:
        context.close()


def raised(world: Cast, **changes: Any) -> Alarm:
    with mine_scope(world.lamp_hill.mine.pk):
        return an_alarm(world.lamp_hill, **changes)


def over(world: Cast, rule: str = "r1") -> None:
    with mine_scope(world.lamp_hill.mine.pk):
        at = NOON + timedelta(seconds=9)
        alarm_clear(camera=world.lamp_hill.camera, rule=rule, situation=f"{rule}:1", at=at)


def row(page: Page, alarm: Alarm) -> Locator:
    return page.locator(f'#queue li[data-alarm="{alarm.pk}"]')


def test_an_alarm_is_answered_called_about_and_reset_by_one_key_each(world: Cast, enter: Enter):
    alarm = raised(world)
    page = enter("chen")
    detail = page.locator("#detail")
    expect(detail).to_contain_text("Stop the machine, call the place")
    expect(detail).to_contain_text("this goes to: shift leader")
    expect(page.locator("#queue .item").first).to_have_attribute("aria-current", "true")

    page.keyboard.press("c")
    dialog = page.get_by_role("dialog", name="Note a call about")
    expect(dialog.get_by_label("Whom you called")).to_be_focused()
    page.keyboard.type("winch driver")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text("This is needed.")
    page.keyboard.type("stops now")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(detail.locator(".steps")).to_contain_text("stops now")

    page.keyboard.press("a")
    expect(detail).to_contain_text("Answered by chen")
    over(world)
    expect(row(page, alarm)).to_contain_text("not yet reset", timeout=15_000)
    page.keyboard.press("r")
    page.get_by_role("dialog", name="Reset").get_by_label("What was found").fill("sent away")
    page.keyboard.press("Enter")
    expect(row(page, alarm)).to_have_count(0)
    expect(detail.locator(".steps")).to_contain_text("sent away")


def test_a_false_alarm_has_a_reason_and_escape_leaves_everything_as_it_was(
    world: Cast, enter: Enter
):
    alarm = raised(world, severity="high")
    page = enter("chen")
    page.keyboard.press("f")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(row(page, alarm)).to_contain_text("not answered")
    page.keyboard.press("f")
    page.get_by_label("Why it is false").fill("a coat on a hook")
    page.keyboard.press("Enter")
    expect(page.locator("#detail .facts")).to_contain_text("called a false alarm")
    expect(row(page, alarm)).to_contain_text("answered, still there")


def test_a_critical_rule_is_shelved_by_two_and_stays_in_sight(world: Cast, enter: Enter):
    alarm = raised(world)
    page, second = enter("chen"), enter("ben")
    page.keyboard.press("s")
    expect(page.get_by_role("dialog")).to_contain_text("once a second person agrees")
    page.get_by_label("Why it is shelved").fill("drum guard is welded")
    page.get_by_label("For how long").select_option("30")
    page.get_by_role("button", name="Save").press("Enter")
    shelf = page.locator("#shelf")
    expect(shelf).to_contain_text("waits for a second person")
    expect(shelf.get_by_role("button", name="Agree")).to_have_count(0)
    expect(row(page, alarm)).to_be_visible()

    second.locator("#shelf").get_by_role("button", name="Agree").click(timeout=15_000)
    expect(second.locator("#shelf")).to_contain_text("chen and ben: drum guard is welded")
    expect(shelf).to_contain_text("back ", timeout=15_000)
    expect(row(page, alarm)).to_have_count(0)
    expect(page.locator("#desk-pills")).to_contain_text("1 silent, back")
    shelf.get_by_role("button", name="End: Person at a running machine").click()
    expect(row(page, alarm)).to_contain_text("not answered")


def test_in_a_flood_lesser_alarms_fold_into_a_counter_and_high_ones_never(
    world: Cast, enter: Enter
):
    for n in range(12):
        raised(world, rule=f"f{n}", situation=f"f{n}:1", severity="low", rule_type="loitering")
    high = [raised(world, rule=f"h{n}", situation=f"h{n}:1", severity="high") for n in range(2)]
    page = enter("chen")
    expect(page.locator("#desk-flood")).to_contain_text("Flood since")
    expect(page.locator("#desk-pills")).to_contain_text("14 alarms / 10 min: flood")
    for alarm in high:
        expect(row(page, alarm)).to_be_visible()
    expect(page.locator("#queue .item")).to_have_count(2)
    expect(page.locator("#queue-folded")).to_contain_text("12 lesser alarms folded: 12 low")
    page.get_by_role("button", name="Show them").press("Enter")
    expect(page.locator("#queue .item")).to_have_count(14)
