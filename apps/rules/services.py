"""Writes of scenes."""

from typing import Any

from django.db import transaction
from django.db.models import Max

from apps.accounts.models import User
from apps.audit.services import record
from apps.cameras.models import Camera
from apps.live.services import emit, take_turn
from apps.rules.models import Scene
from workers.scene import parse_scene

__all__ = ["scene_publish"]


@transaction.atomic
def scene_publish(
    *, camera: Camera, document: dict[str, Any], reason: str = "", actor: User | None = None
) -> Scene:
    """Put a new version of a camera's scene in force.

    Raises workers.scene.SceneError, with the path of the fault, when the document is not valid.
    """
    parse_scene(document)
    take_turn(mine_id=camera.mine_id)  # two people may save at once
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
        detail={"version": scene.version, "reason": reason},
    )
    emit(
        mine_id=camera.mine_id,
        kind="scene.published",
        payload={"camera": camera.pk, "version": scene.version},
    )
    return scene
