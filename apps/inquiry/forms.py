"""The forms of grants and of the settings of a moment."""

import re
from datetime import timedelta
from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.forms import WhoForm
from apps.clocks import Moment
from apps.mines.models import Mine

__all__ = ["GrantForm"]

# A form for a grant proposes so long; whoever gives it says how long it is to be.
USUAL = timedelta(days=7)


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
    since = Moment(label=_("From"), help_text=_("By the mine's clock."))
    until = Moment(
        label=_("Until"),
        help_text=_("From this moment on everything is refused. At most a year."),
    )

    def __init__(self, *args: Any, mine: Mine, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = timezone.now()
        for name, at in (("since", now), ("until", now + USUAL)):
            field = cast(Moment, self.fields[name])
            field.in_zone(mine.timezone)
            field.initial = field.show(at, "%Y-%m-%dT%H:%M")

    def clean_cases(self) -> list[int]:
        """Return the numbers; none means the whole mine."""
        words = [word for word in re.split(r"[\s,;、，；]+", self.cleaned_data["cases"]) if word]
        wrong = [word for word in words if not word.isdecimal() or len(word) > 18]
        if wrong:
            raise forms.ValidationError(
                _("%(word)s is not the number of an alarm."), params={"word": wrong[0][:30]}
            )
        return [int(word) for word in words]
