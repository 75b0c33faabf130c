"""Forms of a person's own account."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.attempts import forget_failures, note_failure, too_many
from apps.accounts.permissions import Access, Action
from apps.mines.models import Mine

__all__ = ["LanguageForm", "SignInForm", "TokenForm"]


class SignInForm(AuthenticationForm):
    """User name and password; ten failures in five minutes close it for that name and address."""

    def clean(self) -> dict[str, Any]:
        """Check the password, unless it was tried too often."""
        username = self.cleaned_data.get("username") or ""
        if too_many(self.request, username):
            raise forms.ValidationError(
                _("Too many failed attempts. Wait five minutes, then try again."), code="throttled"
            )
        try:
            cleaned = super().clean()
        except forms.ValidationError:
            note_failure(self.request, username)
            raise
        forget_failures(self.request, username)
        return cleaned


class LanguageForm(forms.Form):
    """The language of the pages."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)


class TokenForm(forms.Form):
    """A new key for a program."""

    mine = forms.ModelChoiceField(
        label=_("Mine"), queryset=None, help_text=_("The key opens this mine and no other.")
    )
    name = forms.CharField(
        label=_("What uses it"),
        max_length=100,
        help_text=_("So that you know later which one to revoke: “winch PLC gateway”."),
    )
    days = forms.TypedChoiceField(
        label=_("Valid for"),
        coerce=int,
        choices=[(30, _("30 days")), (90, _("90 days")), (365, _("a year")), (0, _("no end"))],
        initial=90,
        help_text=_("Then it opens nothing any more; a program that goes on needs a new one."),
    )

    def __init__(self, *args: object, access: Access, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        rows = Mine.objects.filter(pk__in=access.mines_for(Action.VIEW))
        self.fields["mine"].queryset = rows
        if len(access.roles) == 1:
            self.fields["mine"].initial = rows.first()

    def expires_at(self) -> datetime | None:
        """Return when the key ends, or None when it does not."""
        days = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=days) if days else None
