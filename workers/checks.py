"""Checks of the values of a document, each with the path of the fault and a sentence about it."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from workers.geometry import Point, Polygon, area, crosses_itself, is_line

MAX_POINTS = 100
ITEM = re.compile(r"\w+\[\d+\]")
T = TypeVar("T")


class SceneError(ValueError):
    """What is wrong with a scene document: the first fault's path and sentence, and all `faults`.

    text and values: the sentence with its places for values, `%(name)s`, so that it can be said
    in another language; message: both together, in English.
    """

    def __init__(self, path: str, text: str, **values: Any) -> None:
        self.path = path
        self.text = text
        self.values = values
        self.message = text % values if values else text
        self.faults: tuple[SceneError, ...] = (self,)
        super().__init__(f"{path}: {self.message}" if path else self.message)


class Faults:
    """Faults of the parts of a document, so that all of them are told at once."""

    def __init__(self) -> None:
        self.found: list[SceneError] = []

    def take(self, parse: Callable[..., T], *given: Any, otherwise: Any = None) -> T:
        """Return what a part is, or something in its stead where it has a fault."""
        try:
            return parse(*given)
        except SceneError as error:
            self.found += error.faults
            stead: T = otherwise
            return stead

    def note(self, fault: SceneError) -> None:
        """Note one fault and go on."""
        self.found.append(fault)

    def tell(self) -> None:
        """Raise what was found, the first fault in front; nothing where there is none."""
        if self.found:
            first = self.found[0]
            error = SceneError(first.path, first.text, **first.values)
            error.faults = tuple(self.found)
            raise error


def listed(
    raw: Mapping[str, Any], key: str, parse: Callable[[Any, str], T], faults: Faults
) -> tuple[T, ...]:
    """Parse a list of things, each with an id of its own; those with a fault are left out."""
    items = raw.get(key, [])
    if not isinstance(items, list):
        faults.note(SceneError(key, "must be a list, found %(found)s", found=show(items)))
        return ()
    parsed: list[T] = []
    seen: dict[str, int] = {}
    for index, item in enumerate(items):
        path = f"{key}[{index}]"
        before = len(faults.found)
        one = faults.take(parse, item, path)
        name = _id_of(item)
        if name and name in seen:
            other = f"{key}[{seen[name]}]"
            text = '"%(id)s" is already the id of %(other)s'
            faults.note(SceneError(f"{path}.id", text, id=name, other=other))
        elif len(faults.found) == before:
            parsed.append(one)
        seen.setdefault(name, index)
    return tuple(parsed)


def _id_of(item: Any) -> str:
    found = item.get("id") if isinstance(item, Mapping) else None
    return found if isinstance(found, str) else ""


def consequences(raw: Mapping[str, Any], faults: Faults, lists: Mapping[str, str]) -> None:
    """Leave out that something is not there which is, and has a fault of its own.

    lists: the word for one thing of each list.
    """
    wrong = {match[0] for f in faults.found if (match := ITEM.match(f.path))}
    broken = {
        (word, show(_id_of(item)))
        for key, word in lists.items()
        if isinstance(raw.get(key), list)
        for index, item in enumerate(raw[key])
        if f"{key}[{index}]" in wrong
    }
    faults.found = [
        fault
        for fault in faults.found
        if fault.text != "no %(what)s %(found)s"
        or (fault.values["what"], fault.values["found"]) not in broken
    ]


def keys(
    item: Any, path: str, required: Sequence[str] = (), optional: Sequence[str] = ()
) -> Mapping[str, Any]:
    """Return an object that has the required keys and none that is not known."""
    if not isinstance(item, Mapping):
        raise SceneError(path or "scene", "must be an object, found %(found)s", found=show(item))
    dot = f"{path}." if path else ""
    for key in item:
        if key not in required and key not in optional:
            known = ", ".join((*required, *optional))
            raise SceneError(f"{dot}{key}", "unknown key; there are: %(known)s", known=known)
    for key in required:
        if key not in item:
            raise SceneError(f"{dot}{key}", "is missing")
    return item


def known_keys(
    item: Any, path: str, required: Sequence[str], optional: Sequence[str], faults: Faults
) -> Mapping[str, Any]:
    """Return an object's keys that are known and note those that are not; none may be missing."""
    known = (*required, *optional)
    if isinstance(item, Mapping):
        for key in item:
            if key not in known:
                faults.take(keys, {key: item[key]}, path, (), known)
        item = {key: value for key, value in item.items() if key in known}
    return keys(item, path, required, optional)


def ident(raw: Mapping[str, Any], path: str) -> str:
    """Return the object's id: a text of 1 to 100 letters."""
    value = raw["id"]
    if not isinstance(value, str) or not value.strip() or len(value) > 100:
        raise SceneError(
            f"{path}.id", "must be a text of 1 to 100 letters, found %(found)s", found=show(value)
        )
    return value


def text(raw: Mapping[str, Any], path: str, key: str = "name", most: int = 200) -> str:
    """Return a text that may be missing."""
    value = raw.get(key, "")
    if not isinstance(value, str) or len(value) > most:
        raise SceneError(
            f"{path}.{key}" if path else key,
            "must be a text of at most %(most)s letters, found %(found)s",
            most=most,
            found=show(value),
        )
    return value


def choice(value: Any, path: str, choices: Sequence[str]) -> str:
    """Return a text that is one of some."""
    if not isinstance(value, str) or value not in choices:
        raise SceneError(
            path,
            "must be one of %(choices)s; found %(found)s",
            choices=", ".join(choices),
            found=show(value),
        )
    return value


def flag(value: Any, path: str) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise SceneError(path, "must be true or false, found %(found)s", found=show(value))
    return value


def known(value: Any, path: str, what: str, names: Mapping[str, Any] | set[str]) -> str:
    """Return an id that points at something in the scene."""
    if not isinstance(value, str) or value not in names:
        raise SceneError(path, "no %(what)s %(found)s", what=what, found=show(value))
    return value


def number(value: Any, path: str, low: float, high: float) -> float:
    """Return a number within bounds; true and NaN are none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise SceneError(path, "must be a number, found %(found)s", found=show(value))
    if not low <= value <= high:
        raise SceneError(
            path,
            "must be from %(low)s to %(high)s, found %(found)s",
            low=f"{low:g}",
            high=f"{high:g}",
            found=show(value),
        )
    return float(value)


def whole(value: Any, path: str, low: float, high: float) -> int:
    """Return a whole number within bounds."""
    found = number(value, path, low, high)
    if found != int(found):
        raise SceneError(path, "must be a whole number, found %(found)s", found=show(value))
    return int(found)


def point(value: Any, path: str, low: float = 0.0, high: float = 1.0) -> Point:
    """Return a point."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise SceneError(path, "must be [x, y], found %(found)s", found=show(value))
    return number(value[0], f"{path}[0]", low, high), number(value[1], f"{path}[1]", low, high)


def points(value: Any, path: str, least: int) -> tuple[Point, ...]:
    """Return so many points or more, in fractions of the picture."""
    if not isinstance(value, list | tuple):
        raise SceneError(path, "must be a list of points, found %(found)s", found=show(value))
    if not least <= len(value) <= MAX_POINTS:
        raise SceneError(
            path,
            "needs %(least)s to %(most)s points, found %(count)s",
            least=least,
            most=MAX_POINTS,
            count=len(value),
        )
    return tuple(point(one, f"{path}[{i}]") for i, one in enumerate(value))


def polygon(value: Any, path: str) -> Polygon:
    """Return a polygon that encloses an area and does not cross itself."""
    found = points(value, path, 3)
    if len(found) > 3 and found[0] == found[-1]:
        found = found[:-1]  # closed by repeating its first point, as GeoJSON does
    if is_line(found):
        raise SceneError(path, "encloses no area")
    if crosses_itself(found):
        raise SceneError(path, "crosses itself")
    if area(found) <= 1e-7:
        raise SceneError(path, "encloses no area")
    return found


def show(value: Any) -> str:
    """Return a value as it would stand in the document, short."""
    try:
        shown = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."
