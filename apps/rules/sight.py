"""What a camera's analysis sees now and which rules in force are open, from its checkpoint."""

from typing import Any

from apps.cameras.models import Analysis, Camera
from apps.cameras.selectors import picture_blind
from apps.rules.selectors import scene_document, scene_in_force
from apps.sentences import kept
from workers.engine import State

__all__ = ["sight_of"]


def sight_of(*, camera: Camera) -> dict[str, Any]:
    """Return who is seen and what is open; at: the end of what was analysed, None before the first.

    people: boxes [left, top, right, bottom] in fractions of the picture, of those seen in the last
    frame; open: rules of the scene in force with a situation, whether they are armed or in shadow.
    """
    analysis = Analysis.objects.filter(camera=camera).first()
    if analysis is None or analysis.analysed_until is None:
        return {"at": None, "blind": "", "people": [], "open": []}
    state = State.load(bytes(analysis.state)) if analysis.state else State()
    rules = scene_document(scene_in_force(camera=camera)).get("rules", [])
    opened = [
        {
            "rule": rule["id"],
            "mode": memory.mode,
            "level": memory.level,
            "why": kept(memory.why),
        }
        for rule in rules
        if (memory := state.rules.get(rule["id"])) is not None and memory.level is not None
    ]
    people = [
        {"track": track.id, "box": [round(edge, 4) for edge in track.box]}
        for track in state.tracker.tracks
        if track.confirmed and track.seen_s == state.last_t and track.box
    ]
    return {
        "at": analysis.analysed_until.isoformat(),
        "blind": picture_blind(analysis),
        "people": people,
        "open": opened,
    }
