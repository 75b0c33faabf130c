"""A stretch of the recording as a player takes it: one header, then fragment after fragment."""

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings

from apps.cameras.models import Camera, Chunk
from apps.playback.selectors import LONGEST
from apps.rules.masks import covered, masks_left
from workers.media.cover import cover_chunk
from workers.media.decode import read_frames
from workers.media.errors import MediaError
from workers.media.segment import Segment, split

__all__ = ["Stretch", "preview", "segment_of", "stretch"]

MOST_BYTES = 48_000_000
PREVIEW_PX = 320
# Covering a chunk costs decoding and encoding: an answer waits for so much of it, and the chunks
# covered last are kept.
MOST_COVERING_S = 2.0
MOST_KEPT_BYTES = 48_000_000
Masks = Sequence[list[list[float]]]


@dataclass(frozen=True)
class Stretch:
    """Bytes that a browser's source buffer takes as they are; times in Unix seconds."""

    body: bytes
    codec: str
    since_s: float
    until_s: float
    length_s: float  # of the last chunk: how long the next one takes to come


def segment_of(chunk: Chunk, masks: Masks) -> Segment | None:
    """Return one chunk for a player, its masks filled in the bytes.

    None for one that is damaged, cannot be covered, or has just been deleted. What was recorded
    with these masks goes as it is.
    """
    start_s = chunk.started_at.timestamp()
    try:
        data = (settings.RING_DIR / chunk.path).read_bytes()
        recorded = [chunk.masked_by]
        masks = masks_left(list(masks), camera_id=chunk.camera_id, recorded=recorded)
        if masks:
            return split(_covered(chunk.pk, data, json.dumps(masks)), start_s)
        return split(data, start_s)
    except (OSError, MediaError):
        return None


class _Kept:
    """The chunks covered last, so that a second viewer, or a second request, costs nothing."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.found: OrderedDict[tuple[int, str], bytes] = OrderedDict()
        self.size = 0

    def get(self, key: tuple[int, str]) -> bytes | None:
        with self.lock:
            if (data := self.found.get(key)) is not None:
                self.found.move_to_end(key)
            return data

    def put(self, key: tuple[int, str], data: bytes) -> None:
        with self.lock:
            self.size += len(data) - len(self.found.pop(key, b""))
            self.found[key] = data
            while self.size > MOST_KEPT_BYTES:
                self.size -= len(self.found.popitem(last=False)[1])


_kept = _Kept()


def _covered(pk: int, data: bytes, masks: str) -> bytes:
    key = (pk, masks)
    found = _kept.get(key)
    if found is None:
        found = cover_chunk(data, json.loads(masks))
        _kept.put(key, found)
    return found


def stretch(chunks: Sequence[Chunk], masks: Masks = ()) -> Stretch | None:
    """Put chunks one after the other, up to a change of codec; None when none can be read.

    What is missing between them stays missing: every picture has the second in which it was
    recorded, so a gap is a gap in the browser's buffer too. Covering takes time: what does not fit
    into two seconds is asked for next.
    """
    began = time.monotonic()
    body = bytearray()
    header, codec, since_s, until_s, length_s = b"", "", 0.0, 0.0, 1.0
    for chunk in chunks:
        part = segment_of(chunk, masks)
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
        if len(body) > MOST_BYTES or (masks and time.monotonic() - began > MOST_COVERING_S):
            break
    return Stretch(bytes(body), codec, since_s, until_s, length_s) if body else None


def preview(*, camera: Camera, at_s: float) -> tuple[float, bytes] | None:
    """Return (Unix time, small JPEG) of the key picture before a moment, None where none is."""
    at = datetime.fromtimestamp(at_s, tz=UTC)
    rows = Chunk.objects.filter(
        camera=camera,
        stream=camera.analysed_stream,
        started_at__lte=at,
        started_at__gt=at - LONGEST,
    ).defer("boxes")
    there = [c for c in rows if c.started_at + timedelta(seconds=c.duration_s + 1) >= at]
    # Not the latest: where a clock was set back a time is there twice.
    chunk = max(there, key=lambda chunk: chunk.sequence, default=None)
    if chunk is None:
        return None
    try:
        start_s = chunk.started_at.timestamp()
        for frame in read_frames(settings.RING_DIR / chunk.path, start_s=start_s, fps=None):
            jpeg = covered(frame.jpeg(width=PREVIEW_PX, quality=60), camera_id=camera.pk, at=at)
            return (frame.t, jpeg) if jpeg else None
    except (MediaError, OSError):
        return None
    return None
