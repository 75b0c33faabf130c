"""What the API takes and gives; thin: rules live in services."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.permissions import Access, Action
from apps.alarms.models import Alarm
from apps.alarms.procedures import procedures_of, strip_of
from apps.alarms.selectors import alarm_data, silence_data
from apps.cameras.models import Camera
from apps.cameras.selectors import camera_health
from apps.detectors.models import OwnModel
from apps.detectors.selectors import shadow_figures
from apps.evidence.models import Clip
from apps.mines.models import Area, Machine, Mine, Organisation
from apps.rules.models import Replay, Scene
from apps.rules.replays import replay_data
from apps.rules.slopes import COUNTS
from apps.sentences import said_alarm
from apps.signals.models import MachineState, Report
from workers.templates import templates

__all__ = [
    "AcknowledgeSerializer",
    "AlarmSerializer",
    "AreaSerializer",
    "AssignSerializer",
    "CallSerializer",
    "CameraSerializer",
    "ClipSerializer",
    "DeviceSerializer",
    "EventSerializer",
    "FalseSerializer",
    "LinkSerializer",
    "MachineSerializer",
    "MineOnlySerializer",
    "MineSerializer",
    "OwnModelSerializer",
    "OwnModelUploadSerializer",
    "ProbeSerializer",
    "ReplaySerializer",
    "ReplayStartSerializer",
    "ResetSerializer",
    "SceneSerializer",
    "SignalSerializer",
    "SilenceSerializer",
    "TemplateSerializer",
]


def access_in(serializer: serializers.BaseSerializer[Any]) -> Access:
    """Return the caller's access from a serializer's context."""
    return serializer.context["request"]._request.access


class MineChoice(serializers.PrimaryKeyRelatedField):
    """A mine in scope; one of another organisation is as unknown as one that does not exist."""

    def get_queryset(self) -> Any:
        """List the mines in scope."""
        return Mine.objects.all()


class AreaChoice(serializers.PrimaryKeyRelatedField):
    """An area in scope."""

    def get_queryset(self) -> Any:
        """List the areas in scope."""
        return Area.objects.all()


class OrganisationChoice(serializers.PrimaryKeyRelatedField):
    """An organisation in which the caller may open a mine."""

    def get_queryset(self) -> Any:
        """List the organisations to build in."""
        access = access_in(self.root)
        return Organisation.objects.filter(pk__in=access.organisations_for(Action.CREATE_MINE))


class MineSerializer(serializers.ModelSerializer[Mine]):
    """A mine."""

    organisation = OrganisationChoice()

    class Meta:
        model = Mine
        fields = ["id", "organisation", "name", "timezone", "pack"]
        read_only_fields = ["pack"]
        validators: list[Any] = []


class AreaSerializer(serializers.ModelSerializer[Area]):
    """A place in a mine."""

    mine = MineChoice()

    class Meta:
        model = Area
        fields = ["id", "mine", "name"]
        validators: list[Any] = []


class MachineSerializer(serializers.ModelSerializer[Machine]):
    """A machine that reports its state."""

    area = AreaChoice()

    class Meta:
        model = Machine
        fields = ["id", "mine", "area", "key", "name", "kind"]
        read_only_fields = ["mine"]
        validators: list[Any] = []


class CameraSerializer(serializers.ModelSerializer[Camera]):
    """A camera; its password is taken and never given."""

    area = AreaChoice()
    password = serializers.CharField(write_only=True, required=False, allow_blank=True)
    health = serializers.SerializerMethodField()
    procedures = serializers.SerializerMethodField()

    class Meta:
        model = Camera
        fields = [
            "id", "mine", "area", "name", "main_url", "sub_url", "username", "password",
            "enabled", "chunk_s", "keeps", "health", "procedures",
        ]  # fmt: skip
        read_only_fields = ["mine"]
        validators: list[Any] = []

    def get_health(self, camera: Camera) -> dict[str, Any]:
        """Return what the recorder and the analysis say of the camera."""
        return camera_health(camera)

    def get_procedures(self, camera: Camera) -> list[dict[str, Any]]:
        """Return the procedures that go on under the camera, step by step in words."""
        return procedures_of(camera)


class DeviceSerializer(serializers.Serializer[Any]):
    """A device that speaks ONVIF, and how to get in."""

    address = serializers.CharField(max_length=300)
    username = serializers.CharField(max_length=100, required=False, allow_blank=True)
    password = serializers.CharField(
        max_length=200, required=False, allow_blank=True, write_only=True, trim_whitespace=False
    )


class ProbeSerializer(serializers.Serializer[Any]):
    """A stream to try; `camera` lends its stored password when none is given."""

    url = serializers.CharField(max_length=500)
    username = serializers.CharField(required=False, allow_blank=True, default="")
    password = serializers.CharField(required=False, allow_blank=True, default="")
    camera = serializers.IntegerField(required=False)


class SceneSerializer(serializers.ModelSerializer[Scene]):
    """One version of a camera's scene."""

    disarm = serializers.BooleanField(
        write_only=True, default=False, help_text="yes, life-critical rules may stop protecting"
    )
    base = serializers.IntegerField(
        write_only=True,
        required=False,
        min_value=0,
        help_text="the version that the draft began with; 409 when another is in force by now",
    )
    author_name = serializers.SerializerMethodField()

    @extend_schema_field(str)
    def get_author_name(self, scene: Scene) -> str:
        """Return who saved it, by user name."""
        return scene.author.get_username() if scene.author else ""

    class Meta:
        model = Scene
        fields = [
            "version", "document", "reason", "disarm", "base", "author", "author_name",
            "created_at",
        ]  # fmt: skip
        read_only_fields = ["version", "author", "created_at"]


class TemplateSerializer(serializers.Serializer[Any]):
    """A template to put into a scene; nothing is saved."""

    template = serializers.ChoiceField(choices=sorted(templates()))
    document = serializers.DictField(
        required=False, help_text="the scene that it is put into; the one in force if absent"
    )
    answers = serializers.DictField(required=False, help_text="by the key of what is asked")
    names = serializers.DictField(
        child=serializers.CharField(max_length=100),
        required=False,
        help_text="by the template's own id, such as @stand: a thing that is there, or a new name",
    )


class AlarmSerializer(serializers.BaseSerializer[Alarm]):
    """An alarm, as everywhere else."""

    def to_representation(self, alarm: Alarm) -> dict[str, Any]:
        """Return the alarm's data, and of a procedure its steps in words."""
        strip = strip_of(alarm.values)
        return said_alarm(alarm_data(alarm)) | ({"procedure": strip} if strip else {})


class AcknowledgeSerializer(serializers.Serializer[Any]):
    """An answer to an alarm."""

    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=500)


class ResetSerializer(serializers.Serializer[Any]):
    """What was found when a latched alarm is reset."""

    finding = serializers.CharField(max_length=500)


class FalseSerializer(serializers.Serializer[Any]):
    """Why an alarm is false."""

    reason = serializers.CharField(max_length=500)


class CallSerializer(serializers.Serializer[Any]):
    """A call that was made about an alarm."""

    whom = serializers.CharField(max_length=100)
    said = serializers.CharField(max_length=500)


class AssignSerializer(serializers.Serializer[Any]):
    """Who is to see to an alarm."""

    to = serializers.IntegerField(help_text="the id of a person who works in the mine")


class SilenceSerializer(serializers.Serializer[Any]):
    """For how long the alarm's rule is to ask nobody, and why."""

    minutes = serializers.IntegerField(min_value=1)
    reason = serializers.CharField(max_length=500)

    def to_representation(self, silence: Any) -> dict[str, Any]:
        """Return a silence as everywhere else."""
        return silence_data(silence)


class ClipSerializer(serializers.ModelSerializer[Clip]):
    """A clip and what is in it; the video itself comes by a signed link."""

    id = serializers.UUIDField(source="uid", read_only=True)
    camera_name = serializers.CharField(source="camera.name", read_only=True)

    class Meta:
        model = Clip
        fields = [
            "id", "mine", "alarm", "camera", "camera_name", "rule", "state", "wanted_from",
            "wanted_until", "starts_at", "ends_at", "bytes", "sha256", "width", "height", "error",
            "ready_at", "missing_since", "expired_at", "expired_because", "manifest",
        ]  # fmt: skip


class LinkSerializer(serializers.Serializer[Any]):
    """A signed address."""

    url = serializers.URLField()
    expires_in_s = serializers.IntegerField()
    sha256 = serializers.CharField()


class SignalSerializer(serializers.Serializer[Any]):
    """A machine's report of its state, or an input's report of its value."""

    mine = MineChoice()
    machine = serializers.CharField(help_text="the machine's key, such as winch-1", required=False)
    state = serializers.ChoiceField(choices=MachineState.choices, required=False)
    input = serializers.CharField(
        help_text="the id of a scene's input, such as gate-1", required=False, max_length=100
    )
    value = serializers.CharField(
        help_text="what it says: OPEN, 3.2", required=False, max_length=100
    )
    at = serializers.DateTimeField(required=False, help_text="by the sender's clock; now if absent")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Find the machine in the mine; an input is named by the scenes that use it."""
        machine, key = attrs.get("machine"), attrs.get("input")
        if (machine is None) == (key is None):
            raise serializers.ValidationError(
                {"machine": _("Give either a machine with its state, or an input with its value.")}
            )
        needed = "state" if key is None else "value"
        if needed not in attrs:
            raise serializers.ValidationError({needed: _("This field is required.")})
        if key is not None:
            if key.startswith(COUNTS):
                raise serializers.ValidationError(
                    {"input": _("Counts of cameras are told by their analyses alone.")}
                )
            return attrs
        machine = Machine.objects.filter(mine=attrs["mine"], key=attrs["machine"]).first()
        if machine is None:
            raise serializers.ValidationError(
                {"machine": _("This mine has no machine “%s”.") % attrs["machine"]}
            )
        return {**attrs, "machine": machine}

    def to_representation(self, signal: Any) -> dict[str, Any]:
        """Return what was kept."""
        if isinstance(signal, Report):
            return {
                "mine": signal.mine_id,
                "input": signal.key,
                "value": signal.value,
                "at": signal.at.isoformat(),
            }
        return {
            "mine": signal.mine_id,
            "machine": signal.machine.key,
            "state": signal.state,
            "at": signal.at.isoformat(),
        }


class EventSerializer(serializers.Serializer[Any]):
    """An event, as the socket sends it."""

    id = serializers.IntegerField()
    mine = serializers.IntegerField()
    kind = serializers.CharField()
    at = serializers.DateTimeField()
    payload = serializers.JSONField()


class MineOnlySerializer(serializers.Serializer[Any]):
    """The mine alone: whether the caller may do something there is asked first."""

    mine = MineChoice()


class CameraChoice(serializers.PrimaryKeyRelatedField):
    """A camera in scope."""

    def get_queryset(self) -> Any:
        """List the cameras in scope."""
        return Camera.objects.all()


class OwnModelUploadSerializer(serializers.Serializer[Any]):
    """A mine's own model; `contract` says how to feed and read it."""

    mine = MineChoice()
    camera = CameraChoice(required=False, allow_null=True, default=None)
    name = serializers.CharField(max_length=60)
    file = serializers.FileField(help_text="ONNX, safetensors or a torch state_dict")
    contract = serializers.JSONField(
        help_text="labels, input_px, colours, mean, std, pad, square, output; see docs/models.md"
    )
    score = serializers.FloatField(required=False, default=0.35)
    sha256 = serializers.CharField(required=False, allow_blank=True, default="", max_length=64)

    def validate_contract(self, contract: Any) -> dict[str, Any]:
        """Refuse what is no object."""
        if not isinstance(contract, dict):
            raise serializers.ValidationError(_("Expected an object with labels and more."))
        return contract


class OwnModelSerializer(serializers.ModelSerializer[OwnModel]):
    """A mine's own model and what its shadow showed."""

    figures = serializers.SerializerMethodField()

    class Meta:
        model = OwnModel
        fields = [
            "id", "mine", "camera", "name", "kind", "contract", "score", "sha256", "bytes",
            "cpu_ms", "state", "replaced", "error", "created_at", "changed_at", "figures",
        ]  # fmt: skip

    def get_figures(self, model: OwnModel) -> dict[str, Any]:
        """Return the shadow's counts and the agreement in percent."""
        return shadow_figures(model)


class ReplayStartSerializer(serializers.Serializer[Any]):
    """A draft to run over what a camera recorded; `rule`: whose alarms to tell, by default all."""

    camera = CameraChoice()
    document = serializers.JSONField()
    rule = serializers.CharField(required=False, allow_blank=True, default="", max_length=100)
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()

    def validate_document(self, document: Any) -> dict[str, Any]:
        """Refuse what is no object; its faults are told with their paths."""
        if not isinstance(document, dict):
            raise serializers.ValidationError(_("Expected a scene: an object with lists."))
        return document


class ReplaySerializer(serializers.BaseSerializer[Replay]):
    """A replay: how far it is, what it would have raised, and what it could not see."""

    def to_representation(self, replay: Replay) -> dict[str, Any]:
        """Return the replay's data."""
        return replay_data(replay)
