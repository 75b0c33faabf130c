"""Reads of alarms."""

from typing import Any

from django.db.models import Case, IntegerField, Prefetch, QuerySet, Value, When

from apps.alarms.models import Alarm, Severity
from apps.cameras.selectors import camera_tile_data, cameras
from apps.live.selectors import cursor_now

__all__ = ["alarm_data", "alarms", "alarms_open", "desk_data"]

MOST_OPEN = 500

RANK = Case(
    When(severity=Severity.CRITICAL, then=Value(0)),
    When(severity=Severity.HIGH, then=Value(1)),
    When(severity=Severity.MEDIUM, then=Value(2)),
    default=Value(3),
    output_field=IntegerField(),
)


def alarms() -> QuerySet[Alarm]:
    """List the alarms in scope, newest first, with what a row shows."""
    from apps.evidence.models import Clip

    return (
        Alarm.objects.select_related("mine", "camera__area", "acknowledged_by")
        .prefetch_related(Prefetch("clips", queryset=Clip.objects.order_by("wanted_from")))
        .order_by("-raised_at", "-pk")
    )


def alarms_open() -> QuerySet[Alarm]:
    """List what is not closed: unanswered first, then the worst, then the newest."""
    return (
        alarms()
        .exclude(state=Alarm.State.CLOSED)
        .annotate(
            rank=RANK,
            answered=Case(
                When(state=Alarm.State.ACKNOWLEDGED, then=Value(1)),
                default=Value(0),
                output_field=IntegerField(),
            ),
        )
        .order_by("answered", "rank", "-raised_at", "-pk")
    )


def alarm_data(alarm: Alarm) -> dict[str, Any]:
    """Return an alarm as the desk, the socket and the API show it: the same in all three."""
    camera = alarm.camera
    return {
        "id": alarm.pk,
        "mine": alarm.mine_id,
        "mine_name": alarm.mine.name,
        "area": camera.area.name,
        "camera": camera.pk,
        "camera_name": camera.name,
        "rule": alarm.rule,
        "rule_type": alarm.rule_type,
        "state": alarm.state,
        "level": alarm.level,
        "severity": alarm.severity,
        "active": alarm.cleared_at is None,
        "raised_at": alarm.raised_at.isoformat(),
        "last_seen_at": alarm.last_seen_at.isoformat(),
        "cleared_at": alarm.cleared_at and alarm.cleared_at.isoformat(),
        "acknowledged_at": alarm.acknowledged_at and alarm.acknowledged_at.isoformat(),
        "acknowledged_by": alarm.acknowledged_by and alarm.acknowledged_by.get_username(),
        "count": alarm.count,
        "why": alarm.why,
        "values": alarm.values,
        "boxes": alarm.boxes,
        "zone": alarm.zone,
        "picture": alarm.picture,
        "scene_version": alarm.scene_version,
        "committed_at": alarm.committed_at.isoformat(),
        "clips": [
            {"id": str(clip.uid), "state": clip.state}
            for clip in sorted(alarm.clips.all(), key=lambda clip: clip.wanted_from)
        ],
    }


def desk_data(*, mine_ids: list[int]) -> dict[str, Any]:
    """Return the snapshot that a live page starts from; events after its cursor complete it."""
    cursor = cursor_now()  # read first: what commits meanwhile is sent again rather than missed
    return {
        "cursor": cursor,
        "alarms": [alarm_data(a) for a in alarms_open().filter(mine__in=mine_ids)[:MOST_OPEN]],
        "cameras": [camera_tile_data(c) for c in cameras().filter(mine__in=mine_ids)],
    }
