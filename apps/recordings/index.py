"""Keeps the index of what is recorded true: each chunk that comes, each state, each deletion.

All verbs run inside the transaction of what they are about, and twice is as once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db.models import Count, F, Sum
from django.db.models.functions import Greatest
from django.utils import timezone

from apps.audit.services import record
from apps.cameras.models import AHEAD, Camera, Chunk, Stream, StreamState
from apps.recordings.models import Cause, Gap, Stretch
from apps.recordings.selectors import gaps_between, recorded_between
from workers.media.mask import REASONS

__all__ = [
    "HOLE",
    "Gone",
    "behind_ended",
    "behind_told",
    "chunk_entered",
    "chunks_gone",
    "index_missing",
    "state_said",
]

# Less than this between two chunks is none.
HOLE = timedelta(seconds=0.3)
HAIR = timedelta(milliseconds=5)  # what a chunk ends later than its neighbour begins
HOUR = timedelta(hours=1)
# What is deleted day by day is one row a day.
DELETED = (Cause.POLICY, Cause.AGE, Cause.LIMIT, Cause.PRESSURE)
SAID = {
    StreamState.State.LOST: Cause.LOST,
    StreamState.State.FROZEN: Cause.FROZEN,
    StreamState.State.UNUSABLE: Cause.UNUSABLE,
    StreamState.State.OFF: Cause.OFF,
    StreamState.State.CONNECTING: Cause.RECORDER,
}
STREAM_CAUSES = (Cause.LOST, Cause.FROZEN, Cause.UNUSABLE)


@dataclass(frozen=True)
class Gone:
    """A chunk that is deleted."""

    mine_id: int
    camera_id: int
    stream: str
    since: datetime
    until: datetime
    bytes: int


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _end(chunk: Chunk) -> datetime:
    return chunk.started_at + timedelta(seconds=chunk.duration_s)


def chunk_entered(chunk: Chunk, *, cause: Cause = Cause.JUMP, late: bool = False) -> None:
    """Put a new chunk into the index; `cause` of the hole before it, where nobody said another.

    One statement in the usual case: the chunk goes on where the last one ended. `late`: younger
    ones may be there already, and a gap between.
    """
    start, end = chunk.started_at, _end(chunk)
    longer = Stretch.objects.filter(
        camera_id=chunk.camera_id,
        stream=chunk.stream,
        since__gte=_hour(start),
        since__lte=start,
        until__range=(start - HOLE, start + HOLE),
    ).update(
        until=Greatest(F("until"), end), chunks=F("chunks") + 1, bytes=F("bytes") + chunk.bytes
    )
    if longer:
        if late:
            _fill(chunk.camera_id, chunk.stream, start, end)
        return
    rows = Stretch.objects.filter(camera_id=chunk.camera_id, stream=chunk.stream)
    before = rows.filter(since__lte=start).order_by("-since").first()
    if before is not None and end <= before.until + HAIR:
        # The clock was set back: a second picture of a time that is there already.
        before.chunks, before.bytes = before.chunks + 1, before.bytes + chunk.bytes
        before.save(update_fields=["chunks", "bytes"])
        return
    Stretch.objects.create(
        mine_id=chunk.mine_id, camera_id=chunk.camera_id, stream=chunk.stream,
        since=start, until=end, chunks=1, bytes=chunk.bytes,
    )  # fmt: skip
    _fill(chunk.camera_id, chunk.stream, start, end)
    if before is not None:
        of = {"mine_id": chunk.mine_id, "camera_id": chunk.camera_id, "stream": chunk.stream}
        _explain(of, before.until, start, cause)


def _explain(of: dict[str, Any], since: datetime, until: datetime, cause: Cause) -> None:
    """Give what no gap covers between two stretches of a mine's stream a row with a cause."""
    known = gaps_between(camera_id=of["camera_id"], stream=of["stream"], since=since, until=until)
    at = since
    for gap in [*known, None]:
        begins = until if gap is None else gap.since
        if begins - at > HOLE:
            Gap.objects.create(**of, since=at, until=begins, cause=cause)
        if gap is not None:
            at = max(at, gap.until or until)


def _fill(camera_id: int, stream: str, since: datetime, until: datetime) -> None:
    """Take a time that is recorded out of the gaps."""
    for gap in gaps_between(camera_id=camera_id, stream=stream, since=since, until=until):
        if until - gap.since <= HAIR:
            continue  # it begins where this time ends
        ends = gap.until
        if ends is not None and ends - until > HOLE:
            Gap.objects.create(
                mine_id=gap.mine_id, camera_id=camera_id, stream=stream, since=until, until=ends,
                cause=gap.cause, reason=gap.reason,
            )  # fmt: skip
        if since - gap.since > HOLE:
            gap.until = since
            gap.save(update_fields=["until"])
        else:
            gap.delete()


def behind_told(
    *, camera_id: int, mine_id: int, stream: str, runs: Sequence[tuple[float, float]]
) -> None:
    """Say of a stream's times, oldest first, that they are recorded and not entered yet.

    A gap that is open and touches them ended when the first of them was recorded. But "recorder
    not running" was told by the next recorder: it began after the last of them.
    """
    of = {"mine_id": mine_id, "camera_id": camera_id, "stream": stream}
    lasting = Gap.objects.filter(camera_id=camera_id, stream=stream, until=None).first()
    end = None
    for since_s, until_s in runs:
        since, until = (datetime.fromtimestamp(at_s, tz=UTC) for at_s in (since_s, until_s))
        if end is not None:
            for span in _not_recorded(camera_id, stream, end, since):
                _explain(of, *span, Cause.JUMP)
        _fill(camera_id, stream, since, until)
        for span in _not_recorded(camera_id, stream, since, until):
            _explain(of, *span, Cause.BEHIND)
        end = until if end is None else max(end, until)
    if lasting is None or end is None or lasting.since >= end:
        return
    if lasting.cause == Cause.RECORDER:
        Gap.objects.create(**of, since=end, cause=Cause.RECORDER, reason=lasting.reason)


def _not_recorded(
    camera_id: int, stream: str, since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    if until <= since:
        return []
    there = recorded_between(camera_id=camera_id, stream=stream, since=since, until=until)
    edges = [since, *(at for span in there for at in span), until]
    return list(pairwise(edges))[::2]


def behind_ended(*, camera_ids: Sequence[int]) -> None:
    """Say of what still has no row, once all that can be is entered, that its files are missing."""
    rows = Gap.objects.filter(camera_id__in=camera_ids, cause=Cause.BEHIND)
    rows.update(cause=Cause.MISSING)


def state_said(
    *, camera_id: int, mine_id: int, stream: str, state: str, reason: str, by_recorder: bool = False
) -> None:
    """Open or close a gap as the recorder tells how a stream stands.

    A gap begins where the recording ends, not when that was noticed. A camera that is now lost
    and now frozen has one gap; a camera that is switched off while it is lost has two.
    """
    now = timezone.now()
    # Not what was recorded before the clock was set back, and has a later time than now.
    rows = Stretch.objects.filter(camera_id=camera_id, stream=stream, since__lte=now + AHEAD)
    last = rows.order_by("-since").first()
    found = Gap.objects.filter(camera_id=camera_id, stream=stream, until=None).first()
    if state == StreamState.State.RECORDING:
        if found is not None and last is not None:
            _fill(camera_id, stream, max(found.since, last.since), last.until)
        return
    cause = SAID.get(StreamState.State(state), Cause.LOST)
    if reason == "disk full":
        cause = Cause.DISK
    elif reason in REASONS:
        cause = Cause.MASKS
    elif by_recorder:
        cause = Cause.RECORDER
    since = last.until if last is not None and last.until <= now + AHEAD else now
    for gap in gaps_between(camera_id=camera_id, stream=stream, since=since, until=now):
        if gap.cause == Cause.BEHIND and gap.until is not None:
            since = max(since, gap.until)
    if found is not None:
        if state == StreamState.State.CONNECTING or found.cause == cause:
            return
        if found.cause in STREAM_CAUSES and cause in STREAM_CAUSES:
            return
        since = max(now, found.since)
        if since - found.since > HOLE:
            Gap.objects.filter(pk=found.pk).update(until=since)
        else:
            found.delete()
    elif last is None and state == StreamState.State.CONNECTING:
        return  # a new camera: nothing is missing yet
    Gap.objects.create(
        mine_id=mine_id, camera_id=camera_id, stream=stream, since=since, cause=cause,
        reason=reason[:300],
    )  # fmt: skip


def chunks_gone(gone: Iterable[Gone], *, cause: Cause) -> None:
    """Take deleted chunks out of the index and say why they went; their rows are gone already.

    What disk pressure takes stands in the record as well, once a stream and day.
    """
    for run in _runs(gone):
        _cut(run)
        _note(run, cause)


def _runs(gone: Iterable[Gone]) -> list[list[Gone]]:
    """Put together what follows on each other, within one day."""
    runs: list[list[Gone]] = []
    for one in sorted(gone, key=lambda one: (one.camera_id, one.stream, one.since)):
        last = runs[-1][-1] if runs else None
        if (
            last is not None
            and (last.camera_id, last.stream) == (one.camera_id, one.stream)
            and one.since - last.until <= HOLE
            and one.since.date() == last.since.date()
        ):
            runs[-1].append(one)
        else:
            runs.append([one])
    return runs


def _cut(run: Sequence[Gone]) -> None:
    first, since, until = run[0], run[0].since, run[-1].until
    rows = Stretch.objects.filter(
        camera_id=first.camera_id,
        stream=first.stream,
        since__gt=since - HOUR - timedelta(seconds=20),
        since__lt=until,
        until__gt=since,
    )
    for row in rows:
        starts, ends = since - row.since <= HOLE, row.until - until <= HOLE
        if starts and ends:
            row.delete()
        elif starts or ends:
            inside = [one for one in run if row.since - HAIR <= one.since < row.until]
            row.chunks = max(0, row.chunks - len(inside))
            row.bytes = max(0, row.bytes - sum(one.bytes for one in inside))
            row.since, row.until = (until, row.until) if starts else (row.since, since)
            row.save()
        else:
            ends_at, row.until = row.until, since
            _count(row)
            _count(
                Stretch(
                    mine_id=row.mine_id,
                    camera_id=row.camera_id,
                    stream=row.stream,
                    since=until,
                    until=ends_at,
                )  # fmt: skip
            )


def _count(row: Stretch) -> None:
    """Sum up the chunks of a stretch anew."""
    found = Chunk.objects.filter(
        camera_id=row.camera_id,
        stream=row.stream,
        started_at__gte=row.since - HAIR,
        started_at__lt=row.until - HAIR,
    ).aggregate(chunks=Count("pk"), bytes=Sum("bytes"))
    row.chunks, row.bytes = found["chunks"], found["bytes"] or 0
    row.save()


def _note(run: Sequence[Gone], cause: Cause) -> None:
    first, since, until = run[0], run[0].since, run[-1].until
    size = sum(one.bytes for one in run)
    same_day = Gap.objects.filter(
        camera_id=first.camera_id,
        stream=first.stream,
        cause=cause,
        since__range=(_day(since), _day(since) + 24 * HOUR),
    )
    row = same_day.filter(until__range=(since - HOLE, until + HOLE)).first()
    if row is None:
        row = Gap(
            mine_id=first.mine_id, camera_id=first.camera_id, stream=first.stream, since=since,
            until=until, cause=cause,
        )  # fmt: skip
    row.until, row.bytes = max(row.until, until), row.bytes + size
    row.save()
    for after in same_day.filter(since__range=(row.until - HOLE, row.until + HOLE)):
        if after.pk != row.pk and after.until is not None:
            row.until, row.bytes = max(row.until, after.until), row.bytes + after.bytes
            row.save(update_fields=["until", "bytes"])
            after.delete()
    if cause == Cause.PRESSURE and row.bytes == size:
        record(
            action="recording.pressed_out",
            subject=f"camera:{first.camera_id}/{first.stream}",
            mine_id=first.mine_id,
            part="recorder",
            detail={"gap": row.pk, "since": since.isoformat(), "bytes": size},
        )


def _day(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def index_missing() -> int:
    """Make the stretches of streams that were recorded before there was an index.

    Needs a system scope. Returns how many streams.
    """
    made = 0
    # Two looks a stream, by their indexes: to list the streams of all chunks takes minutes.
    for camera_id in Camera.objects.values_list("pk", flat=True):
        for stream in Stream.values:
            of = {"camera": camera_id, "stream": stream}
            if Stretch.objects.filter(**of).exists() or not Chunk.objects.filter(**of).exists():
                continue
            _index(camera_id, stream)
            made += 1
    return made


def _index(camera_id: int, stream: str) -> None:
    rows = Chunk.objects.filter(camera_id=camera_id, stream=stream).order_by("started_at")
    made: list[Stretch] = []
    for chunk in rows.iterator(chunk_size=5000):
        start, end = chunk.started_at, _end(chunk)
        last = made[-1] if made else None
        if last and start - last.until <= HOLE and _hour(start) == _hour(last.since):
            last.until = max(last.until, end)
            last.chunks, last.bytes = last.chunks + 1, last.bytes + chunk.bytes
            continue
        made.append(
            Stretch(
                mine_id=chunk.mine_id,
                camera_id=camera_id,
                stream=stream,
                since=start,
                until=end,
                chunks=1,
                bytes=chunk.bytes,
            )  # fmt: skip
        )
    Stretch.objects.bulk_create(made, batch_size=1000)
