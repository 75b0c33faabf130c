"""Live pictures, the timeline, what was recorded, and spans to take along."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Action
from apps.api.asked import YES
from apps.api.base import ScopedView
from apps.api.moments import moment
from apps.api.schema import ErrorsSerializer
from apps.api.serializers import shown
from apps.cameras.models import Camera, Chunk, Stream
from apps.cameras.selectors import cameras
from apps.inquiry.guard import Guard, guarded
from apps.inquiry.passing import pass_on
from apps.playback.hls import SEGMENTS, playlist
from apps.playback.media import preview, segment_of, stretch
from apps.playback.selectors import (
    boxes_shown,
    chunks_between,
    newest_chunks,
    timeline_data,
)
from apps.playback.services import Busy, span_cut, span_facts, view_note
from apps.privacy.models import Span
from apps.privacy.spans import span_ask, span_file_name, span_open, span_taken
from apps.rules.masks import masks_of
from apps.sentences import kept

__all__ = [
    "CameraBoxes",
    "CameraLive",
    "CameraMedia",
    "CameraPreview",
    "CameraSegment",
    "CameraSpan",
    "CameraSpanDownload",
    "CameraTimeline",
]

DAY = timedelta(days=1)
MOST_SECONDS = 60.0
MOST_BOXES = timedelta(minutes=2)
BLOCK = 1 << 18
NO_STORE = {"Cache-Control": "no-store"}
STREAM = OpenApiParameter("stream", OpenApiTypes.STR, enum=Stream.values, default="main")
SINCE = OpenApiParameter(
    "since", OpenApiTypes.STR, description="Unix seconds or ISO 8601; without an offset, mine time"
)
UNTIL = OpenApiParameter("until", OpenApiTypes.STR, description="like since")


class CameraView(ScopedView):
    """What all of these share: a camera in scope, a stream, moments."""

    queryset = Camera.objects.none()

    def camera(self, pk: int) -> Camera:
        """Return a camera that may be seen here, or answer 404."""
        camera: Camera = self.find(cameras(), pk=pk)
        return camera

    def stream(self, camera: Camera) -> str:
        """Return the stream that was asked for; a camera without a sub-stream has one."""
        asked = self.request.query_params.get("stream", Stream.MAIN)
        return str(asked if camera.sub_url else Stream.MAIN)

    def note(self, camera: Camera, kind: str, at: datetime | None = None) -> None:
        """Note that the caller looks."""
        view_note(camera=camera, user=self.request.user, kind=kind, at=at, address=self.address)

    @property
    def address(self) -> str | None:
        """Return where the caller sits."""
        return self.request.META.get("REMOTE_ADDR") or None


class CameraTimeline(CameraView):
    """Recording, gaps with their cause, motion and alarms of a stretch of time."""

    asks = (STREAM, SINCE, UNTIL)

    @extend_schema(responses=shown.TimelineSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return what a timeline draws; by default the last 24 hours. Times in Unix seconds."""
        camera = self.camera(pk)
        asked = request.query_params
        until = moment(asked, "until", camera.mine.timezone) or timezone.now()
        since = moment(asked, "since", camera.mine.timezone) or until - DAY
        if since >= until:
            raise ValidationError({"until": _("Must be after the beginning.")})
        if until - since > 8 * DAY:
            raise ValidationError({"since": _("At most eight days at once.")})
        data = timeline_data(camera=camera, stream=self.stream(camera), since=since, until=until)
        return Response(data, headers=NO_STORE)


class CameraBoxes(CameraView):
    """Who was where in the analysed pictures of a stretch of time."""

    asks = (SINCE, UNTIL)

    @extend_schema(responses=shown.BoxesSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return the boxes of two minutes at most, but of what masks hide. Times in Unix seconds.

        `pictures`: [time, [[label, score or null, left, top, right, bottom], ...]] by rising time,
        in shares of the picture; `until`: how far the analysis has come. Each look is noted.
        """
        camera, asked = self.camera(pk), request.query_params
        zone = camera.mine.timezone
        since, until = moment(asked, "since", zone), moment(asked, "until", zone)
        if since is None or until is None:
            raise ValidationError({"until" if since else "since": _("Required.")})
        if since >= until:
            raise ValidationError({"until": _("Must be after the beginning.")})
        if until - since > MOST_BOXES:
            raise ValidationError({"since": _("At most two minutes at once.")})
        live = timezone.now() - since < timedelta(minutes=1)
        self.note(camera, "live" if live else "playback", None if live else since)
        data = boxes_shown(camera=camera, since=since, until=until)
        return Response(data, headers=NO_STORE)


class CameraMedia(CameraView):
    """The recording from a moment on, for a browser's source buffer."""

    asks = (
        STREAM,
        SINCE,
        OpenApiParameter("seconds", OpenApiTypes.FLOAT, description="at most 60, usually 10"),
        OpenApiParameter("live", OpenApiTypes.BOOL, description="what was recorded last"),
    )

    @extend_schema(responses={(200, "video/mp4"): OpenApiTypes.BINARY, 204: None})
    def get(self, request: Request, pk: int) -> HttpResponse:
        """Return fragmented MP4 whose clock is Unix time; 204 when nothing is recorded there.

        `X-Media-Codec`, `-From`, `-Until` (where to ask on) and `-Length` (seconds between two
        cuts) tell what it is; `X-Media-Next` where the recording goes on after a gap; `X-Now` the
        server's clock. `?live=1` begins with the newest second; `since` of that answer goes on.
        Each look is noted in the audit.
        """
        camera, asked = self.camera(pk), request.query_params
        stream = self.stream(camera)
        live = asked.get("live") in YES
        since = moment(asked, "since", camera.mine.timezone)
        if since is None and not live:
            raise ValidationError({"since": _("Required.")})
        # What is past is playback, whatever it was called.
        live = live and (since is None or timezone.now() - since < timedelta(minutes=1))
        newest = []
        if live:
            newest = newest_chunks(camera=camera, stream=stream)
            if not newest:
                return _nothing(None)
            since = since or newest[-1].started_at
        assert since is not None
        until = since + timedelta(seconds=_seconds(asked))
        chunks = chunks_between(
            camera=camera, stream=stream, since=since, until=until, most=200, once=True
        )
        if live:  # what is dated later was recorded before the clock was set back
            chunks = [chunk for chunk in chunks if chunk.started_at <= newest[-1].started_at]
        masks = masks_of(camera_id=camera.pk, at=since, until=until)
        found = stretch(chunks, masks)
        self.note(camera, "live" if live else "playback", None if live else since)
        if found is None:
            later = _chunks(camera, stream).filter(started_at__gte=since).order_by("started_at")
            if live:
                later = later.filter(started_at__lte=newest[-1].started_at)
            return _nothing(later.values_list("started_at", flat=True).first())
        return HttpResponse(
            found.body,
            content_type="video/mp4",
            headers={
                **NO_STORE,
                "X-Media-Codec": found.codec,
                "X-Media-From": f"{found.since_s:.3f}",
                "X-Media-Until": f"{found.until_s:.3f}",
                "X-Media-Length": f"{found.length_s:.3f}",
                "X-Now": f"{timezone.now().timestamp():.3f}",
            },
        )


class CameraPreview(CameraView):
    """A small picture of a moment, for a pointer over the timeline."""

    asks = (OpenApiParameter("at", OpenApiTypes.STR, description="like since"),)

    @extend_schema(responses={(200, "image/jpeg"): OpenApiTypes.BINARY, 204: None})
    def get(self, request: Request, pk: int) -> HttpResponse:
        """Return the key picture before a moment; 204 where nothing is recorded."""
        camera = self.camera(pk)
        at = moment(request.query_params, "at", camera.mine.timezone)
        if at is None:
            raise ValidationError({"at": _("Required.")})
        self.note(camera, "preview", at)
        found = preview(camera=camera, at_s=at.timestamp())
        if found is None:
            return _nothing(None)
        headers = {"Cache-Control": "private, max-age=600", "X-Picture-Time": f"{found[0]:.3f}"}
        return HttpResponse(found[1], content_type="image/jpeg", headers=headers)


class CameraSpan(CameraView):
    """What a download of a span would hold."""

    read = Action.WATCH_CLIP
    asks: tuple[OpenApiParameter, ...] = (STREAM, SINCE, UNTIL)

    @extend_schema(responses=shown.SpanSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return its length, size and gaps, or say why it cannot be had."""
        camera = self.camera(pk)
        return Response(span_facts(camera=camera, stream=self.stream(camera), **self.span(camera)))

    def span(self, camera: Camera) -> dict[str, datetime]:
        """Return both ends; each is required."""
        asked = self.request.query_params
        ends = {key: moment(asked, key, camera.mine.timezone) for key in ("since", "until")}
        missing = {key: _("Required.") for key, at in ends.items() if at is None}
        if missing:
            raise ValidationError(missing)
        return {key: at for key, at in ends.items() if at is not None}


class CameraSpanDownload(CameraSpan):
    """A span as one MP4, its people blurred and masks filled."""

    throttle_scope = "downloads"
    asks = (
        *CameraSpan.asks,
        OpenApiParameter("form", OpenApiTypes.STR, enum=["covered", "original"]),
    )

    @extend_schema(
        responses={
            (200, "video/mp4"): OpenApiTypes.BINARY,
            202: shown.SpanMakingSerializer,
            503: ErrorsSerializer,
        },
    )
    def get(self, request: Request, pk: int) -> Any:
        """Send the covered copy, and note the download; 202 while it is made: ask again.

        At most two minutes. `?form=original`: as recorded, without encoding, at most an hour;
        two people must have said so on the span's page. Over a gap the last picture stays on;
        `X-Gaps` counts them, and the file's name says so.
        """
        camera = self.camera(pk)
        ends = self.span(camera)
        which = {"camera": camera, "stream": self.stream(camera), **ends}
        if request.query_params.get("form") == "original":
            if not span_open(**which):
                raise ValidationError(_("A video without blur needs the word of two people."))
            return self._original(request, which)
        span = span_ask(**which, actor=request.user)
        if span.state == Span.State.FAILED:
            raise ValidationError({"until": kept(span.error)})
        if span.state != Span.State.READY:
            page = request.build_absolute_uri(reverse("span", args=[span.uid]))
            return Response({"state": span.state, "page": page}, status=202, headers=NO_STORE)
        span_taken(span=span, user=request.user, address=self.address)
        answer = pass_on(
            request._request,
            key=span.key,
            content_type="video/mp4",
            filename=span_file_name(span),
            mine_id=camera.mine_id,
            action=self.read,
            subject=f"camera:{camera.pk}",
            detail={"span": str(span.uid), "sha256": span.sha256, "bytes": span.bytes},
        )
        answer["X-Gaps"], answer["X-SHA256"] = str(len(span.gaps)), span.sha256
        return answer

    def _original(
        self, request: Request, which: dict[str, Any]
    ) -> Response | StreamingHttpResponse:
        camera: Camera = which["camera"]
        try:
            with span_cut(user=request.user, address=self.address, **which) as (path, cut, name):
                file = path.open("rb")  # stays readable after its name is gone
        except Busy:
            words = _("Two other videos are being made just now. Try again in a minute.")
            return Response({"errors": [{"code": "busy", "message": words}]}, status=503)
        blocks: Any = _blocks(file)
        if self.access.watched_in(camera.mine_id):
            guard = Guard(
                request._request,
                mine_id=camera.mine_id,
                action=self.read,
                subject=f"camera:{camera.pk}",
                detail={"sha256": cut.sha256, "bytes": cut.bytes},
            )
            pieces = iter(lambda: file.read(BLOCK), b"")
            blocks = guarded(request._request, pieces, guard, close=file.close)
        return StreamingHttpResponse(
            blocks,
            content_type="video/mp4",
            headers={
                **NO_STORE,
                "Content-Length": str(cut.bytes),
                "Content-Disposition": f'attachment; filename="{name}"',
                "X-Gaps": str(len(cut.gaps)),
                "X-SHA256": cut.sha256,
            },
        )


class CameraLive(CameraView):
    """A live HLS playlist, for players outside of our pages."""

    asks = (STREAM,)

    @extend_schema(
        responses={(200, "application/vnd.apple.mpegurl"): OpenApiTypes.STR},
    )
    def get(self, request: Request, pk: int) -> HttpResponse:
        """Return the newest seconds; 404 when there are none, never an old picture."""
        camera = self.camera(pk)
        newest = newest_chunks(camera=camera, stream=self.stream(camera), most=SEGMENTS)
        if not newest:
            raise Http404
        self.note(camera, "live")
        kind = "application/vnd.apple.mpegurl"
        masks = masks_of(camera_id=camera.pk)
        return HttpResponse(playlist(newest, masks), content_type=kind, headers=NO_STORE)


class CameraSegment(CameraView):
    """One chunk of a playlist: its header, or its pictures."""

    # A playlist names each header anew, so that a player that keeps one asks for the next.
    asks = (OpenApiParameter("h", OpenApiTypes.STR, description="as a playlist has it"),)

    @extend_schema(responses={(200, "video/mp4"): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: int, stream: str, sequence: int, part: str) -> HttpResponse:
        """Return a part of a chunk; a look is noted as one at the live picture or playback."""
        camera = self.camera(pk)
        chunk = _chunks(camera, stream).filter(sequence=sequence).first()
        if chunk is None:
            raise Http404
        end = chunk.started_at + timedelta(seconds=chunk.duration_s)
        masks = masks_of(camera_id=camera.pk, at=chunk.started_at, until=end)
        found = segment_of(chunk, masks)
        if found is None:
            raise Http404
        old = timezone.now() - chunk.started_at > timedelta(minutes=1)
        self.note(camera, "playback" if old else "live", chunk.started_at if old else None)
        body = found.header if part == "header" else found.media
        headers = {"Cache-Control": "private, max-age=60"}
        return HttpResponse(body, content_type="video/mp4", headers=headers)


def _chunks(camera: Camera, stream: str) -> Any:
    return Chunk.objects.filter(camera=camera, stream=stream)


def _nothing(later: datetime | None) -> HttpResponse:
    headers = {**NO_STORE, "X-Now": f"{timezone.now().timestamp():.3f}"}
    if later:
        headers["X-Media-Next"] = f"{later.timestamp():.3f}"
    return HttpResponse(status=204, headers=headers)


async def _blocks(file: IO[bytes]) -> AsyncIterator[bytes]:
    """Send a file a little at a time; given a plain iterator, Django would hold all of it."""
    try:
        while block := await asyncio.to_thread(file.read, BLOCK):
            yield block
    finally:
        file.close()


def _seconds(asked: Mapping[str, str]) -> float:
    try:
        seconds = float(asked.get("seconds", 10))
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= MOST_SECONDS:  # not a number is in no range either
        raise ValidationError({"seconds": _("A number from 1 to %s.") % int(MOST_SECONDS)})
    return seconds
