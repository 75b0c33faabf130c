"""Chunks that nobody decodes, put into a ring and the index as the recorder does."""

import hashlib
from datetime import datetime, timedelta

from django.utils import timezone

from apps.cameras.models import Analysis, Camera, Chunk, Stream
from apps.cameras.services import chunk_index
from apps.recordings.trim import trim
from apps.tenancy.scope import system_scope
from workers.media.record import ChunkFile
from workers.media.ring import Ring

__all__ = ["minutes_ago", "put", "seen", "swept"]


def put(
    ring: Ring,
    camera: Camera,
    at: datetime,
    seconds: int = 1,
    *,
    stream: str = Stream.MAIN,
    first: int | None = None,
    length_s: float = 1.0,
    size: int = 1000,
    cause: str = "",
    codec: str = "h264",
) -> list[Chunk]:
    """Record `seconds` chunks one after the other; numbers go on from the last one's."""
    if first is None:
        last = Chunk.objects.filter(camera=camera, stream=stream).order_by("-sequence").first()
        first = last.sequence + 1 if last else 1
    rows = []
    for n in range(seconds):
        start_s = (at + timedelta(seconds=n * length_s)).timestamp()
        written = ring.write(
            mine=camera.mine_id, camera=camera.pk, stream=stream, sequence=first + n,
            start_s=start_s, end_s=start_s + length_s, data=bytes(size),
        )  # fmt: skip
        chunk = ChunkFile(
            camera=camera.pk, mine=camera.mine_id, stream=stream, sequence=first + n,
            start_s=written.start_s, duration_s=written.duration_s, path=written.path,
            bytes=written.bytes, sha256=hashlib.sha256(written.path.encode()).hexdigest(),
            codec=codec, width=320, height=180, fps=10.0, copied=True, key_interval_s=1.0,
        )  # fmt: skip
        rows.append(chunk_index(chunk=chunk, cause=cause))
    return rows


def seen(camera: Camera, until: datetime) -> None:
    """Say that the analysis has come so far."""
    Analysis.objects.filter(camera=camera).update(analysed_until=until)
    Chunk.objects.filter(camera=camera, state=Chunk.State.NEW).update(state=Chunk.State.DONE)


def minutes_ago(minutes: float) -> datetime:
    """Return the whole second so many minutes ago."""
    return timezone.now().replace(microsecond=0) - timedelta(minutes=minutes)


def swept(ring: Ring) -> int:
    """Let go what is not kept; return how many chunks."""
    with system_scope("test"):
        return trim(ring)
