"""A page that is printed: what it says, in ink, and nothing that can only be pressed.

The pages come from Django's own test server.
"""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from apps.accounts.services import language_set
from apps.alarms.handover import handover_sign
from apps.alarms.models import Handover
from apps.audit.services import record
from apps.tenancy.scope import mine_scope
from tests.browser.desk import raised
from tests.cast import NOON, Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# How light what is written there is printed, of 255.
LIGHT = """node => getComputedStyle(node).color.match(/[0-9.]+/g).slice(0, 3)
  .reduce((sum, one) => sum + Number(one) / 3, 0)"""


@pytest.fixture
def signed(world: Cast) -> Handover:
    hill = world.lamp_hill
    with mine_scope(hill.mine.pk):
        return handover_sign(mine=hill.mine, actor=world.operator, note="Pump 2 rattles.")


@pytest.mark.parametrize("chosen", [False, True], ids=["dark by the machine", "dark by choice"])
def test_a_hand_over_is_printed_dark_on_white_from_a_dark_desk(
    signed: Handover, enter: Callable[..., Page], chosen: bool
):
    page = enter("anna", f"/handover/signed/{signed.pk}/", color_scheme="dark")
    if chosen:
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
    note, heading = page.locator("q"), page.get_by_role("heading", level=1)
    form = page.get_by_role("button", name="Take over")
    expect(form).to_be_visible()
    assert note.evaluate(LIGHT) > 200 < heading.evaluate(LIGHT)
    page.emulate_media(media="print")
    assert note.evaluate(LIGHT) < 60 > heading.evaluate(LIGHT)
    expect(note).to_have_text(re.compile("Pump 2 rattles."))
    for pressed in (form, page.get_by_role("heading", name="Sign"), page.locator("header.top")):
        expect(pressed).to_be_hidden()


def test_an_alarm_is_printed_without_the_form_of_its_answer(
    world: Cast, enter: Callable[..., Page]
):
    page = enter("chen", f"/alarms/{raised(world).pk}/")
    answer = page.locator("form.answer")
    expect(answer).to_be_visible()
    page.emulate_media(media="print")
    expect(answer).to_be_hidden()


def test_a_table_is_printed_without_what_filters_and_leads_on(
    signed: Handover, enter: Callable[..., Page]
):
    page = enter("anna", "/record/?act=handover.signed")
    page.emulate_media(media="print")
    expect(page.locator("td", has_text=f"handover:{signed.pk}")).to_be_visible()
    expect(page.locator(".chips")).to_be_visible()  # which rows these are
    for pressed in ("form.filters", ".sections", ".button"):
        for one in page.locator(pressed).all():
            expect(one).to_be_hidden()


# A sheet of A4 between a browser's usual margins, in its pixels.
SHEET = {"width": 718, "height": 1046}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_on_paper_a_table_stays_a_table_and_within_the_sheet(
    world: Cast, signed: Handover, enter: Callable[..., Page], language: str
):
    language_set(user=world.owner, language=language)
    hill = world.lamp_hill.mine
    long = {"since": NOON.isoformat(), "sha256": "ab" * 32, "path": "/" + "x" * 90}
    with mine_scope(hill.pk):
        for subject in (f"bundle:{uuid4()}", "handover-signed:1"):
            record(action="audit.looked", subject=subject, mine_id=hill.pk, detail=long)
    page = enter("anna", "/record/")
    page.set_viewport_size(SHEET)
    page.emulate_media(media="print")
    table = page.locator("table.rows")
    expect(table.locator("thead th").first).to_be_visible()
    tops = "row => [...row.cells].map(cell => Math.round(cell.getBoundingClientRect().top))"
    assert len(set(table.locator("tbody tr").first.evaluate(tops))) == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= SHEET["width"]
    expect(table.locator(".arrow").first).to_be_hidden()  # nothing on paper can be sorted


def test_a_note_keeps_its_lines(world: Cast, enter: Callable[..., Page]):
    hill = world.lamp_hill
    with mine_scope(hill.mine.pk):
        note = "Pump 2 rattles.\nWater in sump A."
        row = handover_sign(mine=hill.mine, actor=world.operator, note=note)
    page = enter("anna", f"/handover/signed/{row.pk}/")
    assert page.locator("q").inner_text().splitlines() == note.splitlines()
