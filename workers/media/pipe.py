"""Decides how a stream becomes chunks: by copy where it can be cut, else by conversion.

Where masks are to be filled nothing is copied.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import av
import av.error

from workers.media import nal
from workers.media.chunker import Chunker, Facts, Piece
from workers.media.clock import WallClock
from workers.media.errors import MediaError, StreamChanged
from workers.media.mask import BEHIND, UNKNOWN, Backlog, Masks
from workers.media.mux import TICKS, rescale
from workers.media.source import Opened
from workers.media.transcode import Transcoder
from workers.words import sentence

KEY_AT_LEAST_S = 4.0
PATIENCE_S = KEY_AT_LEAST_S + 0.5  # a key picture exactly every 4 s may come a little late
STALLED_S = 2 * KEY_AT_LEAST_S  # the same by our own clock, for a stream without times
# Timestamps that fall back by more are a new beginning, or leap so much ahead of when they come.
JUMP_S = 1.0
REORDERED = 4  # and by more than so many pictures: B-frames come after what they precede
AHEAD_S = 10.0
PAUSE_S = 1.0  # a longer step that is none of the usual ones is a pause of the camera
UNUSUAL = 3.0
STILL_PACKETS = 5  # so many with one and the same time, and it is none
UNTIMED_PACKETS = 25  # over RTSP the first has none; so many have none for good
TRUSTED_KEYS = 10  # so many key pictures in good time, and conversion is over


class Pipe:
    """Takes the packets of one connection; `why` says why they are converted, "" for copied.

    masks: what is filled in every picture before it is recorded, None for nothing.
    """

    def __init__(
        self,
        opened: Opened,
        clock: WallClock,
        emit: Callable[[Piece], None],
        *,
        chunk_s: float,
        first_s: float,
        why: str = "",
        masks: Masks | None = None,
    ) -> None:
        self._opened = opened
        self._clock = clock
        self._emit = emit
        self._chunk_s = chunk_s
        self._first_s = first_s
        self._extradata = bytes(opened.video.codec_context.extradata or b"")
        self._sps: bytes | None = None
        self._header: bytes | None = None  # what came in place of the stream's own
        self._transcoder: Transcoder | None = None
        self._chunker: Chunker | None = None
        self._key: tuple[int | None, float] | None = None  # ticks and arrival of the last one
        self._first: tuple[int | None, float] | None = None
        self._last: int | None = None  # the highest time that came
        self._same: int | None = None  # the time that came last, and how often in a row
        self._still = 0
        self._apart_s: float | None = None  # the step before that
        self._good_keys = 0
        self._arrival_s: float | None = None
        self._masks = self._wanted = _known(masks)
        self._backlog = Backlog()
        self._untimed: list[Any] = []  # packets before the first that has a time
        # Over RTSP a picture is known to be whole only when the next one begins.
        self._lag_s = min(1 / opened.fps, 0.2) if opened.live and opened.fps > 0 else 0.0
        self.why = ""
        if opened.codec not in nal.COPYABLE:
            self._convert(sentence(f"the stream is {opened.codec}"), [], 0.0)
        elif why or masks is not None:
            self._convert(why, [], 0.0)
        else:
            self._chunker = self._copier()

    def push(self, packet: Any, arrival_s: float) -> None:
        """Take one packet; raises StreamChanged, or MediaError when it cannot be used."""
        self._arrival_s = arrival_s
        ticks = self._told(packet)
        self._watch_time(ticks, arrival_s)
        if packet.is_keyframe:
            self._watch_sps(packet)
        if self._first is None:
            self._first = (ticks, arrival_s)
        if self._wanted != self._masks:
            self._change_masks(packet.is_keyframe)
        self._watch_keys(packet.is_keyframe, ticks, arrival_s)
        if self._masks is not None:
            self._push_masked(packet, ticks, arrival_s)
        elif self._transcoder is not None:
            self._forward(self._transcoder.push(packet), arrival_s)
        elif self._chunker is not None and (self._key is not None):
            self._chunker.push(packet, arrival_s)

    def _told(self, packet: Any) -> int | None:
        """Return when a packet says that it is shown; a clock that stands still says nothing."""
        stamp = packet.pts if packet.pts is not None else packet.dts
        ticks = rescale(stamp, packet.time_base)
        if ticks is None:
            return None
        self._still = self._still + 1 if ticks == self._same else 0
        self._same = ticks
        if self._still < STILL_PACKETS:
            return ticks
        packet.pts = packet.dts = None
        return None

    def mask(self, masks: Masks | None) -> None:
        """Fill other masks from the next chunk on, which begins with the next (key) picture.

        MediaError where they are not known: then nothing may be recorded.
        """
        self._wanted = _known(masks)

    def attach(self, opened: Opened, arrival_s: float) -> None:
        """Go on with a file that was opened anew for its next round."""
        if (opened.codec, opened.width, opened.height) != (
            self._opened.codec,
            self._opened.width,
            self._opened.height,
        ):
            self.close()
            raise StreamChanged("the file was replaced by one of another codec or size")
        self._opened = opened
        self._extradata = bytes(opened.video.codec_context.extradata or b"")
        if self._transcoder is not None:
            self._forward(self._transcoder.drain(), arrival_s)
            self._transcoder.attach(opened.video)
        else:
            if self._chunker is not None:
                self._chunker.close()
            self._chunker = self._copier()

    def close(self) -> None:
        """Finish the chunk that was begun, with what the decoder still holds back."""
        if self._transcoder is not None:
            with suppress(MediaError):  # what cannot be encoded any more is left out
                self._forward(self._transcoder.drain(), self._arrival_s)
        if self._chunker is not None:
            self._chunker.close()

    def _change_masks(self, is_key: bool) -> None:
        """Go over to other masks, or none, as soon as that can be done."""
        if self._transcoder is not None and (self._wanted is not None or self.why):
            assert self._chunker is not None
            self._chunker.close()
            self._chunker.facts = replace(self._chunker.facts, masks=self._wanted)
            self._transcoder.mask(self._wanted)
        elif not is_key:
            return
        elif self._wanted is None:
            self.close()
            self._transcoder, self._chunker = None, self._copier()
        else:
            self.close()
            self._masks = self._wanted
            self._convert("", [], 0.0)
        self._masks = self._wanted

    def _push_masked(self, packet: Any, ticks: int | None, arrival_s: float) -> None:
        """Fill masks and encode; MediaError where that falls behind the camera.

        What waits is thrown away with the connection: a late recording would tell wrong times.
        """
        assert self._transcoder is not None
        if ticks is None and self._last is None and len(self._untimed) < UNTIMED_PACKETS:
            self._untimed.append(packet)
            return
        came_s = arrival_s - self._backlog.behind_s
        if ticks is not None:  # as by copy: the time when a packet came, not when it is encoded
            self._clock.observe(ticks / TICKS, came_s - self._lag_s)
        began = time.monotonic()
        for one in [*self._dated(packet), packet]:
            self._forward(self._transcoder.push(one), came_s if ticks is None else None)
        if not self._backlog.worked(time.monotonic() - began):
            raise MediaError(BEHIND)

    def _dated(self, packet: Any) -> list[Any]:
        """Return the packets before the first with a time; their times are counted back from it."""
        early, self._untimed = self._untimed, []
        fps = self._opened.fps if self._opened.fps > 0.5 else 10.0
        if packet.pts is not None:
            for n, one in enumerate(reversed(early), 1):
                one.pts = packet.pts - round(n / fps / packet.time_base)
        return early

    def _copier(self) -> Chunker:
        opened = self._opened
        facts = Facts(
            template=opened.video,
            codec=opened.codec,
            width=opened.width,
            height=opened.height,
            fps=opened.fps,
            copied=True,
            header=self._header,
        )
        return self._new(facts, self._lag_s)

    def _new(self, facts: Facts, lag_s: float) -> Chunker:
        return Chunker(
            facts,
            self._clock,
            self._emit,
            chunk_s=self._chunk_s,
            first_s=self._first_s,
            lag_s=lag_s,
        )

    def _convert(self, why: str, pending: list[Any], arrival_s: float) -> None:
        """Go over to conversion, beginning with the packets of the unfinished chunk."""
        self.why = why
        self._good_keys = 0
        fps = self._opened.fps
        self._transcoder = Transcoder(
            self._opened.video,
            fps,
            self._first_s,
            as_sent=None if why else PATIENCE_S,
            masks=self._masks,
        )
        encoder = self._transcoder.encoder
        facts = Facts(
            template=encoder.stream,
            codec=nal.H264,
            width=encoder.width,
            height=encoder.height,
            fps=fps,
            copied=False,
            masks=self._masks,
        )
        self._chunker = self._new(facts, 0.0)
        for packet in pending:
            self._forward(self._transcoder.push(packet), arrival_s)

    def _forward(self, packets: list[Any], arrival_s: float | None) -> None:
        if self._chunker is not None:
            for packet in packets:
                self._chunker.push(packet, arrival_s)

    def _watch_time(self, ticks: int | None, arrival_s: float) -> None:
        """Begin anew where the stream's timestamps jump, or the camera paused for long."""
        if ticks is None:
            return
        self._backlog.came(ticks / TICKS)
        if self._last is not None:
            step_s = (ticks - self._last) / TICKS
            usual_s = self._chunker.step_s if self._chunker is not None else 0.0
            most_s = min(max(JUMP_S, REORDERED * usual_s), AHEAD_S)
            ahead_s = self._clock.ahead_s(ticks / TICKS, arrival_s - self._lag_s)
            if step_s < -most_s or step_s > AHEAD_S or min(step_s, ahead_s) > most_s:
                self._begin_anew()
            else:
                self._watch_pause(step_s)
                ticks = max(ticks, self._last)
            if step_s > 0:
                self._apart_s = step_s
        self._last = ticks

    def _begin_anew(self) -> None:
        """Go on by another time."""
        if self._transcoder is None or self._transcoder.holds_back:
            self.close()
        elif self._chunker is not None:
            self._chunker.close()  # and decode on: the next key picture may be 12 s away
        self._clock.restart()
        self._first = self._key = None
        if self._transcoder is not None:
            self._transcoder.restart()

    def _watch_pause(self, step_s: float) -> None:
        """Let no pause count as a wait for a key picture, and a long one end the chunk.

        Within a chunk its last picture would stand for all that time, and nobody be told of it.
        """
        if step_s <= PAUSE_S or self._transcoder is not None:
            return
        if self._apart_s is None or step_s <= UNUSUAL * self._apart_s:
            return
        if step_s > PATIENCE_S:
            self.close()
            self._first = self._key = None
            return
        paused = round(step_s * TICKS)
        self._first = _later(self._first, paused)
        self._key = _later(self._key, paused)

    def _watch_sps(self, packet: Any) -> None:
        """Take up other codec settings; StreamChanged where the picture's size changed with them.

        A camera that codes by what it sees may describe its stream otherwise every few seconds.
        """
        sps = nal.sps_in_band(self._opened.codec, bytes(packet), self._extradata)
        if sps is None:
            return
        if self._sps is not None and sps != self._sps:
            header = nal.header_in_band(self._opened.codec, bytes(packet))
            annex_b = self._extradata[:1] != b"\1"
            if header is None or not annex_b or not _is_alike(packet, self._opened):
                self.close()
                raise StreamChanged("the stream changed its codec settings or picture size")
            self._header = header
            if self._transcoder is None:
                self.close()
                self._chunker = self._copier()
        self._sps = sps

    def _watch_keys(self, is_key: bool, ticks: int | None, arrival_s: float) -> None:
        """Go over to conversion when key pictures stay away, and back when they come again.

        The stream's own time counts, not ours: an overloaded machine that gets its packets late
        must not begin to convert on top of it.
        """
        if ticks is not None:  # the very first packet of a connection often has no time
            if self._first and self._first[0] is None:
                self._first = (ticks, self._first[1])
            if self._key and self._key[0] is None:
                self._key = (ticks, self._key[1])
        since = self._key or self._first
        late = False
        if since and since[0] is not None and ticks is not None:
            late = (ticks - since[0]) / TICKS > PATIENCE_S
        elif since and since[0] is None:  # after a pause a picture may lack its time: no judge
            late = arrival_s - since[1] > STALLED_S
        if is_key:
            self._good_keys = self._good_keys + 1 if self._key and not late else 0
            self._key = (ticks, arrival_s)
        copyable = self._opened.codec in nal.COPYABLE
        if self._transcoder is None and late:
            pending = self._chunker.drop() if self._chunker else []
            seconds = f"{KEY_AT_LEAST_S:.0f}"
            why = sentence(f"key pictures come more than {seconds} s apart")
            self._convert(why, pending, arrival_s)
        elif self.why and copyable and is_key and self._good_keys >= TRUSTED_KEYS:
            self.close()
            self._transcoder = None
            self.why = ""
            if self._masks is not None:
                self._convert("", [], 0.0)
            else:
                self._chunker = self._copier()


def _is_alike(packet: Any, opened: Opened) -> bool:
    """Tell whether a key picture has the size and shape that its stream had when it was opened."""
    decoder: Any = av.CodecContext.create(opened.codec, "r")
    decoder.thread_type = "NONE"
    try:
        frames = [*decoder.decode(packet), *decoder.decode(None)]
    except av.error.FFmpegError:
        return False
    shape = decoder.sample_aspect_ratio or 1
    return bool(frames) and (frames[0].width, frames[0].height, shape) == (
        opened.width,
        opened.height,
        opened.video.codec_context.sample_aspect_ratio or 1,
    )


def _later(since: tuple[int | None, float] | None, ticks: int) -> tuple[int | None, float] | None:
    """Return a moment, in ticks and by our clock, so much later."""
    if since is None or since[0] is None:
        return since
    return since[0] + ticks, since[1]


def _known(masks: Masks | None) -> Masks | None:
    """Return the masks; MediaError where there are some and nobody knows which."""
    if masks is not None and masks.polygons is None:
        raise MediaError(UNKNOWN)
    return masks
