"""Chattering: an alarm that comes and goes. It is told, with an on-delay to think about.

Nothing is delayed, changed or switched off by itself: whoever sets the mine up decides.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.utils import timezone

from apps.alarms.life import Cause
from apps.alarms.models import Alarm, AlarmTransition, Severity
from apps.cameras.models import Camera

__all__ = ["CHANGES", "chatter_of", "proposals"]

# Source: domain.md section 7: three transitions a minute or more.
WITHIN = timedelta(minutes=1)
LEAST = 3
CHANGES = (Cause.RAISED.value, Cause.AGAIN.value, Cause.CLEARED.value)
# A delay that somebody may think about; where a life hangs on the rule, no longer than the two
# seconds in which an alarm must be on the desk.
LONGEST_S = {Severity.CRITICAL.value: 2}
USUAL_LONGEST_S = 30
# For so long what chattered is proposed to be changed.
REMEMBERED = timedelta(days=7)


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


def proposals(*, camera: Camera, scene: Any) -> list[dict[str, Any]]:
    """List for which rules of the scene in force a longer wait is proposed, and why.

    A delay was measured beside what the rule waited at that time. A rule that waits as long by now,
    or as long as a rule of its severity may, is not proposed again. Nothing is armed by this.
    """
    rows = Alarm.objects.filter(camera=camera, raised_at__gt=timezone.now() - REMEMBERED)
    told: dict[str, list[tuple[dict[str, Any], int, str]]] = defaultdict(list)
    for rule, chatter, version, severity in rows.exclude(chatter={}).values_list(
        "rule", "chatter", "scene_version", "severity"
    ):
        told[rule].append((chatter, version, severity))
    found = []
    for rule in scene.document.get("rules", []):
        now_s = rule.get("sustain_s", 0)
        waits = [
            min(
                LONGEST_S.get(severity, USUAL_LONGEST_S),
                chatter["on_delay_s"] + (now_s if version == scene.version else 0),
            )
            for chatter, version, severity in told[rule["id"]]
        ]
        if not waits or max(waits) <= now_s:
            continue
        worst = max((chatter for chatter, _, _ in told[rule["id"]]), key=lambda one: one["changes"])
        found.append(
            {
                "rule": rule["id"],
                # Where any of them was critical, no longer than a critical one may wait.
                "sustain_s": min(waits) if _critical(told[rule["id"]]) else max(waits),
                "now_s": now_s,
                "changes": worst["changes"],
                "within_s": worst["within_s"],
                "alarms": len(waits),
            }
        )
    return [one for one in found if one["sustain_s"] > one["now_s"]]


def _critical(told: list[tuple[dict[str, Any], int, str]]) -> bool:
    return any(severity == Severity.CRITICAL for _, _, severity in told)
