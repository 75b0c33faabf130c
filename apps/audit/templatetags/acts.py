"""Filters that put acts, rules and their parameters into words."""

from typing import Any

from django import template
from django.utils.translation import gettext

from apps.alarms import words
from apps.alarms.models import Severity
from apps.audit.words import act_words as _act_words
from apps.audit.words import part_words as _part_words
from apps.portal.drawn import MODES

register = template.Library()


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
