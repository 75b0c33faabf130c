"""The page on which a mine writes its ladders: what is typed, kept and shown again."""

from typing import Any

import pytest
from django.test import Client

from apps.alarms.models import Rung
from apps.tenancy.scope import mine_scope
from tests.cast import Cast

USUAL = {
    "critical": "30 shift leader\n120 the mine's duty leader\n300 director\n600 the group",
    "high": "180 shift leader\n600 the mine's duty leader\n1800 director",
    "medium": "",
    "low": "",
}


@pytest.fixture
def ben(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.admin)
    return client


def address(cast: Cast) -> str:
    return f"/portal/mines/{cast.lamp_hill.mine.pk}/escalation/"


def kept(cast: Cast) -> list[tuple[str, int, str]]:
    with mine_scope(cast.lamp_hill.mine.pk):
        return list(Rung.objects.order_by("pk").values_list("severity", "after_s", "whom"))


@pytest.mark.parametrize("line", ["shift leader 30", "30s shift leader", "-30 shift leader"])
def test_a_step_that_does_not_begin_with_seconds_is_said_and_stays_typed(
    cast: Cast, ben: Client, line: str
):
    answer = ben.post(address(cast), USUAL | {"critical": line})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert f"“{line}” does not begin with seconds." in page
    assert answer.context["form"]["critical"].value() == line
    assert answer.context["form"]["high"].value() == USUAL["high"]
    assert kept(cast) == []
