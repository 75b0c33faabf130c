"""A rule of the scene: a hazard type with parameters, and the conditions that all types share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workers import checks
from workers.checks import Faults, SceneError
from workers.hazards import registry
from workers.hazards.base import SEVERITIES, Fault
from workers.hazards.params import Names
from workers.hazards.params import parse as parse_params
from workers.when import Shift, Span, Test, parse_schedule, parse_test, rules_named
from workers.worded import Worded, first, worded

MODES = ("armed", "shadow", "off")
CLAUSE = ("jurisdiction", "edition", "clause", "text")
WEARS = ("helmet", "bare_head", "vest", "no_vest")
COMMON = (
    "zone", "machine", "severity", "params", "name", "mode", "when", "schedule", "permit", "wears",
    "min_visibility", "confirm", "sustain_s", "cooldown_s", "action", "place", "clauses",
)  # fmt: skip

# Rules by id and type.
Kept = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class SceneRule:
    """A hazard type armed with parameters; params is the type's own dataclass.

    mode: armed, in shadow (it is told, and raises no alarm) or off; when, schedule: outside of
    them it is not in force; permit: an input of states, nor is it while that is OPEN; wears: only
    people of whom one of these is known count; min_visibility: below it the rule is blind;
    confirm: of the last M frames N must say so; sustain_s: and for so long; cooldown_s: the same
    people, or what goes on where nobody is told of, do not raise it again so soon; action: what
    the operator is to do, one text or one for each language; place: where it is;
    clauses: what of the law or of the mine's own rules it watches, kept on every alarm.
    """

    id: str
    type: str
    severity: str
    zone: str | None = None
    machine: str | None = None
    params: Any = None
    name: str = ""
    mode: str = "armed"
    when: Test | None = None
    schedule: tuple[Span, ...] = ()
    permit: str | None = None
    wears: tuple[str, ...] = ()
    min_visibility: float = 0.2
    confirm: tuple[int, int] = (1, 1)
    sustain_s: float = 0.0
    cooldown_s: float = 0.0
    action: Worded = ""
    place: str = ""
    clauses: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Unknown:
    """A rule of a type that this version lacks: kept as it was written, and not protecting."""

    id: str
    type: str
    raw: Mapping[str, Any] = field(default_factory=dict)


def parse_rule(
    item: Any,
    path: str,
    names: Names,
    shifts: Mapping[str, Shift],
    ground: bool,
    keep: Kept | None = None,
    stored: bool = False,
) -> SceneRule | Unknown:
    """Check one rule; one of a type that is not known here is kept whole, if `keep` lets it.

    keep: the rules of such types that may stay; None: every one; stored: it was in force before,
    maybe by a version that refused less.
    """
    kinds = registry()
    kind = item.get("type") if isinstance(item, Mapping) else None
    if isinstance(kind, str) and kind.strip() and kind not in kinds and "id" in item:
        if keep is not None and (item["id"], kind) not in keep:
            raise _no_type(kind, path)
        return Unknown(checks.ident(item, path), kind, dict(item))
    faults = Faults()
    raw = checks.known_keys(item, path, ("id", "type"), COMMON, faults)
    name = faults.take(checks.ident, raw, path)
    if not isinstance(raw["type"], str) or raw["type"] not in kinds:
        faults.note(_no_type(raw["type"], path))
        faults.tell()
    hazard = kinds[raw["type"]]
    zone, machine, permit = raw.get("zone"), raw.get("machine"), raw.get("permit")
    for key, value, needed in (
        ("zone", zone, hazard.needs_zone),
        ("machine", machine, hazard.needs_machine),
        ("permit", permit, False),
    ):
        if value is None and needed:
            faults.note(SceneError(f"{path}.{key}", "needed by %(type)s", type=hazard.type))
        if value is not None:
            faults.take(names.check, value, f"{path}.{key}", "input" if key == "permit" else key)
    if isinstance(permit, str) and permit in names.input and "OPEN" not in names.states[permit]:
        text = "the input %(found)s has no state OPEN"
        faults.note(SceneError(f"{path}.permit", text, found=checks.show(permit)))
    if hazard.needs_ground and not ground:
        text = "%(type)s needs the ground to be drawn"
        faults.note(SceneError(path, text, type=hazard.type))
    when, schedule, take = raw.get("when"), raw.get("schedule"), faults.take
    severity = raw.get("severity", hazard.severity)
    least = raw.get("min_visibility", hazard.min_visibility)
    rule = SceneRule(
        name,
        hazard.type,
        take(checks.choice, severity, f"{path}.severity", SEVERITIES[::-1]),
        zone,
        machine,
        take(parse_params, hazard.params, raw.get("params", {}), f"{path}.params", names),
        take(checks.text, raw, path),
        take(checks.choice, raw.get("mode", hazard.mode), f"{path}.mode", MODES),
        None if when is None else take(parse_test, when, f"{path}.when", names, shifts),
        () if schedule is None else take(parse_schedule, schedule, f"{path}.schedule", shifts),
        permit,
        take(_wears, raw.get("wears", []), f"{path}.wears"),
        take(checks.number, least, f"{path}.min_visibility", 0, 1),
        take(_confirm, raw.get("confirm", list(hazard.confirm)), f"{path}.confirm"),
        take(checks.number, raw.get("sustain_s", 0.0), f"{path}.sustain_s", 0, 86400),
        take(checks.number, raw.get("cooldown_s", 0.0), f"{path}.cooldown_s", 0, 86400),
        take(worded, raw.get("action", ""), f"{path}.action", 500),
        take(checks.text, raw, path, "place", 100),
        take(parse_clauses, raw.get("clauses", []), f"{path}.clauses"),
    )
    if not faults.found:  # a type looks at parameters that are whole
        newer = () if stored else hazard.check_new(rule, names)
        for fault in (*hazard.check(rule), *hazard.check_names(rule, names), *newer):
            where = f"{path}.{Fault(*fault).path}"
            faults.note(SceneError(where, fault.text, **fault.values))
    faults.tell()
    return rule


def _no_type(kind: Any, path: str) -> SceneError:
    known = ", ".join(sorted(registry()))
    text = "no hazard type %(found)s; there are: %(known)s"
    return SceneError(f"{path}.type", text, found=checks.show(kind), known=known)


def parse_clauses(value: Any, path: str) -> tuple[Mapping[str, Any], ...]:
    """Check references to rules of law or of a mine: they differ by place and edition.

    Each word of one is a text or one for each language; summary: the text is not the wording.
    """
    if not isinstance(value, list) or len(value) > 20:
        raise SceneError(path, "must be a list, found %(found)s", found=checks.show(value))
    found = []
    for index, item in enumerate(value):
        where = f"{path}[{index}]"
        raw = checks.keys(item, where, CLAUSE, ("summary",))
        one: dict[str, Any] = {key: worded(raw[key], f"{where}.{key}", 1000) for key in CLAUSE}
        if checks.flag(raw.get("summary", False), f"{where}.summary"):
            one["summary"] = True
        found.append(one)
    return tuple(found)


def clause_name(clause: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a clause is told by, whatever its text and its languages."""
    return tuple(first(clause[key]) for key in ("jurisdiction", "edition", "clause"))


def _wears(value: Any, path: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise SceneError(path, "must be a list, found %(found)s", found=checks.show(value))
    return tuple(checks.choice(one, f"{path}[{i}]", WEARS) for i, one in enumerate(value))


def _confirm(value: Any, path: str) -> tuple[int, int]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise SceneError(path, "must be [n, m], found %(found)s", found=checks.show(value))
    least, of = (checks.whole(v, f"{path}[{i}]", 1, 50) for i, v in enumerate(value))
    if least > of:
        raise SceneError(f"{path}[0]", "must not be more than the frames that are looked at")
    return least, of


def refuse_circles(rules: Sequence[SceneRule | Unknown]) -> None:
    """Refuse a condition that names a rule which is not there, or in the end itself."""
    tests = {rule.id: rule.when for rule in rules if isinstance(rule, SceneRule)}
    ids = {rule.id for rule in rules}
    for index, rule in enumerate(rules):
        if rule.id not in tests:
            continue
        path = f"rules[{index}].when"
        for name in rules_named(tests[rule.id]):
            if name not in ids:
                text = "no %(what)s %(found)s"
                raise SceneError(path, text, what="rule", found=checks.show(name))
        waiting, seen = rules_named(tests[rule.id]), set[str]()
        while waiting:
            name = waiting.pop()
            if name == rule.id:
                raise SceneError(path, 'the condition of "%(id)s" depends on itself', id=rule.id)
            if name not in seen:
                seen.add(name)
                waiting += rules_named(tests.get(name))
