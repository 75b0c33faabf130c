"""Small H.264 films made on the spot, and chunks of them in a ring."""

import io
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cache

import av
import numpy as np

from apps.cameras.models import Camera, Chunk, Stream
from apps.cameras.services import chunk_index
from workers.media.record import ChunkFile
from workers.media.ring import Ring

__all__ = ["chunk_bytes", "record_chunks"]


@cache  # the same pictures for hundreds of tests: to encode a chunk takes 11 ms of a processor
def chunk_bytes(number: int, *, seconds: int = 1, fps: int = 10, codec: str = "libx264") -> bytes:
    """Return one chunk as the recorder writes it: fragmented MP4 that begins with a key frame."""
    out = io.BytesIO()
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    with av.open(out, "w", format="mp4", options=options) as container:
        stream = container.add_stream(codec, rate=fps)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        stream.time_base = Fraction(1, fps)
        stream.codec_context.options = {"g": str(fps), "bf": "0", "preset": "ultrafast"}
        for i in range(seconds * fps):
            picture = np.full((180, 320, 3), 40, np.uint8)
            left = (number * fps + i) * 4 % 280
            picture[60:120, left : left + 40] = (200, 180, 40)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = i
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def record_chunks(
    ring: Ring,
    camera: Camera,
    start: datetime,
    seconds: int,
    *,
    stream: str = Stream.MAIN,
    first: int = 1,
    leave_out: tuple[int, ...] = (),
    codec: str = "libx264",
    masked_by: int | None = None,
) -> list[Chunk]:
    """Put one-second chunks into ring and index as the recorder does."""
    rows = []
    for n in range(seconds):
        if n in leave_out:
            continue
        at = (start + timedelta(seconds=n)).timestamp()
        written = ring.write(
            mine=camera.mine_id, camera=camera.pk, stream=stream, sequence=first + n,
            start_s=at, end_s=at + 1, data=chunk_bytes(n, codec=codec),
        )  # fmt: skip
        chunk = ChunkFile(
            camera=camera.pk, mine=camera.mine_id, stream=stream, sequence=first + n,
            start_s=written.start_s, duration_s=written.duration_s, path=written.path,
            bytes=written.bytes, sha256=written.sha256, width=320, height=180, fps=10.0,
            codec="hevc" if codec == "libx265" else "h264",
            copied=True, key_interval_s=1.0, masked_by=masked_by,
        )  # fmt: skip
        rows.append(chunk_index(chunk=chunk))
    return rows
