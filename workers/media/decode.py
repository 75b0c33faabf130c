"""Pictures out of files, chunks and folders of stills: luma for free, colour only when asked."""

from collections.abc import Generator, Iterator
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import av
import av.error
import cv2
import numpy as np

from workers.media.errors import MediaError
from workers.media.luma import is_brought, is_full, limited, luma_of, plane_of
from workers.media.pixels import formers, ratio_of, square
from workers.media.source import BOUNDED, MAX_PIXELS, NO_PICTURES, bounded

# Looking at 4 kB instead of seconds of stream makes opening two to three times cheaper.
SMALL_PROBE = {"analyzeduration": "1", "probesize": "4096"}
# Nothing that a file names may be fetched from a network or a pipe.
SAFE = {"protocol_whitelist": "file"}
STILLS = frozenset((".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm"))
# Time stamps that go back further than this begin anew; less is jitter.
REWIND_S = 0.5
# A clock that was set back by more begins a new grid; less are frames of a cell already taken.
REWIND_CELLS_S = 2.0
MAX_ERRORS = 1000


class Frame:
    """One picture at a time t in seconds: luma and colour are made when asked for.

    picture: PyAV's frame, or BGR (H, W, 3) uint8; name: the still's file name.
    """

    def __init__(self, t: float, index: int, picture: Any, name: str | None = None) -> None:
        self.t = t
        self.index = index
        self.name = name
        self._picture = picture
        if isinstance(picture, np.ndarray):
            self.height, self.width = int(picture.shape[0]), int(picture.shape[1])
        else:
            self.height, self.width = int(picture.height), int(picture.width)

    @cached_property
    def luma(self) -> np.ndarray:
        """Return the brightness (H, W) uint8, black 16, as a view where its layout allows."""
        if isinstance(self._picture, np.ndarray):
            return cv2.cvtColor(self._picture, cv2.COLOR_BGR2GRAY)
        return luma_of(self._picture)

    @property
    def brought(self) -> bool:
        """Tell whether the luma was brought from the full range; a still's is as it was."""
        return not isinstance(self._picture, np.ndarray) and is_brought(self._picture)

    def bgr(self, width: int | None = None) -> np.ndarray:
        """Return the picture (H, W, 3) uint8, made smaller to this width, never larger."""
        wide = min(width or self.width, self.width)
        high = max(1, round(self.height * wide / self.width))
        if isinstance(self._picture, np.ndarray):
            if wide == self.width:
                return self._picture
            return cv2.resize(self._picture, (wide, high), interpolation=cv2.INTER_AREA)
        return _shrink(self._picture, wide, high)

    def crop(self, left: int, top: int, right: int, bottom: int) -> np.ndarray:
        """Return a window of the picture in pixels (h, w, 3) BGR; cheap where it is small.

        Where colour is stored for pairs of pixels the window grows to whole pairs.
        """
        if isinstance(self._picture, np.ndarray):
            return self._picture[top:bottom, left:right]
        if self._picture.format.name not in ("yuv420p", "yuvj420p"):
            return self.bgr()[top:bottom, left:right]
        left, top = left // 2 * 2, top // 2 * 2
        right, bottom = (
            min((right + 1) // 2 * 2, self.width),
            min((bottom + 1) // 2 * 2, self.height),
        )
        right, bottom = right - (right - left) % 2, bottom - (bottom - top) % 2
        if right - left < 2 or bottom - top < 2:
            return self.bgr()[top : bottom + 2, left : right + 2]
        planes = [
            plane_of(self._picture, i)[top // by : bottom // by, left // by : right // by]
            for i, by in enumerate((1, 2, 2))
        ]
        if is_full(self._picture):
            planes = limited(planes)
        joined = np.concatenate([plane.reshape(-1) for plane in planes])
        joined = joined.reshape((bottom - top) * 3 // 2, right - left)
        return cv2.cvtColor(joined, cv2.COLOR_YUV2BGR_I420)

    def jpeg(self, width: int | None = None, quality: int = 80) -> bytes:
        """Return the picture as a JPEG file, made smaller to this width, never larger."""
        good, data = cv2.imencode(".jpg", self.bgr(width), [cv2.IMWRITE_JPEG_QUALITY, quality])
        if not good:
            raise MediaError("the picture could not be written as JPEG")
        return data.tobytes()


def _shrink(picture: Any, width: int, height: int) -> np.ndarray:
    shrunk = formers.one.reformat(picture, width, height, "bgr24")
    return shrunk.to_ndarray()


class FrameReader(Iterator[Frame]):
    """Frames of a video in order of time, of square pixels; what cannot be decoded is counted.

    `errors` counts packets that could not be decoded, and pictures of which the decoder made up a
    part; `rate` is the nominal frames a second.
    Raises MediaError when opened if there is no video, at the end if no picture came out of it.
    """

    def __init__(
        self,
        source: str | Path | BinaryIO,
        *,
        start_s: float = 0.0,
        fps: float | None = None,
        keys: bool = False,
        wanted_fps: float | None = None,
    ) -> None:
        self.errors = 0
        self.frames = 0
        self.name = "stream" if hasattr(source, "read") else Path(str(source)).name
        self._container = _open(source, self.name)
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "NONE"
        self._stream.codec_context.thread_count = 1
        if keys:
            self._stream.codec_context.skip_frame = "NONKEY"
        rate = self._stream.average_rate or self._stream.guessed_rate
        self.rate = float(rate) if rate and 0 < rate <= 1000 else 25.0
        self._clock = _Clock(start_s, 1 / self.rate)
        self._start_s, self._wanted_fps = start_s, wanted_fps
        self._cells = Cells(fps) if fps else None
        self._frames = self._read()

    def __iter__(self) -> "FrameReader":
        return self

    def __next__(self) -> Frame:
        return next(self._frames)

    def close(self) -> None:
        """Give the file back; safe to call twice."""
        self._frames.close()
        self._container.close()

    def _read(self) -> Generator[Frame, None, None]:
        try:
            for picture in self._decode():
                if picture.width * picture.height > MAX_PIXELS:
                    raise MediaError(
                        f"{self.name}: a picture of {picture.width}x{picture.height} is too large"
                    )
                self.errors += bool(picture.is_corrupt)
                t = self._clock.tick(picture.time)
                index = self.frames
                self.frames += 1
                if self._cells is None or self._cells.take(t):
                    yield Frame(t, index, square(picture, ratio_of(self._stream)))
        finally:
            self._container.close()
        if not self.frames:
            raise MediaError(f"{self.name}: no picture in it could be decoded")

    def _decode(self) -> Iterator[Any]:
        packets = self._container.demux(self._stream)
        if self._wanted_fps:
            packets = self._without_tail(packets, self._wanted_fps)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (av.error.FFmpegError, ValueError):
                # A file that was cut off: what came before is good.
                self.errors += 1
                return
            try:
                yield from packet.decode()
            except av.error.EOFError:
                return
            except (av.error.FFmpegError, ValueError):
                self.errors += 1
                if self.errors >= MAX_ERRORS:
                    return

    def _without_tail(self, packets: Iterator[Any], fps: float) -> Iterator[Any]:
        """Give a short file's packets up to the last that such a rate takes, and the decoder's end.

        All of them where pictures are not sent in order of time.
        """
        kept: list[Any] = []
        try:
            kept.extend(packets)
        except (av.error.FFmpegError, ValueError):
            self.errors += 1  # cut off: what came before is good
        full = [packet for packet in kept if packet.size]
        times = [packet.pts for packet in full]
        last = len(full) - 1
        if None not in times and all(a < b for a, b in pairwise(times)):
            clock, cells = _Clock(self._start_s, 1 / self.rate), Cells(fps)
            ticks = (clock.tick(float(p.pts * p.time_base)) for p in full)
            last = max((i for i, t in enumerate(ticks) if cells.take(t)), default=last)
        yield from full[: last + 1]
        yield from (packet for packet in kept if not packet.size)


class _Clock:
    """Times that only go forward, whatever the stream's time stamps do."""

    def __init__(self, start_s: float, step_s: float) -> None:
        self.start_s = start_s
        self.step_s = step_s
        self.base: float | None = None
        self.last: float | None = None

    def tick(self, stamp: float | None) -> float:
        """Return the time of the next picture, in seconds from start_s on."""
        follow = 0.0 if self.last is None else self.last + self.step_s
        if stamp is None:
            t = follow
        else:
            if self.base is None:
                self.base = stamp - follow
            t = stamp - self.base
            if self.last is not None and t < self.last - REWIND_S:
                self.base = stamp - follow
                t = follow
        if self.last is not None:
            t = max(t, self.last + 0.001)
        self.last = t
        return self.start_s + t


class Cells:
    """Chooses one frame in each 1/fps seconds, on a grid of absolute time.

    On such a grid the same frames are chosen wherever a recording is cut into chunks.
    """

    def __init__(self, fps: float, last: int | None = None) -> None:
        self.fps = fps
        self.last = last

    def take(self, t: float) -> bool:
        """Tell whether the frame at t seconds is the first of its cell."""
        # A tenth of a cell early still counts: time stamps are rounded.
        cell = int(np.floor(t * self.fps + 0.1))
        if self.last is not None and self.last - REWIND_CELLS_S * self.fps < cell <= self.last:
            return False
        self.last = cell
        return True


def read_frames(
    source: str | Path | BinaryIO,
    *,
    start_s: float = 0.0,
    fps: float | None = None,
    keys: bool = False,
    wanted_fps: float | None = None,
) -> FrameReader:
    """Open a video file and return its frames; with fps, only so many a second.

    start_s: time of the first frame; keys: decode the key frames alone, at a fraction of the cost;
    wanted_fps: of a chunk, decode none of the frames after the last that such a rate takes.
    MediaError says in words what cannot be used.
    """
    return FrameReader(source, start_s=start_s, fps=fps, keys=keys, wanted_fps=wanted_fps)


def read_stills(folder: Path, *, fps: float = 1.0) -> Iterator[Frame | MediaError]:
    """Read the pictures of a folder in name order, fps of them a second, each of its own size.

    A picture that cannot be read is given as the MediaError that says so, in its place.
    """
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in STILLS and p.is_file())
    if not paths:
        raise MediaError(f"{folder}: no pictures in this folder")
    for index, path in enumerate(paths):
        try:
            data = np.frombuffer(path.read_bytes(), np.uint8)
            flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
            picture = cv2.imdecode(data, flags) if len(data) else None
        except (OSError, cv2.error):
            picture = None
        if picture is None:
            yield MediaError(f"{path.name}: not a picture that can be decoded")
            continue
        yield Frame(index / fps, index, picture, path.name)


def _open(source: Any, name: str) -> Any:
    """Open with a small probe, and again with the usual one where that tells too little."""
    if not hasattr(source, "read"):
        path = Path(source)
        if path.is_dir() or not path.exists():
            raise MediaError(f"{name}: no such file" if not path.exists() else f"{name}: a folder")
        source = str(path.absolute())
    for probe in (SMALL_PROBE, {}):
        last = probe is not SMALL_PROBE
        if hasattr(source, "seek"):
            source.seek(0)
        try:
            container = av.open(
                source,
                options=probe | BOUNDED | ({} if hasattr(source, "read") else SAFE),
                stream_options=[] if last else NO_PICTURES,
            )
        except (av.error.FFmpegError, OSError, ValueError) as error:
            if last:
                words = getattr(error, "strerror", None) or str(error)
                raise MediaError(f"{name}: cannot be read as video ({words})") from None
            continue
        if _is_complete(container):
            return bounded(container)
        if last:
            known = bool(container.streams.video) and container.format.name != "tty"
            if known and _is_decodable(container):
                return bounded(container)
            container.close()
            raise MediaError(f"{name}: there is no video in it")
        container.close()
    raise AssertionError("unreachable")


def _is_decodable(container: Any) -> bool:
    return container.streams.video[0].codec_context is not None


def _is_complete(container: Any) -> bool:
    """Tell whether the probe learnt enough to decode: size, rate, and layout or its description."""
    if not container.streams.video or container.format.name == "tty":
        return False
    stream = container.streams.video[0]
    context = stream.codec_context
    if context is None:
        return False
    return bool(
        context.width and context.height and (context.pix_fmt or context.extradata)
        and (stream.average_rate or stream.guessed_rate)
    )  # fmt: skip
