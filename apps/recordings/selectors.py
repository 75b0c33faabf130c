"""Reads of the index: what is recorded of a time, what is not and why."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max, QuerySet
from django.utils import timezone

from apps.cameras.models import Camera, Chunk
from apps.recordings.models import Cause, Gap, Stretch
from workers.media.cut import ChunkPart

__all__ = ["gaps", "gaps_between", "is_behind", "parts_of", "recorded_between", "recorded_span"]

# A stretch ends with its hour; the last chunk in it may last a little longer.
LONGEST = timedelta(hours=1, seconds=20)
HOLE = timedelta(seconds=0.3)
# What is drawn and named of one day at most.
MOST_GAPS = 2000
REACHING = 5

Span = tuple[datetime, datetime]


def gaps() -> QuerySet[Gap]:
    """List the gaps in scope, newest first."""
    return Gap.objects.select_related("mine", "camera__area").order_by("-since")


def parts_of(chunks: list[Chunk]) -> list[ChunkPart]:
    """Return chunks as they are cut and joined."""
    return [
        ChunkPart(
            settings.RING_DIR / chunk.path,
            chunk.started_at.timestamp(),
            chunk.duration_s,
            chunk.sequence,
            chunk.sha256,
        )
        for chunk in chunks
    ]


def recorded_span(*, camera: Camera, stream: str) -> Span | None:
    """Return when the stream's recording begins and ends, None when nothing is recorded."""
    rows = Stretch.objects.filter(camera=camera, stream=stream)
    first = rows.order_by("since").values_list("since", flat=True).first()
    if first is None:
        return None
    newest = rows.filter(since__gte=timezone.now() - LONGEST).aggregate(last=Max("until"))["last"]
    if newest is None:
        newest = rows.order_by("-since").values_list("until", flat=True)[0]
    return first, newest


def recorded_between(
    *, camera_id: int, stream: str, since: datetime, until: datetime
) -> list[Span]:
    """List the stretches that are recorded without a gap, cut to the time asked for."""
    rows = Stretch.objects.filter(
        camera_id=camera_id,
        stream=stream,
        since__gt=since - LONGEST,
        since__lt=until,
        until__gt=since,
    ).order_by("since")
    found: list[Span] = []
    for begin, end in rows.values_list("since", "until"):
        begin, end = max(begin, since), min(end, until)
        if found and begin - found[-1][1] <= HOLE:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def gaps_between(*, camera_id: int, stream: str, since: datetime, until: datetime) -> list[Gap]:
    """List the gaps of a stream that touch a time, oldest first.

    Gaps of a stream follow each other. So what began before the time and reaches into it is among
    the last ones before it, and the index is read from there and not from its beginning.
    """
    rows = Gap.objects.filter(camera_id=camera_id, stream=stream)
    before = rows.filter(since__lte=since).order_by("-since")[:REACHING]
    within = rows.filter(since__gt=since, since__lt=until).order_by("since")[:MOST_GAPS]
    return [gap for gap in [*reversed(before), *within] if gap.until is None or gap.until > since]


def is_behind(*, camera_id: int, stream: str, since: datetime, until: datetime) -> bool:
    """Tell whether something of a time is recorded that the recorder has still to enter."""
    found = gaps_between(camera_id=camera_id, stream=stream, since=since, until=until)
    return any(gap.cause == Cause.BEHIND for gap in found)
