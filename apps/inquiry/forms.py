"""The forms of grants and of the settings of a moment."""

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.forms import WhoForm
from apps.mines.models import Mine

__all__ = ["GrantForm", "mine_moment"]

# A form for a grant proposes so long; whoever gives it says how long it is to be.
USUAL = timedelta(days=7)


def mine_moment(text: str, zone: str) -> datetime:
    """Return a moment written by the mine's clock; ValueError when it is none."""
    when = datetime.fromisoformat(text.strip())
    if not 1990 < when.year < 2200:
        raise ValueError("beyond what is recorded, and near what a clock can say")
    return when if when.tzinfo else when.replace(tzinfo=ZoneInfo(zone))


class GrantForm(WhoForm):
    """Who may look, at what, from when until when, and what for."""

    usual = WhoForm.KNOWN
    purpose = forms.CharField(
        label=_("What it is for"),
        max_length=300,
        help_text=_("An inquiry's number, or who asked for it. It stands in the record."),
    )
    cases = forms.CharField(
        label=_("Cases"),
        max_length=2000,
        required=False,
        help_text=_(
            "Numbers of alarms, such as 12, 15: then the person learns of nothing else. "
            "Empty: the whole mine, to look at."
        ),
    )
    since = forms.CharField(
        label=_("From"), help_text=_("By the mine's clock."), widget=forms.TextInput
    )
    until = forms.CharField(
        label=_("Until"),
        help_text=_("From this moment on everything is refused. At most a year."),
        widget=forms.TextInput,
    )

    def __init__(self, *args: Any, mine: Mine, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mine = mine
        here = timezone.now().astimezone(ZoneInfo(mine.timezone))
        for name, at in (("since", here), ("until", here + USUAL)):
            self.fields[name].widget = forms.TextInput(attrs={"type": "datetime-local"})
            self.fields[name].initial = f"{at:%Y-%m-%dT%H:%M}"

    def clean_cases(self) -> list[int]:
        """Return the numbers; none means the whole mine."""
        words = [word for word in re.split(r"[\s,;、，；]+", self.cleaned_data["cases"]) if word]
        wrong = [word for word in words if not word.isdecimal() or len(word) > 18]
        if wrong:
            raise forms.ValidationError(
                _("%(word)s is not the number of an alarm."), params={"word": wrong[0][:30]}
            )
        return [int(word) for word in words]

    def clean_since(self) -> datetime:
        """Return the beginning."""
        return self._moment("since")

    def clean_until(self) -> datetime:
        """Return the end."""
        return self._moment("until")

    def _moment(self, name: str) -> datetime:
        try:
            return mine_moment(self.cleaned_data[name], self.mine.timezone)
        except (ValueError, OverflowError):
            raise forms.ValidationError(_("Not a time, such as 2026-03-04 12:00.")) from None
