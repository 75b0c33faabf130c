"""A camera's newest seconds as an HLS playlist (RFC 8216), for players outside of our pages."""

from collections.abc import Sequence
from datetime import UTC
from hashlib import sha256

from django.urls import reverse

from apps.cameras.models import Chunk
from apps.playback.media import Masks, segment_of

__all__ = ["SEGMENTS", "playlist"]

SEGMENTS = 6


def playlist(chunks: Sequence[Chunk], masks: Masks = ()) -> str:
    """Return a live playlist of chunks, oldest first; chunks that cannot be read are left out.

    A hole between two chunks and another picture size are discontinuities. The header is named
    by its content, so that a player asks for it once.
    """
    length = max((chunk.duration_s for chunk in chunks), default=1.0)
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{max(1, round(length))}",
        f"#EXT-X-MEDIA-SEQUENCE:{chunks[0].sequence if chunks else 0}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
    ]
    header, end_s = b"", 0.0
    for chunk in chunks:
        part = segment_of(chunk, masks)
        if part is None:
            continue
        start_s = chunk.started_at.timestamp()
        if header and (part.header != header or start_s - end_s > 0.3):
            lines.append("#EXT-X-DISCONTINUITY")
        if part.header != header:
            header = part.header
            name = sha256(header).hexdigest()[:12]
            lines.append(f'#EXT-X-MAP:URI="{_address(chunk, "header")}?h={name}"')
        at = chunk.started_at.astimezone(UTC)
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{at:%Y-%m-%dT%H:%M:%S}.{at:%f}"[:-3] + "Z")
        lines.append(f"#EXTINF:{chunk.duration_s:.3f},")
        lines.append(_address(chunk, "media"))
        end_s = start_s + chunk.duration_s
    return "\n".join(lines) + "\n"


def _address(chunk: Chunk, part: str) -> str:
    return reverse(
        "api:camera-segment",
        kwargs={
            "pk": chunk.camera_id,
            "stream": chunk.stream,
            "sequence": chunk.sequence,
            "part": part,
        },
    )
