"""Filters that put codes into words."""

from datetime import UTC, datetime
from typing import Any

from django import template
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.translation import gettext as _

from apps import sentences
from apps.alarms import words
from apps.alarms.ladders import WHOM
from apps.alarms.life import State
from apps.alarms.models import Severity
from apps.cameras.models import Stream
from apps.cameras.selectors import camera_health
from apps.clocks import clock_words
from apps.mines.models import Mine

register = template.Library()


@register.filter
def rule_words(code: str) -> str:
    """Say what kind of hazard a rule's type is."""
    text = words.say(words.RULE_TYPES, code)
    return text[:1].upper() + text[1:]


@register.filter
def alarm_words(alarm: Any) -> str:
    """Say what an alarm is about: the kind of hazard, or which fault of the camera."""
    kept = isinstance(alarm, dict)  # as a hand-over keeps it
    rule_type = alarm["rule_type"] if kept else alarm.rule_type
    if rule_type == "camera_health":
        return words.say(words.FAULTS, alarm["level"] if kept else alarm.level)
    return rule_words(rule_type)


@register.filter
def rule_name(row: Any) -> str:
    """Say the rule of an alarm or its video: the mine's own by its name, one of Davy's in words."""
    alarm = getattr(row, "alarm", row)
    return alarm_words(alarm) if alarm and alarm.rule_type in words.OWN_TYPES else str(row.rule)


@register.filter
def clip_words(clip: Any) -> str:
    """Say what a video is about: its alarm, or that it was cut by hand."""
    return alarm_words(clip.alarm) if clip.alarm else _("Cut by hand")


@register.filter
def why_words(alarm: Any) -> str:
    """Say what made an alarm."""
    return sentences.why(alarm)


register.filter("clause_title", sentences.clause_title)
register.filter("machine_of", sentences.machine_of)


@register.filter
def clauses_words(clauses: Any) -> list[dict[str, Any]]:
    """Say references to clauses of law."""
    return sentences.said_clauses(clauses)


@register.filter
def kept(sentence: str) -> str:
    """Say a sentence that was kept in English, such as why a stream is lost."""
    return sentences.kept(sentence or "")


@register.filter
def fault_words(code: str) -> str:
    """Say a fault of a camera."""
    return words.say(words.FAULTS, code)


@register.filter
def machine_words(code: str) -> str:
    """Say a machine's state."""
    return words.say(words.MACHINE_STATES, code)


@register.filter
def source_words(code: str) -> str:
    """Say where a machine's state comes from."""
    return words.say(words.SOURCES, code)


@register.filter
def cause_words(code: str) -> str:
    """Say what moved an alarm on."""
    return words.say(words.CAUSES, code)


@register.filter
def step_words(step: Any) -> str:
    """Say what happened to an alarm in a step, and why nobody watches any more where that is so."""
    why = step.detail.get("unwatched", "")
    if not why:
        return cause_words(step.cause)
    said = {"name": cause_words(step.cause), "what": sentences.kept(why)}
    return _("%(name)s: %(what)s") % said


@register.filter
def state_words(code: str) -> str:
    """Say a state of alarms."""
    return words.say(dict(State.choices), code)


@register.filter
def standing_words(alarm: Any) -> str:
    """Say where an alarm stands."""
    if isinstance(alarm, dict):  # as a hand-over keeps it
        return words.standing(alarm["state"], alarm.get("unwatched", ""))
    return words.standing(alarm.state, alarm.unwatched)


@register.filter
def worst_first(counts: dict[str, int]) -> list[tuple[str, int]]:
    """Return counts by severity, the worst first: a signed page comes back in any order."""
    return [(code, counts.get(code, 0)) for code in Severity.values]


@register.filter
def whom_words(code: str) -> str:
    """Say who is told at a step of a ladder; a name that somebody wrote stays as it is."""
    return words.say(WHOM, code)


@register.filter
def severity_words(code: str) -> str:
    """Say how soon an answer is needed."""
    return words.say(dict(Severity.choices), code)


@register.filter
def step_icon(state: str) -> str:
    """Return which sign a step's state has."""
    return words.STEP_ICONS.get(state, words.WRONG_ICON)


@register.filter
def health_words(health: dict[str, Any]) -> str:
    """Say how a camera stands, with the reason when it is blind."""
    word = words.say(words.HEALTH, health["state"])
    because = words.say(words.BLIND, health["because"])
    return f"{word}: {because}" if because else word


@register.filter
def health_of(camera: Any) -> dict[str, Any]:
    """Return how a camera stands."""
    return camera_health(camera)


@register.filter
def left_off(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return those of a hand-over's cameras that are off, and were not disarmed in its shift."""
    return [row for row in rows if row["state"] == "off" and not row.get("disarmed")]


@register.filter
def stream_words(code: str) -> str:
    """Say a stream's state."""
    return words.say(words.STREAMS, code)


@register.filter
def stream_name(code: str) -> str:
    """Say which of a camera's two streams it is."""
    return str(Stream(code).label) if code in Stream.values else code


# What a page or one of its rows may be about; its mine's clock is the one to read.
ABOUT = (
    "alarm", "clip", "camera", "token", "model", "mine", "row", "entry", "bundle", "sheet", "span",
    "hold",
)  # fmt: skip


@register.simple_tag(takes_context=True)
def mine_time(context: Any, at: datetime) -> str:
    """Write a moment by the clock of the mine that the page, or its row, is about.

    Rows that are about no mine follow their list: the clock that all its mines share, or UTC.
    """
    listed = getattr(context.get("shown"), "zone", "UTC")
    zone = next((z for name in ABOUT if (z := _zone(context.get(name)))), listed)
    return format_html(
        '<time datetime="{}" data-zone="{}" title="{}">{}</time>',
        at.isoformat(), zone, zone, clock_words(at, zone),
    )  # fmt: skip


def _zone(about: Any) -> str:
    mine = getattr(about, "mine", about)
    return mine.timezone if isinstance(mine, Mine) else ""


@register.filter
def unix_moment(unix_s: float) -> Any:
    """Turn Unix seconds into a time that templates can format."""
    return datetime.fromtimestamp(unix_s, tz=UTC)


@register.filter
def unix_s(at: datetime) -> str:
    """Write a moment as Unix seconds, for scripts."""
    return f"{at.timestamp():.3f}"


@register.filter
def moment(iso: str | None) -> Any:
    """Turn an ISO time into one that templates can format."""
    return parse_datetime(iso) if iso else None
