"""A rule that got the name of an earlier one of another type is another rule."""

from datetime import timedelta
from typing import Any

import pytest

from apps.alarms.models import Alarm
from apps.alarms.services import alarm_clear
from tests.cast import NOON, Cast, an_alarm

NAME = "rule-1"


def entered(cast: Cast, after_s: float = 0, **changes: Any) -> Alarm:
    """Raise an alarm of a rule that watches a place nobody may enter."""
    usual = {
        "rule": NAME, "rule_type": "restricted_entry", "severity": "high",
        "situation": f"{NAME}@{after_s}", "at": NOON + timedelta(seconds=after_s),
        "why": "1 person in danger",
    }  # fmt: skip
    return an_alarm(cast.lamp_hill, **(usual | changes))


def flooded(cast: Cast, after_s: float) -> Alarm:
    """Raise an alarm of a rule of the same name that reads a gauge."""
    why = "sump-a 75 % full, 1.10 m, limit 70 %"
    return entered(cast, after_s, rule_type="water_level", level="alarm", why=why, values={})


@pytest.mark.parametrize("is_over", [True, False])
def test_a_danger_of_another_type_is_an_alarm_of_its_own(hill: Cast, is_over: bool):
    first = entered(hill)
    if is_over:
        at = NOON + timedelta(seconds=5)
        alarm_clear(camera=hill.lamp_hill.camera, rule=NAME, situation=first.situation, at=at)
    second = flooded(hill, 60)
    rows = Alarm.objects.order_by("pk").values_list("rule_type", "count", "why")
    assert list(rows) == [
        ("restricted_entry", 1, "1 person in danger"),
        ("water_level", 1, "sump-a 75 % full, 1.10 m, limit 70 %"),
    ]
    assert second.state == "unacknowledged"
    assert flooded(hill, 90).pk == second.pk, "of its own type it goes on with its own alarm"
