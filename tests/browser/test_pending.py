"""A page about what is being made follows it without being loaded again and again."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from apps.evidence.models import Clip
from apps.tenancy.scope import mine_scope
from tests.browser.desk import raised
from tests.browser.test_room import barriers
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Enter = Callable[..., Page]
EVERY_MS = 5000


def test_whoever_reads_a_page_of_a_video_being_made_stays_where_they_are_until_it_is_done(
    world: Cast, enter: Enter
):
    alarm = raised(world)
    with mine_scope(world.lamp_hill.mine.pk):
        clip = alarm.clips.get()
    page = enter("chen", "/alarms/")
    page.clock.install()
    page.goto(reverse("clip", args=[clip.uid]))
    status = page.get_by_role("status").filter(has_text="is being made")
    expect(status).to_be_visible()
    assert not barriers(page)
    place = page.get_by_role("link", name="to the alarm")
    place.focus()

    with mine_scope(clip.mine_id):
        Clip.objects.filter(pk=clip.pk).update(error="The store does not answer.")
    page.clock.run_for(EVERY_MS)
    expect(status).to_contain_text("The store does not answer.")
    expect(place).to_be_focused()

    words = page.get_by_label("Who", exact=True)
    words.fill("dor")
    with mine_scope(clip.mine_id):
        Clip.objects.filter(pk=clip.pk).update(state=Clip.State.FAILED, error="")
    with page.expect_response("**/clips/**"):
        page.clock.run_for(EVERY_MS)
    expect(words).to_have_value("dor")
    words.fill("")
    place.focus()
    page.clock.run_for(EVERY_MS)
    expect(page.get_by_text("There is no video of this moment.")).to_be_visible()
