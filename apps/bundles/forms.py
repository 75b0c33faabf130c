"""The form that asks for a bundle."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

__all__ = ["BundleForm"]


class BundleForm(forms.Form):
    """Which alarms, and what for."""

    alarms = forms.CharField(
        label=_("Alarms"),
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
        words = re.split(r"[\s,;、，；]+", self.cleaned_data["alarms"].strip())
        wrong = [word for word in words if not word.isdecimal() or len(word) > 18]
        if wrong:
            raise forms.ValidationError(
                _("%(word)s is not the number of an alarm."), params={"word": wrong[0][:30] or "–"}
            )
        return [int(word) for word in words]

    def clean(self) -> dict[str, Any]:
        """Keep what is clean."""
        return super().clean() or {}
