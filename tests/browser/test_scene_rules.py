"""An admin fills in the forms of rules, with the mouse and without one.

The pages come from Django's own test server.
"""

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.rules.selectors import scene_in_force
from apps.tenancy.scope import mine_scope
from tests.browser import api
from tests.cast import Cast, an_alarm

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Enter = Callable[..., Page]


@pytest.fixture
def page(editor: Page) -> Page:
    """The owner's page, in the editor by hand."""
    editor.get_by_role("button", name="Draw by hand").click()
    return editor


def test_what_a_rule_cannot_be_without_is_asked_for_before_what_may_stay(page: Page):
    page.get_by_role("tab", name="Rules").click()
    page.get_by_role("button", name="Add a rule").click()
    rule = page.locator("[data-rule]").last
    for kind, field in [("barrier_state", "Barrier"), ("line_crossing", "Line")]:
        rule.get_by_label("What must not happen").select_option(kind)
        expect(rule.get_by_label(field, exact=True)).to_be_visible()
    expect(rule.get_by_label("Direction")).to_be_hidden()


def test_what_is_forbidden_meanwhile_and_limits_by_shift_are_forms(page: Page):
    page.on("dialog", lambda dialog: dialog.accept())  # the template's shapes are saved as they lie
    page.get_by_role("tab", name="Templates").click()
    page.get_by_role("button", name="Blasting", exact=False).first.click()
    page.get_by_role("button", name="Put it into the scene").click()
    page.get_by_role("tab", name="Inputs").click()
    page.get_by_role("button", name="Add a shift").click()
    page.get_by_role("tab", name="Rules").click()
    page.locator("[data-rule='0']").get_by_text("More settings").click()
    group = page.get_by_role("group", name="Forbidden meanwhile")
    cards = group.locator("details")
    count = cards.count()
    group.get_by_role("button", name="Add what is forbidden").click()
    expect(cards).to_have_count(count + 1)
    cards.last.locator("summary").click()
    cards.last.get_by_role("textbox", name="What is forbidden").fill("somebody at the face")
    cards.last.get_by_role("textbox", name="What is forbidden").press("Tab")
    expect(cards.last.locator("summary")).to_have_text("somebody at the face")
    assert page.get_by_role("textbox", name="Called off by").count() == 0  # no JSON to type

    rules = page.locator("[data-rule]")
    count = rules.count()
    page.get_by_role("button", name="Add a rule").click()
    # Each step draws the form anew: what is clicked before it is drawn belongs to the one before.
    expect(rules).to_have_count(count + 1)
    last = rules.last
    last.get_by_label("What must not happen").select_option("occupancy")
    limits = last.get_by_role("group", name="At most, by shift", include_hidden=True)
    expect(limits).to_have_count(1)
    last.get_by_text("More settings").click()
    limits.get_by_role("button", name="Add a row").click()
    expect(limits.get_by_label("At most", exact=True)).to_have_value("1")
    limits.get_by_label("At most", exact=True).fill("40")
    limits.get_by_label("At most", exact=True).press("Tab")
    times = last.get_by_role("group", name="Times of hand-over")
    times.get_by_role("button", name="Add a time").click()
    times.get_by_label("Until").fill("09:00")
    times.get_by_label("Until").press("Tab")
    last.get_by_label("At most at hand-over").fill("60")
    last.get_by_label("At most at hand-over").press("Tab")
    the_rule_is_in_force_while_the_keyboard_says(page)
    page.get_by_label("Reason for the change").fill("limits")
    page.get_by_label("Reason for the change").press("Enter")
    expect(page.locator("#versions")).to_contain_text("limits", timeout=30_000)
    made = api.scene_of(page)["rules"]
    assert made[0]["params"]["forbidden"][-1]["name"] == "somebody at the face"
    assert made[-1]["params"]["shift_limits"] == [{"shift": "shift", "limit": 40}]
    assert made[-1]["params"]["handover_times"] == [{"from": "07:30", "to": "09:00"}]
    assert made[-1]["schedule"] == [{"from": "22:00", "to": "06:00", "days": WEEK}]
    assert made[-1]["confirm"] == [3, 5]
    assert made[-1]["action"] == {"en": "Send the last ones out.", "zh-hans": "请最后进入者撤出。"}
    assert made[-1]["place"] == "shaft foot"
    [first, second] = made[-1]["when"]["any"]
    assert set(first) == {"input", "is"} and second == {
        "not": {"rule": made[0]["id"], "open": True}
    }


WEEK = ["mon", "tue", "wed", "thu", "fri"]


def the_rule_is_in_force_while_the_keyboard_says(page: Page) -> None:
    """Fill in what all rules share in the last rule, touching no mouse."""
    last = page.locator("[data-rule]").last
    force = last.locator("details", has_text="When it is in force")
    force.locator("summary").first.press("Enter")
    only = force.get_by_role("group", name="Only while")
    only.get_by_role("button", name="Add a condition").press("Enter")
    what = only.get_by_label("Condition", exact=True)
    expect(what).to_have_value(re.compile("^input "))
    only.get_by_role("button", name="Add a condition").press("Enter")
    expect(what).to_have_count(3)
    what.first.press("ArrowDown")  # from all of these to
    expect(what.first).to_have_value("any")
    expect(what.first).to_be_focused()  # though the form was drawn anew
    what.nth(2).select_option(label="not this")
    what.nth(3).select_option(
        index=what.nth(3).locator("option", has_text="rule ").first.evaluate("one => one.index")
    )
    times = force.get_by_role("group", name="At these times")
    times.get_by_role("button", name="Add a time").press("Enter")
    times.get_by_label("From").fill("22:00")
    times.get_by_label("From").press("Tab")
    times.get_by_label("Until").fill("25:00")
    times.get_by_label("Until").press("Tab")
    for day in ("Saturday", "Sunday"):
        times.get_by_label(day).press("Space")
    sure = last.locator("details", has_text="How sure it must be")
    summary = sure.locator("summary").first
    summary.focus()
    # What is drawn anew meanwhile takes no key away from where somebody is.
    drawn = force.evaluate_handle("one => one")
    times.get_by_label("Friday").evaluate("box => box.click()")
    page.wait_for_function("one => !one.isConnected", arg=drawn)
    expect(summary).to_be_focused()
    times.get_by_label("Friday").evaluate("box => box.click()")
    expect(times.get_by_label("Friday")).to_be_checked()
    summary.press("Enter")
    sure.get_by_label("of the last").fill("5")
    sure.get_by_label("of the last").press("Tab")
    sure.get_by_label("At least", exact=True).fill("3")
    sure.get_by_label("At least", exact=True).press("Tab")
    told = last.locator("details", has_text="What to do, and where")
    told.locator("summary").first.press("Enter")
    for language, text in (
        ("English", "Send the last ones out."),
        ("Chinese", "请最后进入者撤出。"),
    ):
        told.get_by_label(f"What the operator does, in {language}").fill(text)
        told.get_by_label(f"What the operator does, in {language}").press("Tab")
    told.get_by_label("Place").fill("shaft foot")
    told.get_by_label("Place").press("Tab")

    # The server's fault stands beside the time that is wrong, and leads there.
    page.get_by_label("Reason for the change").fill("night")
    page.get_by_label("Reason for the change").press("Enter")
    page.locator("[data-refused$='schedule[0].to']").press("Enter")
    expect(times.get_by_label("Until")).to_be_focused()
    expect(times.locator(".fault")).to_contain_text("must be a time such as 06:30")
    times.get_by_label("Until").fill("06:00")
    times.get_by_label("Until").press("Tab")
    expect(times.locator(".fault")).to_have_count(0)


def test_a_rule_before_its_zone_says_where_zones_are_added(page: Page):
    page.get_by_role("tab", name="Rules", exact=True).click()
    page.get_by_role("button", name="Add a rule").click()
    page.get_by_label("What must not happen").select_option(label="Person lingers")
    hint = page.get_by_text("add a zone under “Zones” first")
    expect(hint).to_be_visible()
    page.get_by_label("Reason for the change").press("Enter")
    expect(page.locator("[data-refused='rules[0].zone']")).to_have_text(
        "rule › Danger zone: choose one"
    )
    page.get_by_role("tab", name="Zones", exact=True).click()
    page.get_by_role("button", name="Add a zone").click()
    page.get_by_role("tab", name="Rules", exact=True).click()
    expect(page.get_by_label("What must not happen")).to_be_visible()
    expect(hint).to_have_count(0)


def test_a_longer_wait_for_a_rule_that_chatters_goes_into_the_draft_alone(
    world: Cast, enter: Enter
):
    hill = world.lamp_hill
    with mine_scope(hill.mine.pk):
        alarm = an_alarm(hill, at=timezone.now())
        alarm.chatter = {"changes": 4, "within_s": 60, "on_delay_s": 2}
        alarm.save()
    page = enter("ben", f"/portal/cameras/{hill.camera.pk}/scene/")
    expect(page.locator(".proposals")).to_contain_text("it waits 2 s instead of 0 s")
    page.get_by_role("button", name="Take into the draft").click()
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    expect(page.locator("#reason")).to_have_value(re.compile("came and went 4 times"))
    with mine_scope(hill.mine.pk):
        assert scene_in_force(camera=hill.camera).version == 1, "nothing is armed by itself"
