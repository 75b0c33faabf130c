"""The form that asks for a bundle."""

import re
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

__all__ = ["BundleForm"]


class BundleForm(forms.Form):
    """Which alarms or videos, and what for."""

    # They come from their pages, not by hand.
    clips = forms.CharField(required=False, max_length=4000, widget=forms.HiddenInput)
    alarms = forms.CharField(
        label=_("Alarms"),
        required=False,
        max_length=5000,
        help_text=_("Their numbers, such as 12, 15. All of one mine."),
    )
    purpose = forms.CharField(
        label=_("What it is for"),
        max_length=300,
        help_text=_(
            "An inquiry's number, or who asked for it. It stands in the bundle and in the record."
        ),
        widget=forms.TextInput(attrs={"autofocus": True}),
    )

    def clean_alarms(self) -> list[int]:
        """Return the numbers."""
        words = [word for word in re.split(r"[\s,;、，；]+", self.cleaned_data["alarms"]) if word]
        wrong = [word for word in words if not word.isdecimal() or len(word) > 18]
        if wrong:
            raise forms.ValidationError(
                _("%(word)s is not the number of an alarm."), params={"word": wrong[0][:30] or "–"}
            )
        return [int(word) for word in words]

    def clean_clips(self) -> list[UUID]:
        """Return their ids."""
        try:
            return [UUID(word) for word in self.cleaned_data["clips"].split(",") if word]
        except ValueError:
            raise forms.ValidationError(_("There is no such video in this mine.")) from None

    def clean(self) -> dict[str, Any]:
        """Keep what is clean."""
        return super().clean() or {}
