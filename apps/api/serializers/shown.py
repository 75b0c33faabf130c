"""What selectors give as plain data, told to clients; these serializers only describe."""

from typing import Any

from rest_framework.serializers import (
    BooleanField,
    CharField,
    DateTimeField,
    DictField,
    FloatField,
    IntegerField,
    JSONField,
    ListField,
    Serializer,
)

from apps.api.serializers.alarms import AlarmSerializer, MakingSerializer, SilenceSerializer

__all__ = [
    "BoxesSerializer",
    "DeskSerializer",
    "DocumentSerializer",
    "FoundDeviceSerializer",
    "NewestSerializer",
    "PlaceSerializer",
    "PlanShownSerializer",
    "ProbedSerializer",
    "ProfileSerializer",
    "SeriesSerializer",
    "SettingsSerializer",
    "SightSerializer",
    "SpanMakingSerializer",
    "SpanSerializer",
    "TimelineSerializer",
]


class Rows(ListField):
    """Rows whose own fields are free."""

    child = DictField()


class Spans(ListField):
    """Pairs of a beginning and an end, in Unix seconds."""

    child = ListField(child=FloatField(), min_length=2, max_length=2)


class ProbedSerializer(Serializer[Any]):
    """Whether a stream can be had, or why not; the rest where it can."""

    ok = BooleanField()
    reason = CharField()
    width = IntegerField(required=False)
    height = IntegerField(required=False)
    fps = FloatField(required=False)
    codec = CharField(required=False)
    key_interval_s = FloatField(required=False, allow_null=True)
    picture = CharField(required=False, help_text="a data: address")


class FoundDeviceSerializer(Serializer[Any]):
    """A device that answered, and the camera that is on its host."""

    address = CharField()
    host = CharField()
    name = CharField()
    hardware = CharField()
    camera = CharField()


class ProfileSerializer(Serializer[Any]):
    """One stream that a camera offers; size and rate are 0 where it does not say."""

    name = CharField()
    url = CharField()
    width = IntegerField()
    height = IntegerField()
    fps = FloatField()
    codec = CharField()


class SightSerializer(Serializer[Any]):
    """Who is seen and what is open; boxes in shares of the picture."""

    at = DateTimeField(allow_null=True)
    blind = CharField()
    people = Rows()
    open = Rows()


class DocumentSerializer(Serializer[Any]):
    """A scene that is not saved."""

    document = DictField()


class TimelineSerializer(Serializer[Any]):
    """What a timeline draws, in Unix seconds."""

    camera = IntegerField()
    stream = CharField()
    since = FloatField()
    until = FloatField()
    now = FloatField()
    timezone = CharField()
    recorded_from = FloatField(allow_null=True)
    recorded_until = FloatField(allow_null=True)
    recorded = Spans()
    gaps = Rows()
    motion = Spans()
    alarms = Rows()
    streams = DictField()


class BoxesSerializer(Serializer[Any]):
    """Who was where, in Unix seconds."""

    pictures = ListField(
        child=JSONField(),
        help_text="[time, [[label, score or null, left, top, right, bottom], ...]]",
    )
    until = FloatField(allow_null=True)


class SpanSerializer(Serializer[Any]):
    """What a download of a span would hold, in Unix seconds."""

    camera = IntegerField()
    stream = CharField()
    since = FloatField()
    until = FloatField()
    seconds = FloatField()
    bytes = IntegerField()
    gaps = Spans()
    name = CharField()


class SpanMakingSerializer(MakingSerializer):
    """A covered copy that is being made, and the page that tells how far it is."""

    page = CharField()


class DeskSerializer(Serializer[Any]):
    """What is open, and every camera; events after the cursor complete it."""

    cursor = IntegerField()
    alarms = AlarmSerializer(many=True)
    silences = SilenceSerializer(many=True)
    floods = Rows()
    recent = Rows()
    cameras = Rows()
    calls = DictField()
    mines = ListField(child=IntegerField(), help_text="ids of those that the reader may see")
    may_acknowledge = ListField(child=IntegerField(), help_text="ids of mines")


class WordSerializer(Serializer[Any]):
    """What a camera says of a place; because: empty where it says clear."""

    camera = IntegerField()
    camera_name = CharField()
    rule = CharField()
    because = CharField()


class PlaceSerializer(Serializer[Any]):
    """Whether a place is clear."""

    mine = IntegerField()
    place = CharField()
    clear = BooleanField()
    cameras = WordSerializer(many=True)


class PlanCameraSerializer(Serializer[Any]):
    """A camera of a plan, how it stands, and the worst of its alarms."""

    id = IntegerField()
    name = CharField()
    area = CharField()
    where = DictField(allow_null=True)
    state = CharField()
    because = CharField()
    alarms = IntegerField()
    alarm = DictField(allow_null=True)


class PlanShownSerializer(Serializer[Any]):
    """A plan with its cameras; events after the cursor complete it."""

    id = IntegerField()
    mine = IntegerField()
    area = IntegerField(allow_null=True)
    title = CharField()
    width = IntegerField()
    height = IntegerField()
    sha256 = CharField()
    cursor = IntegerField()
    cameras = PlanCameraSerializer(many=True)


class SettingsSerializer(Serializer[Any]):
    """What was in force at a moment, camera by camera."""

    at = DateTimeField()
    cameras = Rows()


class NewestSerializer(Serializer[Any]):
    """The newest reading of each series."""

    results = Rows()


class SeriesSerializer(Serializer[Any]):
    """One series over time; points: by step, see the operation."""

    camera = IntegerField()
    name = CharField()
    step = CharField()
    to = DateTimeField()
    points = Rows()
    more = BooleanField(help_text="there are later points")

    def get_fields(self) -> dict[str, Any]:
        """Add the field that Python has no name for."""
        return {"from": DateTimeField(), **super().get_fields()}
