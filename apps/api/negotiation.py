"""In which form an answer comes."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer

__all__ = ["Negotiation"]


class Negotiation(DefaultContentNegotiation):
    """By `Accept`, and by `?format=` where there are several: another is a wrong question."""

    def filter_renderers(self, renderers: Sequence[BaseRenderer], format: str) -> Any:
        """Return those of this format; where there is one only, `format` is a parameter unknown."""
        formats = sorted({str(one.format) for one in renderers})
        if len(formats) == 1:
            return renderers
        if format not in formats:
            raise ValidationError({"format": _("Must be one of %s.") % ", ".join(formats)})
        return super().filter_renderers(renderers, format)
