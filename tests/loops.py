"""The demo's rendered loops as chunks in a ring, without a recorder: any second, at any speed."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import av

from apps.cameras.models import Camera, Chunk, Stream
from apps.cameras.services import chunk_index
from workers.media.record import ChunkFile
from workers.media.ring import Ring

__all__ = ["LOOPS", "Loop", "feed", "loop"]

LOOPS = Path(__file__).resolve().parent.parent / "workers" / "simulate" / "loops"


@dataclass(frozen=True)
class Loop:
    """One loop: its chunks of a second, its scene and its truth."""

    chunks: tuple[bytes, ...]
    scene: dict[str, Any]
    truth: dict[str, Any]

    def entry_s(self, *, alarm: bool = True) -> float:
        """Return when a foot first stands in the danger zone and must (or must not) alarm."""
        return next(
            event["t"]
            for event in self.truth["events"]
            if event["type"] == "zone_entry"
            and event["zone"] == "danger"
            and event["alarm"] is alarm
        )


@lru_cache(maxsize=8)
def loop(name: str, stream: str = "sub") -> Loop:
    """Read a loop and cut it at its key frames, one a second."""
    folder = LOOPS / name
    return Loop(
        tuple(_seconds(folder / f"{stream}.mp4")),
        json.loads((folder / "scene.json").read_text()),
        json.loads((folder / "truth.json").read_text()),
    )


def _seconds(path: Path) -> Iterator[bytes]:
    with av.open(str(path)) as source:
        stream = source.streams.video[0]
        packets: list[av.Packet] = []
        for packet in source.demux(stream):
            if packet.dts is None or packet.is_keyframe:
                if packets:
                    yield _chunk(stream, packets)
                packets = []
            if packet.dts is not None:
                packets.append(packet)


def _chunk(template: av.VideoStream, packets: list[av.Packet]) -> bytes:
    out = io.BytesIO()
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    with av.open(out, "w", format="mp4", options=options) as container:
        stream = container.add_stream_from_template(template)
        first = packets[0].dts
        for packet in packets:
            packet.dts -= first
            packet.pts -= first
            packet.stream = stream
            container.mux(packet)
    return out.getvalue()


def feed(
    ring: Ring,
    camera: Camera,
    chunks: tuple[bytes, ...],
    start: datetime,
    *,
    stream: str = Stream.SUB,
    first: int = 1,
) -> list[Chunk]:
    """Put chunks into ring and index as the recorder does, one a second from `start`."""
    rows = []
    for n, data in enumerate(chunks):
        at = (start + timedelta(seconds=n)).timestamp()
        written = ring.write(
            mine=camera.mine_id, camera=camera.pk, stream=stream, sequence=first + n,
            start_s=at, end_s=at + 1, data=data,
        )  # fmt: skip
        chunk = ChunkFile(
            camera=camera.pk, mine=camera.mine_id, stream=stream, sequence=first + n,
            start_s=written.start_s, duration_s=written.duration_s, path=written.path,
            bytes=written.bytes, sha256=written.sha256, codec="h264", width=640, height=360,
            fps=10.0, copied=True, key_interval_s=1.0,
        )  # fmt: skip
        rows.append(chunk_index(chunk=chunk))
    return [row for row in rows if row is not None]
