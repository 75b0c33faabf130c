"""What waits for a route whose address is corrected, or that is changed otherwise."""

import time_machine
from django.utils import timezone

from apps.alarms.models import Flood
from apps.notify.models import Route
from apps.notify.services import route_update
from tests.cast import an_alarm
from tests.notify.desk import Desk
from tests.notify.receivers import Server


def corrected(desk: Desk, route: Route, address: str) -> None:
    route_update(route=route, actor=desk.cast.admin, address=address)


def test_what_waits_for_an_address_that_is_corrected_goes_to_the_right_one(
    desk: Desk, post_office: Server
):
    post_office.refuse = ["450 nobody here"]
    route = desk.route("email", address="li@example.com, wagn@example.com")
    an_alarm(desk.cast.lamp_hill)
    desk.ring(route)  # the first one waits for its next try, the other one has it
    assert [one.state for one in desk.log()] == ["waiting", "sent"]
    for _ in range(2):
        corrected(desk, route, "wang@example.com, wagn@example.com")
    desk.ring(route)
    assert post_office.to == [["wagn@example.com"], ["wang@example.com"]]
    old, _told, new = desk.log()
    assert (old.target, old.state, old.said, old.attempts) == (
        "li@example.com", "dropped", "The route goes to others now.", 1,
    )  # fmt: skip
    assert (new.target, new.state, new.attempts, new.occasion) == (
        "wang@example.com", "sent", 1, old.occasion,
    )  # fmt: skip
    assert new.created_at == old.created_at, "so that it says how late it is"


def test_a_route_that_is_changed_otherwise_sends_what_waits_as_before(
    desk: Desk, post_office: Server
):
    route = desk.route("email", address="li@example.com")
    an_alarm(desk.cast.lamp_hill)
    route_update(route=route, actor=desk.cast.admin, cleared=True)
    corrected(desk, route, "li@example.com, wang@example.com")  # who comes in addition
    desk.ring(route)
    assert post_office.to == [["li@example.com"]]
    corrected(desk, route, "wang@example.com")
    desk.ring(route)
    assert len(desk.log()) == 1, "what was told is not told again"


def test_what_was_folded_in_a_flood_goes_to_the_right_address_in_one_message(
    desk: Desk, post_office: Server
):
    route = desk.route("email", address="li@example.com", severities=["low"], language="en")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        Flood.objects.create(mine=desk.mine, since=timezone.now())
        for number in range(3):
            rule = f"r{number}"
            an_alarm(desk.cast.lamp_hill, rule=rule, situation=rule, severity="low")
        corrected(desk, route, "wang@example.com")
        clock.shift(310)
        desk.ring(route)
    assert post_office.to == [["wang@example.com"]]
    assert "3 lesser alarms" in post_office.mails[0].get_body(("plain",)).get_content()
