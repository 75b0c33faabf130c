"""Words and links of the pages about notifications."""

from django import template

from apps.alarms.ladders import WHOM
from apps.alarms.words import say

register = template.Library()


@register.filter
def whom_words(code: str) -> str:
    """Say who is told at a step of a ladder."""
    return say(WHOM, code)
