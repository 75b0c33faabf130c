"""Templates: parts of a scene as data files, to be put into a scene and adjusted there.

One TOML file each, in procedures/ and scenes/: title, about, clauses, asks and the parts. An id
that begins with @ is the template's own name for a thing; putting it into a scene gives it a name
that is free there, or takes the thing that the scene has already. {key} stands for an answer.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from workers import checks
from workers.checks import SceneError
from workers.ruling import parse_clauses

HERE = Path(__file__).resolve().parent
GROUPS = ("scenes", "procedures")
# The scene's lists that a template may add to, each with the word for one thing of it.
LISTS = {
    "zones": "zone", "lines": "line", "gauges": "gauge", "machines": "machine", "inputs": "input",
    "rules": "rule",
}  # fmt: skip
# A report names a machine or an input by its id: one id may not mean both.
SHARED = {"machines": ("machines", "inputs"), "inputs": ("machines", "inputs")}
ASKS = ("text", "number", "integer", "choice")
PLACE = re.compile(r"\{(\w+)\}")
# Texts of the parts that people read, by their key: said in the language of who fills it in.
TEXTS = ("name", "actor", "action")


@dataclass(frozen=True)
class Ask:
    """One question of a template's form; low, high: of a number; choices: what each is called."""

    key: str
    kind: str
    label: str
    default: Any
    help: str = ""
    unit: str = ""
    low: float = 0.0
    high: float = 0.0
    choices: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Template:
    """A template; parts: lists of the scene by name, with its own ids and places for answers."""

    id: str
    group: str
    title: str
    about: str
    asks: tuple[Ask, ...]
    clauses: tuple[Mapping[str, str], ...]
    parts: Mapping[str, Any]

    def things(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Return what it adds but rules: the scene's list and the thing."""
        return [
            (name, one) for name in LISTS if name != "rules" for one in self.parts.get(name, [])
        ]


@lru_cache(maxsize=1)
def templates() -> dict[str, Template]:
    """Return every template by its id, those of scenes first."""
    found = {}
    for group in GROUPS:
        for path in sorted((HERE / group).glob("*.toml")):
            found[path.stem] = read_template(path.read_text("utf-8"), path.stem, group)
    return found


def read_template(text: str, name: str, group: str) -> Template:
    """Check a template's file; SceneError says what is wrong and where."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SceneError(name, "not TOML: %(why)s", why=str(error)) from None
    checks.keys(raw, name, ("title", "about"), ("clauses", "asks", "ppe", "ground", *LISTS))
    parts = {key: raw[key] for key in (*LISTS, "ppe", "ground") if key in raw}
    made = Template(
        name, group,
        checks.text(raw, name, "title"), checks.text(raw, name, "about", 500),
        tuple(_ask(one, f"{name}.asks[{i}]") for i, one in enumerate(raw.get("asks", []))),
        parse_clauses(raw.get("clauses", []), f"{name}.clauses"), parts,
    )  # fmt: skip
    known = {one["id"] for key in LISTS for one in parts.get(key, [])}
    for word in _strings(parts):
        if word.startswith("@") and word not in known:
            raise SceneError(name, "no %(what)s %(found)s", what="part", found=word)
    for key in {key for word in _strings(parts) for key in PLACE.findall(word)}:
        if not any(ask.key == key for ask in made.asks):
            raise SceneError(name, "nobody is asked for %(found)s", found=key)
    return made


def _ask(item: Any, path: str) -> Ask:
    raw = checks.keys(
        item, path, ("key", "kind", "label", "default"),
        ("help", "unit", "low", "high", "choices"),
    )  # fmt: skip
    ask = Ask(**{**raw, "kind": checks.choice(raw["kind"], f"{path}.kind", ASKS)})
    _answer(ask, ask.default)
    return ask


def _answer(ask: Ask, value: Any) -> Any:
    """Check an answer; it is called by its key in what is said of a fault."""
    path = f"answers.{ask.key}"
    if ask.kind == "number":
        return checks.number(value, path, ask.low, ask.high)
    if ask.kind == "integer":
        return checks.whole(value, path, ask.low, ask.high)
    if ask.kind == "choice":
        return checks.choice(value, path, tuple(ask.choices or {}))
    return checks.text({"value": value}, path, "value", 100).strip() or ask.default


def fill(
    template: Template,
    document: Mapping[str, Any],
    *,
    answers: Mapping[str, Any] | None = None,
    names: Mapping[str, str] | None = None,
    say: Callable[[str], str] = str,
) -> dict[str, Any]:
    """Return a scene document with a template's parts in it, under names that are free there.

    answers: by the key of what is asked, the default where one is missing. names: by the
    template's own id, such as @stand: of a thing of the scene that takes its place, or a name for
    the new one. say: puts the names of parts into the reader's language. SceneError names what
    cannot be taken.
    """
    given, wanted = dict(answers or {}), dict(names or {})
    for key in given:
        if not any(ask.key == key for ask in template.asks):
            raise SceneError(f"answers.{key}", "nobody asks for this")
    values = {ask.key: _answer(ask, given.get(ask.key, ask.default)) for ask in template.asks}
    taken = {key: _ids(document, key) for key in LISTS}
    called, reused = _names(template, wanted, taken)
    made: dict[str, Any] = {key: deepcopy(value) for key, value in document.items()}
    for key in LISTS:
        new = [
            _filled(one, values, called, say)
            for one in template.parts.get(key, [])
            if one["id"] not in reused
        ]
        if key == "rules" and template.clauses:
            new = [{**one, "clauses": [dict(c) for c in template.clauses]} for one in new]
        if new:
            made[key] = [*(made.get(key) or []), *new]
    if "ground" in template.parts and made.get("ground") is None:
        made["ground"] = deepcopy(template.parts["ground"])  # a floor that is drawn stays
    if template.parts.get("ppe"):
        made["ppe"] = True
    return made


def _ids(document: Mapping[str, Any], key: str) -> set[str]:
    """Return the names in a list of a document that nobody has checked yet."""
    found = document.get(key) or []
    if not isinstance(found, list):
        raise SceneError(key, "must be a list, found %(found)s", found=checks.show(found))
    ids = [one.get("id") for one in found if isinstance(one, Mapping)]
    return {one for one in ids if isinstance(one, str)}


def _names(
    template: Template, wanted: Mapping[str, str], taken: Mapping[str, set[str]]
) -> tuple[dict[str, str], set[str]]:
    """Return the name in the scene of every own id, and which things the scene has already."""
    own = {one["id"]: key for key in LISTS for one in template.parts.get(key, [])}
    called, reused = dict[str, str](), set[str]()
    for ref, name in wanted.items():
        if ref not in own or own[ref] == "rules":
            raise SceneError(f"names.{ref}", "no %(what)s %(found)s", what="part", found=ref)
        called[ref] = checks.ident({"id": name}, f"names.{ref}").strip()
        if called[ref] in taken[own[ref]]:
            reused.add(ref)
        elif any(called[ref] in taken[other] for other in SHARED.get(own[ref], ())):
            text = '"%(id)s" is already the id of %(other)s'
            raise SceneError(f"names.{ref}", text, id=called[ref], other="another one")
    # One number for all that are new, so that what belongs together is called alike.
    number = 1
    while True:
        free = {ref: _numbered(ref[1:], number) for ref in own if ref not in called}
        busy = [
            name
            for ref, name in free.items()
            for other in SHARED.get(own[ref], (own[ref],))
            if name in taken[other] or any(name == n and own[r] == other for r, n in called.items())
        ]
        if not busy:
            return {**called, **free}, reused
        number += 1


def _numbered(name: str, number: int) -> str:
    stem, _, tail = name.rpartition("-")
    if tail.isdigit() and stem:
        return f"{stem}-{int(tail) - 1 + number}"
    return name if number == 1 else f"{name}-{number}"


def _filled(
    item: Any, values: Mapping[str, Any], called: Mapping[str, str], say: Callable[[str], str]
) -> Any:
    if isinstance(item, Mapping):
        return {
            called.get(key, key): _filled(
                say(one) if key in TEXTS and isinstance(one, str) else one, values, called, say
            )
            for key, one in item.items()
        }
    if isinstance(item, list):
        return [_filled(one, values, called, say) for one in item]
    if not isinstance(item, str):
        return item
    if item in called:
        return called[item]
    whole = PLACE.fullmatch(item)
    if whole:
        value = values[whole[1]]
        return int(value) if isinstance(value, float) and value.is_integer() else value
    return PLACE.sub(lambda found: str(values[found[1]]), item)


def texts() -> list[str]:
    """Return every text of every template that people read, for translators."""
    found: list[str] = []
    for template in templates().values():
        found += [template.title, template.about]
        for ask in template.asks:
            found += [ask.label, ask.help, *(ask.choices or {}).values()]
            found += [ask.default] if ask.kind == "text" else []
        found += _texts(template.parts)
    return list(dict.fromkeys(text for text in found if text))


def _texts(item: Any) -> Iterator[str]:
    if isinstance(item, Mapping):
        for key, one in item.items():
            if key in TEXTS and isinstance(one, str) and not PLACE.fullmatch(one):
                yield one
            else:
                yield from _texts(one)
    elif isinstance(item, list):
        for one in item:
            yield from _texts(one)


def _strings(item: Any) -> Iterator[str]:
    if isinstance(item, str):
        yield item
    elif isinstance(item, Mapping):
        for key, one in item.items():
            yield key
            yield from _strings(one)
    elif isinstance(item, list):
        for one in item:
            yield from _strings(one)
