"""What the tests of the desk share: an alarm that is raised, one that is over, its row."""

from datetime import timedelta
from typing import Any

from playwright.sync_api import Locator, Page

from apps.alarms.models import Alarm
from apps.alarms.services import alarm_clear
from apps.tenancy.scope import mine_scope
from tests.cast import NOON, Cast, an_alarm

__all__ = ["over", "raised", "row"]


def raised(world: Cast, **changes: Any) -> Alarm:
    with mine_scope(world.lamp_hill.mine.pk):
        return an_alarm(world.lamp_hill, **changes)


def over(world: Cast, rule: str = "r1", situation: str = "", after_s: float = 9) -> None:
    with mine_scope(world.lamp_hill.mine.pk):
        at = NOON + timedelta(seconds=after_s)
        situation = situation or f"{rule}:1"
        alarm_clear(camera=world.lamp_hill.camera, rule=rule, situation=situation, at=at)


def row(page: Page, alarm: Alarm) -> Locator:
    return page.locator(f'#queue li[data-alarm="{alarm.pk}"]')
