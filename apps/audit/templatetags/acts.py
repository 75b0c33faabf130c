"""Filters that put acts, rules and their parameters into words."""

from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any

from django import template
from django.utils.dateparse import parse_datetime
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.alarms import words
from apps.alarms.models import Severity
from apps.alarms.templatetags.words import mine_time
from apps.audit.details import detail_name as _detail_name
from apps.audit.details import detail_value
from apps.audit.naming import Names
from apps.audit.words import act_words as _act_words
from apps.audit.words import part_words as _part_words
from apps.portal.drawn import MODES
from apps.sentences import KINDS

register = template.Library()
# What a rule watches, or asks.
WATCHED = KINDS | {"schedule": _("schedule"), "place": _("place")}
# Under these names acts keep moments; what else reads like one, somebody typed: it stays as it is.
MOMENTS = ("at", "since", "until", "from", "of")
MOMENT_ENDS = ("_at", "_until")


@register.filter
def act_words(code: str) -> str:
    """Say an act of the record."""
    return _act_words(code)


@register.filter
def part_words(part: str) -> str:
    """Say which part of Davy did it by itself."""
    return _part_words(part)


@register.filter
def mode_words(code: str) -> str:
    """Say what a rule does."""
    return words.say(MODES, code)


@register.filter
def watched_words(code: str) -> str:
    """Say what kind of thing a rule watches."""
    return words.say(WATCHED, code)


@register.simple_tag
def watched_name(rule: dict[str, Any], key: str) -> str:
    """Say by its name what a rule of a moment watches, and by its id, under which signals come."""
    ident, name = rule["watches"][key], rule["names"].get(key)
    return format_html("{} <code>{}</code>", name, ident) if name else format_html("{}", ident)


@register.simple_tag(takes_context=True)
def param_named(context: Any, rule: dict[str, Any], param: dict[str, Any]) -> str:
    """Say a parameter's value; where it points to something drawn, by its name and its id."""
    said = _detail(context, param["value"], param["key"], "", inner=False)
    name = rule["names"].get(param["key"])
    return format_html("{} <code>{}</code>", name, said) if name else said


@register.filter
def severity_words(code: str) -> str:
    """Say how soon an answer is needed."""
    return words.say(dict(Severity.choices), code)


@register.filter
def said(label: str) -> str:
    """Say a parameter's name, which its hazard type declares in English."""
    return gettext(label)


@register.filter
def param_words(value: Any) -> str:
    """Say a parameter's value."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if value is None or value in ("", []):
        return "–"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return str(value)


@register.filter
def detail_name(name: str) -> str:
    """Say what an act's detail is."""
    return _detail_name(name)


def _names(context: Any) -> Names | None:
    """Return the names of what is on the page of a list of acts, asked for once."""
    shown = context.get("shown")
    if shown is None:
        return None
    if not hasattr(shown, "names"):
        shown.names = Names(list(shown.page))
    found: Names = shown.names
    return found


@register.simple_tag(takes_context=True)
def subject_words(context: Any, subject: str) -> str:
    """Say what an act is about by its name, and as the record keeps it."""
    names = _names(context)
    name = names.subject(subject) if names else ""
    code = format_html('<code class="whole">{}</code>', subject)
    return format_html('{}<br><span class="sub">{}</span>', name, code) if name else code


@register.simple_tag(takes_context=True)
def detail_words(context: Any, value: Any, name: str, act: str = "") -> str:
    """Say what an act's detail holds by a name: moments by the mine's clock, no braces."""
    return _detail(context, value, name, act, inner=False)


def _detail(context: Any, value: Any, name: str, act: str, *, inner: bool = True) -> str:
    if isinstance(value, dict) and value:
        parts = ((_detail_name(key), _detail(context, one, key, act)) for key, one in value.items())
        said = format_html_join(", ", "{}: {}", parts)
        return format_html("({})", said) if inner else said
    if isinstance(value, list) and value:
        return format_html_join(", ", "{}", ((_detail(context, one, name, act),) for one in value))
    at = _moment(value) if name in MOMENTS or name.endswith(MOMENT_ENDS) else None
    if at:
        return mine_time(context, at)
    names = _names(context) if act else None
    if names and (named := names.detail(act, name, value)):
        return conditional_escape(f"{named} ({value})")
    return conditional_escape(param_words(None if value == {} else detail_value(act, name, value)))


def _moment(value: Any) -> datetime | None:
    """Read a whole moment with its zone; a date, a number or a text is none."""
    try:
        at = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if at is None or at.tzinfo is None:
        return None
    # At either end of the calendar another zone's clock may have no such moment.
    return at if MINYEAR < at.year < MAXYEAR else None
