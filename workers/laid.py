"""How a camera's view lay when each thing was drawn on it: what is drawn goes along from there."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from workers.geometry import Point, Polygon
from workers.ground import Plane, plane
from workers.people import to_the_edge
from workers.scene import Scene
from workers.vision.way import Way

__all__ = ["Laid", "Layout", "layout", "mask_name", "shapes"]


@dataclass
class Laid:
    """By name of a thing: a checksum of its points, and how far the view lay aside then."""

    known: dict[str, tuple[int, Way]] = field(default_factory=dict)

    def since(self, name: str, points: Sequence[Point], way: Way) -> Way:
        """Return how far the view was knocked since this was drawn so; what is new is of now."""
        digest = _digest(tuple(points))
        found = self.known.get(name)
        if found is None or found[0] != digest:
            found = self.known[name] = (digest, way)
        return way.beyond(found[1])

    def keep(self, names: Iterable[str]) -> None:
        """Forget what is no longer drawn."""
        wanted = set(names)
        self.known = {name: one for name, one in self.known.items() if name in wanted}


@dataclass(frozen=True)
class Layout:
    """Where in the picture lies now what is drawn.

    drawn: the zones as they were drawn, carried; zones: the same, by which feet are judged;
    regions: of machines; aside: by name which way each thing was carried, without what was not.
    """

    drawn: dict[str, Polygon]
    zones: dict[str, Polygon]
    lines: dict[str, tuple[Point, ...]]
    regions: dict[str, Polygon]
    masks: tuple[Polygon, ...]
    ground: Plane | None
    aside: dict[str, Way]

    @property
    def carried(self) -> dict[str, Polygon]:
        """The zones that lie elsewhere than they were drawn."""
        return {name: self.drawn[name] for name in self.drawn if f"zone:{name}" in self.aside}


def layout(scene: Scene, laid: Laid, way: Way) -> Layout:
    """Return where in the picture lies what is drawn; feet reach a zone at the lower edge."""
    since = {
        name: laid.since(name, points, way) for name, points in shapes(scene).items() if points
    }
    regions = {
        machine.id: since[f"machine:{machine.id}"].carry(machine.roi)
        for machine in scene.machines
        if machine.roi
    }
    ground = scene.ground
    floor = None
    if ground is not None:
        floor = plane(since["ground:"].shift(ground.image), ground.metres)
    zones = {name: since[f"zone:{name}"].carry(scene.polygons[name]) for name in scene.polygons}
    return Layout(
        zones,
        to_the_edge(zones),
        {line.id: since[f"line:{line.id}"].shift(line.points) for line in scene.lines},
        regions,
        tuple(since[mask_name(mask.polygon)].carry(mask.polygon) for mask in scene.masks),
        floor,
        {name: one for name, one in since.items() if one},
    )


def shapes(scene: Scene) -> dict[str, Sequence[Point]]:
    """Return by name the points of what a scene has drawn; a floor's gauge has its zone's."""
    found: dict[str, Sequence[Point]] = {f"zone:{one}": p for one, p in scene.polygons.items()}
    found |= {f"line:{line.id}": line.points for line in scene.lines}
    found |= {f"machine:{one.id}": one.roi or () for one in scene.machines}
    for gauge in scene.gauges:
        points = [point for point, _ in gauge.points]
        found[f"gauge:{gauge.id}"] = points or scene.polygons[gauge.zone or ""]
    found |= {mask_name(mask.polygon): mask.polygon for mask in scene.masks}
    if scene.ground is not None:
        found["ground:"] = scene.ground.image
    return found


def mask_name(polygon: Sequence[Sequence[float]]) -> str:
    """Name a mask by its points: it has no other name, and its place in the list may change."""
    return f"mask:{_digest(tuple((float(x), float(y)) for x, y in polygon))}"


@lru_cache(maxsize=1024)
def _digest(points: tuple[Point, ...]) -> int:
    return zlib.crc32(repr(points).encode())
