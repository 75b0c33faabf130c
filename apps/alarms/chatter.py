"""Chattering: an alarm that comes and goes. It is told, with an on-delay to think about.

Nothing is delayed, changed or switched off by itself: whoever sets the mine up decides.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.utils import timezone

from apps.alarms.life import ENDS, Cause
from apps.alarms.models import Alarm, AlarmTransition, Severity
from apps.cameras.models import Camera
from apps.rules.selectors import scene_document, scene_in_force
from workers.scene import SceneError, parse_scene

__all__ = ["CHANGES", "chatter_of", "proposals"]

# Source: domain.md section 7: three transitions a minute or more.
WITHIN = timedelta(minutes=1)
LEAST = 3
CHANGES = (Cause.RAISED.value, Cause.AGAIN.value, *ENDS)
# A delay that somebody may think about; where a life hangs on the rule, no longer than the two
# seconds in which an alarm must be on the desk.
LONGEST_S = {Severity.CRITICAL.value: 2}
USUAL_LONGEST_S = 30
# For so long what chattered is proposed to be changed.
REMEMBERED = timedelta(days=7)


def chatter_of(*, alarm: Alarm, at: datetime) -> dict[str, Any] | None:
    """Return how a rule chatters at a moment of its camera's clock, or None where it does not.

    changes: how often it came or went in the last minute, over all its alarms; on_delay_s: by how
    many whole seconds longer a wait would have held back the spells that ended in that minute. It
    is left out where none ended, where no delay that is permitted would have done, and where the
    rule takes none.
    """
    rows = AlarmTransition.objects.filter(
        mine=alarm.mine_id,
        at__lte=at,
        alarm__camera=alarm.camera_id,
        alarm__rule=alarm.rule,
        cause__in=CHANGES,
    )
    within = rows.filter(at__gt=at - WITHIN)
    changes = list(within.order_by("at", "pk").values_list("alarm", "cause", "at"))
    if len(changes) < LEAST:
        return None
    spells: list[float] = []
    begun: dict[int, datetime] = {}
    for number, cause, moment in changes:
        if cause not in ENDS:
            begun[number] = moment
            continue
        if number not in begun:  # it began before that minute
            before = rows.filter(alarm=number, at__lt=moment).exclude(cause__in=ENDS)
            began = before.order_by("-at", "-pk").values_list("at", flat=True).first()
            begun[number] = began or at - WITHIN
        spells.append((moment - begun.pop(number)).total_seconds())
    found = {"changes": len(changes), "within_s": int(WITHIN.total_seconds())}
    on_delay_s = max(1, ceil(max(spells, default=0)))
    permitted = on_delay_s <= LONGEST_S.get(alarm.severity, USUAL_LONGEST_S)
    document = scene_document(scene_in_force(camera=alarm.camera))
    if spells and permitted and _may_wait(document, alarm.rule, on_delay_s):
        found["on_delay_s"] = on_delay_s
    return found


def proposals(*, camera: Camera, scene: Any) -> list[dict[str, Any]]:
    """List for which rules of the scene in force a longer wait is proposed, and why.

    A delay was measured beside what the rule waited at that time. A rule that waits as long by now
    is not proposed again, nor one for which any of its alarms says that no permitted wait would
    have done. Nothing is armed by this.
    """
    rows = Alarm.objects.filter(camera=camera, raised_at__gt=timezone.now() - REMEMBERED)
    told: dict[str, list[tuple[dict[str, Any], int, str]]] = defaultdict(list)
    for rule, chatter, version, severity in rows.exclude(chatter={}).values_list(
        "rule", "chatter", "scene_version", "severity"
    ):
        told[rule].append((chatter, version, severity))
    found = []
    for rule in scene.document.get("rules", []):
        of_rule = told[rule["id"]]
        if not of_rule or any("on_delay_s" not in chatter for chatter, _, _ in of_rule):
            continue
        now_s = rule.get("sustain_s", 0)
        needed_s = max(
            chatter["on_delay_s"] + (now_s if version == scene.version else 0)
            for chatter, version, _ in of_rule
        )
        permitted_s = min(LONGEST_S.get(severity, USUAL_LONGEST_S) for _, _, severity in of_rule)
        if not now_s < needed_s <= permitted_s:
            continue
        if not _may_wait(scene.document, rule["id"], needed_s):
            continue
        worst = max((chatter for chatter, _, _ in of_rule), key=lambda one: one["changes"])
        found.append(
            {
                "rule": rule["id"],
                "sustain_s": needed_s,
                "now_s": now_s,
                "changes": worst["changes"],
                "within_s": worst["within_s"],
                "alarms": len(of_rule),
            }
        )
    return found


def _may_wait(document: dict[str, Any], rule: str, sustain_s: float) -> bool:
    """Tell whether a wait of a rule would be taken: an event or a crossing would never be told."""
    ids = [one["id"] for one in document.get("rules", [])]
    if rule not in ids:
        return True
    rules = [
        {**one, "sustain_s": sustain_s} if one["id"] == rule else one for one in document["rules"]
    ]
    try:
        parse_scene({**document, "rules": rules})
    except SceneError as error:
        path = f"rules[{ids.index(rule)}].sustain_s"
        return all(fault.path != path for fault in error.faults)
    return True
