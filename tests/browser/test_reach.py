"""By keyboard, by finger, without motion: every control is reached, and one sees where one is."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from apps.tenancy.scope import mine_scope
from tests.browser import api
from tests.cast import Cast, an_alarm
from tests.tenancy.test_routes import things_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Enter = Callable[..., Page]

# Notes where the focus goes, and whether it shows there.
FOLLOW = """() => {
  window.visited = new Set();
  window.unseen = new Set();
  const said = (node, ...names) => names.map((name) => node.getAttribute(name) ?? "");
  // A form that is drawn anew while one goes through it has other ids and the same fields.
  const ids = (node) => node.dataset.path === undefined ? said(node, "id") : [node.dataset.path];
  window.nameOf = (node) => [node.tagName, ...ids(node), ...said(node, "name", "href",
    "data-focus"), node.textContent.trim().slice(0, 40)].join(" ");
  const marks = (node) => {
    const style = getComputedStyle(node);
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    return outlined || (node.matches(".reach") && style.fill !== "rgba(0, 0, 0, 0)");
  };
  document.addEventListener("focusin", ({ target }) => {
    window.visited.add(nameOf(target));
    if (![target, ...target.querySelectorAll("*")].some(marks)) window.unseen.add(nameOf(target));
  });
}"""
# What a keyboard must reach and has not; of radio buttons it reaches one of each group.
MISSED = """() => [...document.querySelectorAll(
    "a[href], button, input, select, textarea, summary, video[controls], [tabindex]")]
  .filter((node) => node.tabIndex >= 0 && !node.disabled && node.type !== "radio"
    && node.checkVisibility({ visibilityProperty: true }))
  .map(nameOf).filter((name) => !window.visited.has(name))"""
# Whatever moves by itself, or would on a change.
MOVING = """() => [...document.querySelectorAll("body, body *")].filter((node) => {
  const style = getComputedStyle(node);
  return style.animationName !== "none"
    || style.transitionDuration.split(", ").some((one) => parseFloat(one) > 0);
}).length"""


@pytest.fixture
def busy(world: Cast) -> dict[str, Any]:
    """A mine with one of everything, and two alarms more."""
    things = things_of(world.lamp_hill)
    with mine_scope(world.lamp_hill.mine.pk):
        for severity in ("high", "low"):
            an_alarm(world.lamp_hill, rule=severity, situation=f"{severity}:1", severity=severity)
    return things


def main_pages(things: dict[str, Any]) -> list[str]:
    camera, mine = [things["camera"]], [things["mine"]]
    return [
        reverse("desk"),
        reverse("alarms"),
        reverse("alarm", args=[things["alarm"]]),
        reverse("clips"),
        f"{reverse('watch')}?camera={things['camera']}",
        reverse("portal-mine", args=mine),
        reverse("portal-cameras"),
        reverse("portal-camera-change", args=camera),
        reverse("portal-scene", args=camera),
        reverse("notify", args=mine),
        reverse("handover", args=mine),
        reverse("account"),
    ]


def test_the_keyboard_reaches_every_control_of_the_main_pages_and_shows_where_it_is(
    busy: dict[str, Any], enter: Enter
):
    page = enter("anna")
    faults: list[str] = []
    for address in main_pages(busy):
        page.goto(address)
        page.evaluate("document.fonts.ready")
        page.evaluate(FOLLOW)
        jumps = page.locator("[tabindex]:not([tabindex='0'], [tabindex^='-'])").count()
        missed = list(page.evaluate(MISSED))
        assert missed, address
        # A date has stops of its own; who is caught in one place never gets to the rest.
        for _round in range(4):
            for _press in range(len(missed) + 6):
                page.keyboard.press("Tab")
            missed = list(page.evaluate(MISSED))
            if not missed:
                break
        faults += [f"{address} not reached: {name}" for name in missed]
        faults += [f"{address} unseen: {name}" for name in page.evaluate("[...window.unseen]")]
        faults += [f"{address} has an order of its own"] * bool(jumps)
    assert not faults, "\n".join(faults)


def test_whoever_answers_by_the_focused_button_goes_on_from_the_next_one(
    busy: dict[str, Any], enter: Enter
):
    page = enter("anna")
    answer = page.get_by_role("button", name="Acknowledge")
    answer.press("Enter")
    expect(page.locator(".answered-line")).to_contain_text("anna")
    expect(answer).to_have_count(0)
    expect(page.locator(".verbs :focus")).to_be_visible()


def test_nothing_moves_for_whoever_wants_no_motion(busy: dict[str, Any], enter: Enter):
    page = enter("anna")
    expect(page.locator("#queue .item").first).to_be_visible()
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(MOVING) > 0, "this test could not fail"
    page.emulate_media(reduced_motion="reduce")
    for address in main_pages(busy):
        page.goto(address)
        assert page.evaluate(MOVING) == 0, address
        assert page.evaluate("document.getAnimations().length") == 0, address


def test_keys_to_press_are_shown_to_whoever_has_a_keyboard_and_not_on_a_phone(
    busy: dict[str, Any], enter: Enter
):
    expect(enter("anna").locator(".verbs kbd, .keys").first).to_be_visible()
    phone = enter("anna", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    expect(phone.get_by_role("button", name="Acknowledge").first).to_be_visible()
    expect(phone.locator("kbd").first).to_be_attached()
    assert not phone.locator("kbd:visible, .keys:visible").all()


def test_a_zone_is_drawn_and_dragged_by_a_finger_on_a_phone(world: Cast, enter: Enter):
    address = reverse("portal-scene", args=[world.lamp_hill.camera.pk])
    phone = {"width": 390, "height": 844}
    page = enter("anna", address, viewport=phone, has_touch=True, is_mobile=True)
    page.evaluate(
        """() => {
          window.kinds = new Set();
          addEventListener("pointerdown", (event) => window.kinds.add(event.pointerType), true);
        }"""
    )
    page.get_by_role("button", name="Add a zone").tap()
    canvas = page.locator(".canvas svg")
    canvas.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    touch(page, page.locator("[data-focus=point-0] .dot"), 30, 20)
    touch(page, page.locator(".shape.chosen"), -24, 12)
    assert page.evaluate("scrollY") == before, "the page scrolled under the finger"
    assert page.evaluate("[...window.kinds]") == ["touch"]
    expect(page.get_by_role("button", name="Undo", exact=True)).to_be_enabled()
    page.get_by_label("Reason for the change").fill("by finger")
    page.get_by_role("button", name="Save and put in force").tap()
    expect(page.locator("#versions")).to_contain_text("by finger", timeout=30_000)
    scene = api.get(page, f"/api/v1/cameras/{world.lamp_hill.camera.pk}/scene/")["document"]
    [corner, next_one, *_rest] = scene["zones"][-1]["polygon"]
    assert corner[1] != next_one[1], "the corner was dragged out of its row"
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0


def touch(page: Page, what: Locator, dx: float, dy: float) -> None:
    """Put a finger on the middle of something, move it by so many pixels, and rest before it lifts.

    A finger that lifts while it moves flings, and the next tap would only stop the fling: the
    events say that they lie 0.1 s apart, where the test has them all at once.
    """
    box = what.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    session = page.context.new_cdp_session(page)

    steps = [("touchStart", 0.0), ("touchMove", 0.3), ("touchMove", 0.7), ("touchMove", 1.0)]
    began_s = time.time() - 0.1 * len(steps)
    for number, (kind, part) in enumerate([*steps, ("touchEnd", None)]):
        fingers = [] if part is None else [{"x": x + dx * part, "y": y + dy * part}]
        event = {"type": kind, "touchPoints": fingers, "timestamp": began_s + 0.1 * number}
        session.send("Input.dispatchTouchEvent", event)
    session.detach()


# What tells one thing from another like it, where its words are the same.
LOOK = """it => {
  const style = getComputedStyle(it);
  return [style.outlineStyle, style.outlineColor, style.borderColor, style.backgroundColor].join();
}"""


def test_what_is_chosen_and_where_one_is_shows_where_the_system_takes_the_colours_over(
    busy: dict[str, Any], enter: Enter
):
    page = enter("anna", forced_colors="active")
    pairs = [
        ("#queue .item[aria-current=true]", "#queue .item[aria-current=false]"),
        (".nav [aria-current]", ".nav a:not([aria-current])"),
    ]
    for these, those in pairs:
        this, other = page.locator(these).first, page.locator(those).first
        expect(this).to_be_visible()
        chosen = this.evaluate(LOOK)
        assert chosen != other.evaluate(LOOK), these
        this.focus()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Tab")
        expect(this).to_be_focused()
        assert this.evaluate(LOOK) != chosen, "the focus must show on it as well"


def test_letters_are_as_large_as_the_reader_wants_them_in_the_browser(
    busy: dict[str, Any], enter: Enter
):
    page = enter("anna", reverse("alarm", args=[busy["alarm"]]))
    size = "parseFloat(getComputedStyle(document.querySelector('main p')).fontSize)"
    before = page.evaluate(size)
    session = page.context.new_cdp_session(page)
    session.send("Page.setFontSizes", {"fontSizes": {"standard": 24, "fixed": 20}})
    assert page.evaluate(size) == pytest.approx(before * 24 / 16)
