"""Alarms, their answers, their videos; signals and events."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from apps.alarms.life import Silenced
from apps.alarms.models import Alarm, Severity
from apps.alarms.procedures import strip_of
from apps.alarms.selectors import alarm_data
from apps.api.moments import MomentField, by_clock
from apps.api.serializers.choices import MineChoice
from apps.api.serializers.strict import Strict
from apps.evidence.models import Clip
from apps.mines.models import Machine
from apps.rules.slopes import COUNTS
from apps.sentences import said_alarm
from apps.signals.models import MachineState, Report

__all__ = [
    "AcknowledgeSerializer",
    "AlarmSerializer",
    "AlarmWholeSerializer",
    "AssignSerializer",
    "CallSerializer",
    "ClipLinkSerializer",
    "ClipSerializer",
    "EventSerializer",
    "EventsSerializer",
    "FalseSerializer",
    "LinkSerializer",
    "MakingSerializer",
    "ResetSerializer",
    "SignalSerializer",
    "SilenceAskSerializer",
    "SilenceSerializer",
]


class WitnessSerializer(serializers.Serializer[Any]):
    """A camera that sees what an alarm is about."""

    camera = serializers.IntegerField()
    camera_name = serializers.CharField()
    active = serializers.BooleanField()


class AlarmClipSerializer(serializers.Serializer[Any]):
    """A video of an alarm; its facts are those of the clip of this id."""

    id = serializers.UUIDField()
    camera = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Clip.State.choices)
    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)


class Shapes(serializers.ListField):
    """Boxes, or the corners of a polygon."""

    child = serializers.ListField(child=serializers.FloatField())


class RuleOfSerializer(serializers.Serializer[Any]):
    """Which rule of which camera something is about, and where that is."""

    id = serializers.IntegerField()
    mine = serializers.IntegerField()
    mine_name = serializers.CharField()
    timezone = serializers.CharField()
    area = serializers.CharField()
    camera = serializers.IntegerField()
    camera_name = serializers.CharField()
    rule = serializers.CharField()
    rule_type = serializers.CharField()


class AlarmSerializer(RuleOfSerializer):
    """An alarm, as everywhere else; the fields tell a client what `alarm_data` gives."""

    state = serializers.ChoiceField(choices=Alarm.State.choices)
    level = serializers.CharField()
    severity = serializers.ChoiceField(choices=Severity.choices)
    active = serializers.BooleanField(help_text="the situation is still there")
    raised_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    cleared_at = serializers.DateTimeField(allow_null=True)
    unwatched = serializers.CharField(
        help_text="why nobody watches any more, where that ended it and not what was seen; or empty"
    )
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    acknowledged_by = serializers.CharField(allow_null=True)
    asked_at = serializers.DateTimeField(allow_null=True)
    told = serializers.IntegerField(help_text="steps of the ladder told since asked_at")
    escalates_at = serializers.DateTimeField(allow_null=True)
    escalates_to = serializers.CharField()
    assigned_to = serializers.CharField(allow_null=True)
    verdict = serializers.CharField(help_text="false once somebody said so, else empty")
    finding = serializers.CharField()
    mark = serializers.CharField(
        help_text="changes when it becomes worse or happens again: send it with the answer"
    )
    chatter = serializers.DictField()
    count = serializers.IntegerField(help_text="occurrences folded into it")
    why = serializers.CharField()
    values = serializers.DictField()
    boxes = Shapes(help_text="left, top, right, bottom, in shares of the picture")
    zone = Shapes(help_text="corners in shares of the picture")
    picture = serializers.DictField()
    scene_version = serializers.IntegerField()
    clauses = serializers.ListField(child=serializers.DictField())
    committed_at = serializers.DateTimeField()
    stages = serializers.DictField()
    witnesses = WitnessSerializer(many=True)
    clips = AlarmClipSerializer(many=True)
    procedure = serializers.DictField(required=False, help_text="of a procedure: its steps")

    def to_representation(self, alarm: Alarm) -> dict[str, Any]:
        """Return the alarm's data, and of a procedure its steps in words."""
        strip = strip_of(alarm.values)
        return said_alarm(alarm_data(alarm)) | ({"procedure": strip} if strip else {})


class TransitionSerializer(serializers.Serializer[Any]):
    """A step of an alarm's life."""

    to = serializers.CharField()
    cause = serializers.CharField()
    at = serializers.DateTimeField()
    actor = serializers.CharField(allow_null=True)
    desk = serializers.CharField()
    note = serializers.CharField()
    detail = serializers.DictField()

    def get_fields(self) -> dict[str, Any]:
        """Add the field that Python has no name for."""
        return {"from": serializers.CharField(), **super().get_fields()}


class AlarmWholeSerializer(AlarmSerializer):
    """An alarm with every step of its life."""

    transitions = TransitionSerializer(many=True)


class MarkedSerializer(Strict):
    """What an answer is about."""

    mark = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=100,
        help_text="of the alarm as it was shown to whoever answers; 409 where it became worse or "
        "happened again since. Without it the answer is to whatever is there",
    )


class AcknowledgeSerializer(MarkedSerializer):
    """An answer to an alarm."""

    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=500)


class ResetSerializer(Strict):
    """What was found when a latched alarm is reset."""

    finding = serializers.CharField(max_length=500)


class FalseSerializer(MarkedSerializer):
    """Why an alarm is false."""

    reason = serializers.CharField(max_length=500)


class CallSerializer(Strict):
    """A call that was made about an alarm."""

    whom = serializers.CharField(max_length=100)
    said = serializers.CharField(max_length=500)


class AssignSerializer(Strict):
    """Who is to see to an alarm."""

    to = serializers.IntegerField(help_text="the id of a person who works in the mine")


class SilenceAskSerializer(Strict):
    """For how long the alarm's rule is to ask nobody, and why."""

    minutes = serializers.IntegerField(min_value=1)
    reason = serializers.CharField(max_length=500)


class SilenceSerializer(RuleOfSerializer):
    """A rule that asks nobody, as everywhere else: what `silence_data` gives."""

    kind = serializers.ChoiceField(choices=Silenced.choices)
    reason = serializers.CharField()
    asked_by = serializers.CharField(allow_null=True)
    asked_at = serializers.DateTimeField()
    needs_second = serializers.BooleanField()
    agreed_by = serializers.CharField(allow_null=True)
    since = serializers.DateTimeField(allow_null=True)
    until = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    end = serializers.CharField(help_text="what ended it: time, person, permit, rule, ...")


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


class ClipLinkSerializer(LinkSerializer):
    """A signed address of a clip, or of its copy with people blurred."""

    original_sha256 = serializers.CharField(help_text="of the clip itself")


class MakingSerializer(serializers.Serializer[Any]):
    """What is being made: ask again."""

    state = serializers.CharField()


class SignalSerializer(Strict):
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


class EventsSerializer(serializers.Serializer[Any]):
    """Events, and the cursor to go on from."""

    cursor = serializers.IntegerField()
    events = EventSerializer(many=True)
    late = serializers.ListField(
        child=serializers.CharField(),
        help_text="work of the server that does not go on: watch (over cameras), time (alarms are"
        " passed on), notify (messages to people); while one is late, alarms may not come",
    )
