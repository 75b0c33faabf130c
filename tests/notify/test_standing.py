"""A route that no longer delivers, and an alarm that called nobody, are seen at the desks."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from apps.alarms.answers import alarm_acknowledge, alarm_reset
from apps.alarms.escalation import escalations_due
from apps.alarms.services import alarm_clear
from apps.audit.models import AuditEntry
from apps.bundles.paper import Occasion, paper_data
from apps.live.models import Event
from apps.notify import routing
from apps.notify.models import Delivery
from apps.notify.services import route_update
from apps.notify.standing import calls_standing
from tests.cast import an_alarm
from tests.notify.desk import Desk
from tests.notify.receivers import Receiver, unused_port


def standing(desk: Desk) -> dict:
    return calls_standing(mine_ids=[desk.mine.pk])


def kinds() -> list[str]:
    return [e.kind for e in Event.objects.filter(kind__startswith="notify.").order_by("pk")]


def give_up(desk: Desk, route) -> None:
    """Raise an alarm and try until its message is given up."""
    an_alarm(desk.cast.lamp_hill, rule=f"r{Delivery.objects.count()}")
    for message in desk.log(state="waiting"):
        with time_machine.travel(message.give_up_at + timedelta(seconds=1), tick=False):
            desk.ring(route)


def test_a_route_that_gave_up_is_down_until_something_gets_through(desk: Desk, hook: Receiver):
    route = desk.route("webhook", address=f"http://127.0.0.1:{unused_port()}/")
    assert standing(desk) == {"down": [], "uncalled": []}
    give_up(desk, route)
    [down] = standing(desk)["down"]
    assert (down["name"], down["mine"]) == ("webhook", desk.mine.pk) and down["reason"]

    route_update(route=route, address=hook.url, actor=desk.cast.admin)
    assert standing(desk)["down"], "that it was changed is no proof that it works"
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        an_alarm(desk.cast.lamp_hill, rule="again")
        desk.ring(route)
        assert standing(desk)["down"] == []
        an_alarm(desk.cast.lamp_hill, rule="once more")
        desk.ring(route)
    assert kinds().count("notify.given_up") == 1
    assert kinds().count("notify.restored") == 1, "said once, when it came back"


def test_a_route_that_is_switched_off_is_not_said_to_be_down(desk: Desk, inside: None):
    route = desk.route("webhook", address=f"http://127.0.0.1:{unused_port()}/")
    give_up(desk, route)
    assert standing(desk)["down"]
    route_update(route=route, enabled=False, actor=desk.cast.admin)
    assert standing(desk)["down"] == []


def test_an_alarm_that_called_nobody_is_told_until_it_is_closed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    def fails(*_given: object) -> list[int]:
        raise RuntimeError("no messages today")

    monkeypatch.setattr(routing, "_route", fails)
    alarm = an_alarm(desk.cast.lamp_hill)
    assert standing(desk)["uncalled"] == [alarm.pk]
    alarm_acknowledge(alarm=alarm, actor=desk.cast.operator)
    assert standing(desk)["uncalled"] == [alarm.pk]  # it may ask again; the desk asks how it stands
    over = {"camera": alarm.camera, "rule": alarm.rule, "situation": alarm.situation}
    alarm_clear(at=timezone.now(), **over)
    alarm_reset(alarm=alarm, actor=desk.cast.operator, finding="a test")
    assert standing(desk)["uncalled"] == []


def test_the_feed_of_the_desks_goes_on_over_what_was_given_up(
    desk: Desk, inside: None, monkeypatch: pytest.MonkeyPatch
):
    give_up(desk, desk.route("webhook", address=f"http://127.0.0.1:{unused_port()}/"))
    monkeypatch.setattr(routing, "_route", lambda *_given: 1 / 0)
    an_alarm(desk.cast.lamp_hill, rule="calls nobody")
    client = Client()
    client.force_login(desk.cast.operator)
    events = client.get("/api/v1/events/?cursor=0").json()["events"]
    assert {"notify.given_up", "notify.broken"} <= {event["kind"] for event in events}


def test_only_the_desks_of_the_mine_see_it(desk: Desk, inside: None):
    give_up(desk, desk.route("webhook", address=f"http://127.0.0.1:{unused_port()}/"))
    for who, seen in ((desk.cast.operator, 1), (desk.cast.stranger, 0)):
        client = Client()
        client.force_login(who)
        assert len(client.get("/api/v1/desk/").json()["calls"]["down"]) == seen


def test_a_step_of_a_ladder_that_no_route_takes_is_not_told_as_if_it_called_somebody(desk: Desk):
    desk.route("email", address="boss@example.org", severities=["critical"], steps=[0, 2])
    alarm = an_alarm(desk.cast.lamp_hill)
    assert standing(desk)["uncalled"] == []
    escalations_due(now=alarm.asked_at + timedelta(seconds=120))
    steps = list(alarm.transitions.values_list("cause", flat=True))
    assert steps == ["raised", "told", "uncalled", "told"]
    assert [(m.kind, m.facts["whom"]) for m in desk.log()] == [
        ("raised", ""), ("told", "duty_leader"),
    ]  # fmt: skip
    [entry] = AuditEntry.objects.filter(action="alarm.uncalled")
    assert entry.detail["rung"] == 1
    assert standing(desk)["uncalled"] == [alarm.pk] and kinds()[1:] == ["notify.uncalled"]


def test_without_any_route_the_time_line_says_at_each_step_that_it_was_only_noted(desk: Desk):
    alarm = an_alarm(desk.cast.lamp_hill)
    escalations_due(now=alarm.asked_at + timedelta(seconds=600))
    assert standing(desk)["uncalled"] == [alarm.pk]
    client = Client()
    client.force_login(desk.cast.admin)
    words = "Noted only: no route takes this step"
    assert client.get(f"/alarms/{alarm.pk}/").content.decode().count(words) == 4
    case = client.get(f"/audit/cases/{alarm.pk}/").content.decode()
    assert case.count(words) == 8, "as steps, and as entries of the audit trail"
    occasion = Occasion(made_at=timezone.now(), made_for="ben")
    said = str(paper_data(alarm, occasion, language="en", acts=[])["tables"])
    assert said.count(words) == 4
