"""Finds every string that people read: in templates, in Python, and in the hazard types.

Django's own tool sees templates and `gettext` alone; most of what an alarm says is written in
`workers/`, which knows no Django. Read from the source, so nothing of the code is run, but the
hazard types and templates of scenes: they are asked for their texts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Where the string stands among a call's arguments, by the name of what is called.
GETTEXT = {"_": 0, "gettext": 0, "gettext_lazy": 0, "gettext_noop": 0}
PLURAL = {"ngettext": 0, "ngettext_lazy": 0}
CONTEXT = {"pgettext": 0, "pgettext_lazy": 0}
# Of workers/: a phrase, a document's fault, a rule's fault; apps/ raise SceneErrors, too.
PHRASES = {"say": 0, "SceneError": 1, "DisarmError": 1, "ConflictError": 1, "Fault": 1}
# Sentences that rows keep in English (apps/sentences.py); `{…}` in them are values.
KEPT = {"sentence": 0, "MediaError": 0, "StreamChanged": 0, "ModelError": 0, "PictureError": 0}
KEPT_CONTEXT = "kept"
# Files whose `say` prints a line on a terminal, and where a name means another thing.
NOT_PHRASES = ("workers/models/", "workers/train/", "workers/simulate/", "workers/accuracy/")
NOT = {"Fault": ("workers/vision/",), "say": ("workers/templates/",)}
# Commands that people run in a terminal; what they print stays English.
NOT_KEPT = ("workers/train/", "workers/simulate/", "workers/accuracy/", "workers/models/__init__",
            "workers/models/__main__", "workers/models/bench", "workers/models/fetch",
            "workers/vision/export", "workers/vision/detector", "workers/vision/load")  # fmt: skip


@dataclass(frozen=True)
class Key:
    """What a string is looked up by."""

    text: str
    context: str | None = None


@dataclass
class Found:
    """A string: its plural, or "", and the files in which it stands."""

    plural: str = ""
    files: set[str] = field(default_factory=set)


class Strings:
    """All strings by key, and what no translator could find."""

    def __init__(self) -> None:
        self.found: dict[Key, Found] = {}
        self.problems: list[str] = []

    def add(self, file: str, text: str, context: str | None = None, plural: str = "") -> None:
        """Take a string in; an empty one is nothing to translate."""
        if not text.strip():
            return
        found = self.found.setdefault(Key(text, context), Found())
        found.plural = found.plural or plural
        found.files.add(file)


def strings() -> Strings:
    """Return everything that people read."""
    found = Strings()
    for path in sorted(ROOT.glob("apps/**/*.html")):
        _template(found, path)
    for folder in ("apps", "platform", "workers"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                _python(found, path)
    _hazards(found)
    _templates(found)
    return found


# --- templates ------------------------------------------------------------------------------

STRING = r"u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
CALLS = (
    (re.compile(rf"\b(?:_|gettext)\({STRING}"), ("text",)),
    (re.compile(rf"\bngettext\({STRING}, {STRING}"), ("text", "plural")),
    (re.compile(rf"\bpgettext\({STRING}, {STRING}"), ("context", "text")),
    (re.compile(rf"\bnpgettext\({STRING}, {STRING}, {STRING}"), ("context", "text", "plural")),
)


def _template(found: Strings, path: Path) -> None:
    from django.utils.translation.template import templatize

    name = str(path.relative_to(ROOT))
    source = templatize(path.read_text(encoding="utf-8"), name)
    for pattern, parts in CALLS:
        for match in pattern.finditer(source):
            values = dict(zip(parts, map(ast.literal_eval, match.groups()), strict=True))
            found.add(name, **values)


# --- Python ---------------------------------------------------------------------------------


def _python(found: Strings, path: Path) -> None:
    name = str(path.relative_to(ROOT))
    tree = ast.parse(path.read_text(encoding="utf-8"), name)
    for scope in _scopes(tree):
        constants = _constants(scope)
        for call in _calls(scope):
            _call(found, name, call, constants)


def _scopes(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the module and every function: a text may have a name there before it is used."""
    yield tree
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """Walk a scope without the functions inside it."""
    waiting = list(ast.iter_child_nodes(scope))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += ast.iter_child_nodes(node)
        else:
            waiting += node.decorator_list + [d for d in node.args.kw_defaults if d]
            waiting += node.args.defaults


def _calls(scope: ast.AST) -> list[ast.Call]:
    return [node for node in _own(scope) if isinstance(node, ast.Call)]


def _constants(scope: ast.AST) -> dict[str, list[ast.expr]]:
    named: dict[str, list[ast.expr]] = {}
    for node in _own(scope):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, ast.Name):
                named.setdefault(target.id, []).append(node.value)
    return named


def _call(found: Strings, file: str, call: ast.Call, named: dict[str, list[ast.expr]]) -> None:
    what = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    inner = file.startswith("workers/")
    where = f"{file}:{call.lineno}"
    if not inner and what in GETTEXT and call.args:
        for text in _texts(call.args[0], {}):
            found.add(file, text)
    elif not inner and what in PLURAL and len(call.args) > 1:
        for one, more in zip(_texts(call.args[0], {}), _texts(call.args[1], {}), strict=True):
            found.add(file, one, plural=more)
    elif not inner and what in CONTEXT and len(call.args) > 1:
        for context, text in zip(_texts(call.args[0], {}), _texts(call.args[1], {}), strict=False):
            found.add(file, text, context)
    elif what in PHRASES and len(call.args) > PHRASES[what] and _is_phrase(file, what, inner):
        argument = call.args[PHRASES[what]]
        texts = _texts(argument, named)
        if not texts and not isinstance(argument, ast.Attribute):
            found.problems.append(f"{where}: {what}(…) needs a literal that translators can find")
        for text in texts:
            found.add(file, text)
    elif what in KEPT and call.args and not file.startswith(NOT_KEPT):
        for text in _kept(call.args[0], named):
            found.add(file, text, KEPT_CONTEXT)


def _is_phrase(file: str, what: str, inner: bool) -> bool:
    if file.startswith(NOT_PHRASES) or file.startswith(NOT.get(what, ())):
        return False
    return inner or what in ("SceneError", "DisarmError", "ConflictError")


def _texts(node: ast.expr, named: dict[str, list[ast.expr]]) -> list[str]:
    """Return the literals that an expression may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return _texts(node.body, named) + _texts(node.orelse, named)
    if isinstance(node, ast.Name):
        return [text for value in named.get(node.id, []) for text in _texts(value, {})]
    return []


def _kept(node: ast.expr, named: dict[str, list[ast.expr]]) -> list[str]:
    """Return the sentences that an expression may be, with `%(name)s` for each value."""
    if isinstance(node, ast.JoinedStr):
        return [template(node)]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value.replace("%", "%%")]
    if isinstance(node, ast.IfExp):
        return _kept(node.body, named) + _kept(node.orelse, named)
    if isinstance(node, ast.BoolOp):
        return [text for value in node.values for text in _kept(value, named)]
    if isinstance(node, ast.Name):
        return [text for value in named.get(node.id, []) for text in _kept(value, {})]
    return []


def template(node: ast.JoinedStr) -> str:
    """Return an f-string with `%(name)s` for its values, named after what they are."""
    text, names = "", set[str]()
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            name = _name(part.value) or f"value{len(names) + 1}"
            while name in names:
                name += "2"
            names.add(name)
            text += f"%({name})s"
        elif isinstance(part, ast.Constant):
            text += str(part.value).replace("%", "%%")
    return text


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    return ""


# --- hazard types ---------------------------------------------------------------------------


def _hazards(found: Strings) -> None:
    from workers.hazards import registry
    from workers.hazards.params import describe

    for name, hazard in registry().items():
        file = f"workers/hazards/{name}.py"
        found.add(file, hazard.title)
        found.add(file, hazard.action)
        if hazard.note:
            found.add(file, hazard.note)
        for param in describe(hazard.params):
            found.add(file, param["label"])
            found.add(file, param["help"])
            for text in param.get("choices", {}).values():
                found.add(file, text)


def _templates(found: Strings) -> None:
    from workers.templates import texts

    for text in texts():
        found.add("workers/templates", text)
