"""Reads of what is recorded: chunks, the spans without any, and everything on the timeline."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import DurationField, F, Func, Max, Min, Q, Window
from django.db.models.functions import Lag
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.alarms import words
from apps.alarms.models import Alarm
from apps.cameras.models import Camera, Chunk, Stream, StreamState
from apps.live.models import Event
from apps.playback.models import Motion
from apps.sentences import kept, why

__all__ = [
    "LONGEST",
    "Gap",
    "chunks_between",
    "islands",
    "recorded_span",
    "streams_data",
    "timeline_data",
]

# No chunk lasts longer: cameras cut at 4 s, and a late key picture makes it a little more.
LONGEST = timedelta(seconds=20)
# Less than this between two chunks is not worth drawing, naming or waiting for.
GAP = timedelta(seconds=0.3)
# So long the newest second may take to be written; silence is a gap only after it.
LATE = timedelta(seconds=8)
# A stream's state may be told this long before or after its pictures end.
TOLD = timedelta(seconds=12)
MOST_ALARMS = 500

Gap = tuple[datetime, datetime]


class Seconds(Func):
    """A number of seconds as an interval of the database."""

    template = "make_interval(secs => %(expressions)s)"
    output_field = DurationField()


def chunks_between(
    *, camera: Camera, stream: str, since: datetime, until: datetime, most: int = 20_000
) -> list[Chunk]:
    """List the chunks of a stream that show anything from `since` to `until`, oldest first."""
    rows = Chunk.objects.filter(
        camera=camera, stream=stream, started_at__gt=since - LONGEST, started_at__lt=until
    ).order_by("started_at", "sequence")[:most]
    hair = timedelta(milliseconds=5)  # what a chunk ends later than its neighbour begins
    return [c for c in rows if c.started_at + timedelta(seconds=c.duration_s) > since + hair]


def recorded_span(*, camera: Camera, stream: str) -> Gap | None:
    """Return when the stream's recording begins and ends, None when nothing is recorded."""
    found = Chunk.objects.filter(camera=camera, stream=stream).aggregate(
        first=Min("started_at"), last=Max("started_at")
    )
    if found["first"] is None:
        return None
    newest = Chunk.objects.filter(camera=camera, stream=stream, started_at=found["last"]).first()
    length_s = newest.duration_s if newest else 0.0
    return found["first"], found["last"] + timedelta(seconds=length_s)


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

    `recorded_from` is None when nothing is recorded; what lies before it is no gap: the ring keeps
    no more. Each gap carries the state and reason that the recorder told about it, or none.
    """
    now = now or timezone.now()
    span = recorded_span(camera=camera, stream=stream)
    recorded = islands(camera=camera, stream=stream, since=since, until=until)
    gaps = _gaps(recorded, max(since, span[0]) if span else since, min(until, now), now)
    causes = _causes(camera, stream, gaps)
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
        "gaps": [
            {"since": a.timestamp(), "until": b.timestamp(), **cause}
            for (a, b), cause in zip(gaps, causes, strict=True)
        ],
        "motion": [
            [max(a, since).timestamp(), min(b, until).timestamp()]
            for a, b in Motion.objects.filter(
                camera=camera, until__gt=since, since__lt=until
            ).values_list("since", "until")
        ],
        "alarms": _alarms(camera, since, until, now),
        "streams": streams_data(camera),
    }


def streams_data(camera: Camera) -> dict[str, Any]:
    """Return by stream what the recorder last said of it; `plays` says if browsers can show it."""
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


def _gaps(recorded: Sequence[Gap], since: datetime, until: datetime, now: datetime) -> list[Gap]:
    gaps, covered = [], since
    for start, end in recorded:
        if start - covered > GAP:
            gaps.append((covered, start))
        covered = max(covered, end)
    # The second that is being recorded now is no gap.
    if until - covered > (LATE if now - until < LATE else GAP):
        gaps.append((covered, until))
    return gaps


def _causes(camera: Camera, stream: str, gaps: Sequence[Gap]) -> list[dict[str, str]]:
    """Return for each gap what the recorder told; events, and so causes, live for two days."""
    if not gaps:
        return []
    rows = Event.objects.filter(
        mine_id=camera.mine_id,
        kind="camera.state",
        payload__camera=camera.pk,
        payload__stream=stream,
        at__lt=gaps[-1][1],
    ).order_by("at")
    told = [(at, p["state"], p.get("reason", "")) for at, p in rows.values_list("at", "payload")]
    fine = (StreamState.State.RECORDING, StreamState.State.CONNECTING)
    causes = []
    for start, end in gaps:
        within = [(s, r) for at, s, r in told if start - TOLD < at < end and s not in fine]
        before = [(s, r) for at, s, r in told if at <= start][-1:]
        state, reason = (within or [b for b in before if b[0] not in fine] or [("", "")])[0]
        words_ = words.say(words.STREAMS, state) if state else _("cause not known")
        causes.append({"state": state, "words": words_, "reason": kept(reason)})
    return causes


def _alarms(
    camera: Camera, since: datetime, until: datetime, now: datetime
) -> list[dict[str, Any]]:
    """List the alarms that were there in the span, also those that other cameras' alarms hold."""
    about = Q(camera=camera) | Q(witnesses__camera=camera)
    rows = (
        Alarm.objects.filter(about, raised_at__lt=until)
        .filter(Q(cleared_at=None) | Q(cleared_at__gt=since))
        .distinct()
        .order_by("-raised_at")[:MOST_ALARMS]
    )
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
        for row in reversed(rows)
    ]
