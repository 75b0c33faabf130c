"""Forms of alarms."""

from django import forms
from django.utils.translation import gettext_lazy as _

__all__ = ["AcknowledgeForm"]


class AcknowledgeForm(forms.Form):
    """The answer to an alarm."""

    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Optional: whom you called and what they said."),
    )
