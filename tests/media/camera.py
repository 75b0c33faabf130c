"""A camera of which a test says every answer and packet: RTSP over TCP, as devices speak it."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import av

from workers.media import nal

CLOCK = 90_000
MOST_BYTES = 1200
NONCE = "5d1f0c"


@dataclass(frozen=True)
class Shot:
    """One picture as it is sent: its NAL units, when it is shown, and whether it is a key."""

    units: list[bytes]
    at_s: float
    key: bool


def shots(path: Path) -> list[Shot]:
    """Return the pictures of a film (.ts), in the order in which they are decoded."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        found = [
            Shot(
                list(nal.annex_b(bytes(packet))),
                float(packet.pts * packet.time_base),
                bool(packet.is_keyframe),
            )
            for packet in container.demux(stream)
            if packet.size and packet.pts is not None
        ]
    first = min(shot.at_s for shot in found)
    return [Shot(shot.units, shot.at_s - first, shot.key) for shot in found]


def without(film: Sequence[Shot], codec: str) -> list[Shot]:
    """Return the pictures without their parameter sets."""
    return [
        Shot(
            [u for u in s.units if not nal.is_parameter_set(codec, nal.nal_type(codec, u[0]))],
            s.at_s,
            s.key,
        )
        for s in film
    ]


def rtp_payloads(unit: bytes, codec: str) -> list[bytes]:
    """Return a NAL unit as the payloads of RTP packets (RFC 6184, RFC 7798)."""
    if len(unit) <= MOST_BYTES:
        return [unit]
    if codec == nal.H264:
        head, body = bytes([unit[0] & 0xE0 | 28]), unit[1:]
        kind = unit[0] & 0x1F
    else:
        head, body = bytes([unit[0] & 0x81 | 49 << 1, unit[1]]), unit[2:]
        kind = unit[0] >> 1 & 0x3F
    parts = [body[i : i + MOST_BYTES] for i in range(0, len(body), MOST_BYTES)]
    last = len(parts) - 1
    return [
        head + bytes([(i == 0) << 7 | (i == last) << 6 | kind]) + part
        for i, part in enumerate(parts)
    ]


class Viewer:
    """Who watches: what is sent to it."""

    def __init__(self, client: socket.socket, camera: Camera) -> None:
        self.client = client
        self.camera = camera
        self.number = 1000  # of the next RTP packet
        self.gone = threading.Event()
        self._lock = threading.Lock()
        self.began = time.monotonic()

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        try:
            with self._lock:
                self.client.sendall(data)
        except OSError:
            self.gone.set()

    def packet(self, payload: bytes, channel: int = 0) -> None:
        """Send one interleaved packet."""
        self.send(b"$" + struct.pack(">BH", channel, len(payload)) + payload)

    def picture(
        self, shot: Shot, stamp: int, codec: str = nal.H264, *, lose: int = 0, channel: int = 0
    ) -> None:
        """Send one picture; lose: leave out so many of its RTP packets, from the second on."""
        payloads = [p for unit in shot.units for p in rtp_payloads(unit, codec)]
        for i, payload in enumerate(payloads):
            marker = 0x80 if i == len(payloads) - 1 else 0
            head = struct.pack(
                ">BBHII", 0x80, marker | 96, self.number & 0xFFFF, stamp & 0xFFFFFFFF, 0x1234
            )
            self.number += 1
            if 1 <= i <= lose:
                continue
            self.packet(head + payload, channel)

    def report(self, stamp: int, unix_s: float, channel: int = 1) -> None:
        """Send an RTCP sender report: which moment a stamp is."""
        ntp = round((unix_s + 2_208_988_800) * 2**32)
        self.packet(
            struct.pack(
                ">BBHIQIII", 0x80, 200, 6, 0x1234, ntp & (2**64 - 1), stamp & 0xFFFFFFFF, 1, 1
            ),
            channel,
        )

    def wait_until(self, at_s: float) -> bool:
        """Wait until so long after the viewer came; False once it is gone."""
        return not self.gone.wait(max(0.0, self.began + at_s - time.monotonic()))

    def close(self) -> None:
        """End the connection."""
        self.gone.set()
        with suppress(OSError):
            self.client.shutdown(socket.SHUT_RDWR)  # closed alone, it waits for who reads from it
        self.client.close()


Play = Callable[[Viewer], None]


@dataclass
class Camera:
    """An RTSP server for one stream. `play` sends the pictures; `asked` is what was asked of it."""

    play: Play
    codec: str = nal.H264
    tracks: str = ""  # further media of the description
    fmtp: str = ""
    host: str = "127.0.0.1"
    user: str = ""
    password: str = ""
    scheme: str = "Digest"
    timeout_s: int = 60
    answers: dict[str, str] = field(default_factory=dict)  # method: status line and headers
    asked: list[str] = field(default_factory=list)
    viewers: list[Viewer] = field(default_factory=list)
    port: int = 0

    @contextmanager
    def serving(self) -> Iterator[Camera]:
        """Serve until the block ends."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        listener = socket.create_server((self.host, self.port), family=family)
        self.port = listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        try:
            yield self
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            for viewer in self.viewers:
                viewer.close()

    def url(self, user: str = "", path: str = "live") -> str:
        """Return the stream's address; user: "name:password@", encoded."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"rtsp://{user}{host}:{self.port}/{path}"

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            viewer = Viewer(client, self)
            self.viewers.append(viewer)
            threading.Thread(target=self._talk, args=(viewer,), daemon=True).start()

    def _talk(self, viewer: Viewer) -> None:
        data = b""
        try:
            while not viewer.gone.is_set():
                while data[:1] == b"$" and len(data) >= 4:
                    size = 4 + int.from_bytes(data[2:4], "big")
                    if len(data) < size:
                        break
                    data = data[size:]
                if data[:1] != b"$" and b"\r\n\r\n" in data:
                    head, _, data = data.partition(b"\r\n\r\n")
                    self._answer(viewer, head.decode())
                    continue
                more = viewer.client.recv(65536)
                if not more:
                    break
                data += more
        except OSError:
            pass
        viewer.gone.set()

    def _answer(self, viewer: Viewer, head: str) -> None:
        method, uri = head.split(" ", 2)[:2]
        self.asked.append(method)
        number = re.search(r"(?im)^CSeq: *(\d+)", head)
        cseq = f"CSeq: {number[1] if number else 0}\r\n"
        if method in self.answers:
            viewer.send(f"RTSP/1.0 {self.answers[method]}\r\n{cseq}\r\n".encode())
            return
        if self.user and method != "OPTIONS" and not self._is_let_in(head, method, uri):
            asks = f'{self.scheme} realm="cam"' + (
                f', nonce="{NONCE}"' if self.scheme == "Digest" else ""
            )
            viewer.send(
                f"RTSP/1.0 401 Unauthorized\r\n{cseq}WWW-Authenticate: {asks}\r\n\r\n".encode()
            )
            return
        extra, body = "", ""
        if method == "OPTIONS":
            extra = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER\r\n"
        elif method == "DESCRIBE":
            body = self._sdp()
            extra = f"Content-Type: application/sdp\r\nContent-Base: {uri}/\r\n"
        elif method == "SETUP":
            asked = re.search(r"interleaved=(\d+)-(\d+)", head)
            if asked is None:
                viewer.send(f"RTSP/1.0 461 Unsupported Transport\r\n{cseq}\r\n".encode())
                return
            extra = f"Transport: RTP/AVP/TCP;unicast;interleaved={asked[1]}-{asked[2]}\r\n"
        if method in ("SETUP", "PLAY", "GET_PARAMETER"):
            extra += f"Session: 77;timeout={self.timeout_s}\r\n"
        viewer.send(
            f"RTSP/1.0 200 OK\r\n{cseq}{extra}Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        if method == "PLAY":
            viewer.began = time.monotonic()
            threading.Thread(target=self._play, args=(viewer,), daemon=True).start()

    def _play(self, viewer: Viewer) -> None:
        self.play(viewer)
        viewer.close()

    def _sdp(self) -> str:
        name = "H264" if self.codec == nal.H264 else "H265"
        fmtp = f"a=fmtp:96 {self.fmtp}\r\n" if self.fmtp else ""
        return (
            "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=Media\r\nt=0 0\r\n"
            f"m=video 0 RTP/AVP 96\r\na=rtpmap:96 {name}/90000\r\n{fmtp}a=control:track1\r\n"
            f"{self.tracks}"
        )

    def _is_let_in(self, head: str, method: str, uri: str) -> bool:
        given = re.search(r"(?im)^Authorization: *(\w+) (.*)$", head)
        if given is None or given[1] != self.scheme:
            return False
        if self.scheme == "Basic":
            return base64.b64decode(given[2].strip()).decode() == f"{self.user}:{self.password}"
        facts = dict(re.findall(r'(\w+)="([^"]*)"', given[2]))

        def md5(text: str) -> str:
            return hashlib.md5(text.encode()).hexdigest()

        secret = md5(f"{self.user}:cam:{self.password}")
        wanted = md5(":".join((secret, NONCE, md5(f"{method}:{facts.get('uri')}"))))
        return facts.get("username") == self.user and facts.get("response") == wanted


def by_the_clock(
    film: Sequence[Shot],
    *,
    seconds: float = 1e9,
    first: int = 12345,
    codec: str = nal.H264,
    bend: Callable[[float], float] = lambda s: s,
) -> Play:
    """Play a film again and again at its own pace; bend: which stream second is told for which."""
    times = sorted(shot.at_s for shot in film)
    length_s = times[-1] + min(b - a for a, b in pairwise(times))

    def play(viewer: Viewer) -> None:
        turn = 0
        while True:
            for i, shot in enumerate(film):
                at_s = turn * length_s + length_s * i / len(film)
                shown_s = turn * length_s + shot.at_s
                if at_s >= seconds or not viewer.wait_until(at_s):
                    return
                viewer.picture(shot, first + round(bend(shown_s) * CLOCK), codec)
            turn += 1

    return play
