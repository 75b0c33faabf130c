"""The scene document: everything drawn and ruled for one camera, checked to the last key."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from math import hypot
from pathlib import Path
from typing import Any, TypeVar

from workers.geometry import Point, Polygon, area, crosses_itself, is_line
from workers.hazards import registry
from workers.vision.indicator import HUES
from workers.vision.region import LOOKS, too_small

VERSION = 1
MACHINE_KINDS = ("winch", "hoist", "conveyor", "haulage", "pump", "scraper", "roadheader", "other")
# What a machine's region shows, unless its `look` says otherwise.
LOOK_OF = {"conveyor": "belt", "haulage": "car", "pump": "lamp"}
# A region that is too small in a picture as large as this is too small for every camera.
LARGEST = (3840, 2160)
SOURCES = ("signal", "video", "both")
SEVERITIES = ("critical", "high", "medium", "low")
MAX_POINTS = 100
# The shortest gauge, as a fraction of the picture.
MIN_GAUGE = 0.02
T = TypeVar("T")


class SceneError(ValueError):
    """The first fault of a scene document: its path and what is wrong there."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message


@dataclass(frozen=True)
class Zone:
    """A polygon by name; points are fractions of the picture."""

    id: str
    polygon: Polygon
    name: str = ""


@dataclass(frozen=True)
class Machine:
    """A machine and where its state comes from; stale_s: a signal older than this is UNKNOWN.

    look: what its region shows (workers.vision.region.LOOKS); colour: of the indicator lamp that
    means running, or "" for any.
    """

    id: str
    kind: str
    source: str
    roi: Polygon | None = None
    stale_s: float | None = None
    unknown_is: str = "running"
    name: str = ""
    look: str = "drum"
    colour: str = ""


@dataclass(frozen=True)
class Gauge:
    """Two or more marked points of a water gauge, in order along it: ((x, y), metres).

    A floor without a gauge names a zone instead of points, drawn while it was dry: its wet share.
    """

    id: str
    points: tuple[tuple[Point, float], ...] = ()
    name: str = ""
    zone: str | None = None


@dataclass(frozen=True)
class Ground:
    """Four points of the ground in the picture and the same four in metres."""

    image: Polygon
    metres: tuple[Point, ...]


@dataclass(frozen=True)
class SceneRule:
    """A hazard type armed with parameters; params is the type's own dataclass."""

    id: str
    type: str
    severity: str
    zone: str | None = None
    machine: str | None = None
    params: Any = None
    name: str = ""


@dataclass(frozen=True)
class Scene:
    """One camera's scene. The engine needs nothing else."""

    version: int = VERSION
    analysis_fps: float = 5.0
    zones: tuple[Zone, ...] = ()
    machines: tuple[Machine, ...] = ()
    gauges: tuple[Gauge, ...] = ()
    ground: Ground | None = None
    masks: tuple[Zone, ...] = ()
    rules: tuple[SceneRule, ...] = ()
    polygons: Mapping[str, Polygon] = field(default_factory=dict)
    # Whether to look for helmets and vests on people near enough.
    ppe: bool = False


def load_scene(path: str | Path) -> Scene:
    """Read a scene file; SceneError says what is wrong and where, also for broken JSON."""
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SceneError("", f"cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise SceneError("", "is not a text file in UTF-8") from None
    except json.JSONDecodeError as error:
        raise SceneError(
            f"line {error.lineno} column {error.colno}", f"not JSON: {error.msg}"
        ) from None
    except RecursionError:
        raise SceneError("", "is nested too deeply") from None
    return parse_scene(document)


def parse_scene(document: Mapping[str, Any]) -> Scene:
    """Check a scene document and return it as a Scene; raise SceneError at the first fault."""
    raw = _keys(
        document,
        "",
        required=("version",),
        optional=(
            "analysis_fps", "zones", "machines", "gauges", "ground", "masks", "rules",
            "ppe",
        ),
    )  # fmt: skip
    if raw["version"] is True or raw["version"] != VERSION:
        raise SceneError("version", f"must be {VERSION}, found {_show(raw['version'])}")
    fps = _number(raw.get("analysis_fps", 5.0), "analysis_fps", 0.1, 60)
    zones = _list(raw, "zones", _zone)
    machines = _list(raw, "machines", _machine)
    names = {zone.id: zone.polygon for zone in zones}
    gauges = _list(raw, "gauges", lambda item, path: _gauge(item, path, names))
    ground = _ground(raw["ground"]) if raw.get("ground") is not None else None
    masks = _list(raw, "masks", _mask)
    ids = {machine.id for machine in machines}
    rules = _list(raw, "rules", lambda item, path: _rule(item, path, names, ids))
    asked = raw.get("ppe", False)
    if not isinstance(asked, bool):
        raise SceneError("ppe", f"must be true or false, found {_show(asked)}")
    return Scene(VERSION, fps, zones, machines, gauges, ground, masks, rules, names, asked)


def _list(raw: Mapping[str, Any], key: str, parse: Callable[[Any, str], T]) -> tuple[T, ...]:
    items = raw.get(key, [])
    if not isinstance(items, list):
        raise SceneError(key, f"must be a list, found {_show(items)}")
    parsed = []
    seen: dict[str, int] = {}
    for index, item in enumerate(items):
        path = f"{key}[{index}]"
        one = parse(item, path)
        name = getattr(one, "id", "")
        if name and name in seen:
            raise SceneError(f"{path}.id", f'"{name}" is already the id of {key}[{seen[name]}]')
        seen[name] = index
        parsed.append(one)
    return tuple(parsed)


def _zone(item: Any, path: str) -> Zone:
    raw = _keys(item, path, required=("id", "polygon"), optional=("name",))
    return Zone(_id(raw, path), _polygon(raw["polygon"], f"{path}.polygon"), _name(raw, path))


def _mask(item: Any, path: str) -> Zone:
    # A mask may be a bare polygon: nothing needs to call it by a name.
    if isinstance(item, list):
        return Zone("", _polygon(item, path))
    raw = _keys(item, path, required=("polygon",), optional=("id", "name"))
    name = _id(raw, path) if "id" in raw else ""
    return Zone(name, _polygon(raw["polygon"], f"{path}.polygon"), _name(raw, path))


def _machine(item: Any, path: str) -> Machine:
    raw = _keys(
        item,
        path,
        required=("id", "source"),
        optional=("kind", "roi", "look", "colour", "unknown_is", "stale_s", "name"),
    )
    source = _choice(raw["source"], f"{path}.source", SOURCES)
    kind = _choice(raw.get("kind", "other"), f"{path}.kind", MACHINE_KINDS)
    look = _choice(raw.get("look", LOOK_OF.get(kind, "drum")), f"{path}.look", LOOKS)
    colour = ""
    if raw.get("colour") is not None:
        colour = _choice(raw["colour"], f"{path}.colour", tuple(HUES))
        if look != "lamp":
            raise SceneError(f"{path}.colour", f'only a lamp has one, and the look is "{look}"')
    roi = None
    if raw.get("roi") is not None:
        roi = _polygon(raw["roi"], f"{path}.roi")
        if source != "signal" and (small := too_small(roi, *LARGEST, look)):
            raise SceneError(f"{path}.roi", small)
    elif source != "signal":
        raise SceneError(f"{path}.roi", f'needed where the source is "{source}"')
    stale_s = None
    if raw.get("stale_s") is not None:
        stale_s = _number(raw["stale_s"], f"{path}.stale_s", 0.1, 86400 * 7)
    # Fail-safe: there is no way to write that doubt means safety.
    unknown = _choice(raw.get("unknown_is", "running"), f"{path}.unknown_is", ("running",))
    name = _name(raw, path)
    return Machine(_id(raw, path), kind, source, roi, stale_s, unknown, name, look, colour)


def _gauge(item: Any, path: str, zones: Mapping[str, Any]) -> Gauge:
    raw = _keys(item, path, required=("id",), optional=("points", "zone", "name"))
    if ("points" in raw) == ("zone" in raw):
        raise SceneError(path, "needs either points with metres, or a zone whose wet share is told")
    if "zone" in raw:
        _known(raw["zone"], f"{path}.zone", "zone", zones)
        return Gauge(_id(raw, path), (), _name(raw, path), raw["zone"])
    return Gauge(_id(raw, path), _marks(raw["points"], f"{path}.points"), _name(raw, path))


def _marks(points: Any, path: str) -> tuple[tuple[Point, float], ...]:
    """Check a gauge's points: along one line, in order, each at other metres."""
    if not isinstance(points, list) or len(points) < 2:
        raise SceneError(path, "needs at least two points")
    if len(points) > MAX_POINTS:
        raise SceneError(path, f"needs 2 to {MAX_POINTS} points, found {len(points)}")
    marks: list[tuple[Point, float]] = []
    for index, point in enumerate(points):
        where = f"{path}[{index}]"
        mark = _keys(point, where, required=("xy", "m"))
        metres = _number(mark["m"], f"{where}.m", -1000, 1000)
        marks.append((_point(mark["xy"], f"{where}.xy"), metres))
        for other in range(index):
            if marks[other][1] == metres or marks[other][0] == marks[index][0]:
                raise SceneError(where, f"equals {path}[{other}] in place or in metres")
    rises = marks[-1][1] > marks[0][1]
    along = (marks[-1][0][0] - marks[0][0][0], marks[-1][0][1] - marks[0][0][1])
    if hypot(*along) < MIN_GAUGE:
        raise SceneError(path, "the first and the last point are too close together to measure by")
    for index in range(1, len(marks)):
        (x, y), metres = marks[index]
        (last_x, last_y), last = marks[index - 1]
        where = f"{path}[{index}]"
        if (metres > last) != rises:
            raise SceneError(f"{where}.m", "the metres must rise, or fall, from point to point")
        if (x - last_x) * along[0] + (y - last_y) * along[1] <= 0:
            raise SceneError(f"{where}.xy", "the points are not in order along the gauge")
    return tuple(marks)


def _ground(item: Any) -> Ground:
    raw = _keys(item, "ground", required=("image", "metres"))
    image = _polygon(raw["image"], "ground.image")
    metres = raw["metres"]
    if len(image) != 4:
        raise SceneError("ground.image", f"needs four points, found {len(image)}")
    if not isinstance(metres, list) or len(metres) != 4:
        raise SceneError("ground.metres", "needs four points")
    points = tuple(_point(p, f"ground.metres[{i}]", -10_000, 10_000) for i, p in enumerate(metres))
    if area(points) == 0 or crosses_itself(points):
        raise SceneError("ground.metres", "the four points must enclose an area, in order")
    return Ground(image, points)


def _rule(item: Any, path: str, zones: Mapping[str, Polygon], machines: set[str]) -> SceneRule:
    raw = _keys(
        item, path, required=("id", "type"),
        optional=("zone", "machine", "severity", "params", "name"),
    )  # fmt: skip
    name = _id(raw, path)
    kinds = registry()
    if not isinstance(raw["type"], str) or raw["type"] not in kinds:
        known = ", ".join(sorted(kinds))
        raise SceneError(f"{path}.type", f"no hazard type {_show(raw['type'])}; there are: {known}")
    hazard = kinds[raw["type"]]
    zone, machine = raw.get("zone"), raw.get("machine")
    if zone is None and hazard.needs_zone:
        raise SceneError(f"{path}.zone", f"needed by {hazard.type}")
    if zone is not None:
        _known(zone, f"{path}.zone", "zone", zones)
    if machine is None and hazard.needs_machine:
        raise SceneError(f"{path}.machine", f"needed by {hazard.type}")
    if machine is not None:
        _known(machine, f"{path}.machine", "machine", machines)
    severity = _choice(raw.get("severity", "high"), f"{path}.severity", SEVERITIES)
    params = _params(hazard.params, raw.get("params", {}), f"{path}.params", zones)
    return SceneRule(name, hazard.type, severity, zone, machine, params, _name(raw, path))


def _params(kind: type, item: Any, path: str, zones: Mapping[str, Polygon]) -> Any:
    declared = {f.name: f for f in fields(kind)}
    raw = _keys(item, path, optional=tuple(declared))
    values = {}
    for key, value in raw.items():
        about = declared[key].metadata
        where = f"{path}.{key}"
        if value is None and declared[key].default is None:
            continue
        if about["kind"] == "zone":
            _known(value, where, "zone", zones)
        else:
            value = _number(value, where, about["min"], about["max"])
            if about["kind"] == "integer":
                if value != int(value):
                    raise SceneError(where, f"must be a whole number, found {_show(value)}")
                value = int(value)
        values[key] = value
    for key, one in declared.items():
        if one.default is MISSING and key not in values:
            raise SceneError(f"{path}.{key}", "is missing")
    return kind(**values)


def _keys(
    item: Any, path: str, required: Sequence[str] = (), optional: Sequence[str] = ()
) -> Mapping[str, Any]:
    if not isinstance(item, Mapping):
        raise SceneError(path or "scene", f"must be an object, found {_show(item)}")
    dot = f"{path}." if path else ""
    for key in item:
        if key not in required and key not in optional:
            known = ", ".join((*required, *optional))
            raise SceneError(f"{dot}{key}", f"unknown key; there are: {known}")
    for key in required:
        if key not in item:
            raise SceneError(f"{dot}{key}", "is missing")
    return item


def _id(raw: Mapping[str, Any], path: str) -> str:
    value = raw["id"]
    if not isinstance(value, str) or not value.strip() or len(value) > 100:
        raise SceneError(f"{path}.id", f"must be a text of 1 to 100 letters, found {_show(value)}")
    return value


def _name(raw: Mapping[str, Any], path: str) -> str:
    value = raw.get("name", "")
    if not isinstance(value, str) or len(value) > 200:
        raise SceneError(
            f"{path}.name", f"must be a text of at most 200 letters, found {_show(value)}"
        )
    return value


def _choice(value: Any, path: str, choices: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in choices:
        raise SceneError(path, f"must be one of {', '.join(choices)}; found {_show(value)}")
    return value


def _known(value: Any, path: str, what: str, names: Mapping[str, Any] | set[str]) -> None:
    if not isinstance(value, str) or value not in names:
        raise SceneError(path, f"no {what} {_show(value)}")


def _number(value: Any, path: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise SceneError(path, f"must be a number, found {_show(value)}")
    if not low <= value <= high:
        raise SceneError(path, f"must be from {low:g} to {high:g}, found {_show(value)}")
    return float(value)


def _point(value: Any, path: str, low: float = 0.0, high: float = 1.0) -> Point:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise SceneError(path, f"must be [x, y], found {_show(value)}")
    return _number(value[0], f"{path}[0]", low, high), _number(value[1], f"{path}[1]", low, high)


def _polygon(value: Any, path: str) -> Polygon:
    if not isinstance(value, list | tuple):
        raise SceneError(path, f"must be a list of points, found {_show(value)}")
    if not 3 <= len(value) <= MAX_POINTS:
        raise SceneError(path, f"needs 3 to {MAX_POINTS} points, found {len(value)}")
    points = tuple(_point(point, f"{path}[{i}]") for i, point in enumerate(value))
    if len(points) > 3 and points[0] == points[-1]:
        points = points[:-1]  # closed by repeating its first point, as GeoJSON does
    if is_line(points):
        raise SceneError(path, "encloses no area")
    if crosses_itself(points):
        raise SceneError(path, "crosses itself")
    if area(points) <= 1e-7:
        raise SceneError(path, "encloses no area")
    return points


def _show(value: Any) -> str:
    """Return a value as it would stand in the document, short."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
