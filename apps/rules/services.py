"""Writes of scenes."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from apps.accounts.models import User
from apps.audit.services import record
from apps.cameras.models import Camera
from apps.live.services import emit, take_turn
from apps.rules.models import Scene
from apps.rules.selectors import rules_disarmed, scene_document, scene_in_force
from workers.report import Finding
from workers.scene import SceneError, parse_scene

__all__ = ["DisarmError", "rule_shadow", "scene_publish"]


class DisarmError(SceneError):
    """A life-critical rule would stop protecting, and nobody confirmed that."""


@transaction.atomic
def scene_publish(
    *,
    camera: Camera,
    document: dict[str, Any],
    reason: str = "",
    disarm: bool = False,
    actor: User | None = None,
) -> Scene:
    """Put a new version of a camera's scene in force.

    Raises workers.scene.SceneError, with the path of the fault, when the document is not valid,
    and DisarmError when a life-critical rule would stop protecting without `disarm` and a reason.
    """
    parse_scene(document)
    take_turn(mine_id=camera.mine_id)  # two people may save at once
    lost = rules_disarmed(before=scene_document(scene_in_force(camera=camera)), after=document)
    if lost and not (disarm and reason.strip()):
        raise DisarmError(
            "disarm",
            "%(rules)s would no longer protect anybody: confirm it, and give a reason",
            rules=", ".join(lost),
        )
    newest = Scene.objects.filter(camera=camera).aggregate(v=Max("version"))["v"] or 0
    scene = Scene.objects.create(
        mine_id=camera.mine_id,
        camera=camera,
        version=newest + 1,
        document=document,
        reason=reason,
        author=actor,
    )
    record(
        action="scene.published",
        subject=camera,
        mine_id=camera.mine_id,
        actor=actor,
        detail={"version": scene.version, "reason": reason, "disarmed": lost},
    )
    emit(
        mine_id=camera.mine_id,
        kind="scene.published",
        payload={"camera": camera.pk, "version": scene.version},
    )
    return scene


@transaction.atomic
def rule_shadow(*, camera: Camera, scene: Scene | None, finding: Finding, at: datetime) -> None:
    """Tell what a rule in shadow raised or cleared: an event and an audit entry, no alarm."""
    take_turn(mine_id=camera.mine_id)
    told = {
        "camera": camera.pk,
        "rule": finding.rule,
        "type": finding.type,
        "situation": finding.situation,
        "state": finding.state,
        "level": finding.level,
        "at": at.isoformat(),
        "why": finding.why,
        "scene_version": scene.version if scene else 0,
    }
    record(action="rule.shadow", subject=camera, mine_id=camera.mine_id, detail=told)
    emit(mine_id=camera.mine_id, kind="rule.shadow", payload=told)
