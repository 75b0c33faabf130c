"""Words and links of the pages about notifications."""

from typing import Any

from django import template

from apps.alarms.ladders import WHOM
from apps.alarms.words import say

register = template.Library()


@register.filter
def whom_words(code: str) -> str:
    """Say who is told at a step of a ladder."""
    return say(WHOM, code)


@register.simple_tag(takes_context=True)
def page_query(context: Any, number: int) -> str:
    """Return the present query with another page."""
    query = context["request"].GET.copy()
    query["page"] = number
    return query.urlencode()
