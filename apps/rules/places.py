"""Whether a place that several cameras watch is clear, such as a slope before hauling begins.

Each camera's analysis knows its own picture alone and says when it was empty for long enough; a
place is clear when all of them say so now. Nothing is written: it is read from the checkpoints each
time, so that nothing can go stale. Whoever says nothing, or sees nothing, holds the place.
"""

from typing import Any

from apps.cameras.models import Analysis, Camera
from apps.cameras.selectors import is_overloaded, is_stale, picture_blind
from apps.rules.models import Scene
from apps.rules.selectors import scene_document, scene_in_force
from apps.rules.slopes import TYPE
from workers.engine import State

__all__ = ["places_of"]


def places_of(*, mine_id: int) -> list[dict[str, Any]]:
    """Return every place of a mine that is held or clear, with each camera's word on it.

    A camera's `because` is "" where it says clear, else why it holds: off (its rule, or itself),
    stale (not analysed now, or in part), blind, or people (not seen empty for long enough; by the
    scene in force, as what was seen by an earlier one may have been another slope).
    """
    places: dict[str, list[dict[str, Any]]] = {}
    cameras = Camera.objects.filter(mine=mine_id).select_related("analysis").order_by("name")
    for camera in cameras:
        scene = scene_in_force(camera=camera)
        for rule in scene_document(scene).get("rules", []):
            if rule["type"] == TYPE and rule.get("place"):
                word = {
                    "camera": camera.pk,
                    "camera_name": camera.name,
                    "rule": rule["id"],
                    "because": _holds(camera, scene, rule),
                }
                places.setdefault(rule["place"], []).append(word)
    return [
        {
            "mine": mine_id,
            "place": place,
            "clear": not any(one["because"] for one in words),
            "cameras": words,
        }
        for place, words in sorted(places.items())
    ]


def _holds(camera: Camera, scene: Scene | None, rule: dict[str, Any]) -> str:
    """Return why a camera holds the place, or "" where it sees that it is clear."""
    if not camera.enabled or rule.get("mode", "armed") == "off":
        return "off"
    analysis: Analysis | None = getattr(camera, "analysis", None)
    if analysis is None or is_stale(analysis) or is_overloaded(analysis):
        return "stale"
    if picture_blind(analysis):
        return "blind"
    if scene is None or analysis.scene_version != scene.version:
        return "people"
    state = State.load(bytes(analysis.state)) if analysis.state else State()
    memory = state.rules.get(rule["id"])
    return "" if memory is not None and memory.memory.get("clear") is True else "people"
