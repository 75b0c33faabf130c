"""Alarms, their answers, their videos; signals and events."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from apps.alarms.models import Alarm
from apps.alarms.procedures import strip_of
from apps.alarms.selectors import alarm_data, silence_data
from apps.api.moments import MomentField, by_clock
from apps.api.serializers.choices import MineChoice
from apps.evidence.models import Clip
from apps.mines.models import Machine
from apps.rules.slopes import COUNTS
from apps.sentences import said_alarm
from apps.signals.models import MachineState, Report

__all__ = [
    "AcknowledgeSerializer",
    "AlarmSerializer",
    "AssignSerializer",
    "CallSerializer",
    "ClipSerializer",
    "EventSerializer",
    "FalseSerializer",
    "LinkSerializer",
    "ResetSerializer",
    "SignalSerializer",
    "SilenceSerializer",
]


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
    asked_by = serializers.CharField(
        source="asked_by.username", read_only=True, allow_null=True, default=None
    )
    extends = serializers.UUIDField(
        source="extends.uid", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = Clip
        fields = [
            "id", "mine", "alarm", "camera", "camera_name", "rule", "asked_by", "reason",
            "extends", "together", "state", "wanted_from", "wanted_until",
            "starts_at", "ends_at", "bytes", "sha256", "width", "height", "error",
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
    at = MomentField(
        required=False,
        help_text="by the sender's clock, with its offset; now if absent",
    )
    note = serializers.CharField(
        read_only=True, help_text="why what was kept does not count, or empty"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Find the machine in the mine; an input is named by the scenes that use it."""
        # Machines have their clocks in UTC as often as not: hours beside the truth, a report would
        # be taken for an old one, and nobody would see it. So there is no guessing.
        attrs = by_clock(attrs, None)
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
        about = {"at": signal.at.isoformat(), "note": signal.note}
        if isinstance(signal, Report):
            return {"mine": signal.mine_id, "input": signal.key, "value": signal.value, **about}
        machine = signal.machine.key
        return {"mine": signal.mine_id, "machine": machine, "state": signal.state, **about}


class EventSerializer(serializers.Serializer[Any]):
    """An event, as the socket sends it."""

    id = serializers.IntegerField()
    mine = serializers.IntegerField()
    kind = serializers.CharField()
    at = serializers.DateTimeField()
    payload = serializers.JSONField()
