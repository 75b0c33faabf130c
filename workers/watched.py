"""What a rule watches: what it names of the scene, and how that is drawn.

What a rule remembers is of what it watched then. Bounds, times, words and severity are left out:
what was seen stays true where only they are edited.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import fields

from workers.hazards.params import REFERENCES
from workers.ruling import SceneRule
from workers.scene import Scene


def named(rule: SceneRule) -> dict[str, str]:
    """Return what a rule is about, by where it says so: zone, machine, and what its type needs."""
    about = {"zone": rule.zone, "machine": rule.machine}
    about |= {key: names[0] for key, needed, names in _references(rule) if needed and names}
    return {key: name for key, name in about.items() if name}


def drawn(rule: SceneRule, scene: Scene) -> str:
    """Return a digest of all that a rule names, of how that is drawn, and of who counts."""
    references = [(key, names) for key, _, names in _references(rule)]
    every = {rule.zone, *(name for _, names in references for name in names)}
    shapes = [
        *((zone.id, zone.polygon) for zone in scene.zones if zone.id in every),
        *((line.id, line.points) for line in scene.lines if line.id in every),
        *((gauge.id, gauge.points, gauge.zone) for gauge in scene.gauges if gauge.id in every),
    ]
    text = repr((rule.zone, rule.machine, rule.wears, references, sorted(shapes, key=repr)))
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()[:12]


def zones_of(rule: SceneRule) -> frozenset[str]:
    """Return the zones that a rule looks at."""
    found = {rule.zone} if rule.zone else set()
    for one in fields(rule.params) if rule.params is not None else ():
        value = getattr(rule.params, one.name)
        if one.metadata["kind"] == "zone" and value:
            found.add(value)
        elif one.metadata["kind"] == "zones":
            found |= set(value)
    return frozenset(found)


def _references(rule: SceneRule) -> Iterable[tuple[str, bool, tuple[str, ...]]]:
    """Return each parameter that names things of the scene: whether it is needed, and what."""
    for one in fields(rule.params) if rule.params is not None else ():
        kind, value = one.metadata["kind"], getattr(rule.params, one.name)
        if kind in REFERENCES:
            yield one.name, one.metadata["required"], (value,) if value else ()
        elif kind in ("zones", "inputs"):
            yield one.name, False, tuple(sorted(value))
