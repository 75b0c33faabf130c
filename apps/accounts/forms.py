"""Forms of a person's own account."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.attempts import forget_failures, note_failure, too_many
from apps.accounts.models import ApiToken, User
from apps.accounts.permissions import Access, Action
from apps.accounts.services import user_create
from apps.mines.models import Mine

__all__ = ["LanguageForm", "PasswordForm", "SignInForm", "TokenForm", "WhoForm"]


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


class PasswordForm(PasswordChangeForm):
    """A person's own new password; guesses at the present one count as failed sign-ins."""

    def __init__(self, request: HttpRequest, data: Any = None) -> None:
        super().__init__(request.user, data)
        self.request = request
        self.fields["old_password"].label = _("Present password")
        self.fields["old_password"].widget.attrs["autofocus"] = False
        self.fields["new_password1"].help_text = _(
            "Ten characters or more, and none that many people use. Three or four words that"
            " do not belong together are easy to keep in mind."
        )
        self.fields["new_password2"].label = _("New password once more")
        self.fields["new_password2"].help_text = ""

    def clean_old_password(self) -> str:
        """Check the present password, unless it was tried too often."""
        username = self.user.get_username()
        if too_many(self.request, username):
            raise forms.ValidationError(
                _("Too many failed attempts. Wait five minutes, then try again."), code="throttled"
            )
        try:
            old: str = super().clean_old_password()
        except forms.ValidationError:
            note_failure(self.request, username)
            raise
        forget_failures(self.request, username)
        return old


class WhoForm(forms.Form):
    """Whom something is given: a new person, or somebody who has an account."""

    NEW, KNOWN = "new", "known"
    usual = NEW
    who = forms.ChoiceField(
        label=_("Who"),
        choices=[(NEW, _("a new person")), (KNOWN, _("somebody who has a Davy account"))],
        help_text=_("A new person gets a password, which is shown once."),
        widget=forms.RadioSelect,
    )
    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        help_text=_("What the person signs in with."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["who"].initial = self.usual

    @property
    def is_new(self) -> bool:
        """Tell whether an account is to be made."""
        return bool(self.cleaned_data["who"] == self.NEW)

    def person(self, *, password: str) -> User | None:
        """Return who is meant, made with that password if new; None, and a fault, for nobody."""
        given = self.cleaned_data
        known = User.objects.filter(username=given["username"], is_active=True).first()
        if self.is_new and known is not None:
            words = _(
                "Somebody has this user name already. If that is the person, choose “somebody who"
                " has a Davy account” above; otherwise take another user name."
            )
            self.add_error("username", words)
            return None
        if self.is_new:
            name = given.get("name", "")
            return user_create(
                username=given["username"], password=password, name=name, password_given=True
            )
        if known is None:
            words = _("Nobody has this user name. Who has no account yet is “a new person” above.")
            self.add_error("username", words)
        return known


class LanguageForm(forms.Form):
    """The language of the pages."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)


class TokenForm(forms.Form):
    """A new key for a program."""

    mine = forms.ModelChoiceField(
        label=_("Mine"),
        queryset=None,
        empty_label=_("choose a mine"),
        help_text=_("The key opens this mine and no other."),
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

    def __init__(self, *args: object, access: Access, user_id: int, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.user_id = user_id
        rows = Mine.objects.filter(pk__in=access.mines_for(Action.VIEW))
        self.fields["mine"].queryset = rows
        if len(access.roles) == 1:
            self.fields["mine"].initial = rows.first()

    def clean_name(self) -> str:
        """Refuse a name that a key in use has: a page that is loaded again makes no second key."""
        name: str = self.cleaned_data["name"]
        mine = self.cleaned_data.get("mine")
        rows = ApiToken.objects.filter(user=self.user_id, name=name, revoked_at=None)
        ended = Q(expires_at__lte=timezone.now())
        if mine is not None and rows.filter(mine=mine).exclude(ended).exists():
            raise forms.ValidationError(
                _("A key of this name is in use already: revoke it, or name the new one otherwise.")
            )
        return name

    def expires_at(self) -> datetime | None:
        """Return when the key ends, or None when it does not."""
        days = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=days) if days else None
