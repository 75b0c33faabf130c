"""Forms of alarms."""

from django import forms
from django.utils.translation import gettext_lazy as _

__all__ = ["AcknowledgeForm", "HandoverForm", "ResetForm"]


class AcknowledgeForm(forms.Form):
    """The answer to an alarm."""

    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Optional: whom you called and what they said."),
    )


class ResetForm(forms.Form):
    """What was found, without which a critical alarm is not reset."""

    finding = forms.CharField(
        label=_("What was found"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Who was there, why, and what was done about it."),
    )


class HandoverForm(forms.Form):
    """What else the next shift must know."""

    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What is not on this page: who is where, what is agreed, what to watch."),
    )
