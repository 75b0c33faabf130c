"""The ladder of a mine and severity, and when an alarm climbs it next."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from apps.alarms.life import ASKING, Cause
from apps.alarms.models import Alarm, Rung, Severity

__all__ = ["DEFAULT", "WHOM", "ladder", "plan", "plan_step", "whom_of"]

# Source: domain.md section 7. The codes are put into words where they are shown; a mine writes
# names of its own.
DEFAULT: dict[str, tuple[tuple[int, str], ...]] = {
    Severity.CRITICAL.value: (
        (30, "shift_leader"),
        (120, "duty_leader"),
        (300, "director"),
        (600, "group"),
    ),
    Severity.HIGH.value: ((180, "shift_leader"), (600, "duty_leader"), (1800, "director")),
}
WHOM = {
    "shift_leader": _("shift leader"),
    "duty_leader": _("the mine's duty leader"),
    "director": _("director"),
    "group": _("the group"),
}


def ladder(*, mine_id: int, severity: str) -> list[tuple[int, str]]:
    """Return (after how many seconds, whom), in order: the mine's own, else the usual one."""
    own = Rung.objects.filter(mine=mine_id, severity=severity).order_by("after_s")
    return list(own.values_list("after_s", "whom")) or list(DEFAULT.get(severity, ()))


def whom_of(words: str) -> str:
    """Return the code that is said so in any of the languages; other words stay as they are.

    A ladder is shown in words and read by people of several languages: what one of them saves
    unchanged must stay what all of them read in their own.
    """
    words = words.strip()
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            codes = {str(said): code for code, said in WHOM.items()}
        if words in codes:
            return codes[words]
    return words


def plan(alarm: Alarm) -> None:
    """Say on the alarm when it is passed on next, and to whom; nothing is saved."""
    alarm.escalates_at, alarm.escalates_to = None, ""
    if alarm.state not in ASKING or alarm.asked_at is None:
        return
    rungs = ladder(mine_id=alarm.mine_id, severity=alarm.severity)
    if alarm.told < len(rungs):
        after_s, alarm.escalates_to = rungs[alarm.told]
        alarm.escalates_at = alarm.asked_at + timedelta(seconds=after_s)


def plan_step(alarm: Alarm, from_state: str, cause: str) -> None:
    """Plan after a step: whoever begins to ask, or asks for more, begins at the first rung.

    The clock is ours, not the camera's: it runs from when the desk could see the alarm.
    """
    if alarm.state not in ASKING:
        alarm.asked_at = None
    elif from_state not in ASKING or cause == Cause.WORSE or alarm.asked_at is None:
        alarm.asked_at, alarm.told = timezone.now(), 0
    plan(alarm)
