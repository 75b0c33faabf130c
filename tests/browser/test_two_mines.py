"""The desk of somebody who answers for two mines, whose places and cameras have the same names.

The pages come from Django's own test server.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from apps.accounts.models import Role
from apps.accounts.services import member_set
from apps.tenancy.scope import system_scope
from tests.browser.desk import raised, row
from tests.cast import Cast, an_alarm

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_desk_says_in_which_mine_a_thing_is_only_where_it_shows_two(
    world: Cast, enter: Callable[..., Page]
):
    alarm, page = raised(world), enter("chen")
    expect(row(page, alarm).locator(".item-place")).to_have_text("Winch house · Winch house 1")
    with system_scope("a second mine"):
        member_set(mine=world.deep_vale.mine, user=world.operator, role=Role.OPERATOR)
        other = an_alarm(world.deep_vale, rule="r2", situation="r2:1")
    page.reload()
    for one, mine in ((alarm, "Lamp Hill"), (other, "Deep Vale")):
        full = f"{mine} · Winch house · Winch house 1"
        expect(row(page, one).locator(".item-place")).to_have_text(full)
        tile = page.locator(f'.tile[data-camera="{one.camera_id}"] .tile-name')
        expect(tile).to_have_text(full)
        row(page, one).click()
        expect(page.locator("#detail .detail-head")).to_contain_text(full)
