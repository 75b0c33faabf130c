"""Pages for whoever hears them: what is read out, how often, and where one stands then."""

import re
from collections.abc import Callable

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from apps.alarms.answers import alarm_acknowledge
from apps.tenancy.scope import mine_scope
from tests.browser import api
from tests.browser.desk import over, raised, row
from tests.cast import NOON, Cast, an_alarm
from tests.tenancy.test_routes import a_plan

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Enter = Callable[..., Page]

# Keeps every text that is put into a region which is read out.
LISTEN = """() => {
  window.said = [];
  const hear = (seen) => {
    // What is gone before anybody could hear it was not said.
    const added = seen.flatMap((one) => [...one.addedNodes]).filter((node) => node.isConnected);
    window.said.push(...added.map((node) => node.textContent));
  };
  new MutationObserver(hear).observe(document.querySelector("#desk-live"), {
    childList: true, subtree: true,
  });
}"""

# Keeps what changes in all regions that are read out, by the region's id or class.
WATCH = """() => {
  window.changed = [];
  const regions = "output, [role=status], [role=alert], [role=log], [role=timer]";
  const hear = (seen) => window.changed.push(...seen.map((one) => one.target.textContent));
  for (const region of document.querySelectorAll(`${regions}, [aria-live]:not([aria-live=off])`))
    new MutationObserver(hear).observe(region, {
      childList: true, subtree: true, characterData: true,
    });
}"""


def listening(enter: Enter) -> Page:
    """Open a desk that follows the server, and listen."""
    page = enter("chen")
    expect(page.locator("#desk-banner")).to_contain_text("polling", timeout=20_000)
    page.evaluate(LISTEN)
    return page


def said(page: Page, least: int = 0) -> list[str]:
    """Return what was read out, once that is so much."""

    def heard() -> list[str] | None:
        words: list[str] = page.evaluate("window.said")
        return words if len(words) >= least else None

    if least:
        api.wait_for(page, heard, seconds=15, what=f"text {least} that is read out")
    return heard() or []


def test_of_alarms_that_come_together_each_is_read_out_and_the_worst_first(
    world: Cast, enter: Enter
):
    page = listening(enter)
    with mine_scope(world.lamp_hill.mine.pk), transaction.atomic():
        an_alarm(world.lamp_hill)
        an_alarm(world.lamp_hill, rule="r2", situation="r2:1", severity="low")
    assert re.fullmatch("New alarm, critical: .*New alarm, low: .*", " ".join(said(page, 1)))


def test_an_alarm_is_read_out_once_and_a_second_one_in_the_same_words_again(
    world: Cast, enter: Enter
):
    page = listening(enter)
    raised(world)
    assert said(page, 1)
    page.wait_for_timeout(1200)  # two of the page's ticks: nothing is read out anew by them
    assert len(said(page)) == 1
    raised(world, rule="r2", situation="r2:1")
    first, second = said(page, 2)
    assert first == second


def test_who_answers_by_a_key_hears_that_it_is_answered_and_when_it_asks_again(
    world: Cast, enter: Enter
):
    raised(world, severity="high", level="warning")
    page = listening(enter)
    page.keyboard.press("a")
    [answered] = said(page, 1)
    assert re.search("Person at a running machine, .*: Answered by chen at ", answered)
    raised(world, severity="critical")
    assert said(page, 2)[1].startswith("Asks again, critical: ")


def test_whose_row_leaves_the_queue_stands_on_the_next_one_and_at_last_on_its_heading(
    world: Cast, enter: Enter
):
    alarms = [raised(world, rule=f"r{n}", situation=f"r{n}:1", severity="low") for n in range(3)]
    page = listening(enter)
    buttons = [row(page, alarm).get_by_role("button") for alarm in alarms]
    buttons[2].focus()  # of three alike the newest stands first
    for n, then in ((2, buttons[1]), (1, buttons[0]), (0, page.locator("#queue-title"))):
        with mine_scope(world.lamp_hill.mine.pk):
            alarm_acknowledge(alarm=alarms[n], actor=world.operator)
        over(world, rule=f"r{n}")
        expect(buttons[n]).to_have_count(0, timeout=15_000)
        expect(then).to_be_focused()


def test_a_question_is_heard_with_its_hints_and_tells_which_field_is_wrong(
    world: Cast, enter: Enter
):
    raised(world)
    page = enter("chen")
    page.keyboard.press("s")
    dialog = page.get_by_role("dialog", name="Shelve the rule")
    expect(dialog).to_have_accessible_description(re.compile("once a second person agrees"))
    reason = dialog.get_by_label("Why it is shelved")
    page.keyboard.press("Enter")
    expect(reason).to_have_attribute("aria-invalid", "true")
    expect(reason).to_have_accessible_description("This is needed.")
    page.keyboard.type("drum guard is welded")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)


def test_a_desk_whose_program_does_not_come_says_that_it_is_deaf(world: Cast, enter: Enter):
    page = enter("chen", "/alarms/")
    page.goto("/desk/")
    expect(page.locator("#desk-clock")).not_to_be_empty()
    expect(page.get_by_text("This desk did not start")).to_have_count(0)

    page.route("**/desk*.js", lambda route: route.abort())
    page.goto("/desk/")
    warning = page.get_by_text("This desk did not start")
    expect(warning).to_be_hidden()  # not before a slow line has had its time
    page.evaluate(
        """() => document.getAnimations()
          .filter((one) => one.animationName === "unstarted").forEach((one) => one.finish())"""
    )
    expect(warning).to_be_in_viewport(ratio=1)
    warning.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/alarms/\?state=open"))


def test_a_line_that_falls_is_told_in_an_open_question_too(world: Cast, enter: Enter):
    raised(world)
    page = listening(enter)
    page.keyboard.press("c")
    dialog = page.get_by_role("dialog", name="Note a call about")
    expect(dialog).to_be_visible()
    page.context.set_offline(True)
    expect(dialog).to_contain_text("Connection lost since", timeout=20_000)


@pytest.mark.parametrize("address", ["/desk/", "/watch/?camera={camera}", "/plans/{plan}/"])
def test_nothing_that_goes_on_every_second_is_read_out(world: Cast, enter: Enter, address: str):
    raised(world)
    with mine_scope(world.lamp_hill.mine.pk):
        plan = a_plan(world.lamp_hill)
    page = enter("chen", address.format(camera=world.lamp_hill.camera.pk, plan=plan.pk))
    page.wait_for_timeout(1500)  # whatever is said of the beginning is said by then
    page.evaluate(WATCH)
    page.wait_for_timeout(3500)
    changed: list[str] = page.evaluate("window.changed")
    assert len(changed) < 3, changed


def test_who_stands_on_the_timeline_hears_where_they_move_and_not_each_second(
    world: Cast, enter: Enter
):
    page = enter("chen", f"/watch/?camera={world.lamp_hill.camera.pk}")
    slider = page.get_by_role("slider")
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"\d\d:\d\d:\d\d"))
    slider.focus()
    before = slider.get_attribute("aria-valuetext")
    clock = page.locator("#watch-clock")
    shown = clock.text_content()
    expect(clock).not_to_have_text(shown or "")
    assert slider.get_attribute("aria-valuetext") == before
    slider.press("ArrowLeft")
    assert slider.get_attribute("aria-valuetext") != before


def test_who_stands_in_the_list_beneath_the_player_stays_there_when_it_is_asked_for_anew(
    world: Cast, enter: Enter
):
    raised(world)
    page = enter("chen", "/alarms/")
    page.clock.install()
    page.goto(f"/watch/?camera={world.lamp_hill.camera.pk}&at={NOON.timestamp():.0f}")
    link = page.locator("#watch-events").get_by_role("link")
    link.focus()
    for _round in range(2):  # what the first one brought is drawn when the second one is asked for
        with page.expect_response("**/timeline/**"):
            page.clock.run_for(10_000)
    expect(link).to_be_focused()
