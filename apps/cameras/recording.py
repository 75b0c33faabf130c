"""Ties the recorder to the database: what to pull, which chunks there are, what is wrong."""

import logging
import threading
import time
from collections.abc import Iterator

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import (
    Error,
    InterfaceError,
    InternalError,
    OperationalError,
    close_old_connections,
    connections,
)

from apps.cameras.backlog import Entry, ToEnter, as_chunk
from apps.cameras.clock import Clock
from apps.cameras.kept import Kept, database_answers
from apps.cameras.models import Analysis, Camera, Chunk, StreamState
from apps.cameras.secrets import stream_url
from apps.cameras.services import chunk_index, stream_facts, stream_say, streams_of
from apps.cameras.tasks import analyse
from apps.recordings.index import behind_ended, behind_told, index_missing
from apps.recordings.masking import masks_to_fill
from apps.recordings.models import Cause
from apps.recordings.reconcile import files_lost
from apps.recordings.space import space_watch
from apps.recordings.trim import trim
from apps.tenancy.scope import mine_scope, system_scope
from workers.media.record import ChunkFile, Recorder, Source
from workers.media.ring import Found, Ring
from workers.words import sentence

__all__ = ["Recording"]

log = logging.getLogger(__name__)
LOOK_S = 2.0
TRIM_S = 5.0
RETRY_S = 1.0
FACTS_S = 3.0
SPACE_S = 30.0
ROWS_S = 2.0
# The ring is compared with its rows while no more than this waits to be entered.
FEW = 1000

# What the database's absence looks like, or that it takes no writes for a while; whatever else it
# says is about the row.
AWAY = (OperationalError, InterfaceError, InternalError)


class Recording:
    """One recorder process: chunks go to disk first, then to the database, then the bell rings.

    While the database is away chunks keep landing on disk and wait (`backlog.py`): what is so old
    that nobody would analyse it comes after the present. What a crash of this process left above a
    stream's last row waits likewise: what of it is young is entered before the stream's first new
    chunk. The rest of the ring is compared with its rows meanwhile, a stream at each look: a large
    one takes long. A start without the database records what was recorded last (`kept.py`).
    """

    def __init__(self, mine_id: int | None = None) -> None:
        self.mine_id = mine_id
        self.ring = Ring(settings.RING_DIR)
        self.kept = Kept(self.ring, mine_id)
        self.waiting = ToEnter()
        self.recorder = Recorder(
            self.ring, on_chunk=self.waiting.put, on_state=self._said, on_begin=self._begins
        )
        self.last: dict[tuple[int, str], int] = {}  # number of the last chunk, as it was found
        self.begun: dict[tuple[int, str], int] = {}  # above: given by this process, or left to it
        self.compared: Iterator[list[Found]] | None = files_lost(self.ring)  # None: all of it
        self.mines: dict[int, int] = {}
        self.analysed: dict[int, str] = {}  # camera -> the stream that is analysed
        self.told: dict[tuple[int, str], tuple[float, tuple[str, int, int]]] = {}
        self.began: set[tuple[int, str]] = set()  # streams with a chunk since this process began
        self.behind = True  # some gap may be "not entered yet", told by the process before perhaps
        self.clock = Clock()
        self.stopping = threading.Event()

    def _said(self, camera: int, stream: str, state: str, reason: str) -> None:
        self.waiting.put((camera, stream, state, reason))

    def _begins(self, source: Source, left: list[Found]) -> None:
        """Let what a crash left of a stream wait before its first new chunk."""
        self.begun[source.camera, source.stream] = source.last_sequence
        self._enter(left)

    def _enter(self, files: list[Found]) -> None:
        for file in files:
            self.waiting.put(file)
        if files:
            about = (len(files), files[0].camera, files[0].stream)
            log.warning("%s chunks of camera %s %s had no row and wait for it", *about)

    def run(self) -> None:
        """Record until `stop` is called; while another process records into the ring, wait."""
        if not self._alone():
            return
        writer = threading.Thread(target=self._write_rows, name="rows", daemon=True)
        told = not database_answers()
        if told:
            self._begin_as_before()
        next_trim = next_space = 0.0
        while not self.stopping.is_set():
            try:
                sources = self._sources()
                self.kept.told(sources)
                self.recorder.set_sources(sources)
                told = True
                if writer.ident is None:
                    with system_scope("recordings of every mine that are older than the index"):
                        index_missing()
                    writer.start()
                self._compare()
                self.clock.look()
                if time.monotonic() >= next_trim:
                    due = time.monotonic() >= next_space
                    self._keep_house(whole=due)
                    next_trim = time.monotonic() + TRIM_S
                    next_space = time.monotonic() + SPACE_S if due else next_space
            except (Error, OSError) as error:
                log.warning("recorder waits for the database or disk: %s", error)
                close_old_connections()
                if not told:
                    self._begin_as_before()
                    told = True
            self.kept.write(self.recorder.numbers())
            self.stopping.wait(LOOK_S)
        self.recorder.stop()
        self.waiting.end()
        if writer.is_alive():
            writer.join(ROWS_S)  # what is not entered by then is when recording begins again
        self._all_off()
        self.ring.give_back()

    def _begin_as_before(self) -> None:
        """Record what was recorded last, until the database says what is to be."""
        sources = self.kept.read()
        self.recorder.set_sources(sources)
        if sources:
            log.warning("%s streams are recorded as they were told last", len(sources))

    def _alone(self) -> bool:
        """Wait until no other recorder is at work; False when this one is to stop before.

        Two would number their chunks alike: of each number one is refused and its file forgotten,
        and whichever ends says of every camera that it is not recorded.
        """
        told = False
        while not self.ring.take(self.mine_id):
            if not told:
                log.error("another recorder records into %s: this one waits", self.ring.root)
            told = True
            if self.stopping.wait(LOOK_S):
                return False
        return True

    def _keep_house(self, *, whole: bool) -> None:
        """Let recordings go that are not kept; a fault in that stops no recording."""
        try:
            with system_scope("the ring holds the chunks of every mine"):
                trim(self.ring, overdue=whole)
            if whole:
                space_watch(self.ring, mine_ids=set(self.mines.values()))
        except (Error, OSError):
            raise
        except Exception:
            log.exception("the ring was not tended; recording goes on")

    def _cause(self, item: ChunkFile, *, late: bool) -> str:
        """Return what a hole before this chunk is due to, as far as this process knows."""
        key = (item.camera, item.stream)
        if late or not item.codec:  # without it: left by the process before
            return Cause.JUMP
        if key not in self.began:
            self.began.add(key)
            return Cause.RECORDER
        if self.clock.was_set():
            return Cause.CLOCK
        return Cause.JUMP

    def stop(self) -> None:
        """End recording; called from a signal handler."""
        self.stopping.set()

    def _cameras(self) -> list[Camera]:
        cameras = Camera.objects.all()
        return list(cameras.filter(mine_id=self.mine_id) if self.mine_id else cameras)

    def _sources(self) -> list[Source]:
        with system_scope("one recorder serves the cameras of its site"):
            cameras = self._cameras()
            for camera in cameras:
                for stream in streams_of(camera) if camera.enabled else ():
                    self._learn_last(camera.pk, str(stream))
            self.mines = {camera.pk: camera.mine_id for camera in cameras}
            self.analysed = {camera.pk: str(camera.analysed_stream) for camera in cameras}
            masks = masks_to_fill(cameras=cameras)
            self._switch_off(cameras)
        sources = []
        for camera in cameras:
            if not camera.enabled:
                continue
            for stream in streams_of(camera):
                try:
                    url = stream_url(camera, stream)
                except ImproperlyConfigured as error:
                    self._said(camera.pk, stream, StreamState.State.UNUSABLE, str(error))
                    continue
                sources.append(
                    Source(
                        camera=camera.pk,
                        mine=camera.mine_id,
                        stream=str(stream),
                        url=url,
                        chunk_s=camera.chunk_s,
                        last_sequence=self.last[camera.pk, str(stream)],
                        masks=masks.get(camera.pk),
                    )
                )
        return sources

    def _learn_last(self, camera: int, stream: str) -> None:
        """Ask once for the highest number of a stream: from then on this process gives them.

        Of a stream that was last recorded before its number was kept, its chunks and the analysis
        know it.
        """
        if (camera, stream) in self.last:
            return
        rows = Chunk.objects.filter(camera=camera, stream=stream).order_by("-sequence")[:1]
        kept = StreamState.objects.filter(camera=camera, stream=stream)
        analysed = Analysis.objects.filter(camera=camera, stream__in=["", stream])
        numbers = [
            *rows.values_list("sequence", flat=True),
            *kept.values_list("last_sequence", flat=True),
            *analysed.values_list("sequence", flat=True),
        ]
        self.last[camera, stream] = max([0, *numbers])

    def _switch_off(self, cameras: list[Camera]) -> None:
        """Say of disabled cameras that they are off, so that no old state stands."""
        off = [camera.pk for camera in cameras if not camera.enabled]
        for row in StreamState.objects.filter(camera__in=off).exclude(state="off"):
            self._said(row.camera_id, row.stream, StreamState.State.OFF, "")

    def _all_off(self) -> None:
        """Say that recording ended; a killed recorder is seen by the age of its chunks."""
        try:
            with system_scope("the recorder stops"):
                rows = StreamState.objects.filter(camera__in=self.mines)
                there = list(rows.exclude(state="off").order_by("pk"))
            for row in there:
                with mine_scope(row.mine_id):
                    stream_say(
                        camera_id=row.camera_id,
                        mine_id=row.mine_id,
                        stream=row.stream,
                        state=StreamState.State.OFF,
                        reason=sentence("the recorder was stopped"),
                        by_recorder=True,
                    )
        except Error as error:
            log.warning("could not say that recording stopped: %s", error)

    def _compare(self) -> None:
        """Compare one more stream of the ring with its rows, unless much waits to be entered.

        Left alone is what no camera of ours recorded, and what cannot be read: one file more or
        less, where all the others wait. Begins anew where the database went away meanwhile.
        """
        if self.compared is None or len(self.waiting) > FEW:
            return
        try:
            with system_scope("files in the ring belong to every mine"):
                lost = next(self.compared, None)
        except (Error, OSError):
            self.compared = files_lost(self.ring)
            raise
        if lost is None:
            self.compared = None
            return
        # What came since is entered in its turn.
        self._enter(
            [
                file
                for file in lost
                if file.sequence <= self.begun.get((file.camera, file.stream), file.sequence)
            ]
        )

    def _write_rows(self) -> None:
        """Enter whatever comes, in order and for as long as it takes."""
        while self._write_next():
            pass
        connections.close_all()  # with its thread it would be lost to the pool

    def _write_next(self) -> bool:
        """Enter what comes next, however often that must be tried; False at the end."""
        found = self.waiting.take()
        if found is None:
            return False
        item, late = found
        while not (self._tell_put_off(item) and self._write_row(item, late=late)):
            close_old_connections()
            time.sleep(RETRY_S)
        if late:
            self.waiting.late_entered()
        if self.behind and self.compared is None and not len(self.waiting):
            self._end_behind()
        return True

    def _tell_put_off(self, item: Entry) -> bool:
        """Tell what of a stream is put off, before anything else of it is; False to try again."""
        key = (item[0], item[1]) if isinstance(item, tuple) else (item.camera, item.stream)
        runs = self.waiting.untold(key)
        if not runs:
            return True
        self.behind = True
        try:
            if key[0] in self.mines:
                with mine_scope(self.mines[key[0]]):
                    behind_told(
                        camera_id=key[0], mine_id=self.mines[key[0]], stream=key[1], runs=runs
                    )
        except AWAY as error:
            log.warning("what is put off is not told, will try again: %s", error)
            return False
        except Exception:
            log.exception("what is put off of camera %s %s is not told", *key)
        self.waiting.told(key)
        return True

    def _end_behind(self) -> None:
        """Let no gap be "not entered yet" any more: all that can be is entered."""
        try:
            with system_scope("one recorder serves the cameras of its site"):
                behind_ended(camera_ids=list(self.mines))
            self.behind = False
        except Error as error:
            log.warning("gaps are looked at later: %s", error)

    def _write_row(self, given: Entry, *, late: bool = False) -> bool:
        """Enter one chunk or state; False when the database is away and it must be tried again."""
        try:
            item = as_chunk(self.ring, given) if isinstance(given, Found) else given
            if item is None:
                return True
            if isinstance(item, ChunkFile):
                analysed = self.analysed.get(item.camera)
                with mine_scope(item.mine):
                    row = chunk_index(
                        chunk=item,
                        analysed=None if analysed is None else analysed == item.stream,
                        cause=self._cause(item, late=late),
                        late=late,
                    )
                    if not late and self._tells_something(item):
                        stream_facts(chunk=item)
                # What is late is too old for analysis, which the sweep tells soon enough.
                if row is not None and row.state == Chunk.State.NEW and not late:
                    self._bell(row)
            elif item[0] in self.mines:
                with mine_scope(self.mines[item[0]]):
                    stream_say(
                        camera_id=item[0],
                        mine_id=self.mines[item[0]],
                        stream=item[1],
                        state=item[2],
                        reason=item[3],
                    )
        except Camera.DoesNotExist:
            pass  # removed meanwhile; its files go with the ring's age
        except AWAY as error:
            log.warning("row not written, will try again: %s", error)
            return False
        except Exception:
            # It would be refused each time, and all rows of all cameras wait behind it. A chunk's
            # file stays, and is offered again when recording begins again.
            log.exception("row not written: %s", given)
        return True

    def _tells_something(self, chunk: ChunkFile) -> bool:
        """Tell whether a chunk's facts are new, or the last ones are seconds old."""
        key = (chunk.camera, chunk.stream)
        facts = (chunk.codec, chunk.width, chunk.height)
        said_s, said = self.told.get(key, (0.0, ("", 0, 0)))
        if said == facts and time.monotonic() - said_s < FACTS_S:
            return False
        self.told[key] = (time.monotonic(), facts)
        return True

    def _bell(self, row: Chunk) -> None:
        try:
            analyse.delay(f"{row.camera_id}/{row.key}")
        except Exception as error:  # the sweep rings again
            log.warning("bell for %s did not ring: %s", row.key, error)
