"""Reads of plans: what a plan shows now."""

from typing import Any

from django.db.models import Count, QuerySet

from apps.alarms.models import Alarm
from apps.alarms.selectors import RANK
from apps.cameras.models import Camera
from apps.cameras.selectors import camera_health, cameras
from apps.live.selectors import cursor_now
from apps.plans.models import Placement, Plan

__all__ = ["plan_data", "plans"]

SHOWN = (
    Alarm.State.UNACKNOWLEDGED,
    Alarm.State.RETURNED,
    Alarm.State.ACKNOWLEDGED,
    Alarm.State.LATCHED,
)
ASKS = (Alarm.State.UNACKNOWLEDGED, Alarm.State.RETURNED)


def plans() -> QuerySet[Plan]:
    """List the plans in scope with how many cameras are on them."""
    return Plan.objects.select_related("mine", "area", "uploaded_by").annotate(
        camera_count=Count("placements")
    )


def plan_data(plan: Plan) -> dict[str, Any]:
    """Return a plan with its cameras, how each stands, and the worst of its alarms.

    The cursor is read first: what happens meanwhile is asked for again rather than missed.
    """
    cursor = cursor_now()
    rows = cameras().filter(mine=plan.mine_id)
    if plan.area_id:
        rows = rows.filter(area=plan.area_id)
    placed = {row.camera_id: row for row in Placement.objects.filter(plan=plan)}
    known = {camera.pk: camera for camera in rows}
    elsewhere = set(placed) - set(known)
    if elsewhere:  # a camera that moved to another place stays where it was put
        known |= {camera.pk: camera for camera in cameras().filter(pk__in=elsewhere)}
    alarms = _alarms(plan.mine_id, set(known))
    return {
        "id": plan.pk,
        "mine": plan.mine_id,
        "area": plan.area_id,
        "title": plan.title,
        "width": plan.width,
        "height": plan.height,
        "sha256": plan.sha256,
        "cursor": cursor,
        "cameras": [
            _camera(camera, placed.get(pk), alarms.get(pk, []))
            for pk, camera in sorted(known.items(), key=lambda item: item[1].name)
        ],
    }


def _camera(
    camera: Camera, placement: Placement | None, alarms: list[dict[str, Any]]
) -> dict[str, Any]:
    where = None
    if placement is not None:
        names = ("x", "y", "bearing_deg", "angle_deg", "reach")
        where = {name: getattr(placement, name) for name in names}
    health = camera_health(camera)
    return {
        "id": camera.pk,
        "name": camera.name,
        "area": camera.area.name,
        "where": where,
        "state": health["state"],
        "because": health["because"],
        "alarms": len(alarms),
        "alarm": alarms[0] if alarms else None,
    }


def _alarms(mine_id: int, camera_ids: set[int]) -> dict[int, list[dict[str, Any]]]:
    """Return by camera its open alarms, the worst first; a witness shows what it witnesses."""
    found: dict[int, list[dict[str, Any]]] = {}
    rows = Alarm.objects.filter(mine=mine_id, state__in=SHOWN).annotate(rank=RANK)
    for alarm in rows.order_by("rank", "-raised_at", "-pk").prefetch_related("witnesses"):
        seen = {one.camera_id for one in alarm.witnesses.all() if one.cleared_at is None}
        for pk in ({alarm.camera_id} | seen) & camera_ids:
            told = {
                "id": alarm.pk,
                "severity": alarm.severity,
                "rule_type": alarm.rule_type,
                "level": alarm.level,
                "asks": alarm.state in ASKS,
            }
            found.setdefault(pk, []).append(told)
    return found
