"""Makes clips and notes who looks at them."""

import json
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.alarms.models import Alarm, Severity
from apps.audit.services import record
from apps.cameras.models import Camera, Chunk, Stream
from apps.evidence.models import Clip, ClipAccess
from apps.evidence.storage import StorageError, put_bytes, put_file, size_of
from apps.live.services import emit
from apps.tenancy.scope import mine_scope
from workers.media.cut import ChunkPart, Cut, cut_clip
from workers.media.errors import MediaError

__all__ = ["clip_access", "clip_make", "clip_request", "span_of", "span_store"]

# Seconds before and after an alarm is raised, by severity (domain.md section 6).
SPAN_S = {Severity.CRITICAL: (10, 20)}
USUAL_SPAN_S = (5, 5)
# Occurrences folded into one alarm get a clip of their own this far apart.
NEXT_CLIP_AFTER = timedelta(minutes=5)
# A chunk may reach the index this long after its last frame.
LATE = timedelta(seconds=15)
CLAIM = timedelta(seconds=60)
SLOWEST_RETRY_S = 30


def clip_request(*, alarm: Alarm, at: datetime, anew: bool = False) -> Clip | None:
    """Ask for a clip around `at`; from this commit on its chunks stay in the ring.

    `anew`: also when an earlier clip is near, because the alarm became more severe.
    """
    since, until = span_of(severity=alarm.severity, at=at)
    latest = Clip.objects.filter(alarm=alarm).order_by("-wanted_from").first()
    if latest is not None and not anew and at - latest.wanted_from < NEXT_CLIP_AFTER:
        return None
    return Clip.objects.create(
        mine_id=alarm.mine_id,
        alarm=alarm,
        camera_id=alarm.camera_id,
        rule=alarm.rule,
        wanted_from=since,
        wanted_until=until,
        next_attempt_at=until,
    )


def span_of(*, severity: str, at: datetime) -> tuple[datetime, datetime]:
    """Return what an alarm's clip shows: from when, until when."""
    before_s, after_s = SPAN_S.get(Severity(severity), USUAL_SPAN_S)
    return at - timedelta(seconds=before_s), at + timedelta(seconds=after_s)


def span_store(*, camera: Camera, since: datetime, until: datetime, key: str) -> Cut:
    """Cut what is recorded of a span and store it under a key; it is no evidence and has no row.

    The main stream where it was recorded, else the other. Raises MediaError, StorageError, OSError.
    """
    with mine_scope(camera.mine_id):
        chunks = _chunks(camera.pk, Stream.MAIN, since, until)
        chunks = chunks or _chunks(camera.pk, Stream.SUB, since, until)
    with tempfile.TemporaryDirectory(prefix="span-", dir=_workshop()) as folder:
        out = Path(folder) / "clip.mp4"
        cut = cut_clip(_parts(chunks), since.timestamp(), until.timestamp(), out)
        put_file(key, out, content_type="video/mp4")
    return cut


def clip_make(*, clip_id: int, mine_id: int) -> Clip | None:
    """Cut, store and announce one clip; returns None when it is not due or somebody else has it.

    Safe to run twice: the claim is a conditional update, the key is the clip's own, and only a
    pending clip becomes ready. A store that is away postpones the clip and loses nothing.
    """
    now = timezone.now()
    with mine_scope(mine_id):
        claimed = Clip.objects.filter(
            pk=clip_id, state=Clip.State.PENDING, next_attempt_at__lte=now
        ).update(next_attempt_at=now + CLAIM)
        if not claimed:
            return None
        clip = Clip.objects.select_related("alarm", "camera__area").get(pk=clip_id)
        chunks = _chunks(clip.camera_id, Stream.MAIN, clip.wanted_from, clip.wanted_until)
        complete = any(_end(chunk) >= clip.wanted_until for chunk in chunks)
        if not complete and now < clip.wanted_until + LATE:
            _postpone(clip, delay_s=0.5)
            return None
        snapshot = getattr(clip.alarm, "snapshot", None)
        jpeg = bytes(snapshot.jpeg) if snapshot else b""
    try:
        with tempfile.TemporaryDirectory(prefix="clip-", dir=_workshop()) as folder:
            return _cut_and_store(clip, chunks, Path(folder) / "clip.mp4", jpeg)
    except MediaError as error:
        with mine_scope(mine_id):
            if now > clip.wanted_until + CLAIM:
                return _give_up(clip, str(error))
            _postpone(clip, error=str(error), delay_s=2)
    except (StorageError, OSError) as error:
        with mine_scope(mine_id):
            _postpone(clip, error=str(error), delay_s=min(2**clip.attempts, SLOWEST_RETRY_S))
    return None


def _workshop() -> Path:
    folder = settings.VAR / "clips"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _end(chunk: Chunk) -> datetime:
    return chunk.started_at + timedelta(seconds=chunk.duration_s)


def _chunks(camera: int, stream: str, since: datetime, until: datetime) -> list[Chunk]:
    longest = timedelta(seconds=20)
    rows = Chunk.objects.filter(
        camera_id=camera, stream=stream, started_at__gt=since - longest, started_at__lt=until
    ).order_by("started_at", "sequence")
    return [chunk for chunk in rows if _end(chunk) > since]


def _parts(chunks: list[Chunk]) -> list[ChunkPart]:
    return [
        ChunkPart(settings.RING_DIR / chunk.path, chunk.started_at.timestamp(), chunk.duration_s)
        for chunk in chunks
    ]


def _postpone(clip: Clip, *, delay_s: float, error: str = "") -> None:
    Clip.objects.filter(pk=clip.pk, state=Clip.State.PENDING).update(
        next_attempt_at=timezone.now() + timedelta(seconds=delay_s),
        attempts=clip.attempts + bool(error),
        error=error[:300],
    )


def _give_up(clip: Clip, reason: str) -> Clip | None:
    """Say for good that there is no video; only when none of the span was recorded."""
    if not Clip.objects.filter(pk=clip.pk, state=Clip.State.PENDING).update(
        state=Clip.State.FAILED, error=reason[:300]
    ):
        return None
    clip.refresh_from_db()
    record(
        action="clip.failed",
        subject=clip,
        mine_id=clip.mine_id,
        part="evidence",
        detail={"reason": reason},
    )
    _tell(clip, "clip.failed")
    return clip


def _cut_and_store(clip: Clip, chunks: list[Chunk], out: Path, jpeg: bytes) -> Clip | None:
    cut = cut_clip(_parts(chunks), clip.wanted_from.timestamp(), clip.wanted_until.timestamp(), out)
    folder = f"{clip.mine_id}/{clip.wanted_from:%Y/%m/%d}/{clip.uid}"
    key = f"{folder}/clip.mp4"
    put_file(key, out, content_type="video/mp4", filename=f"davy-{clip.uid}.mp4")
    if size_of(key) != cut.bytes:
        raise StorageError(f"The store holds {key} in another size than was sent.")
    manifest = _manifest(clip, chunks, cut)
    if jpeg:
        put_bytes(f"{folder}/snapshot.jpg", jpeg, content_type="image/jpeg")
    put_bytes(
        f"{folder}/manifest.json",
        json.dumps(manifest, indent=1).encode(),
        content_type="application/json",
    )
    with mine_scope(clip.mine_id):
        return _finish(clip, cut, key, manifest)


def _finish(clip: Clip, cut: Cut, key: str, manifest: dict[str, Any]) -> Clip | None:
    now = timezone.now()
    became_ready = Clip.objects.filter(pk=clip.pk, state=Clip.State.PENDING).update(
        state=Clip.State.READY,
        key=key,
        bytes=cut.bytes,
        sha256=cut.sha256,
        width=cut.width,
        height=cut.height,
        starts_at=_moment(cut.start_s),
        ends_at=_moment(cut.end_s),
        manifest=manifest,
        error="",
        ready_at=now,
    )
    if not became_ready:
        return None
    clip = Clip.objects.select_related("alarm").get(pk=clip.pk)
    record(
        action="clip.ready",
        subject=clip,
        mine_id=clip.mine_id,
        part="evidence",
        detail={"sha256": cut.sha256, "bytes": cut.bytes},
    )
    _tell(clip, "clip.ready")
    return clip


def _tell(clip: Clip, kind: str) -> None:
    from apps.alarms.selectors import alarm_data

    emit(
        mine_id=clip.mine_id,
        kind=kind,
        payload={"clip": str(clip.uid), "state": clip.state, "alarm": alarm_data(clip.alarm)},
    )


def _moment(unix_s: float) -> datetime:
    return datetime.fromtimestamp(unix_s, tz=timezone.get_default_timezone())


def _manifest(clip: Clip, chunks: list[Chunk], cut: Cut) -> dict[str, Any]:
    """Return what the clip is made of; stored beside it and in its row."""
    return {
        "clip": str(clip.uid),
        "mine": clip.mine_id,
        "camera": {"id": clip.camera_id, "name": clip.camera.name, "area": clip.camera.area.name},
        "alarm": clip.alarm_id,
        "rule": clip.rule,
        "rule_type": clip.alarm.rule_type,
        "scene_version": clip.alarm.scene_version,
        "wanted": [clip.wanted_from.isoformat(), clip.wanted_until.isoformat()],
        "holds": [_moment(cut.start_s).isoformat(), _moment(cut.end_s).isoformat()],
        "time_source": "recorder's clock at arrival",
        "sha256": cut.sha256,
        "bytes": cut.bytes,
        "codec": cut.codec,
        "copied": cut.copied,
        "gaps_s": [list(gap) for gap in cut.gaps],
        "skipped": cut.skipped,
        "chunks": [
            {
                "sequence": chunk.sequence,
                "started_at": chunk.started_at.isoformat(),
                "duration_s": chunk.duration_s,
                "sha256": chunk.sha256,
            }
            for chunk in chunks
        ],
    }


@transaction.atomic
def clip_access(
    *,
    clip: Clip,
    user: User,
    kind: str,
    address: str | None,
    sha256: str = "",
    blurred: bool = False,
) -> ClipAccess:
    """Note that somebody plays or downloads a clip, before they get the link.

    sha256: of what they get where that is a covered copy; blurred: whether its people are.
    """
    access = ClipAccess.objects.create(
        mine_id=clip.mine_id, clip=clip, user=user, kind=kind, address=address
    )
    record(
        action=f"clip.{kind}",
        subject=clip,
        mine_id=clip.mine_id,
        actor=user,
        detail={"address": address, "sha256": sha256 or clip.sha256}
        | ({"original_sha256": clip.sha256} if sha256 not in ("", clip.sha256) else {})
        | ({"blurred": blurred} if kind == ClipAccess.Kind.DOWNLOAD else {}),
    )
    return access
