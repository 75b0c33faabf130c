"""Cameras of one slope tell one another how many people each sees on it.

After each chunk an analysis reports what its slope rules counted, as a report like any other
input's: with its time, read for the span that is judged, live and in a replay alike. The rules of
the other cameras at the same place take these counts as inputs. Who says nothing for ten seconds,
sees nothing, is off or was never analysed is not known to see nobody, and holds the slope.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from apps.cameras.models import Camera
from apps.rules.models import Scene
from apps.rules.selectors import scenes_in_force
from apps.signals.services import count_keep
from workers.engine import State
from workers.scene import Input
from workers.scene import Scene as ParsedScene

__all__ = ["COUNTS", "TYPE", "counts_tell", "joined", "key_of"]

# The rule whose counts are told.
TYPE = "slope_mutual_exclusion"
# What such inputs' names begin with: the API lets nobody else tell them.
COUNTS = "slope:"
# A camera that has not spoken for so long holds the slope.
STALE_S = 10.0
# The same count is told again this often, so that it does not grow stale.
AGAIN = timedelta(seconds=4)
# What a camera says that does not see: no number, and so not known.
BLIND = "BLIND"


def key_of(camera_id: int, rule: str) -> str:
    """Return the input that a camera's count is told under."""
    return f"{COUNTS}{camera_id}:{rule}"


def joined(scene: ParsedScene, *, camera: Camera) -> ParsedScene:
    """Return a camera's scene with the counts of the other cameras of its slopes."""
    places = {rule.place for rule in scene.rules if rule.type == TYPE and rule.place}
    if not places:
        return scene
    others: dict[str, list[str]] = {}
    rows: list[Scene] = list(scenes_in_force(mine_ids=[camera.mine_id]))
    for row in rows:
        for raw in row.document.get("rules", []) if row.camera_id != camera.pk else []:
            if raw.get("type") == TYPE and raw.get("place") in places:
                others.setdefault(raw["place"], []).append(key_of(row.camera_id, raw["id"]))
    rules = tuple(
        replace(rule, params=replace(
            rule.params, others=(*rule.params.others, *others.get(rule.place, ()))
        )) if rule.type == TYPE else rule
        for rule in scene.rules
    )  # fmt: skip
    told = tuple(Input(key, "number", stale_s=STALE_S) for keys in others.values() for key in keys)
    return replace(scene, rules=rules, inputs=(*scene.inputs, *told))


def counts_tell(*, camera: Camera, scene: ParsedScene, state: State, at: datetime) -> None:
    """Report what the slope rules of a camera counted last, where other cameras may ask."""
    for rule in scene.rules:
        memory = state.rules.get(rule.id)
        if rule.type != TYPE or not rule.place or rule.mode == "off" or memory is None:
            continue
        people, sight = memory.told.get("people"), memory.told.get("sight")
        blind = people is None or (sight is not None and sight[0] == BLIND)
        value = BLIND if blind or people is None else f"{people[0]:g}"
        key = key_of(camera.pk, rule.id)
        count_keep(mine_id=camera.mine_id, key=key, value=value, at=at, again=AGAIN)
