"""Writes of playback: what moved, who looked, and spans as they were recorded."""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.formats import localize
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit.services import record
from apps.cameras.models import Camera, Chunk
from apps.clocks import clock_words, twice
from apps.evidence.workshop import workshop
from apps.live.clock import now_for_age
from apps.playback.models import Motion
from apps.playback.selectors import LONGEST_MOTION, chunks_between, islands
from apps.recordings.keeping import kept_by_camera
from apps.recordings.selectors import parts_of
from apps.rules.masks import masks_left, masks_of
from workers.media.cover import cover_film
from workers.media.cut import Cut
from workers.media.errors import DiskFull, MediaError
from workers.media.join import Changed, join_span

__all__ = [
    "LONGEST_S",
    "MOST_BYTES",
    "MOST_COVERED_S",
    "Busy",
    "motion_forget",
    "motion_keep",
    "span_chunks",
    "span_cut",
    "span_facts",
    "span_name",
    "view_note",
]

# Movements that are nearer to each other are one stretch on the timeline.
PAUSE = timedelta(seconds=5)
# One look at a camera is noted once in so many seconds, and anew for each such part of the past.
LOOK_S = 300
# What one download may hold.
LONGEST_S = 3600
MOST_BYTES = 2_000_000_000
MOST_COVERED_S = 120
# Copying a long span keeps a disk busy: more than this at once would starve the recorder.
TURNS = threading.BoundedSemaphore(2)


class Busy(Exception):
    """Other downloads are being made just now."""


@transaction.atomic
def motion_keep(*, camera: Camera, since: datetime, until: datetime) -> None:
    """Note that something moved; a stretch that goes on is made longer. Twice is as once.

    Needs the mine's scope. Chunks of a camera come in order, by whoever holds its lease.
    """
    longer = Motion.objects.filter(
        camera=camera, until__gte=since - PAUSE, since__lte=until, since__gt=until - LONGEST_MOTION
    ).order_by("-until")[:1]
    row = longer.first()
    if row is None:
        Motion.objects.create(mine_id=camera.mine_id, camera=camera, since=since, until=until)
    elif until > row.until:
        Motion.objects.filter(pk=row.pk).update(until=until)


def motion_forget() -> int:
    """Delete what is older than any recording may be; needs a system scope. Returns how many."""
    longest = max((one.age_s for one in kept_by_camera(Camera.objects.all()).values()), default=0)
    age = timedelta(seconds=max(longest, settings.RING_AGE_S, 2 * 86400))
    return Motion.objects.filter(until__lt=now_for_age() - age).delete()[0]


def view_note(
    *, camera: Camera, user: User, kind: str, at: datetime | None, address: str | None
) -> bool:
    """Note that somebody watches a camera: `live`, `playback` or `preview` of a moment.

    A player asks every second: a person's look is noted once in five minutes, and playback anew
    for each five minutes of the recording. Without the cache every request is noted.
    """
    part = int(at.timestamp() // LOOK_S) if at and kind == "playback" else 0
    try:
        if not cache.add(f"look.{user.pk}.{camera.pk}.{kind}.{part}", 1, LOOK_S):
            return False
    except Exception:  # in doubt one entry too many
        pass
    detail: dict[str, Any] = {"address": address}
    if at:
        detail["of"] = at.isoformat()
    record(
        action=f"camera.{kind}",
        subject=camera,
        mine_id=camera.mine_id,
        actor=user,
        detail=detail,
    )
    return True


def span_facts(*, camera: Camera, stream: str, since: datetime, until: datetime) -> dict[str, Any]:
    """Return what a download of a span would hold; ValidationError says why there can be none."""
    chunks = span_chunks(camera, stream, since, until)
    gaps = _gaps(camera, stream, since, until)
    return {
        "camera": camera.pk,
        "stream": stream,
        "since": since.timestamp(),
        "until": until.timestamp(),
        "seconds": (until - since).total_seconds(),
        "bytes": sum(chunk.bytes for chunk in chunks),
        "gaps": [[a.timestamp(), b.timestamp()] for a, b in gaps],
        "name": span_name(camera, since, bool(gaps)),
    }


@contextmanager
def span_cut(
    *,
    camera: Camera,
    user: User,
    stream: str,
    since: datetime,
    until: datetime,
    address: str | None,
) -> Iterator[tuple[Path, Cut, str]]:
    """Join a span into one MP4 in a file of ours, note it, and give its path, facts and name.

    Its people are as recorded: only where two people's word lets it go so (apps/privacy). The file
    is gone at the end of the block. ValidationError says why there is none; Busy when two others
    are at it.
    """
    chunks = span_chunks(camera, stream, since, until)
    if not TURNS.acquire(blocking=False):
        raise Busy
    try:
        with tempfile.TemporaryDirectory(prefix="span-", dir=workshop("spans")) as place:
            out = Path(place) / "span.mp4"
            try:
                cut = join_span(parts_of(chunks), since.timestamp(), until.timestamp(), out)
            except Changed as error:
                at = datetime.fromtimestamp(error.at_s, tz=UTC)
                raise ValidationError({"until": _changed(camera, at)}) from None
            except DiskFull:
                raise ValidationError(
                    _("There is no room for the video on the server's disk.")
                ) from None
            except MediaError:
                raise ValidationError(_("Nothing that can be read is recorded there.")) from None
            cut, out = _covered(camera, chunks, cut, out, since, until)
            record(
                action="camera.download",
                subject=camera,
                mine_id=camera.mine_id,
                actor=user,
                detail={
                    "stream": stream,
                    "since": since.isoformat(),
                    "until": until.isoformat(),
                    "sha256": cut.sha256,
                    "bytes": cut.bytes,
                    "gaps_s": [list(gap) for gap in cut.gaps],
                    "skipped": cut.skipped[:20],
                    "blurred": False,
                    "address": address,
                },
            )
            yield out, cut, span_name(camera, since, bool(cut.gaps))
    finally:
        TURNS.release()


def _covered(
    camera: Camera, chunks: list[Chunk], cut: Cut, out: Path, since: datetime, until: datetime
) -> tuple[Cut, Path]:
    """Return the video with the camera's masks filled, which costs encoding: two minutes of it.

    As it is where it was recorded with them.
    """
    masks = masks_of(camera_id=camera.pk, at=since, until=until)
    recorded = [chunk.masked_by for chunk in chunks]
    masks = masks_left(masks, camera_id=camera.pk, recorded=recorded)
    if not masks:
        return cut, out
    if (until - since).total_seconds() > MOST_COVERED_S:
        words = _("This camera has masks, which are filled in: at most %(minutes)s minutes.")
        raise ValidationError({"until": words % {"minutes": MOST_COVERED_S // 60}})
    copy = out.with_name("covered.mp4")
    try:
        told = cover_film(out, copy, masks=masks)
    except DiskFull:
        raise ValidationError(_("There is no room for the video on the server's disk.")) from None
    except MediaError:
        raise ValidationError(_("Nothing that can be read is recorded there.")) from None
    return replace(cut, bytes=told.bytes, sha256=told.sha256, codec="h264", copied=False), copy


def span_chunks(camera: Camera, stream: str, since: datetime, until: datetime) -> list[Chunk]:
    """Return a span's chunks; ValidationError when it is too long, too large, or not recorded."""
    if until <= since:
        raise ValidationError({"until": _("Must be after the beginning.")})
    if (until - since).total_seconds() > LONGEST_S:
        raise ValidationError(
            {
                "until": _("A video may last %(minutes)s minutes. Take several.")
                % {"minutes": LONGEST_S // 60}
            }
        )
    chunks = chunks_between(camera=camera, stream=stream, since=since, until=until)
    if not chunks:
        raise ValidationError({"since": _("Nothing is recorded in this span.")})
    size = sum(chunk.bytes for chunk in chunks)
    if size > MOST_BYTES:
        raise ValidationError(
            {
                "until": _("This would be %(size)s GB; one video may have %(most)s GB. Take less.")
                % {"size": localize(round(size / 1e9, 1)), "most": localize(MOST_BYTES / 1e9)}
            }
        )
    return chunks


def _gaps(
    camera: Camera, stream: str, since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    gaps, covered = [], since
    hair = timedelta(seconds=0.3)
    for start, end in islands(camera=camera, stream=stream, since=since, until=until):
        if start - covered > hair:
            gaps.append((covered, start))
        covered = max(covered, end)
    if until - covered > hair:
        gaps.append((covered, until))
    return gaps


def _changed(camera: Camera, at: datetime) -> str:
    return _(
        "The camera's picture changed its size or kind at %(time)s. "
        "Take one video until then and another from then on."
    ) % {"time": clock_words(at, camera.mine.timezone, "%H:%M:%S")}


def span_name(camera: Camera, since: datetime, gaps: bool) -> str:
    """Return the name of a span's file, in the mine's time; two hours that read alike get two."""
    zone = camera.mine.timezone
    local = since.astimezone(ZoneInfo(zone))
    at = f"{local:%Y%m%d-%H%M%S}" + (f"{local:%z}" if twice(local, zone) else "")
    return f"davy-camera{camera.pk}-{at}{'-with-gaps' if gaps else ''}.mp4"
