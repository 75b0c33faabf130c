"""When a rule is in force: shifts and schedules, and conditions on machines, inputs and rules.

Three values: true, false, and None where nobody can tell. A rule of which nobody can tell whether
it is in force is in force.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from workers import checks
from workers.checks import SceneError
from workers.hazards.base import View
from workers.hazards.params import Names

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DEPTH = 8
DAY_MIN = 24 * 60


@cache
def zones() -> frozenset[str]:
    """Return the names in the time database; reading it opens six hundred files, so once."""
    return frozenset(available_timezones())


@dataclass(frozen=True)
class Span:
    """A time of day on some days of the week, in minutes; one that ends earlier ends next day."""

    days: frozenset[int]
    begin_min: int
    end_min: int

    def holds(self, at: datetime) -> bool:
        """Tell whether a local time lies in the span; the end itself does not."""
        minute = at.hour * 60 + at.minute
        today, yesterday = at.weekday(), (at - timedelta(days=1)).weekday()
        if self.begin_min < self.end_min:
            return today in self.days and self.begin_min <= minute < self.end_min
        return (today in self.days and minute >= self.begin_min) or (
            yesterday in self.days and minute < self.end_min
        )


@dataclass(frozen=True)
class Shift:
    """A named span: what a mine calls early, late, night."""

    id: str
    span: Span
    name: str = ""


class Test(NamedTuple):
    """One condition. kind: all, any, not, machine, input, rule or schedule.

    name: what it is about; wanted: the states, or whether it must run or be open; parts: the
    conditions within; spans: of a schedule.
    """

    kind: str
    name: str = ""
    wanted: tuple[str, ...] | bool = ()
    parts: tuple["Test", ...] = ()
    spans: tuple[Span, ...] = ()


def parse_shift(item: Any, path: str) -> Shift:
    """Check one shift."""
    raw = checks.keys(item, path, required=("id", "from", "to"), optional=("days", "name"))
    return Shift(checks.ident(raw, path), _span(raw, path), checks.text(raw, path))


def parse_schedule(items: Any, path: str, shifts: Mapping[str, Shift]) -> tuple[Span, ...]:
    """Check a schedule: a list of spans or of shifts by name; one without any time is refused."""
    if not isinstance(items, list):
        raise SceneError(path, "must be a list, found %(found)s", found=checks.show(items))
    if not items:
        raise SceneError(path, "has no time in it: the rule would never be in force")
    spans = []
    for index, item in enumerate(items):
        where = f"{path}[{index}]"
        if isinstance(item, Mapping) and "shift" in item:
            raw = checks.keys(item, where, required=("shift",))
            checks.known(raw["shift"], f"{where}.shift", "shift", shifts)
            spans.append(shifts[raw["shift"]].span)
        else:
            raw = checks.keys(item, where, required=("from", "to"), optional=("days",))
            spans.append(_span(raw, where))
    return tuple(spans)


def _span(raw: Mapping[str, Any], path: str) -> Span:
    begin, end = _minute(raw["from"], f"{path}.from"), _minute(raw["to"], f"{path}.to")
    if (begin, end) == (DAY_MIN, 0):
        begin, end = 0, DAY_MIN  # from midnight to midnight; read as it stands it would hold never
    if begin == end:
        raise SceneError(f"{path}.to", "has no time in it: it begins and ends at once")
    days = raw.get("days", list(DAYS))
    if not isinstance(days, list) or not days:
        raise SceneError(f"{path}.days", "has no time in it: no day is named")
    for index, day in enumerate(days):
        checks.choice(day, f"{path}.days[{index}]", DAYS)
    return Span(frozenset(DAYS.index(day) for day in days), begin, end)


def _minute(value: Any, path: str) -> int:
    hour, _, minute = value.partition(":") if isinstance(value, str) else ("", "", "")
    if hour.isdecimal() and minute.isdecimal() and len(hour) <= 2 and len(minute) == 2:
        found = int(hour) * 60 + int(minute)
        if int(minute) < 60 and found <= DAY_MIN:
            return found
    raise SceneError(
        path, "must be a time such as 06:30, found %(found)s", found=checks.show(value)
    )


def parse_test(
    item: Any, path: str, names: Names, shifts: Mapping[str, Shift], depth: int = 0
) -> Test:
    """Check a condition; names of rules are checked when all rules are known."""
    if depth > DEPTH:
        raise SceneError(path, "is nested too deeply")
    if not isinstance(item, Mapping):
        raise SceneError(path, "must be an object, found %(found)s", found=checks.show(item))
    for kind in ("all", "any"):
        if kind in item:
            parts = checks.keys(item, path, required=(kind,))[kind]
            if not isinstance(parts, list) or not parts:
                raise SceneError(f"{path}.{kind}", "needs at least one condition")
            made = tuple(
                parse_test(part, f"{path}.{kind}[{i}]", names, shifts, depth + 1)
                for i, part in enumerate(parts)
            )
            return Test(kind, parts=made)
    if "not" in item:
        inner = checks.keys(item, path, required=("not",))["not"]
        return Test("not", parts=(parse_test(inner, f"{path}.not", names, shifts, depth + 1),))
    if "schedule" in item:
        spans = checks.keys(item, path, required=("schedule",))["schedule"]
        return Test("schedule", spans=parse_schedule(spans, f"{path}.schedule", shifts))
    if "machine" in item:
        raw = checks.keys(item, path, required=("machine", "running"))
        running = checks.flag(raw["running"], f"{path}.running")
        return Test("machine", names.check(raw["machine"], f"{path}.machine", "machine"), running)
    if "input" in item:
        raw = checks.keys(item, path, required=("input", "is"))
        name = names.check(raw["input"], f"{path}.input", "input")
        return Test("input", name, _states(raw["is"], f"{path}.is", names.states[name]))
    if "rule" in item:
        raw = checks.keys(item, path, required=("rule", "open"))
        if not isinstance(raw["rule"], str):
            text = "no %(what)s %(found)s"
            raise SceneError(f"{path}.rule", text, what="rule", found=checks.show(raw["rule"]))
        return Test("rule", raw["rule"], checks.flag(raw["open"], f"{path}.open"))
    raise SceneError(
        path,
        "needs one of all, any, not, machine, input, rule, schedule; found %(found)s",
        found=checks.show(sorted(map(str, item))),
    )


def _states(value: Any, path: str, states: Sequence[str]) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise SceneError(path, "needs at least one state")
    return tuple(checks.choice(one, f"{path}[{i}]", states) for i, one in enumerate(value))


def rules_named(test: Test | None) -> list[str]:
    """Return the ids of rules that a condition asks about."""
    if test is None:
        return []
    own = [test.name] if test.kind == "rule" else []
    return own + [name for part in test.parts for name in rules_named(part)]


def local(view: View) -> datetime | None:
    """Return the mine's own time of day in a frame, None where it is not known."""
    if view.wall_s is None:
        return None
    return datetime.fromtimestamp(view.wall_s, tz=UTC).astimezone(ZoneInfo(view.timezone))


def in_schedule(spans: Sequence[Span], view: View) -> bool | None:
    """Tell whether a frame lies in one of the spans."""
    at = local(view)
    return None if at is None else any(span.holds(at) for span in spans)


def holds(test: Test, view: View) -> bool | None:
    """Judge a condition in a frame; None where nobody can tell."""
    if test.kind == "not":
        inner = holds(test.parts[0], view)
        return None if inner is None else not inner
    if test.kind in ("all", "any"):
        found = [holds(part, view) for part in test.parts]
        decided = test.kind == "any"
        if decided in found:
            return decided
        return None if None in found else not decided
    if test.kind == "schedule":
        return in_schedule(test.spans, view)
    if test.kind == "machine":
        machine = view.machines[test.name]
        return None if machine.state == "UNKNOWN" else machine.running == test.wanted
    if test.kind == "rule":
        if test.name in view.unknown:
            return None
        return (test.name in view.open) == test.wanted
    told = view.inputs.get(test.name)
    if told is None or told.value is None:
        return None
    return isinstance(test.wanted, tuple) and told.value in test.wanted
