"""The form of a route; each field says what it wants. Which fields there are is the channel's."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.accounts.selectors import people_of
from apps.alarms.ladders import WHOM, ladder
from apps.alarms.models import Severity
from apps.alarms.words import say
from apps.mines.models import Mine
from apps.mines.selectors import areas
from apps.notify.match import AT_ONCE
from apps.notify.models import Channel, Picture, Route
from apps.notify.selectors import address_shown
from apps.notify.targets import is_locked

__all__ = ["RouteForm", "steps_of"]

ADDRESS = {
    Channel.EMAIL: (_("E-mail addresses"), _("One a line. Each gets a message of its own.")),
    Channel.WEBHOOK: (
        _("Address"),
        _("https://… of the program that listens. Where it is inside the house, the server's "
          "settings must name its network (DAVY_NOTIFY_PRIVATE)."),
    ),
    Channel.WECOM: (
        _("Address of the robot"),
        _("As WeCom shows it when the robot is added to the group. Kept encrypted."),
    ),
    Channel.DINGTALK: (
        _("Address of the robot"),
        _("As DingTalk shows it, with its access_token. Kept encrypted."),
    ),
    Channel.FEISHU: (
        _("Address of the robot"),
        _("As Feishu shows it when the robot is added to the group. Kept encrypted."),
    ),
}  # fmt: skip
SECRET = {
    Channel.WEBHOOK: _("What messages are signed with. Leave it empty: one is made, shown once."),
    Channel.DINGTALK: _("Where the robot's security is “sign”: its secret, which begins with SEC."),
    Channel.FEISHU: _("Where the robot's security is “signature check”: its secret."),
}


def steps_of(mine: Mine) -> list[tuple[int, str]]:
    """List the steps that a route can take, with what each is in this mine's ladders."""
    said: dict[int, list[str]] = {}
    for severity in Severity:
        rungs = ladder(mine_id=mine.pk, severity=severity.value)
        for number, (after_s, whom) in enumerate(rungs, start=1):
            words = _("%(severity)s after %(seconds)s s: %(whom)s") % {
                "severity": severity.label, "seconds": after_s, "whom": say(WHOM, whom),
            }  # fmt: skip
            said.setdefault(number, []).append(words)
    steps = [(AT_ONCE, str(_("at once, when the alarm begins to ask")))]
    for number in sorted(said):
        head = _("step %(number)s, when nobody answered") % {"number": number}
        steps.append((number, f"{head} ({'; '.join(said[number])})"))
    return steps


class RouteForm(forms.Form):
    """Who is told of what, when and how. Stored addresses of robots are never sent back."""

    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        help_text=_("What the log calls it: Shift leaders, Gas system."),
    )
    address = forms.CharField(
        required=False,
        max_length=4000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    secret = forms.CharField(
        label=_("Secret"),
        required=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    people = forms.TypedMultipleChoiceField(
        label=_("Who"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Nobody ticked: all who switched on notifications in a browser. Each does so by "
            "themselves, under Your account."
        ),
    )
    severities = forms.MultipleChoiceField(
        label=_("How severe"),
        choices=Severity.choices,
        initial=["critical", "high"],
        widget=forms.CheckboxSelectMultiple,
    )
    steps = forms.TypedMultipleChoiceField(
        label=_("When"),
        coerce=int,
        initial=[AT_ONCE],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("An answer at the desk ends the ladder: later steps are not sent."),
    )
    areas = forms.TypedMultipleChoiceField(
        label=_("Where"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Nothing ticked: the whole mine."),
    )
    since = forms.TimeField(
        label=_("From what time"),
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"placeholder": "22:00"}),
        help_text=_("By the mine's clock; may go over midnight. Both empty: day and night."),
    )
    until = forms.TimeField(
        label=_("Until what time"),
        required=False,
        help_text=_("Of the next day where it lies before the beginning, as 22:00 to 06:00."),
        widget=forms.TimeInput(format="%H:%M", attrs={"placeholder": "06:00"}),
    )
    cleared = forms.BooleanField(label=_("Say also when it is over"), required=False)
    language = forms.ChoiceField(
        label=_("Language"),
        choices=settings.LANGUAGES,
        help_text=_("In which the messages are written; pages follow whoever reads them."),
    )
    picture = forms.ChoiceField(
        label=_("Picture"),
        choices=Picture.choices,
        initial=Picture.LINK,
        help_text=_("An attached picture leaves this server; the link asks for a password."),
    )
    enabled = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(
        self, *args: Any, mine: Mine, channel: str, route: Route | None = None, **kwargs: Any
    ) -> None:
        if route is not None:
            names = ("name", "severities", "steps", "areas", "since", "until", "cleared",
                     "language", "picture", "enabled", "people")  # fmt: skip
            kwargs["initial"] = {name: getattr(route, name) for name in names}
            if channel == Channel.EMAIL:
                kwargs["initial"]["address"] = address_shown(route)
        else:
            kwargs.setdefault("initial", {"language": get_language()})
        super().__init__(*args, **kwargs)
        self.fields["steps"].choices = steps_of(mine)
        self.fields["areas"].choices = [(area.pk, area.name) for area in areas(mine=mine)]
        if channel == Channel.PUSH:
            people = people_of(mine_id=mine.pk)
            self.fields["people"].choices = [(one["id"], one["name"]) for one in people]
            del self.fields["address"]
        else:
            del self.fields["people"]
            self._say_address(channel, route)
        if channel not in SECRET:
            del self.fields["secret"]
        else:
            kept = route is not None and bool(route.secret_box) and not is_locked(route)
            told = _("One is kept. Leave this empty to keep it.")
            self.fields["secret"].help_text = told if kept else SECRET[Channel(channel)]
        if channel != Channel.EMAIL:
            del self.fields["picture"]

    def _say_address(self, channel: str, route: Route | None) -> None:
        field = self.fields["address"]
        field.label, field.help_text = ADDRESS[Channel(channel)]
        field.required = route is None or is_locked(route)
        if channel == Channel.EMAIL:
            field.widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})
        elif not field.required:
            shown = {"address": address_shown(route)}
            field.help_text = _("%(address)s is kept. Leave this empty to keep it.") % shown
