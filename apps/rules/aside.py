"""What is drawn for a camera that was knocked a little, where it lies in the picture now."""

from collections.abc import Iterator
from typing import Any

from apps.cameras.models import Analysis, Camera
from apps.rules.models import Scene
from workers.laid import mask_name
from workers.vision.way import Way

__all__ = ["lies_now"]

Points = list[list[float]]


def lies_now(*, camera: Camera, scene: Scene | None) -> list[dict[str, Any]]:
    """Return what of a scene lies elsewhere than it was drawn: {"kind", "index", "points"}.

    Nothing where the analysis judges by another version still. Gauges and the ground count by all
    of their points: they are left out where one would lie beyond the picture.
    """
    analysis = Analysis.objects.filter(camera=camera).first()
    if analysis is None or scene is None or analysis.scene_version != scene.version:
        return []
    found = []
    for name, kind, index, points in _drawn(scene.document):
        if name not in analysis.aside:
            continue
        way, where = Way(*analysis.aside[name]), [(x, y) for x, y in points]
        if kind in ("gauges", "ground"):
            lies = way.shift(where)
            if not all(0 <= value <= 1 for point in lies for value in point):
                continue
        else:
            lies = way.carry(where)
        rounded = [[round(x, 4), round(y, 4)] for x, y in lies]
        found.append({"kind": kind, "index": index, "points": rounded})
    return found


def _drawn(document: dict[str, Any]) -> Iterator[tuple[str, str, int, Points]]:
    """Give what is drawn: its name in the analysis, its list, its place there, its points."""
    for index, zone in enumerate(document.get("zones", [])):
        yield f"zone:{zone['id']}", "zones", index, zone["polygon"]
    for index, machine in enumerate(document.get("machines", [])):
        yield f"machine:{machine['id']}", "machines", index, machine.get("roi") or []
    for index, line in enumerate(document.get("lines", [])):
        yield f"line:{line['id']}", "lines", index, line["points"]
    for index, gauge in enumerate(document.get("gauges", [])):
        if gauge.get("points"):  # a floor without a gauge has its zone's
            yield f"gauge:{gauge['id']}", "gauges", index, [one["xy"] for one in gauge["points"]]
    for index, mask in enumerate(document.get("masks", [])):
        polygon = mask if isinstance(mask, list) else mask["polygon"]
        yield mask_name(polygon), "masks", index, polygon
    if document.get("ground"):
        yield "ground:", "ground", 0, document["ground"]["image"]
