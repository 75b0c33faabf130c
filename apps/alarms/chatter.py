"""Chattering: an alarm that comes and goes. It is told, with an on-delay to think about.

Nothing is delayed, changed or switched off by itself: whoever sets the mine up decides.
"""

from datetime import datetime, timedelta
from math import ceil
from typing import Any

from apps.alarms.life import Cause
from apps.alarms.models import Alarm, AlarmTransition, Severity

__all__ = ["CHANGES", "chatter_of"]

# Source: domain.md section 7: three transitions a minute or more.
WITHIN = timedelta(minutes=1)
LEAST = 3
CHANGES = (Cause.RAISED.value, Cause.AGAIN.value, Cause.CLEARED.value)
# A delay that somebody may think about; where a life hangs on the rule, no longer than the two
# seconds in which an alarm must be on the desk.
LONGEST_S = {Severity.CRITICAL.value: 2}
USUAL_LONGEST_S = 30


def chatter_of(*, alarm: Alarm, at: datetime) -> dict[str, Any] | None:
    """Return how a rule chatters at a moment of its camera's clock, or None where it does not.

    changes: how often it came or went in the last minute, over all its alarms; on_delay_s: the
    whole seconds that would have held back the spells of that minute, as far as a delay may go.
    """
    rows = AlarmTransition.objects.filter(
        mine=alarm.mine_id,
        at__gt=at - WITHIN,
        at__lte=at,
        alarm__camera=alarm.camera_id,
        alarm__rule=alarm.rule,
        cause__in=CHANGES,
    )
    changes = list(rows.order_by("at", "pk").values_list("cause", "at"))
    if len(changes) < LEAST:
        return None
    spells, begun = [0.0], None
    for cause, moment in changes:
        if cause != Cause.CLEARED:
            begun = moment
        elif begun is not None:
            spells.append((moment - begun).total_seconds())
    longest_s = LONGEST_S.get(alarm.severity, USUAL_LONGEST_S)
    return {
        "changes": len(changes),
        "within_s": int(WITHIN.total_seconds()),
        "on_delay_s": min(longest_s, max(1, ceil(max(spells)))),
    }
