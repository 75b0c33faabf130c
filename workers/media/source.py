"""Opens cameras and files, and says in plain words why one cannot be opened.

libav's own messages carry the whole address, password included. So none of them leaves this
module: errors are told apart by their class, and libav's log stays off.
"""

from __future__ import annotations

import errno
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import av
import av.error
import av.logging

from workers.media.errors import MediaError
from workers.words import sentence

av.logging.set_level(None)

MOST_SECRET_BYTES = 127  # libav's RTSPState.auth
OPEN_TIMEOUT_S = 8.0
READ_TIMEOUT_S = 8.0
LIVE_SCHEMES = ("rtsp", "rtsps")
# Demuxers that read one self-contained file. Playlists (hls, concat, dash) are left out: they
# may name other files and addresses.
FILE_FORMATS = (
    "avi,mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,mpegvideo,m4v,flv,live_flv,gif,asf,"
    "h264,hevc,ogg,mjpeg,mjpeg_2000,mxf,nut,ivf,obu,wav,mp3,aac,flac"
)
# A stream's header may claim pictures of any size in a hundred bytes, for each of which libav would
# take gigabytes of a process that records, or analyses, all mines' cameras.
MAX_PIXELS = 64_000_000
BOUNDED = {"max_pixels": str(MAX_PIXELS)}
# Until the first whole picture, however large; the default holds every stream back for seconds.
SMALL_PROBE = {"analyzeduration": "100000", "probesize": "2000000"}
# Of a recorded file no picture is decoded just to look at it: opening it is then ten times cheaper.
NO_PICTURES: list[Any] = [{"skip_frame": "all"}]
REFUSED = sentence("the camera refuses to send this stream")
# 453 and 503, by which cameras say so, are not told apart from others of their kind.
BUSY = sentence("the camera refuses to send this stream: perhaps too many watch it already")
WRONG_PASSWORD = sentence("wrong user name or password")
SECRET_PARAMETER = re.compile(
    r"(?i)(?<![a-z])(pass(?:word|wd)?|pwd|psw|pw|loginpas|token|secret|auth|key|loginuse|"
    r"user(?:name)?|usr)=[^&;/\s]*"
)


@dataclass(frozen=True)
class Opened:
    """An open stream: its container, its video stream, and whether it is live."""

    container: Any
    video: Any
    live: bool

    @property
    def codec(self) -> str:
        """The codec's name as libav knows it, such as "h264"."""
        return str(self.video.codec_context.name)

    @property
    def width(self) -> int:
        """Picture width in pixels."""
        return int(self.video.codec_context.width)

    @property
    def height(self) -> int:
        """Picture height in pixels."""
        return int(self.video.codec_context.height)

    @property
    def fps(self) -> float:
        """Frames a second as the stream claims; 0.0 when it claims none."""
        rate = self.video.average_rate or self.video.guessed_rate
        return float(rate) if rate else 0.0


def masked(url: str) -> str:
    """Return the address with *** for the values of secret parameters."""
    return SECRET_PARAMETER.sub(r"\1=***", url)


def redact(url: str) -> str:
    """Return the address without user name, password or secret parameters."""
    scheme, mark, rest = url.partition("://")
    if not mark:
        return masked(url)
    # Everything before the last @ goes: an unencoded password may hold / or @ itself.
    if "@" in rest:
        rest = "***@" + rest.rpartition("@")[2]
    return f"{scheme}://" + masked(rest)


def is_live(url: str) -> bool:
    """Return whether the address is a camera's (True) or a file's (False); else MediaError."""
    scheme = url.partition(":")[0].lower() if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", url) else ""
    if scheme in LIVE_SCHEMES:
        try:
            host = urlsplit(url).hostname
            _ = urlsplit(url).port
        except ValueError:
            host = None
        if not host:
            raise MediaError("the address names no host, or its port is no number")
        return True
    if scheme in ("", "file"):
        return False
    raise MediaError(
        f"addresses that start with {scheme}: are not read; use rtsp:, rtsps: or file:"
    )


def file_path(url: str) -> Path:
    """Return the path of a `file:` address or plain path."""
    if url.lower().startswith("file://"):
        return Path(unquote(urlsplit(url).path))
    if url.lower().startswith("file:"):
        return Path(url[5:])
    return Path(url)


@contextmanager
def in_words(timeout_s: float, *, reading: bool = False) -> Iterator[None]:
    """Turn what libav raises inside the block into a MediaError."""
    try:
        yield
    except (av.error.FFmpegError, OSError, ValueError) as error:
        # `from None`: the original's text holds the address.
        raise explain(error, timeout_s, reading=reading) from None


def explain(error: BaseException, timeout_s: float, *, reading: bool = False) -> MediaError:
    """Return the MediaError for an exception of libav, without its text."""
    if isinstance(error, MediaError):
        return error
    if isinstance(error, (av.error.ExitError, TimeoutError)):
        if reading:
            return MediaError(f"no picture for {timeout_s:.0f} s", state="frozen")
        return MediaError(f"no answer within {timeout_s:.0f} s", state="lost")
    for kinds, reason, state in _REASONS:
        if isinstance(error, kinds):
            return MediaError(reason, state=state)
    number = getattr(error, "errno", None)
    if number in (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EIO):
        return MediaError("the address cannot be reached", state="lost")
    if number == errno.EPROTONOSUPPORT:
        return MediaError(
            "the camera does not send this stream over TCP (RTP over RTSP), and UDP is not read"
        )
    if isinstance(error, ValueError):
        return MediaError("what comes cannot be read as video")
    return MediaError("the stream cannot be opened", state="lost")


_REASONS: tuple[tuple[tuple[type[BaseException], ...], str, str], ...] = (
    (
        (ConnectionRefusedError,),
        sentence("the connection is refused: nothing listens there"),
        "lost",
    ),
    (
        (ConnectionResetError, ConnectionAbortedError, BrokenPipeError),
        sentence("the connection was closed by the other side"),
        "lost",
    ),
    (
        (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError),
        WRONG_PASSWORD,
        "unusable",
    ),
    (
        (av.error.HTTPNotFoundError,),
        sentence("not found: there is no stream at this path"),
        "unusable",
    ),
    ((av.error.HTTPBadRequestError,), REFUSED, "unusable"),
    ((av.error.HTTPClientError, av.error.HTTPServerError), BUSY, "unusable"),
    ((FileNotFoundError,), sentence("the file is not there"), "unusable"),
    ((PermissionError,), sentence("the file may not be read"), "unusable"),
    ((IsADirectoryError,), sentence("the path is a folder, not a file"), "unusable"),
    ((av.error.InvalidDataError,), sentence("what comes cannot be read as video"), "unusable"),
    ((av.error.EOFError,), sentence("the stream ended before a picture came"), "lost"),
    ((av.error.LookupError,), sentence("this kind of stream cannot be read"), "unusable"),
)


def bounded(container: Any) -> Any:
    """Let no decoder of a container make a picture of more than MAX_PIXELS; returns the container.

    Opened with BOUNDED it has made none yet; what is larger cannot be decoded.
    """
    for stream in container.streams.video:
        if stream.codec_context is not None:
            stream.codec_context.options = dict(BOUNDED)
    return container


def open_stream(
    url: str,
    *,
    open_timeout_s: float = OPEN_TIMEOUT_S,
    read_timeout_s: float = READ_TIMEOUT_S,
) -> Opened:
    """Open a camera (RTSP over TCP) or a file; MediaError says why it cannot be used."""
    live = is_live(url)
    opener = _camera(url, read_timeout_s) if live else _file(file_path(url))
    timeouts = (open_timeout_s, read_timeout_s)
    try:
        opened = _try(opener(SMALL_PROBE), timeouts, live)
    except MediaError as error:
        if not live or error.reason not in (REFUSED, BUSY):
            raise
        # A camera that has only sound refuses to play nothing; with sound asked for, it is
        # found out that there is no video.
        opened = _try(opener({**SMALL_PROBE, "allowed_media_types": "video+audio"}), timeouts, live)
    if opened.width == 0 or opened.height == 0:
        # The small probe was too small for this one; libav's own default takes seconds.
        opened.container.close()
        opened = _try(opener({}), timeouts, live)
    if opened.width * opened.height > MAX_PIXELS:
        opened.container.close()
        size = f"{opened.width}x{opened.height}"
        raise MediaError(f"pictures of {size} are too large", state="unusable")
    if opened.width == 0 or opened.height == 0:
        opened.container.close()
        if live:
            raise MediaError(f"no whole picture within {open_timeout_s:.0f} s", state="lost")
        raise MediaError("no picture size could be found in the file")
    return opened


Opener = Callable[[dict[str, str]], tuple[str, dict[str, str]]]


def as_libav_takes(url: str) -> str:
    """Return a camera's address in the form that libav reads as it is meant.

    It takes a colon without a port for port 0, and of name and password it keeps 127 bytes: cut
    off they would be a wrong password, which locks accounts. Encoded, a Chinese sign is 9 bytes;
    all but a few may stand as they are. MediaError where they are too long even so.
    """
    scheme, _mark, rest = url.partition("://")
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    secret, at, host = authority.rpartition("@")
    if len(secret.encode()) > MOST_SECRET_BYTES:
        secret = _less_encoded(secret)
    if len(secret.encode()) > MOST_SECRET_BYTES:
        raise MediaError(
            "user name and password are too long: together they may have 126 letters of English,"
            " or 42 signs of Chinese"
        )
    return f"{scheme.lower()}://{secret}{at}{host.removesuffix(':')}{rest[len(authority) :]}"


def _less_encoded(secret: str) -> str:
    try:
        plain = unquote(secret, errors="strict")
    except UnicodeDecodeError:
        return secret
    return re.sub(r"[%/?#\s]", lambda sign: quote(sign[0], safe=""), plain)


def _camera(url: str, read_timeout_s: float) -> Opener:
    address = as_libav_takes(url)

    def options(probe: dict[str, str]) -> tuple[str, dict[str, str]]:
        return address, {
            "rtsp_transport": "tcp",
            # Sound would hide a frozen picture: its packets keep the connection busy.
            "allowed_media_types": "video",
            # Of the socket, in microseconds. Half: libav waits twice before it gives up.
            "timeout": str(int(read_timeout_s * 1_000_000 / 2)),
            "protocol_whitelist": "rtsp,rtsps,tcp,tls,rtp,udp",
            **BOUNDED,
            **probe,
        }

    return options


def _file(path: Path) -> Opener:
    if not path.exists():
        raise MediaError("the file is not there")
    if not path.is_file():
        raise MediaError("the path is not a file")

    def options(probe: dict[str, str]) -> tuple[str, dict[str, str]]:
        # "file:" in front: a name such as "concat:a|b" must stay a name.
        return f"file:{path.resolve()}", {
            "protocol_whitelist": "file",
            "format_whitelist": FILE_FORMATS,
            **BOUNDED,
            **probe,
        }

    return options


def _try(target: tuple[str, dict[str, str]], timeouts: tuple[float, float], live: bool) -> Opened:
    address, options = target
    with in_words(timeouts[0]):
        timeout = timeouts if live else None
        container = bounded(av.open(address, mode="r", options=options, timeout=timeout))
    for stream in container.streams.video:
        if stream.codec_context is not None:
            return Opened(container=container, video=stream, live=live)
    known = bool(container.streams.video)
    container.close()
    if known:
        raise MediaError("the video's codec is not known here")
    raise MediaError("there is no video in the stream")


def packets(opened: Opened, read_timeout_s: float = READ_TIMEOUT_S) -> Iterator[Any]:
    """Yield the video's packets until the stream ends; MediaError when it freezes or breaks."""
    # What a second picture (a thermal one, a fisheye's) sends is taken and thrown away: waited past
    # within libav, it would keep a frozen one from ever being noticed.
    tracks = opened.container.streams.video if opened.live else (opened.video,)
    stream = opened.container.demux(*tracks)
    since_s = time.monotonic()
    while True:
        with in_words(read_timeout_s, reading=True):
            packet = next(stream, None)
            if packet is not None and packet.stream_index != opened.video.index:
                if time.monotonic() - since_s > read_timeout_s:
                    raise TimeoutError
                continue
        if packet is None:
            return
        if packet.size:  # an empty one only asks decoders to hand out what they hold
            yield packet
        since_s = time.monotonic()
