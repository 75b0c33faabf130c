"""Which of two levels is worse, and whether a finding tells more than its alarm shows.

`values["level"]` is the level that is so now, with its words; the alarm's own level and severity
are the worst that it ever told. `values["step"]` counts the levels that a situation took, so that
what comes late or twice is known whatever the clocks say.
"""

from typing import Any, NamedTuple

from apps.alarms.models import Alarm, Severity
from workers.hazards import registry

__all__ = [
    "Told",
    "exceeds",
    "is_below",
    "is_worse",
    "joins",
    "rises",
    "tells_more",
    "told_in",
    "worsens",
    "worst",
]

SEVERITY_ORDER = [Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL]


class Told(NamedTuple):
    """A level that was told of a situation, and how many levels it took until then."""

    level: str
    step: int


def told_in(values: dict[str, Any]) -> Told:
    """Return what a finding's or an alarm's values tell; those of before steps were counted: 0."""
    return Told(str(values.get("level", "")), int(values.get("step", 0)))


def is_worse(severity: str, than: str) -> bool:
    """Tell whether a severity is worse than another."""
    return SEVERITY_ORDER.index(Severity(severity)) > SEVERITY_ORDER.index(Severity(than))


def is_below(level: str, other: str, *, rule_type: str) -> bool:
    """Tell whether a level is a lesser one than another; a camera's fault has no levels."""
    hazard = registry().get(rule_type)
    levels = list(hazard.levels) if hazard else []
    return level in levels and other in levels and levels.index(level) < levels.index(other)


def worst(level: str, other: str, *, rule_type: str) -> str:
    """Return the worse of two levels; the second where they cannot be compared."""
    return level if is_below(other, level, rule_type=rule_type) else other


def tells_more(told: Told, shown: Told, *, rule_type: str) -> bool:
    """Tell whether facts may take the place of those shown: never warning of danger, unless later.

    Later by its step: it was told to have eased.
    """
    if told.step != shown.step:
        return told.step > shown.step
    return not is_below(told.level, shown.level, rule_type=rule_type)


def rises(level: str, alarm: Alarm) -> bool:
    """Tell whether a level is worse than what is so now, on an alarm that told of worse before.

    Whoever answered knows that it had become less. A rise that the engine held back is shown and
    was told to nobody: what was told before it, in `values["held"]`, counts.
    """
    shown = str(alarm.values.get("held") or told_in(alarm.values).level)
    eased = is_below(shown, alarm.level, rule_type=alarm.rule_type)
    return eased and is_below(shown, level, rule_type=alarm.rule_type)


def exceeds(values: dict[str, Any], alarm: Alarm) -> bool:
    """Tell whether a finding's values are worse than what an alarm shows, or prove its doubt."""
    level, shown = told_in(values).level, told_in(alarm.values).level
    return is_below(shown, level, rule_type=alarm.rule_type) or _proves(values, alarm)


def worsens(values: dict[str, Any], alarm: Alarm) -> bool:
    """Tell whether a finding's values are worse than all that an alarm told, or prove its doubt.

    The severity may be the same, as that of a train too fast and of one that runs away.
    """
    level = told_in(values).level
    return is_below(alarm.level, level, rule_type=alarm.rule_type) or _proves(values, alarm)


def joins(values: dict[str, Any], alarm: Alarm) -> bool:
    """Tell whether a finding tells of more people than an alarm shows."""
    return int(values.get("persons") or 0) > int(alarm.values.get("persons") or 0)


def _proves(values: dict[str, Any], alarm: Alarm) -> bool:
    """Tell whether it is known now what an alarm shows in doubt, at no lesser a level."""
    level, shown = told_in(values).level, told_in(alarm.values).level
    is_less = is_below(level, shown, rule_type=alarm.rule_type)
    return "unsure" in alarm.values and "unsure" not in values and not is_less
