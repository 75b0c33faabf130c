"""Judges what a recorded chunk is worth, and lets go what its camera's policy does not keep.

A chunk waits two minutes for its analysis, for what comes after it and for alarms that tell of
earlier seconds. Where the analysis does not come, doubt keeps the chunk as if an alarm were there.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from apps.alarms.models import Alarm, Witness
from apps.cameras.models import Analysis, Camera, Chunk, Worth
from apps.evidence.models import Clip
from apps.evidence.wanted import span_of
from apps.playback.models import Motion

__all__ = ["judged", "mark", "nobody_writes"]

WAIT = timedelta(seconds=120)
# So long the analysis may be late before its absence counts as an alarm.
DOUBT = timedelta(minutes=10)
# What is kept before and after a movement. An alarm's own are those of its clip.
AROUND_MOTION = timedelta(seconds=10)
MARGIN = timedelta(seconds=10)  # a chunk's length and the key picture before a span
FAR = timedelta(seconds=60)  # the longest that anything reaches beyond itself
BATCH = 5000
HAIR = timedelta(milliseconds=5)  # between a chunk and the next

Span = tuple[datetime, datetime]


@dataclass
class Happenings:
    """What happened under the cameras of a batch, each span with what is kept around it."""

    motion: dict[int, list[Span]] = field(default_factory=dict)
    alarms: dict[int, list[Span]] = field(default_factory=dict)  # and what nobody saw

    def worth(self, camera_id: int, since: datetime, until: datetime) -> int:
        """Return what a chunk is worth."""
        if _touches(self.alarms.get(camera_id, ()), since, until):
            return Worth.ALARM
        if _touches(self.motion.get(camera_id, ()), since, until):
            return Worth.MOTION
        return Worth.NOTHING


def _touches(spans: Iterable[Span], since: datetime, until: datetime) -> bool:
    return any(start < until and end > since for start, end in spans)


def judged(*, now: datetime | None = None) -> list[Chunk]:
    """Judge the chunks that waited long enough; return those that nobody wants to keep.

    Needs a system scope. What is returned is neither deleted nor marked: a chunk that is held
    meanwhile is to be marked by `Worth` and stays.
    """
    now = now or timezone.now()
    waiting = Chunk.objects.filter(worth=Worth.NOT_JUDGED, started_at__lt=now - WAIT)
    chunks = list(waiting.order_by("started_at")[:BATCH])
    if not chunks:
        return []
    ids = {chunk.camera_id for chunk in chunks}
    modes = dict(Camera.objects.filter(pk__in=ids).values_list("pk", "keeps"))
    until_of = dict(
        Analysis.objects.filter(camera__in=ids).values_list("camera_id", "analysed_until")
    )
    happened = _happenings(ids, chunks[0].started_at - FAR, chunks[-1].started_at + FAR)
    unwanted: list[Chunk] = []
    found: dict[int, list[int]] = {}
    for chunk in chunks:
        end = chunk.started_at + timedelta(seconds=chunk.duration_s)
        seen = until_of.get(chunk.camera_id)
        if seen is None or seen < end - timedelta(seconds=2):
            if now - end < DOUBT:
                continue
            worth: int = Worth.ALARM
        else:
            worth = happened.worth(chunk.camera_id, chunk.started_at, end)
        if worth < Camera.Keeps(modes[chunk.camera_id]).least:
            chunk.worth = worth
            unwanted.append(chunk)
        else:
            found.setdefault(worth, []).append(chunk.pk)
    for worth, pks in found.items():
        mark(pks, worth)
    return unwanted


def nobody_writes(pks: Iterable[int]) -> set[int]:
    """Take the rows of chunks that nobody else has at this moment; the others wait for later.

    A pass over the ring has many rows in its one transaction, in an order of its own. So it waits
    for none: who waits for a row of the pass would have to have none that the pass waits for.
    """
    rows = Chunk.objects.select_for_update(skip_locked=True).filter(pk__in=list(pks))
    return set(rows.order_by().values_list("pk", flat=True))


def mark(pks: Iterable[int], worth: int) -> None:
    """Keep what chunks are worth; who is written meanwhile is judged again."""
    Chunk.objects.filter(pk__in=nobody_writes(pks)).update(worth=worth)


def _happenings(ids: set[int], since: datetime, until: datetime) -> Happenings:
    found = Happenings()
    rows = Motion.objects.filter(camera__in=ids, until__gt=since, since__lt=until)
    for camera, begin, end in rows.values_list("camera_id", "since", "until"):
        span = (begin - AROUND_MOTION, end + AROUND_MOTION)
        found.motion.setdefault(camera, []).append(span)
    there = Alarm.objects.filter(
        Q(cleared_at=None) | Q(cleared_at__gt=since), raised_at__lt=until
    ).exclude(rule_type="recording_space")
    alarms = list(there.values_list("pk", "camera_id", "severity", "raised_at", "cleared_at"))
    others = Witness.objects.filter(alarm__in=[row[0] for row in alarms], camera__in=ids)
    seen_by: dict[int, set[int]] = {pk: {camera} for pk, camera, *_rest in alarms}
    for alarm, camera in others.values_list("alarm_id", "camera_id"):
        seen_by[alarm].add(camera)
    for pk, _camera, severity, raised_at, cleared_at in alarms:
        begin = span_of(severity=severity, at=raised_at)[0]
        end = span_of(severity=severity, at=cleared_at)[1] if cleared_at else until + FAR
        for camera in seen_by[pk] & ids:
            found.alarms.setdefault(camera, []).append((begin - MARGIN, end + MARGIN))
    for camera, begin, end in _not_seen(ids, since, until):
        found.alarms.setdefault(camera, []).append((begin, end))
    clips = Clip.objects.filter(camera__in=ids, wanted_until__gt=since, wanted_from__lt=until)
    for camera, begin, end in clips.values_list("camera_id", "wanted_from", "wanted_until"):
        found.alarms.setdefault(camera, []).append((begin - MARGIN, end + MARGIN))
    return found


def _not_seen(
    ids: set[int], since: datetime, until: datetime
) -> Iterator[tuple[int, datetime, datetime]]:
    """Yield by camera the times of which no analysis knows what was to be seen.

    Of the other stream's pictures of then nobody knows more.
    """
    states = [Chunk.State.NEW, Chunk.State.BAD]
    rows = Chunk.objects.filter(
        camera__in=ids, state__in=states, started_at__gt=since, started_at__lt=until
    ).order_by("camera", "started_at")
    last: tuple[int, datetime, datetime] | None = None
    for camera, begin, seconds in rows.values_list("camera_id", "started_at", "duration_s"):
        end = begin + timedelta(seconds=seconds)
        if last is not None and last[0] == camera and begin <= last[2] + HAIR:
            last = (camera, last[1], max(end, last[2]))
            continue
        if last is not None:
            yield last
        last = (camera, begin, end)
    if last is not None:
        yield last
