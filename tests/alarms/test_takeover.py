"""Who comes signs a hand-over: another person, once, and is told who was first."""

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client

from apps.alarms.handover import handover_sign, handover_take
from apps.alarms.models import Handover, Takeover
from apps.audit.models import AuditEntry
from apps.tenancy.scope import mine_scope
from tests.cast import NOON, Cast, an_alarm


@pytest.fixture
def hill(cast: Cast):
    """The cast, with Lamp Hill in scope."""
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


def sign(cast: Cast, note: str = "quiet night") -> Handover:
    return handover_sign(mine=cast.lamp_hill.mine, actor=cast.operator, note=note)


def test_whoever_comes_signs_and_is_another_person(hill: Cast):
    handover = sign(hill)
    with pytest.raises(ValidationError, match="Whoever comes"):
        handover_take(handover=handover, actor=hill.operator)
    taken = handover_take(handover=handover, actor=hill.admin, desk="desk 1")
    assert taken.taken_by == hill.admin
    assert handover_take(handover=handover, actor=hill.admin) == taken, "sent twice"
    assert AuditEntry.objects.filter(action__startswith="handover.").count() == 2


def test_whoever_signs_second_is_told_who_was_first_and_keeps_the_note(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk), time_machine.travel(NOON, tick=False):
        handover = sign(cast)
        handover_take(handover=handover, actor=cast.admin, note="all seen")
    address = f"/handover/signed/{handover.pk}/take/"
    for person in (cast.owner, cast.operator, cast.admin):
        late = Client(headers={"Accept-Language": "en"})
        late.force_login(person)
        answer = late.post(address, {"note": "gas at the east drift"})
        page = answer.content.decode()
        assert answer.status_code == 400, person
        assert "ben took this over at 2026-03-04 20:00." in page, person
        assert "gas at the east drift</textarea>" in page, person
    with mine_scope(cast.lamp_hill.mine.pk):
        assert Takeover.objects.get().note == "all seen"


def test_a_note_for_a_hand_over_that_a_newer_one_replaced_is_kept(cast: Cast):
    ben = Client(headers={"Accept-Language": "en"})
    ben.force_login(cast.admin)
    with mine_scope(cast.lamp_hill.mine.pk):
        first, _ = sign(cast), sign(cast, note="and the pump is loud")
    answer = ben.post(f"/handover/signed/{first.pk}/take/", {"note": "gas at the east drift"})
    page = answer.content.decode()
    assert answer.status_code == 400 and "There is a newer hand-over" in page
    assert "gas at the east drift</textarea>" in page


def test_nobody_takes_over_into_an_unanswered_high_alarm(hill: Cast):
    handover = sign(hill)
    an_alarm(hill.lamp_hill)
    with pytest.raises(ValidationError, match="high alarms first"):
        handover_take(handover=handover, actor=hill.admin)
    assert not Takeover.objects.exists()
