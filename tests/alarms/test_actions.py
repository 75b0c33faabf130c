"""What the operator is to do is said with every alarm, on the desk and in messages alike."""

from typing import Any

import pytest
from django.utils import timezone
from django.utils.translation import gettext, override

from apps.alarms.words import ACTIONS, FAULT_ACTIONS, FAULTS, RULE_TYPES
from apps.notify.message import message
from apps.notify.models import Kind
from apps.sentences import said_alarm
from workers.vision.health import HOLD_S


def facts(rule_type: str, level: str, **values: Any) -> dict[str, Any]:
    """Return an alarm's facts as a message gets them."""
    return {
        "alarm": 1, "mine_name": "Lamp Hill", "timezone": "UTC", "area": "Shaft",
        "severity": "high", "camera_name": "Winch house", "rule_type": rule_type, "level": level,
        "why": "so", "values": values, "count": 1, "cleared_at": None,
        "raised_at": timezone.now().isoformat(),
    }  # fmt: skip


def told(data: dict[str, Any], language: str = "en") -> tuple[str, str]:
    """Return what the desk and what a message say that is to be done."""
    now = timezone.now()
    with override(language):
        desk, name = said_alarm(data)["values"]["action"], gettext("What to do")
    sent = message(kind=Kind.RAISED, facts=data, language=language, created_at=now, now=now)
    return desk, dict(sent.lines)[name]


def test_there_is_something_to_do_about_every_hazard_and_every_fault():
    assert set(RULE_TYPES) == set(ACTIONS)
    assert set(FAULT_ACTIONS) == set(FAULTS)
    assert set(HOLD_S) <= set(FAULTS)


@pytest.mark.parametrize(
    ("fault", "word"), [("blurred", "glass"), ("moved", "zones"), ("hazy", "smoke")]
)
def test_each_fault_of_a_camera_has_its_own(fault: str, word: str):
    desk, sent = told(facts("camera_health", fault))
    assert desk == sent
    assert word in desk


def test_a_fault_that_this_version_does_not_know_is_no_camera_to_rely_on():
    desk, sent = told(facts("camera_health", "struck_by_lightning"))
    assert desk == sent == ACTIONS["camera_health"]


def test_a_rules_own_words_go_first_in_the_readers_language():
    own = {"en": "Stop the winch.", "zh-hans": "停绞车。"}
    given = facts("proximity_while_running", "danger", action=own)
    assert told(given) == ("Stop the winch.", "Stop the winch.")
    assert told(given, "zh-hans") == ("停绞车。", "停绞车。")
    usual = facts("proximity_while_running", "danger")
    assert told(usual)[0] == told(usual)[1] == ACTIONS["proximity_while_running"]
