"""How long what is kept, what is missing and why, and what nobody may delete."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Action
from apps.alarms.selectors import alarms
from apps.api.base import CAMERA, MINE, Rows, ScopedView
from apps.api.moments import MomentField, by_clock, moment
from apps.api.serializers.strict import Strict
from apps.cameras.models import Camera, Stream
from apps.cameras.selectors import cameras
from apps.evidence.holds import hold_place, hold_release, holds, videos_gone
from apps.evidence.models import Hold
from apps.evidence.selectors import clips
from apps.mines.models import Mine
from apps.recordings.keeping import FIELDS, Kept, kept_by_camera, kept_of_mine, retention_set
from apps.recordings.models import Cause, Gap, Retention
from apps.recordings.selectors import gaps

__all__ = ["CameraRetention", "GapList", "HoldEnd", "HoldList", "MineRetention", "ReasonSerializer"]


class RetentionSerializer(Strict):
    """What is left out stays as it is; null takes what the one above says."""

    days = serializers.FloatField(required=False, allow_null=True)
    gigabytes = serializers.FloatField(required=False, allow_null=True)
    clip_years = serializers.FloatField(
        required=False, allow_null=True, help_text="0: videos are kept for good"
    )


class KeptSerializer(serializers.Serializer[Any]):
    """What holds, and who says each: camera, mine or default."""

    days = serializers.FloatField()
    gigabytes = serializers.FloatField(allow_null=True)
    clip_years = serializers.FloatField(help_text="0: videos are kept for good")
    said_by = serializers.DictField(child=serializers.CharField())
    own = RetentionSerializer(help_text="what was said here")


class _Retention(ScopedView):
    serializer_class = RetentionSerializer
    queryset = Retention.objects.none()

    def _set(self, request: Request, mine: Mine, camera: Camera | None) -> None:
        self.access.require(Action.CONFIGURE, mine.pk)
        data = self.get_serializer(data=request.data)
        data.is_valid(raise_exception=True)
        retention_set(mine=mine, camera=camera, actor=request.user, **data.validated_data)

    def _now(self, mine: Mine, camera: Camera | None, kept: Kept) -> Response:
        row = Retention.objects.filter(mine=mine, camera=camera).first()
        return Response(
            {name: getattr(kept, name) for name in FIELDS}
            | {"said_by": kept.said_by, "own": {name: getattr(row, name, None) for name in FIELDS}}
        )


class MineRetention(_Retention):
    """How long a mine keeps what, and who says so."""

    @extend_schema(responses=KeptSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return what holds."""
        mine = self.mine(pk)
        return self._now(mine, None, kept_of_mine(pk))

    @extend_schema(responses=KeptSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        """Change what the mine says."""
        mine = self.mine(pk)
        self._set(request, mine, None)
        return self._now(mine, None, kept_of_mine(pk))


class CameraRetention(_Retention):
    """How long a camera's recordings and videos are kept, and who says so."""

    @extend_schema(responses=KeptSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return what holds."""
        camera = self.find(cameras(), pk=pk)
        return self._now(camera.mine, camera, kept_by_camera([camera])[camera.pk])

    @extend_schema(responses=KeptSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        """Change what the camera says."""
        camera = self.find(cameras(), pk=pk)
        self._set(request, camera.mine, camera)
        return self._now(camera.mine, camera, kept_by_camera([camera])[camera.pk])


class GapSerializer(serializers.ModelSerializer[Gap]):
    """A time without pictures; `until` is null while it lasts, `bytes` say what was deleted."""

    words = serializers.CharField(source="get_cause_display", read_only=True)

    class Meta:
        model = Gap
        fields = [
            "id", "mine", "camera", "stream", "since", "until", "cause", "words", "reason", "bytes",
        ]  # fmt: skip


class GapList(Rows):
    """Gaps in recordings with their cause, newest first."""

    serializer_class = GapSerializer
    queryset = Gap.objects.none()
    asks = (
        MINE,
        CAMERA,
        OpenApiParameter("stream", OpenApiTypes.STR, enum=Stream.values),
        OpenApiParameter("cause", OpenApiTypes.STR, enum=Cause.values),
        OpenApiParameter(
            "since", OpenApiTypes.DATETIME, description="that last beyond this; with offset"
        ),
        OpenApiParameter(
            "until",
            OpenApiTypes.DATETIME,
            description="that begin before this; with offset",
        ),
    )

    def get_queryset(self) -> Any:
        """List gaps in scope that fit."""
        rows = self.narrow(gaps())
        asked = self.request.query_params
        names = ("camera", "stream", "cause")
        rows = rows.filter(**{name: asked[name] for name in names if name in asked})
        if since := moment(asked, "since", None):  # of many mines
            rows = rows.exclude(until__lte=since)
        if until := moment(asked, "until", None):
            rows = rows.filter(since__lt=until)
        return rows


class HoldSerializer(serializers.ModelSerializer[Hold]):
    """A hold on a clip or on an alarm; in force while `ended_at` is null."""

    clip = serializers.UUIDField(source="clip.uid", read_only=True, allow_null=True, default=None)
    placed_by = serializers.CharField(source="placed_by.username", read_only=True)
    released_by = serializers.CharField(
        source="released_by.username", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = Hold
        fields = [
            "id", "mine", "clip", "alarm", "reason", "placed_by", "placed_at", "until", "ended_at",
            "released_by", "release_reason",
        ]  # fmt: skip


class HoldPlacedSerializer(HoldSerializer):
    """A hold that was just placed, and which videos of its alarm went before."""

    gone = serializers.SerializerMethodField()

    class Meta(HoldSerializer.Meta):
        fields = [*HoldSerializer.Meta.fields, "gone"]

    def get_gone(self, hold: Hold) -> list[str]:
        """Name the videos that were deleted before and cannot be held."""
        return videos_gone(hold)


class HoldNewSerializer(Strict):
    """What is to be held: a clip or an alarm."""

    clip = serializers.UUIDField(required=False)
    alarm = serializers.IntegerField(required=False)
    reason = serializers.CharField(max_length=500)
    until = MomentField()

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        """Refuse both, and neither."""
        if ("clip" in given) == ("alarm" in given):
            raise serializers.ValidationError(_("Name a clip or an alarm, one of the two."))
        return given


class HoldList(Rows):
    """Holds, newest first."""

    read = Action.WATCH_CLIP
    serializer_class = HoldSerializer
    queryset = Hold.objects.none()
    asks = (MINE,)

    def get_queryset(self) -> Any:
        """List holds in scope."""
        return self.narrow(holds())

    @extend_schema(request=HoldNewSerializer, responses={201: HoldPlacedSerializer})
    def post(self, request: Request) -> Response:
        """Hold a clip or an alarm."""
        data = HoldNewSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        given = data.validated_data
        about: dict[str, Any] = (
            {"clip": self.find(clips(), uid=given["clip"])}
            if "clip" in given
            else {"alarm": self.find(alarms(), pk=given["alarm"])}
        )
        mine = next(iter(about.values())).mine
        self.access.require(Action.HOLD, mine.pk)
        until = by_clock(given, mine.timezone)["until"]
        hold = hold_place(actor=request.user, reason=given["reason"], until=until, **about)
        return Response(HoldPlacedSerializer(hold).data, status=status.HTTP_201_CREATED)


class ReasonSerializer(Strict):
    """Why."""

    reason = serializers.CharField(max_length=300)


class HoldEnd(ScopedView):
    """Ends a hold before its time; never by the one who placed it."""

    read = Action.WATCH_CLIP
    serializer_class = ReasonSerializer
    queryset = Hold.objects.none()

    @extend_schema(responses=HoldSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """End the hold."""
        hold = self.find(holds(), pk=pk)
        self.access.require(Action.HOLD, hold.mine_id)
        data = self.get_serializer(data=request.data)
        data.is_valid(raise_exception=True)
        hold = hold_release(hold=hold, actor=request.user, **data.validated_data)
        return Response(HoldSerializer(hold).data)
