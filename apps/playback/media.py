"""A stretch of the recording as a player takes it: one header, then fragment after fragment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings

from apps.cameras.models import Camera, Chunk
from apps.playback.selectors import LONGEST
from apps.rules.masks import covered
from workers.media.decode import read_frames
from workers.media.errors import MediaError
from workers.media.segment import Segment, split

__all__ = ["Stretch", "preview", "segment_of", "stretch"]

MOST_BYTES = 48_000_000
PREVIEW_PX = 320


@dataclass(frozen=True)
class Stretch:
    """Bytes that a browser's source buffer takes as they are; times in Unix seconds."""

    body: bytes
    codec: str
    since_s: float
    until_s: float
    length_s: float  # of the last chunk: how long the next one takes to come


def segment_of(chunk: Chunk) -> Segment | None:
    """Return one chunk for a player; None for one that is damaged or has just been deleted."""
    try:
        data = (settings.RING_DIR / chunk.path).read_bytes()
        return split(data, chunk.started_at.timestamp())
    except (OSError, MediaError):
        return None


def stretch(chunks: Sequence[Chunk]) -> Stretch | None:
    """Put chunks one after the other, up to a change of codec; None when none can be read.

    What is missing between them stays missing: every picture has the second in which it was
    recorded, so a gap is a gap in the browser's buffer too.
    """
    body = bytearray()
    header, codec, since_s, until_s, length_s = b"", "", 0.0, 0.0, 1.0
    for chunk in chunks:
        part = segment_of(chunk)
        if part is None:
            continue
        if codec and part.codec[:4] != codec[:4]:
            break
        start_s = chunk.started_at.timestamp()
        if part.header != header:
            body += part.header
            header = part.header
            codec = part.codec
        body += part.media
        since_s = since_s or start_s
        until_s, length_s = start_s + chunk.duration_s, chunk.duration_s
        if len(body) > MOST_BYTES:
            break
    return Stretch(bytes(body), codec, since_s, until_s, length_s) if body else None


def preview(*, camera: Camera, at_s: float) -> tuple[float, bytes] | None:
    """Return (Unix time, small JPEG) of the key picture before a moment, None where none is."""
    at = datetime.fromtimestamp(at_s, tz=UTC)
    chunk = (
        Chunk.objects.filter(
            camera=camera,
            stream=camera.analysed_stream,
            started_at__lte=at,
            started_at__gt=at - LONGEST,
        )
        .order_by("-started_at")
        .first()
    )
    if chunk is None or chunk.started_at + timedelta(seconds=chunk.duration_s + 1) < at:
        return None
    try:
        start_s = chunk.started_at.timestamp()
        for frame in read_frames(settings.RING_DIR / chunk.path, start_s=start_s, fps=None):
            jpeg = covered(frame.jpeg(width=PREVIEW_PX, quality=60), camera_id=camera.pk, at=at)
            return (frame.t, jpeg) if jpeg else None
    except (MediaError, OSError):
        return None
    return None
