"""The demo mine's cameras: an RTSP server that plays video files for ever, by the clock.

`rtsp://127.0.0.1:PORT/<name>/<stream>` plays `<root>/<name>/<stream>.mp4`. Frame `i` of a loop of
`d` seconds is sent when `(Unix time + phase) mod d` is the frame's own time, as if a camera had
been looking at the scene all along: main and sub stream show the same moment, a reader that
reconnects does not start the scene anew, and a test knows when a frame was "seen". `?phase=3.5`
moves one camera's clock, so that several may play the same loop.

The library's own form, `/<name>/<stream>.mp4?play_count=0`, starts at the first frame for each
reader and spreads a frame's packets over the frame's whole duration, which costs 100 ms at 10 fps.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import time
import urllib.parse
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import aio_sockets as aio
import av
from aio_rtsp_toolkit.server import RtspServer, RtspServerSession
from aio_rtsp_toolkit.server_media import MediaSource, MediaSourceError, extract_nalus
from aio_rtsp_toolkit.server_session_types import StreamTrackState

__all__ = ["Loop", "LoopServer", "main", "read_loop"]

# A stream that is later than this (a slow reader, a machine that slept) drops to the present.
_LATE_S = 1.0


@dataclass(frozen=True)
class Loop:
    """One file in memory: each frame's time in the loop, its data, and where readers may start."""

    duration_s: float
    times_s: tuple[float, ...]
    frames: tuple[bytes, ...]
    keys: tuple[int, ...]

    def next_key(self, moment_s: float) -> tuple[int, int]:
        """Return (turn, index) of the first key frame at or after an absolute moment."""
        turn, place = divmod(moment_s, self.duration_s)
        position = bisect_left(self.keys, place, key=lambda index: self.times_s[index])
        if position == len(self.keys):
            return int(turn) + 1, self.keys[0]
        return int(turn), self.keys[position]

    def moment(self, turn: int, index: int) -> float:
        """Return the absolute moment of a frame, in seconds."""
        return turn * self.duration_s + self.times_s[index]


@lru_cache(maxsize=64)
def _read(path: Path, _changed_ns: int) -> Loop:
    times: list[float] = []
    frames: list[bytes] = []
    keys: list[int] = []
    end = 0.0
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        step = float(1 / stream.average_rate) if stream.average_rate else 0.04
        for packet in container.demux(stream):
            if not packet.size or packet.dts is None:
                continue
            moment = float(packet.dts * packet.time_base)
            if packet.is_keyframe:
                keys.append(len(frames))
            times.append(moment)
            frames.append(bytes(packet))
            length = float(packet.duration * packet.time_base) if packet.duration else step
            end = moment + length
    if not keys:
        raise MediaSourceError(f"{path.name} has no key frame")
    return Loop(end - times[0], tuple(t - times[0] for t in times), tuple(frames), tuple(keys))


def read_loop(path: Path) -> Loop:
    """Read a file's video packets; the last 64 files are kept in memory."""
    return _read(path, path.stat().st_mtime_ns)


class _LoopSession(RtspServerSession):  # type: ignore[misc]
    """A reader of one stream."""

    phase_s = 0.0

    async def _handle_describe(self, uri: str, req_headers: dict[str, str]) -> None:
        values = urllib.parse.parse_qs(urllib.parse.urlsplit(uri).query).get("phase", ["0"])
        self.phase_s = float(values[0])
        await super()._handle_describe(uri, req_headers)

    async def _stream_media(self) -> None:
        state = next(one for one in self.track_states.values() if one.rtp_channel is not None)
        assert self.media_source is not None
        loop = await asyncio.to_thread(read_loop, self.media_source.file_path)
        turn, index = loop.next_key(time.time() + self.phase_s)
        first = loop.moment(turn, index)
        try:
            while not self.closed:
                moment = loop.moment(turn, index)
                due_s = moment - self.phase_s - time.time()
                if due_s < -_LATE_S:
                    turn, index = loop.next_key(time.time() + self.phase_s)
                    continue
                await asyncio.sleep(max(0.0, due_s))
                await self._send_frame(state, loop, index, moment - first)
                index += 1
                if index == len(loop.frames):
                    turn, index = turn + 1, 0
        except (ConnectionError, asyncio.IncompleteReadError):
            await self._close_transport()

    async def _send_frame(
        self, state: StreamTrackState, loop: Loop, index: int, media_time_s: float
    ) -> None:
        info, data = state.info, loop.frames[index]
        nalus = extract_nalus(info.codec_name, data, info.nal_length_size)
        if index in loop.keys:
            # A reader that lost packets finds the parameters again at each key frame.
            sets = [info.parameter_sets.get(name) for name in ("vps", "sps", "pps")]
            nalus = [one for one in sets if one] + nalus
        payloads = []
        for position, nalu in enumerate(nalus):
            marker = int(position == len(nalus) - 1)
            payloads += self._packetize_video_nalu(nalu, marker=marker, codec_name=info.codec_name)
        timestamp = round(media_time_s * info.clock_rate)
        for payload, marker in payloads:
            await self._send_rtp_packet(state, payload, timestamp=timestamp, marker=marker)


class LoopServer(RtspServer):  # type: ignore[misc]
    """Serves `<root>/<name>/<stream>.mp4` as `/<name>/<stream>`, video only."""

    async def _handle_client(self, sock: aio.TCPSocket) -> None:
        # A reader that goes away is nothing to report.
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await _LoopSession(self, sock).run()

    def resolve_request_path(self, uri: str) -> Path:
        parts = [part for part in urllib.parse.urlsplit(uri).path.split("/") if part]
        name = "/".join(urllib.parse.unquote(part) for part in parts)
        path: Path = (self.root_dir / name).resolve()
        path = path if path.suffix == ".mp4" else path.with_name(path.name + ".mp4")
        if self.root_dir not in path.parents or not path.is_file():
            raise FileNotFoundError(name)
        return path

    def load_media_source(self, file_path: Path) -> MediaSource:
        source = super().load_media_source(file_path)
        tracks = [track for track in source.tracks if track.media_type == "video"]
        if not tracks:
            raise MediaSourceError(f"{file_path.name} has no H.264 or H.265 video")
        return MediaSource(source.file_path, tracks, source.session_name)


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, required=True, help="folder of <name>/<stream>.mp4")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    server = LoopServer(str(options.root), options.host, options.port, session_name="Davy demo")
    # The library's own logger prints every report of every reader.
    server.logger = logging.getLogger("davy.rtsp")
    asyncio.run(server.serve_forever())


if __name__ == "__main__":
    main()
