"""Own networks, and draft rules tried on recordings."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from apps.alarms.models import Severity
from apps.api.moments import MomentField, by_clock
from apps.api.serializers.choices import CameraChoice, MineChoice
from apps.api.serializers.strict import Strict
from apps.detectors.models import OwnModel
from apps.detectors.selectors import shadow_figures
from apps.rules.models import Replay
from apps.rules.replays import replay_data

__all__ = [
    "OwnModelSerializer",
    "OwnModelUploadSerializer",
    "ReplaySerializer",
    "ReplayStartSerializer",
]


class OwnModelUploadSerializer(Strict):
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


class ReplayStartSerializer(Strict):
    """A draft to run over what a camera recorded; `rule`: whose alarms to tell, by default all."""

    camera = CameraChoice()
    document = serializers.JSONField()
    rule = serializers.CharField(required=False, allow_blank=True, default="", max_length=100)
    since = MomentField()
    until = MomentField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Read times by the mine's clock."""
        return by_clock(attrs, attrs["camera"].mine.timezone)

    def validate_document(self, document: Any) -> dict[str, Any]:
        """Refuse what is no object; its faults are told with their paths."""
        if not isinstance(document, dict):
            raise serializers.ValidationError(_("Expected a scene: an object with lists."))
        return document


class ReplayAlarmSerializer(serializers.Serializer[Any]):
    """An alarm that a draft would have raised; what: its type in words."""

    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    rule = serializers.CharField()
    rule_type = serializers.CharField()
    what = serializers.CharField()
    level = serializers.CharField()
    severity = serializers.ChoiceField(choices=Severity.choices)
    why = serializers.CharField()
    clip = serializers.CharField(allow_null=True, help_text="where its video is")
    clip_error = serializers.CharField()


class ReplaySerializer(serializers.Serializer[Replay]):
    """A replay: how far it is, what it would have raised, and what it could not see."""

    id = serializers.UUIDField()
    mine = serializers.IntegerField()
    camera = serializers.IntegerField()
    camera_name = serializers.CharField()
    rule = serializers.CharField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=Replay.State.choices)
    progress = serializers.FloatField(help_text="share of the span")
    author = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField()
    span_s = serializers.FloatField()
    seconds = serializers.FloatField()
    not_recorded_s = serializers.FloatField()
    unreadable_s = serializers.FloatField()
    blind_s = serializers.FloatField()
    took_s = serializers.FloatField()
    count = serializers.IntegerField(help_text="of all alarms; `alarms` are the first")
    alarms = ReplayAlarmSerializer(many=True)

    def to_representation(self, replay: Replay) -> dict[str, Any]:
        """Return the replay's data."""
        return replay_data(replay)
