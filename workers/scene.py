"""The scene document: everything drawn and ruled for one camera, checked to the last key."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import hypot
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from workers import checks
from workers.checks import Faults, SceneError
from workers.geometry import Point, Polygon
from workers.ground import Ground, parse_ground
from workers.hazards.params import Names
from workers.ruling import Kept, SceneRule, Unknown, parse_rule, refuse_circles
from workers.vision.indicator import HUES
from workers.vision.region import LOOKS, too_small
from workers.when import Shift, parse_shift, zones

__all__ = [
    "Gauge", "Ground", "Input", "Line", "Machine", "Scene", "SceneError", "SceneRule", "Zone",
    "load_scene", "parse_scene",
]  # fmt: skip

VERSION = 1
MACHINE_KINDS = ("winch", "hoist", "conveyor", "haulage", "pump", "scraper", "roadheader", "other")
# What a machine's region shows, unless its `look` says otherwise.
LOOK_OF = {"conveyor": "belt", "haulage": "car", "pump": "lamp"}
# A region that is too small in a picture as large as this is too small for every camera.
LARGEST = (3840, 2160)
# The word for one thing of each list that rules and gauges name.
WORDS = {
    "zones": "zone", "lines": "line", "gauges": "gauge", "machines": "machine",
    "inputs": "input", "shifts": "shift",
}  # fmt: skip
SOURCES = ("signal", "video", "both")
# What another system tells: one of some states, a number, or that something happened.
INPUT_KINDS = ("state", "number", "event")
# The shortest gauge or line, as a fraction of the picture.
MIN_GAUGE = 0.02


@dataclass(frozen=True)
class Zone:
    """A polygon by name; points are fractions of the picture."""

    id: str
    polygon: Polygon
    name: str = ""


@dataclass(frozen=True)
class Line:
    """A line that people cross; its left side is on the left hand of who walks along it."""

    id: str
    points: tuple[Point, ...]
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
class Input:
    """What another system tells of: a barrier, a mode, a permit, a count of tags, a gas alarm.

    kind: state (one of `states`), number (in `unit`) or event (each report is one); stale_s:
    what was said longer ago is unknown.
    """

    id: str
    kind: str
    states: tuple[str, ...] = ()
    stale_s: float | None = None
    unit: str = ""
    name: str = ""


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
class Scene:
    """One camera's scene. The engine needs nothing else.

    unknown: rules of types that this version lacks: kept, and not protecting.
    """

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
    lines: tuple[Line, ...] = ()
    inputs: tuple[Input, ...] = ()
    shifts: tuple[Shift, ...] = ()
    timezone: str = ""
    unknown: tuple[Unknown, ...] = ()


def load_scene(path: str | Path) -> Scene:
    """Read a scene file; SceneError says what is wrong and where, also for broken JSON."""
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SceneError("", "cannot be read: %(why)s", why=error.strerror or error) from None
    except UnicodeDecodeError:
        raise SceneError("", "is not a text file in UTF-8") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise SceneError(where, "not JSON: %(why)s", why=error.msg) from None
    except RecursionError:
        raise SceneError("", "is nested too deeply") from None
    return parse_scene(document)


def parse_scene(
    document: Mapping[str, Any], keep: Kept | None = None, *, stored: bool = False
) -> Scene:
    """Check a scene document and return it as a Scene; SceneError has every fault of it.

    keep: the rules that may be of a type that is not known here; None: every one; stored: it was
    taken before: what later versions came to refuse is let through.
    """
    raw = checks.keys(
        document,
        "",
        required=("version",),
        optional=(
            "analysis_fps", "zones", "machines", "gauges", "ground", "masks", "rules",
            "ppe", "lines", "inputs", "shifts", "timezone",
        ),
    )  # fmt: skip
    if raw["version"] is True or raw["version"] != VERSION:
        raise SceneError(
            "version", "must be %(version)s, found %(found)s",
            version=VERSION, found=checks.show(raw["version"]),
        )  # fmt: skip
    faults = Faults()
    fps = faults.take(checks.number, raw.get("analysis_fps", 5.0), "analysis_fps", 0.1, 60)
    zones = checks.listed(raw, "zones", _zone, faults)
    machines = checks.listed(raw, "machines", _machine, faults)
    polygons = {zone.id: zone.polygon for zone in zones}
    gauges = checks.listed(
        raw, "gauges", lambda item, path: _gauge(item, path, polygons, stored), faults
    )
    has_ground = raw.get("ground") is not None
    ground = faults.take(parse_ground, raw["ground"]) if has_ground else None
    masks = checks.listed(raw, "masks", _mask, faults)
    lines = checks.listed(raw, "lines", _line, faults)
    inputs = checks.listed(raw, "inputs", _input, faults)
    _refuse_doubles(machines, inputs, faults)
    shifts = checks.listed(raw, "shifts", parse_shift, faults)
    days = {shift.id: shift for shift in shifts}
    names = Names(
        zone=frozenset(polygons),
        line=frozenset(line.id for line in lines),
        gauge=frozenset(gauge.id for gauge in gauges),
        machine=frozenset(machine.id for machine in machines),
        input=frozenset(one.id for one in inputs),
        states={one.id: one.states for one in inputs},
        kinds={one.id: one.kind for one in inputs},
        units={one.id: one.unit for one in inputs},
        floors=frozenset(gauge.id for gauge in gauges if gauge.zone is not None),
        marks={gauge.id: _ends(gauge) for gauge in gauges if gauge.points},
        sources={machine.id: machine.source for machine in machines},
        shifts=days,
        ground=has_ground,
    )
    rules = checks.listed(
        raw,
        "rules",
        lambda item, path: parse_rule(item, path, names, days, has_ground, keep, stored),
        faults,
    )
    ppe = faults.take(checks.flag, raw.get("ppe", False), "ppe")
    timezone = faults.take(_timezone, raw)
    checks.consequences(raw, faults, WORDS)
    if not faults.found:  # without a rule that has a fault, another one's condition may lack it
        faults.take(refuse_circles, rules)
    faults.tell()
    return Scene(
        VERSION, fps, zones, machines, gauges, ground, masks,
        tuple(rule for rule in rules if isinstance(rule, SceneRule)),
        polygons, ppe, lines, inputs, shifts, timezone,
        tuple(rule for rule in rules if isinstance(rule, Unknown)),
    )  # fmt: skip


def _timezone(raw: Mapping[str, Any]) -> str:
    name = checks.text(raw, "scene", "timezone", 64)
    if name and name not in zones():
        raise SceneError("timezone", "no time zone %(found)s", found=checks.show(name))
    if name:
        ZoneInfo(name)
    return name


def _refuse_doubles(
    machines: tuple[Machine, ...], inputs: tuple[Input, ...], faults: Faults
) -> None:
    """A report names a machine or an input by its id: one id may not mean both."""
    taken = {machine.id for machine in machines}
    for index, one in enumerate(inputs):
        if one.id in taken:
            text = '"%(id)s" is already the id of %(other)s'
            faults.note(SceneError(f"inputs[{index}].id", text, id=one.id, other="a machine"))


def _zone(item: Any, path: str) -> Zone:
    raw = checks.keys(item, path, required=("id", "polygon"), optional=("name",))
    shape = checks.polygon(raw["polygon"], f"{path}.polygon")
    return Zone(checks.ident(raw, path), shape, checks.text(raw, path))


def _line(item: Any, path: str) -> Line:
    raw = checks.keys(item, path, required=("id", "points"), optional=("name",))
    points = checks.points(raw["points"], f"{path}.points", 2)
    for index, (a, b) in enumerate(zip(points, points[1:], strict=False)):
        if hypot(b[0] - a[0], b[1] - a[1]) < MIN_GAUGE / 2:
            raise SceneError(f"{path}.points[{index + 1}]", "is too close to the point before")
    return Line(checks.ident(raw, path), points, checks.text(raw, path))


def _mask(item: Any, path: str) -> Zone:
    # A mask may be a bare polygon: nothing needs to call it by a name.
    if isinstance(item, list):
        return Zone("", checks.polygon(item, path))
    raw = checks.keys(item, path, required=("polygon",), optional=("id", "name", "cover"))
    name = checks.ident(raw, path) if "id" in raw else ""
    checks.flag(raw.get("cover", True), f"{path}.cover")  # of pictures, which the engine draws not
    return Zone(name, checks.polygon(raw["polygon"], f"{path}.polygon"), checks.text(raw, path))


def _machine(item: Any, path: str) -> Machine:
    raw = checks.keys(
        item,
        path,
        required=("id", "source"),
        optional=("kind", "roi", "look", "colour", "unknown_is", "stale_s", "name"),
    )
    source = checks.choice(raw["source"], f"{path}.source", SOURCES)
    kind = checks.choice(raw.get("kind", "other"), f"{path}.kind", MACHINE_KINDS)
    look = checks.choice(raw.get("look", LOOK_OF.get(kind, "drum")), f"{path}.look", LOOKS)
    colour = ""
    if raw.get("colour") is not None:
        colour = checks.choice(raw["colour"], f"{path}.colour", tuple(HUES))
        if look != "lamp":
            text = 'only a lamp has one, and the look is "%(look)s"'
            raise SceneError(f"{path}.colour", text, look=look)
    roi = None
    if raw.get("roi") is not None:
        roi = checks.polygon(raw["roi"], f"{path}.roi")
        if source != "signal" and (small := too_small(roi, *LARGEST, look)):
            raise SceneError(f"{path}.roi", "%(why)s", why=small)
    elif source != "signal":
        text = 'needed where the source is "%(source)s"'
        raise SceneError(f"{path}.roi", text, source=source)
    # Fail-safe: there is no way to write that doubt means safety.
    unknown = checks.choice(raw.get("unknown_is", "running"), f"{path}.unknown_is", ("running",))
    return Machine(
        checks.ident(raw, path), kind, source, roi, _stale(raw, path), unknown,
        checks.text(raw, path), look, colour,
    )  # fmt: skip


def _stale(raw: Mapping[str, Any], path: str) -> float | None:
    if raw.get("stale_s") is None:
        return None
    return checks.number(raw["stale_s"], f"{path}.stale_s", 0.1, 86400 * 7)


def _input(item: Any, path: str) -> Input:
    raw = checks.keys(
        item, path, required=("id", "kind"), optional=("states", "stale_s", "unit", "name")
    )
    kind = checks.choice(raw["kind"], f"{path}.kind", INPUT_KINDS)
    states: tuple[str, ...] = ()
    if kind == "state":
        given = raw.get("states")
        if not isinstance(given, list) or not 2 <= len(given) <= 20:
            found = checks.show(given)
            text = "needs two to twenty states, found %(found)s"
            raise SceneError(f"{path}.states", text, found=found)
        for index, state in enumerate(given):
            if not isinstance(state, str) or not state.strip() or len(state) > 40:
                text = "must be a text of 1 to 40 letters, found %(found)s"
                raise SceneError(f"{path}.states[{index}]", text, found=checks.show(state))
        states = tuple(given)
    elif raw.get("states"):
        raise SceneError(f"{path}.states", "only an input of states has them")
    unit = checks.text(raw, path, "unit", 20)
    return Input(
        checks.ident(raw, path), kind, states, _stale(raw, path), unit, checks.text(raw, path)
    )


def _gauge(item: Any, path: str, zones: Mapping[str, Any], stored: bool) -> Gauge:
    raw = checks.keys(item, path, required=("id",), optional=("points", "zone", "name"))
    name = checks.text(raw, path)
    if ("points" in raw) == ("zone" in raw):
        raise SceneError(path, "needs either points with metres, or a zone whose wet share is told")
    if "zone" in raw:
        zone = checks.known(raw["zone"], f"{path}.zone", "zone", zones)
        return Gauge(checks.ident(raw, path), (), name, zone)
    marks = _marks(raw["points"], f"{path}.points")
    if not stored and _hangs(marks):
        text = "the mark that is higher up in the picture must have more metres"
        raise SceneError(f"{path}.points", text)
    return Gauge(checks.ident(raw, path), marks, name)


def _hangs(marks: tuple[tuple[Point, float], ...]) -> bool:
    """Tell whether the metres of a standing gauge grow downwards: its marks were swapped.

    Such a gauge is read upside down, surely and a metre off. Of one that lies in the picture, as
    before a camera on its side, either end may be the higher.
    """
    (x, y), _ = min(marks, key=lambda mark: mark[1])
    (high_x, high_y), _ = max(marks, key=lambda mark: mark[1])
    return high_y - y > 2 * abs(high_x - x)


def _ends(gauge: Gauge) -> tuple[float, float]:
    """Return the lowest and the highest mark of a gauge, in metres."""
    metres = [level for _, level in gauge.points]
    return min(metres), max(metres)


def _marks(points: Any, path: str) -> tuple[tuple[Point, float], ...]:
    """Check a gauge's points: along one line, in order, each at other metres."""
    if not isinstance(points, list) or len(points) < 2:
        raise SceneError(path, "needs at least two points")
    if len(points) > checks.MAX_POINTS:
        text = "needs %(least)s to %(most)s points, found %(count)s"
        raise SceneError(path, text, least=2, most=checks.MAX_POINTS, count=len(points))
    marks: list[tuple[Point, float]] = []
    for index, point in enumerate(points):
        where = f"{path}[{index}]"
        mark = checks.keys(point, where, required=("xy", "m"))
        metres = checks.number(mark["m"], f"{where}.m", -1000, 1000)
        marks.append((checks.point(mark["xy"], f"{where}.xy"), metres))
        for other in range(index):
            if marks[other][1] == metres or marks[other][0] == marks[index][0]:
                text = "equals %(other)s in place or in metres"
                raise SceneError(where, text, other=f"{path}[{other}]")
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
