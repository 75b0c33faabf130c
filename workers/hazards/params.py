"""How a hazard type declares its parameters: forms, schemas and checks are made of it."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from workers import checks
from workers.checks import Faults, SceneError

# Parameters of these kinds name something that is drawn or listed in the scene.
REFERENCES = ("zone", "line", "gauge", "machine", "input")


def _declare(default: Any, kind: str, label: str, help: str, **more: Any) -> Any:
    about = {"kind": kind, "label": label, "help": help, "unit": "", **more}
    if isinstance(default, list | dict):
        return field(default_factory=lambda: default, metadata=about)
    return field(default=default, metadata=about)


def number(
    default: float | None, *, unit: str, low: float, high: float, label: str, help: str
) -> Any:
    """Declare a number with its unit, bounds, name and one sentence of help; or none at all."""
    return _declare(default, "number", label, help, unit=unit, min=low, max=high)


def integer(default: int, *, low: int, high: int, label: str, help: str) -> Any:
    """Declare a whole number."""
    return _declare(default, "integer", label, help, min=low, max=high)


def flag(default: bool, *, label: str, help: str) -> Any:
    """Declare a yes or no."""
    return _declare(default, "flag", label, help)


def choice(default: str, *, choices: Mapping[str, str], label: str, help: str) -> Any:
    """Declare one of some texts; choices: what each is called."""
    return _declare(default, "choice", label, help, choices=dict(choices))


def text(default: str = "", *, label: str, help: str) -> Any:
    """Declare a short text."""
    return _declare(default, "text", label, help)


def zone(*, label: str, help: str, required: bool = False) -> Any:
    """Declare the name of a zone of the scene, or none."""
    return _declare(None, "zone", label, help, required=required)


def zones(*, label: str, help: str, required: bool = False) -> Any:
    """Declare names of zones of the scene."""
    return _declare((), "zones", label, help, required=required)


def line(*, label: str, help: str, required: bool = False) -> Any:
    """Declare the name of a line of the scene, or none."""
    return _declare(None, "line", label, help, required=required)


def gauge(*, label: str, help: str, required: bool = False) -> Any:
    """Declare the name of a gauge of the scene, or none."""
    return _declare(None, "gauge", label, help, required=required)


def machine(*, label: str, help: str, required: bool = False) -> Any:
    """Declare the name of a machine of the scene, or none."""
    return _declare(None, "machine", label, help, required=required)


def source(*, label: str, help: str, required: bool = False) -> Any:
    """Declare the name of an input of the scene, or none."""
    return _declare(None, "input", label, help, required=required)


def sources(*, label: str, help: str, required: bool = False) -> Any:
    """Declare names of inputs of the scene."""
    return _declare((), "inputs", label, help, required=required)


def table(default: tuple[tuple[float, float], ...], *, label: str, help: str) -> Any:
    """Declare pairs of numbers, the first of each rising."""
    return _declare(default, "table", label, help)


def data(
    *, parse: Callable[[Any, str, "Names"], Any], schema: Mapping[str, Any], label: str, help: str
) -> Any:
    """Declare something with a form of its own: `parse` checks it, `schema` is its JSON schema."""
    return _declare((), "data", label, help, parse=parse, schema=dict(schema))


@dataclass(frozen=True)
class Names:
    """What a rule may name: ids of the scene's things by kind."""

    zone: frozenset[str] = frozenset()
    line: frozenset[str] = frozenset()
    gauge: frozenset[str] = frozenset()
    machine: frozenset[str] = frozenset()
    input: frozenset[str] = frozenset()
    # Of each input that has states, which.
    states: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # Of each input, whether it is of states, a number or an event, and its unit; gauges that are
    # floors.
    kinds: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    floors: frozenset[str] = frozenset()
    # Of each gauge with marks, the lowest and the highest in metres.
    marks: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    # The scene's shifts by id (workers.when.Shift), and whether the ground is drawn.
    shifts: Mapping[str, Any] = field(default_factory=dict)
    ground: bool = False
    # Of each machine, whether a signal, the picture or both tell its state.
    sources: Mapping[str, str] = field(default_factory=dict)

    def check(self, value: Any, path: str, kind: str) -> str:
        """Return an id that is there; SceneError where it is not."""
        return checks.known(value, path, kind, set(getattr(self, kind)))


def describe(params: type) -> list[dict[str, Any]]:
    """Return name, default and metadata of each parameter, without what is no plain data."""
    found = []
    for one in fields(params):
        default = one.default
        if default is MISSING and one.default_factory is not MISSING:
            default = one.default_factory()
        about = {k: v for k, v in one.metadata.items() if k != "parse"}
        found.append(
            {"name": one.name, "default": None if default is MISSING else default, **about}
        )
    return found


def parse(kind: type, item: Any, path: str, names: Names) -> Any:
    """Check a rule's parameters and return them as the type's dataclass."""
    declared = {f.name: f for f in fields(kind)}
    faults = Faults()
    raw = checks.known_keys(item, path, (), tuple(declared), faults)
    values = {}
    for key, value in raw.items():
        if value is None and declared[key].default is None:
            continue
        about = declared[key].metadata
        values[key] = faults.take(_value, about, value, f"{path}.{key}", names)
    for key, one in declared.items():
        no_default = one.default is MISSING and one.default_factory is MISSING
        needed = no_default or one.metadata.get("required", False)
        if needed and (key not in values or values[key] == ()):
            faults.note(SceneError(f"{path}.{key}", "is missing"))
    faults.tell()
    return kind(**values)


def _value(about: Mapping[str, Any], value: Any, where: str, names: Names) -> Any:
    kind = about["kind"]
    if kind in REFERENCES:
        return names.check(value, where, kind)
    if kind in ("zones", "inputs"):
        if not isinstance(value, list | tuple):
            raise SceneError(where, "must be a list, found %(found)s", found=checks.show(value))
        one = kind.removesuffix("s")
        return tuple(names.check(v, f"{where}[{i}]", one) for i, v in enumerate(value))
    if kind == "flag":
        return checks.flag(value, where)
    if kind == "choice":
        return checks.choice(value, where, tuple(about["choices"]))
    if kind == "text":
        if not isinstance(value, str) or len(value) > 500:
            raise SceneError(
                where, "must be a text of at most %(most)s letters, found %(found)s",
                most=500, found=checks.show(value),
            )  # fmt: skip
        return value
    if kind == "table":
        return _table(value, where)
    if kind == "data":
        return about["parse"](value, where, names)
    if kind == "integer":
        return checks.whole(value, where, about["min"], about["max"])
    return checks.number(value, where, about["min"], about["max"])


def _table(value: Any, where: str) -> tuple[tuple[float, float], ...]:
    if not isinstance(value, list | tuple) or len(value) == 1 or len(value) > checks.MAX_POINTS:
        raise SceneError(
            where, "must be a list of two or more pairs of numbers, found %(found)s",
            found=checks.show(value),
        )  # fmt: skip
    pairs = tuple(checks.point(pair, f"{where}[{i}]", -1e9, 1e9) for i, pair in enumerate(value))
    for index, (one, other) in enumerate(zip(pairs, pairs[1:], strict=False)):
        if other[0] <= one[0]:
            raise SceneError(f"{where}[{index + 1}][0]", "must be more than the one before")
    return pairs
