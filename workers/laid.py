"""How a camera's view lay when each thing was drawn on it: what is drawn goes along from there."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from workers.geometry import Point, Polygon
from workers.ground import Plane, plane
from workers.people import to_the_edge
from workers.scene import Scene
from workers.vision.knock import Knock

__all__ = ["Laid", "Layout", "layout", "names"]


@dataclass
class Laid:
    """By name of a thing: a checksum of its points, and how far the view lay aside then."""

    known: dict[str, tuple[int, float, float]] = field(default_factory=dict)

    def since(self, name: str, points: Sequence[Point], knock: Knock) -> Knock:
        """Return how far the view was knocked since this was drawn so; what is new is of now."""
        digest = _digest(tuple(points))
        found = self.known.get(name)
        if found is None or found[0] != digest:
            found = self.known[name] = (digest, knock.right, knock.down)
        return knock.beyond(found[1], found[2])

    def keep(self, names: Iterable[str]) -> None:
        """Forget what is no longer drawn."""
        wanted = set(names)
        self.known = {name: one for name, one in self.known.items() if name in wanted}


@dataclass(frozen=True)
class Layout:
    """Where in the picture lies now what rules judge by; carried: the zones that were carried."""

    zones: dict[str, Polygon]
    carried: dict[str, Polygon]
    lines: dict[str, tuple[Point, ...]]
    ground: Plane | None


def layout(scene: Scene, laid: Laid, knock: Knock) -> Layout:
    """Return where in the picture lies what is drawn; feet reach a zone at the lower edge."""
    zones, carried = {}, {}
    for name, polygon in scene.polygons.items():
        since = laid.since(f"zone:{name}", polygon, knock)
        zones[name] = since.carry(polygon)
        if since:
            carried[name] = zones[name]
    lines = {
        line.id: laid.since(f"line:{line.id}", line.points, knock).shift(line.points)
        for line in scene.lines
    }
    ground = scene.ground
    floor = None
    if ground is not None:
        image = laid.since("ground:", ground.image, knock).shift(ground.image)
        floor = plane(image, ground.metres)
    return Layout(to_the_edge(zones), carried, lines, floor)


def names(scene: Scene) -> list[str]:
    """Return what a scene has drawn, by the names that are remembered."""
    return [
        "ground:",
        *(f"zone:{name}" for name in scene.polygons),
        *(f"line:{line.id}" for line in scene.lines),
        *(f"machine:{machine.id}" for machine in scene.machines),
        *(f"gauge:{gauge.id}" for gauge in scene.gauges),
    ]


@lru_cache(maxsize=1024)
def _digest(points: tuple[Point, ...]) -> int:
    return zlib.crc32(repr(points).encode())
