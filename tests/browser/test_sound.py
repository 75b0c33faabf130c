"""An alarm is heard: on a desk that nobody touched, and on the other pages of who sits there."""

import re
from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from tests.browser.desk import raised, row
from tests.cast import PASSWORD, Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Enter = Callable[..., Page]

COUNT_TONES = """(() => {
  window.tones = 0;
  const make = AudioContext.prototype.createOscillator;
  AudioContext.prototype.createOscillator = function () {
    window.tones += 1;
    return make.call(this);
  };
})()"""
# A browser that lets a page sound only once it was touched, and asks for it then.
BLOCK_SOUND = """(() => {
  let touched = false;
  let allowed = false;
  document.addEventListener("pointerdown", () => (touched = true), true);
  const { get } = Object.getOwnPropertyDescriptor(BaseAudioContext.prototype, "state");
  Object.defineProperty(BaseAudioContext.prototype, "state", {
    get() { return allowed ? get.call(this) : "suspended"; },
  });
  const resume = AudioContext.prototype.resume;
  AudioContext.prototype.resume = function () {
    allowed ||= touched;
    return allowed ? resume.call(this) : new Promise(() => {});
  };
})()"""


def test_a_desk_that_was_loaded_anew_sounds_without_a_touch(world: Cast, enter: Enter):
    raised(world)
    page = enter("chen")
    page.add_init_script(COUNT_TONES)
    page.reload()
    page.wait_for_function("window.tones > 0", timeout=5000)
    expect(page.locator("#desk-sound")).to_have_text("Sound on")
    expect(page.locator("#desk-mute")).to_be_hidden()


def test_where_the_browser_blocks_the_sound_of_an_alarm_a_banner_says_so_until_a_touch(
    world: Cast, enter: Enter
):
    page = enter("chen")
    page.add_init_script(COUNT_TONES)
    page.add_init_script(BLOCK_SOUND)
    page.reload()
    expect(page.locator("#desk-sound")).to_contain_text("Sound blocked")
    expect(page.get_by_role("button", name="I hear nothing")).to_be_hidden()
    banner = page.locator("#desk-mute")
    alarm = raised(world)
    expect(row(page, alarm)).to_be_visible(timeout=15_000)
    expect(banner).to_contain_text("Alarms ask without a sound")
    assert page.evaluate("window.tones") == 0
    page.locator("#desk-sound").click()
    expect(page.locator("#desk-sound")).to_have_text("Sound on")
    expect(banner).to_be_hidden()
    page.wait_for_function("window.tones > 0", timeout=5000)


def test_whoever_plays_the_sound_is_asked_at_once_whether_it_was_heard(world: Cast, enter: Enter):
    page = enter("chen")
    page.add_init_script("""(() => {
      const never = { get: () => "suspended" };
      Object.defineProperty(BaseAudioContext.prototype, "state", never);
      AudioContext.prototype.resume = () => new Promise(() => {});
    })()""")
    page.reload()
    page.get_by_role("button", name="Play it").click()
    page.get_by_role("button", name="I hear nothing").click()
    expect(page.locator("#desk-hearing")).to_contain_text("Look at the speaker")


def test_an_alarm_sounds_by_the_line_that_brought_it_while_the_pages_timer_sleeps(
    world: Cast, enter: Enter
):
    page = enter("chen")
    page.add_init_script(
        """
        const every = window.setInterval;
        window.setInterval = (work, ms) => (ms === 500 ? 0 : every.call(window, work, ms));
        """
    )
    page.add_init_script(COUNT_TONES)
    page.reload()
    page.get_by_role("button", name="Play it").click()
    page.wait_for_function("window.tones > 0")
    before = page.evaluate("window.tones")
    alarm = raised(world)
    expect(row(page, alarm)).to_be_visible(timeout=15_000)
    assert page.evaluate("window.tones") > before


def test_an_ended_session_goes_on_sounding_and_asks_for_the_password_on_top_of_the_page(
    world: Cast, enter: Enter
):
    raised(world)
    page = enter("chen")
    page.evaluate(COUNT_TONES)
    page.get_by_role("button", name="Play it").click()
    page.get_by_role("button", name="I hear it").click()
    expect(page.locator("#desk-hearing")).to_be_hidden()
    page.locator("#detail").get_by_role("button", name="Call log").click()
    page.get_by_label("Whom you called").fill("winch driver")

    Session.objects.all().delete()
    ended = page.get_by_role("dialog", name="Your session has ended")
    password = ended.get_by_label("Password of chen")
    expect(password).to_be_focused(timeout=30_000)
    before = page.evaluate("window.tones")
    page.wait_for_function("before => window.tones > before", arg=before, timeout=15_000)
    password.fill("not this one")
    page.keyboard.press("Enter")
    expect(ended.get_by_role("alert").first).to_contain_text("correct username and password")
    password.fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(ended).to_have_count(0)
    expect(page.get_by_label("Whom you called")).to_have_value("winch driver")
    page.get_by_label("What they said").fill("stops now")
    page.keyboard.press("Enter")
    expect(page.locator("#detail .steps")).to_contain_text("stops now")


def test_on_another_page_what_asks_is_counted_in_the_head_and_sounds_where_the_desk_was_heard(
    world: Cast, enter: Enter
):
    page = enter("chen")
    page.add_init_script(COUNT_TONES)
    page.get_by_role("button", name="Play it").click()
    page.get_by_role("button", name="I hear it").click()
    page.goto("/watch/")
    head = page.locator(".asks").get_by_role("link")
    expect(head).to_be_hidden()
    raised(world)
    raised(world, rule="r2", situation="r2:1", severity="medium")
    expect(head).to_have_text("2 to answer", timeout=15_000)
    expect(head).to_have_class("critical")
    expect(page).to_have_title(re.compile(r"^\(2\) Live"))
    page.wait_for_function("window.tones > 0", timeout=5000)
    page.route("**/alarms/asking/", lambda route: route.abort())
    expect(head).to_have_text("Alarms unknown", timeout=20_000)
    head.click()
    expect(page.locator("#queue .item")).to_have_count(2)
    expect(page).to_have_title(re.compile(r"^\(2\) Desk"))


def test_who_may_not_answer_has_no_count_and_a_tab_that_is_no_desk_no_sound(
    world: Cast, enter: Enter
):
    raised(world)
    expect(enter("dora", "/alarms/").locator(".asks")).to_have_count(0)
    page = enter("chen", "/alarms/")
    page.add_init_script(COUNT_TONES)
    page.reload()
    expect(page.locator(".asks")).to_have_text("1 to answer")
    page.evaluate("() => new Promise((done) => setTimeout(done, 1200))")  # two of the page's ticks
    assert page.evaluate("window.tones") == 0
