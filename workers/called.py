"""What a scene's things are called: people read names, and rules go by ids."""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from workers.scene import Gauge, Input, Line, Machine, Scene, Zone

__all__ = ["Called", "called", "in_words"]

Called = Mapping[str, Mapping[str, str]]
JOINED = " + "  # of a gauge and a sensor that tell of one level


def called(scene: Scene) -> Called:
    """Return names by id of what has one, by the place in a sentence where its id may stand."""
    machines, inputs = _names(scene.machines), _names(scene.inputs)
    return {
        "zone": _names(scene.zones),
        "line": _names(scene.lines),
        "machine": machines,
        "name": machines,
        "gauge": _names(chain(scene.gauges, scene.inputs)),
        "input": inputs,
        "barrier": inputs,
    }


def in_words(values: Mapping[str, Any], names: Called) -> dict[str, Any]:
    """Return a phrase's values with names in the place of ids."""
    return {place: _said(value, names.get(place)) for place, value in values.items()}


def _said(value: Any, names: Mapping[str, str] | None) -> Any:
    if not names or not isinstance(value, str):
        return value
    return JOINED.join(names.get(one, one) for one in value.split(JOINED))


def _names(things: Iterable[Zone | Line | Machine | Gauge | Input]) -> dict[str, str]:
    return {one.id: one.name for one in things if one.name}
