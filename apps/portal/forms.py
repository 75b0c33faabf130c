"""Forms of the portal; each field says what it wants."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.accounts.forms import WhoForm
from apps.accounts.models import Role
from apps.accounts.permissions import Access
from apps.cameras.models import Camera
from apps.mines.models import Area, Machine, Mine
from apps.mines.selectors import areas, mines, organisations_to_build_in
from workers.when import zones

__all__ = [
    "AreaForm",
    "CameraForm",
    "InMineForm",
    "MachineForm",
    "MineForm",
    "ModelForm",
    "PersonForm",
    "RoleForm",
]


class MineForm(forms.Form):
    """A new mine."""

    organisation = forms.ModelChoiceField(
        label=_("Organisation"),
        queryset=None,
        empty_label=_("choose an organisation"),
        help_text=_("The company that runs the mine."),
    )
    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        help_text=_("Shown on every page and in every alarm of it."),
    )
    timezone = forms.CharField(
        label=_("Time zone"),
        max_length=64,
        help_text=_("As in Asia/Shanghai or America/Santiago; type to search."),
        widget=forms.TextInput(attrs={"list": "timezones", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = organisations_to_build_in(access)
        self.fields["organisation"].queryset = rows
        if len(rows) == 1:
            self.fields["organisation"].initial = rows[0]
        # Most companies' mines have one clock, and in another's no time of an alarm is right. The
        # first mine's is asked: whatever stood there would be passed over.
        newest = mines().filter(organisation__in=rows).order_by("-pk").first()
        if newest is not None:
            self.fields["timezone"].initial = newest.timezone

    def clean_timezone(self) -> str:
        """Refuse a zone that the time database does not know."""
        name: str = self.cleaned_data["timezone"].strip()
        if name not in zones():
            raise forms.ValidationError(
                _("There is no time zone “%(name)s”."), params={"name": name}
            )
        return name


class AreaForm(forms.Form):
    """A new place."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        help_text=_("What people call it: Winch house 2, Incline 3, Sump A."),
    )


class InMineForm(forms.Form):
    """A form with a choice of the mine's areas."""

    area = forms.ModelChoiceField(
        label=_("Place"),
        queryset=None,
        empty_label=_("choose a place"),
        help_text=_("Where it hangs or stands; alarms name it."),
    )

    def __init__(self, *args: Any, mine: Mine, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = areas(mine=mine)
        self.fields["area"].queryset = rows
        if len(rows) == 1:
            self.fields["area"].initial = rows[0]

    def area_given(self) -> Area:
        """Return the chosen place."""
        return self.cleaned_data["area"]


class MachineForm(InMineForm):
    """A new machine."""

    key = forms.CharField(
        label=_("Key"),
        max_length=50,
        help_text=_(
            "The name that zones and the machine's controller use: small letters, digits and "
            "hyphens, such as winch-1. It cannot be changed later."
        ),
    )
    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("What people call it."))
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=Machine.Kind.choices,
        help_text=_("What the rules take it for."),
    )
    field_order = ["name", "key", "kind", "area"]


class CameraForm(InMineForm):
    """A camera, new or changed. The stored password is never sent back."""

    name = forms.CharField(
        label=_("Name"), max_length=100, help_text=_("Shown on its tile: Drum, cam 2-01.")
    )
    main_url = forms.CharField(
        label=_("Address of the main stream, or a video file"),
        max_length=500,
        help_text=_(
            "rtsp://192.168.1.20/stream1, or the path of a video file such as /videos/test.avi, "
            "which then plays in a loop. Its pictures are kept as evidence."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    sub_url = forms.CharField(
        label=_("Address of the sub-stream"),
        max_length=500,
        required=False,
        help_text=_(
            "Optional and recommended: a small stream (about 640 pixels wide, 5 to 12 pictures a "
            "second) that is analysed instead of the main one."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    username = forms.CharField(
        label=_("User name at the camera"),
        max_length=100,
        required=False,
        help_text=_("Best one of its own that may only watch; empty where it asks for none."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    password = forms.CharField(
        label=_("Password at the camera"),
        max_length=200,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Kept encrypted and never shown again."),
    )
    enabled = forms.BooleanField(
        label=_("Record and watch this camera"),
        required=False,
        help_text=_("Switched off, it protects nobody and is shown as off."),
    )
    chunk_s = forms.FloatField(
        label=_("Chunk length, seconds"),
        min_value=1,
        max_value=4,
        initial=1,
        help_text=_("1 to 4. A longer chunk costs less and makes alarms later by as much."),
        widget=forms.NumberInput(attrs={"step": "0.5"}),
    )
    keeps = forms.ChoiceField(
        label=_("Recordings to keep"),
        choices=Camera.Keeps.choices,
        initial=Camera.Keeps.ALL,
        required=False,
        help_text=_(
            "Everything is recorded and analysed first. Minutes later goes what is not to be kept: "
            "10 s before and after each movement stay, and an alarm with all around it."
        ),
    )
    field_order = [
        "area", "name", "main_url", "sub_url", "username", "password", "keeps", "chunk_s",
        "enabled",
    ]  # fmt: skip

    def __init__(self, *args: Any, camera: Camera | None = None, **kwargs: Any) -> None:
        if camera is not None:
            names = ("area", "name", "main_url", "sub_url", "username", "enabled", "chunk_s")
            names += ("keeps",)
            kwargs["initial"] = {name: getattr(camera, name) for name in names}
        else:
            kwargs.setdefault("initial", {"enabled": True})
        super().__init__(*args, **kwargs)
        if camera is not None and camera.password_box:
            self.fields["password"].help_text = _("One is kept. Leave this empty to keep it.")
        self.kept_now = camera.keeps if camera is not None else Camera.Keeps.ALL

    def clean_keeps(self) -> str:
        """Leave the policy as it is where none is sent."""
        return self.cleaned_data["keeps"] or self.kept_now


class PersonForm(WhoForm):
    """Somebody who gets a role in a mine."""

    name = forms.CharField(
        label=pgettext_lazy("of a person", "Name"),
        max_length=150,
        required=False,
        help_text=_("Only for a new person; optional."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(
        label=_("Role"),
        choices=Role.choices,
        initial=Role.OPERATOR,
        help_text=_("In this mine alone; what each may do stands below."),
    )

    def __init__(self, *args: Any, roles: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = roles


class RoleForm(forms.Form):
    """Another role for a member."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class ModelForm(forms.Form):
    """A mine's own model: the file, and how to feed and read it."""

    name = forms.CharField(
        label=_("Name"), max_length=60, help_text=_("To tell it from others in this list.")
    )
    file = forms.FileField(
        label=_("File"),
        help_text=_("ONNX, or the weights of NanoDet as safetensors or a torch state_dict."),
    )
    sha256 = forms.CharField(
        label=_("SHA-256 of the file"),
        max_length=64,
        required=False,
        help_text=_("Whoever gave you the file may have told it: then a wrong file is refused."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    camera = forms.ModelChoiceField(
        label=_("Camera"),
        queryset=None,
        required=False,
        empty_label=_("all cameras of the mine"),
        help_text=_("Whose pictures it is tried on, and decides about once promoted."),
    )
    contract = forms.JSONField(
        label=_("How to feed and read it"),
        help_text=_(
            "labels: the names by number, with person among them. input_px, colours, mean, std, "
            "pad, square: its input. output: nanodet, yolox or boxes."
        ),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )
    score = forms.FloatField(
        label=_("How sure of a person"),
        min_value=0.05,
        max_value=0.95,
        initial=0.35,
        help_text=_("0.05 to 0.95: what scores less is no person."),
    )

    def __init__(self, *args: Any, mine: Mine, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["camera"].queryset = Camera.objects.filter(mine=mine).order_by("name")
        self.fields["contract"].initial = {
            "labels": ["person"],
            "input_px": 416,
            "colours": "rgb",
            "mean": [0, 0, 0],
            "std": [255, 255, 255],
            "output": "boxes",
        }

    def clean_contract(self) -> dict[str, Any]:
        """Refuse what is no object."""
        contract = self.cleaned_data["contract"]
        if not isinstance(contract, dict):
            raise forms.ValidationError(_("Expected an object with labels and more."))
        return contract
