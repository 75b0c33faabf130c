"""Reads of what is recorded: chunks, the spans without any, and everything on the timeline."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import DurationField, F, Func, Max, Q, Window
from django.db.models.functions import Lag
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.alarms import words
from apps.alarms.models import Alarm, Witness
from apps.cameras.models import AHEAD, Analysis, Camera, Chunk, Stream, StreamState
from apps.evidence.boxes import boxes_between, boxes_left
from apps.playback.models import Motion
from apps.recordings.selectors import gaps_between, recorded_between, recorded_span
from apps.rules.masks import masks_of
from apps.sentences import kept, why

__all__ = [
    "LONGEST",
    "LONGEST_MOTION",
    "Gap",
    "boxes_shown",
    "chunks_between",
    "islands",
    "newest_chunks",
    "streams_data",
    "timeline_data",
]

# No chunk lasts longer: cameras cut at 4 s, and a late key picture makes it a little more.
LONGEST = timedelta(seconds=20)
# Less than this between two chunks is not worth drawing, naming or waiting for.
GAP = timedelta(seconds=0.3)
# So long the newest second may take to be written; silence that nobody told of is a gap after it.
LATE = timedelta(seconds=8)
# A movement that goes on is a new row after this, so that old ones are found at once.
LONGEST_MOTION = timedelta(hours=1)
MOST_ALARMS = 500

Gap = tuple[datetime, datetime]


# A newest second that is older is no live picture; the player says BLIND.
LIVE = timedelta(seconds=15)


class Seconds(Func):
    """A number of seconds as an interval of the database."""

    template = "make_interval(secs => %(expressions)s)"
    output_field = DurationField()


def chunks_between(
    *,
    camera: Camera,
    stream: str,
    since: datetime,
    until: datetime,
    most: int = 20_000,
    once: bool = False,
) -> list[Chunk]:
    """List the chunks of a stream that show anything from `since` to `until`, oldest first.

    once: of a time that is there twice only what was recorded last.
    """
    rows = Chunk.objects.filter(
        camera=camera, stream=stream, started_at__gt=since - LONGEST, started_at__lt=until
    )
    rows = rows.defer("boxes").order_by("started_at", "sequence")[:most]
    found = _recorded_last(rows) if once else rows
    hair = timedelta(milliseconds=5)  # what a chunk ends later than its neighbour begins
    return [c for c in found if c.started_at + timedelta(seconds=c.duration_s) > since + hair]


def _recorded_last(chunks: Iterable[Chunk]) -> list[Chunk]:
    """Leave out what was recorded before a clock was set back, from the time it was set to on.

    Of a time that is there twice a player has one picture: the one of the higher number.
    """
    kept: list[Chunk] = []
    for chunk in sorted(chunks, key=lambda chunk: chunk.sequence, reverse=True):
        if not kept or chunk.started_at < kept[-1].started_at:
            kept.append(chunk)
    return kept[::-1]


def newest_chunks(*, camera: Camera, stream: str, most: int = 1) -> list[Chunk]:
    """List what was recorded last, oldest first; none where that is no live picture.

    By number: what was recorded before a clock was set back may have a later time than now.
    """
    rows = Chunk.objects.filter(camera=camera, stream=stream).defer("boxes")
    found = list(rows.order_by("-sequence")[:most])
    if not found or not -AHEAD <= timezone.now() - found[0].started_at <= LIVE:
        return []
    return _recorded_last(found)


def boxes_shown(*, camera: Camera, since: datetime, until: datetime) -> dict[str, Any]:
    """Return who was where in a span, as a player draws it; what masks hide has no box.

    pictures: [Unix s, [[label, score or None, left, top, right, bottom], ...]] by rising time, in
    shares of the picture; until: how far the analysis has come, Unix s, None where it never was.
    """
    over = _recorded_over(camera, since, until)
    found = boxes_between(camera_id=camera.pk, since=since, until=until, but=over)
    told = {"pictures": [{"at": at.timestamp(), "boxes": boxes} for at, boxes in found]}
    masks = masks_of(camera_id=camera.pk, at=since, until=until)
    left, _out = boxes_left(told, masks=masks, aspect=_aspect(camera))
    analysed = Analysis.objects.filter(camera=camera).values_list("analysed_until", flat=True)
    end = analysed.first()
    return {
        "pictures": [
            [
                round(picture["at"], 3),
                [[box["label"], box.get("score"), *box["box"]] for box in picture["boxes"]],
            ]
            for picture in left["pictures"]
        ],
        "until": end.timestamp() if end else None,
    }


def _recorded_over(camera: Camera, since: datetime, until: datetime) -> set[int]:
    """Return the chunks of a span whose pictures no player shows, as later ones have their time."""
    over: set[int] = set()
    for stream in Stream.values:
        chunks = chunks_between(camera=camera, stream=stream, since=since - LONGEST, until=until)
        over |= {chunk.pk for chunk in chunks} - {chunk.pk for chunk in _recorded_last(chunks)}
    return over


def _aspect(camera: Camera) -> float:
    sizes = StreamState.objects.filter(camera=camera, width__gt=0, height__gt=0)
    width, height = sizes.values_list("width", "height").first() or (16, 9)
    return width / height


def islands(*, camera: Camera, stream: str, since: datetime, until: datetime) -> list[Gap]:
    """List the stretches that are recorded without a gap; the database folds the chunks."""
    rows = Chunk.objects.filter(
        camera=camera, stream=stream, started_at__gt=since - LONGEST, started_at__lt=until
    ).annotate(end=F("started_at") + Seconds(F("duration_s")))
    order = [F("started_at").asc(), F("sequence").asc()]
    last = rows.aggregate(last=Max("end"))["last"]
    if last is None:
        return []
    begins = list(
        rows.annotate(before=Window(Lag("end"), order_by=order))
        .filter(Q(before=None) | Q(started_at__gt=F("before") + GAP))
        .order_by("started_at", "sequence")
        .values_list("started_at", "before")
    )
    ends = [before for _, before in begins[1:]] + [last]
    return [
        (max(start, since), min(end, until))
        for (start, _), end in zip(begins, ends, strict=True)
        if end > since
    ]


def timeline_data(
    *, camera: Camera, stream: str, since: datetime, until: datetime, now: datetime | None = None
) -> dict[str, Any]:
    """Return what a timeline draws from `since` to `until`, in Unix seconds.

    `recorded_from` is None when nothing is recorded; what lies before it is no gap: it is not kept
    any more. Each gap carries its cause. All is read from the index of stretches and gaps.
    """
    now = now or timezone.now()
    span = recorded_span(camera=camera, stream=stream)
    recorded = recorded_between(camera_id=camera.pk, stream=stream, since=since, until=until)
    begin, end = (max(since, span[0]) if span else since), min(until, now)
    return {
        "camera": camera.pk,
        "stream": stream,
        "since": since.timestamp(),
        "until": until.timestamp(),
        "now": now.timestamp(),
        "timezone": camera.mine.timezone,
        "recorded_from": span[0].timestamp() if span else None,
        "recorded_until": span[1].timestamp() if span else None,
        "recorded": [[a.timestamp(), b.timestamp()] for a, b in recorded],
        "gaps": _gaps(camera, stream, recorded, begin, end, now),
        "motion": [
            [max(a, since).timestamp(), min(b, until).timestamp()]
            for a, b in Motion.objects.filter(
                camera=camera,
                until__gt=since,
                until__lt=until + LONGEST_MOTION,
                since__lt=until,
            ).values_list("since", "until")
        ],
        "alarms": _alarms(camera, since, until, now),
        "streams": streams_data(camera),
    }


def streams_data(camera: Camera) -> dict[str, Any]:
    """Return by stream what the recorder last said of it; `plays`: every browser shows it."""
    return {
        row.stream: {
            "codec": row.codec,
            "width": row.width,
            "height": row.height,
            "fps": row.fps,
            "state": row.state,
            "reason": kept(row.reason),
            "plays": row.codec in ("", "h264"),
        }
        for row in camera.streams.all()
        if row.stream == Stream.MAIN or camera.sub_url
    }


def _gaps(
    camera: Camera,
    stream: str,
    recorded: Sequence[Gap],
    since: datetime,
    until: datetime,
    now: datetime,
) -> list[dict[str, Any]]:
    """List what is not recorded, each piece with its cause; doubled where a clock was set back."""
    rows = gaps_between(camera_id=camera.pk, stream=stream, since=since, until=until)
    told = [(max(row.since, since), min(row.until or until, until), row) for row in rows]
    found = []
    for start, end in _holes(recorded, since, until):
        at = start
        for begins, ends, row in told:
            begins, ends = max(begins, at), min(ends, end)
            if ends - begins <= GAP:
                continue
            if begins - at > GAP:
                found.append((at, begins, None))
            found.append((begins, ends, row))
            at = ends
        if end - at > (LATE if end >= until and now - until < LATE else GAP):
            found.append((at, end, None))
    return [
        {
            "since": a.timestamp(),
            "until": b.timestamp(),
            "state": row.cause if row else "",
            "words": row.get_cause_display() if row else _("cause not known"),
            "reason": kept(row.reason) if row else "",
        }
        for a, b, row in found
    ]


def _holes(recorded: Sequence[Gap], since: datetime, until: datetime) -> list[Gap]:
    holes, covered = [], since
    for start, end in recorded:
        if start - covered > GAP:
            holes.append((covered, start))
        covered = max(covered, end)
    if until - covered > GAP:
        holes.append((covered, until))
    return holes


def _alarms(
    camera: Camera, since: datetime, until: datetime, now: datetime
) -> list[dict[str, Any]]:
    """List the alarms that were there in the span, also those that other cameras' alarms hold."""
    there = Q(cleared_at=None) | Q(cleared_at__gt=since)
    rows = Alarm.objects.filter(there, raised_at__lt=until).order_by("-raised_at")
    # Asked for in one, the two are an OR over a join, which reads every alarm of the mine.
    own = list(rows.filter(camera=camera)[:MOST_ALARMS])
    shown = Q(alarm__cleared_at=None) | Q(alarm__cleared_at__gt=since)
    seen = Witness.objects.filter(shown, camera=camera, alarm__raised_at__lt=until)
    held = set(seen.values_list("alarm", flat=True))
    others = rows.filter(pk__in=held).exclude(camera=camera)[:MOST_ALARMS] if held else []
    found = sorted([*own, *others], key=lambda row: row.raised_at)[-MOST_ALARMS:]
    return [
        {
            "id": row.pk,
            "severity": row.severity,
            "state": row.state,
            "since": row.raised_at.timestamp(),
            "until": (row.cleared_at or min(now, until)).timestamp(),
            "title": words.say(words.RULE_TYPES, row.rule_type),
            "why": why(row),
        }
        for row in found
    ]
