"""Reads of scenes."""

from typing import Any

from apps.cameras.models import Camera
from apps.rules.models import Scene

__all__ = ["EMPTY_DOCUMENT", "scene_document", "scene_in_force"]

EMPTY_DOCUMENT: dict[str, Any] = {
    "version": 1,
    "analysis_fps": 5,
    "zones": [],
    "machines": [],
    "gauges": [],
    "masks": [],
    "rules": [],
}


def scene_in_force(*, camera: Camera) -> Scene | None:
    """Return the newest scene of a camera, or None before the first."""
    return Scene.objects.filter(camera=camera).order_by("-version").first()


def scene_document(scene: Scene | None) -> dict[str, Any]:
    """Return the document, an empty one before the first scene."""
    return dict(scene.document) if scene else dict(EMPTY_DOCUMENT)
