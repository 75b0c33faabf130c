"""Clips and the links to them."""

from typing import Any

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Action
from apps.alarms.selectors import alarms
from apps.api import serializers as s
from apps.api.base import MINE, Rows, ScopedView
from apps.api.moments import MomentField, by_clock
from apps.api.serializers.strict import Strict
from apps.api.views.keeping import ReasonSerializer
from apps.cameras.selectors import cameras
from apps.evidence.cuts import LONGEST_S, MOST_CAMERAS, clip_cut, clip_extend
from apps.evidence.expiry import clip_remove
from apps.evidence.models import Clip, ClipAccess
from apps.evidence.selectors import clips, clips_stored
from apps.evidence.services import clip_access
from apps.evidence.storage import LINK_LIFE_S, download_link
from apps.privacy.services import NotMade, clip_given
from apps.sentences import kept

__all__ = ["ClipDetail", "ClipDownload", "ClipExtend", "ClipList"]


class CutSerializer(Strict):
    """Of which cameras, from when until when, and why; with an alarm they belong to it."""

    cameras = serializers.ListField(
        child=serializers.IntegerField(), min_length=1, max_length=MOST_CAMERAS
    )
    since = MomentField()
    until = MomentField()
    reason = serializers.CharField(max_length=300)
    alarm = serializers.IntegerField(required=False, allow_null=True)


class ExtendSerializer(Strict):
    """By how much, and why."""

    before_s = serializers.FloatField(default=0, min_value=0, max_value=LONGEST_S)
    after_s = serializers.FloatField(default=0, min_value=0, max_value=LONGEST_S)
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=300)


class ClipList(Rows):
    """Clips, newest first."""

    read = Action.WATCH_CLIP
    serializer_class = s.ClipSerializer
    queryset = Clip.objects.none()
    asks = (MINE,)

    @extend_schema(request=CutSerializer, responses={201: s.ClipSerializer(many=True)})
    def post(self, request: Request) -> Response:
        """Keep a span of one to four cameras of a mine as clips, which play in step."""
        data = CutSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        given = dict(data.validated_data)
        chosen = [self.find(cameras(), pk=pk) for pk in given.pop("cameras")]
        number = given.pop("alarm", None)
        alarm = self.find(alarms(), pk=number) if number is not None else None
        for camera in chosen:
            self.access.require(Action.CUT_CLIP, camera.mine_id)
        given = by_clock(given, chosen[0].mine.timezone)
        made = clip_cut(cameras=chosen, alarm=alarm, actor=request.user, **given)
        return Response(self.get_serializer(made, many=True).data, status=201)

    def get_queryset(self) -> Any:
        """List clips in scope."""
        return self.narrow(clips())


class ClipDetail(ScopedView):
    """One clip."""

    read = Action.WATCH_CLIP
    serializer_class = s.ClipSerializer
    queryset = Clip.objects.none()

    def get(self, request: Request, uid: str) -> Response:
        """Return a clip in scope."""
        return Response(self.get_serializer(self.find(clips(), uid=uid)).data)

    @extend_schema(request=ReasonSerializer, responses={200: s.ClipSerializer})
    def delete(self, request: Request, uid: str) -> Response:
        """Delete a clip that nobody holds, with a reason; its row, hash and manifest stay."""
        clip = self.find(clips(), uid=uid)
        self.access.require(Action.REMOVE, clip.mine_id)
        data = ReasonSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        clip = clip_remove(clip=clip, actor=request.user, **data.validated_data)
        return Response(self.get_serializer(clip).data)


class ClipExtend(ScopedView):
    """A longer cut of a clip, beside it."""

    read = Action.WATCH_CLIP
    serializer_class = ExtendSerializer
    queryset = Clip.objects.none()

    @extend_schema(responses={201: s.ClipSerializer(many=True)})
    def post(self, request: Request, uid: str) -> Response:
        """Cut it anew with more seconds before and after; the one that is there stays as it is.

        Clips that were cut together are all cut anew, in step.
        """
        clip = self.find(clips(), uid=uid)
        self.access.require(Action.CUT_CLIP, clip.mine_id)
        data = self.get_serializer(data=request.data)
        data.is_valid(raise_exception=True)
        made = clip_extend(clip=clip, actor=request.user, **data.validated_data)
        return Response(s.ClipSerializer(made, many=True).data, status=201)


class ClipDownload(ScopedView):
    """A signed link to a clip; asking for it is logged."""

    read = Action.WATCH_CLIP
    serializer_class = s.ClipLinkSerializer
    queryset = Clip.objects.none()
    throttle_scope = "downloads"
    asks = (OpenApiParameter("form", OpenApiTypes.STR, enum=["covered", "original"]),)

    @extend_schema(responses={200: s.ClipLinkSerializer, 202: s.MakingSerializer})
    def get(self, request: Request, uid: str) -> Response:
        """Log the download and return a link that works for five minutes.

        People are blurred in what is taken along: 202 with a `state` while the copy is made, ask
        again. `?form=original` needs the word of two people, given on the clip's page.
        """
        clip = self.find(clips_stored(), uid=uid)
        original = request.query_params.get("form") == "original"
        try:
            given = clip_given(clip=clip, taken=True, original=original)
        except NotMade as state:
            if state.reason:
                errors = [{"code": "no_copy", "message": kept(state.reason)}]
                return Response({"errors": errors}, status=409)
            return Response({"state": "pending"}, status=202)
        if self.access.watched_in(clip.mine_id):
            # Through Davy, which notes it and looks at the right while it flows.
            link = request.build_absolute_uri(reverse("clip-download", args=[clip.uid]))
            link += "?form=original" if original else ""
        else:
            address = request.META.get("REMOTE_ADDR") or None
            kind = ClipAccess.Kind.DOWNLOAD
            clip_access(
                clip=clip,
                user=request.user,
                kind=kind,
                address=address,
                sha256=given.sha256,
                blurred=given.blurred,
            )
            name = f"davy-{clip.uid}{'-covered' if given.copy else ''}.mp4"
            link = download_link(given.key, filename=name)
        return Response(
            {
                "url": link,
                "expires_in_s": LINK_LIFE_S,
                "sha256": given.sha256,
                "original_sha256": given.original_sha256,
            }
        )
