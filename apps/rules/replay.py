"""Runs a scene over recorded chunks: what it would have raised, before it is put in force."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from apps.cameras.models import Camera, Chunk
from apps.rules.replays import draft
from apps.rules.selectors import scene_document, scene_in_force
from apps.rules.slopes import joined
from apps.signals.selectors import in_time, reports_until, signals_until
from workers import engine
from workers.media.decode import read_frames
from workers.media.errors import MediaError
from workers.scene import Scene
from workers.skim import Skim
from workers.vision.detector import Detector

__all__ = ["LEAD", "Fold", "Replay", "Tally", "due", "replay", "rows_of", "signals_of"]

# So much before the span is analysed as well, where it is recorded: the live analysis would have
# known by then whether the machine runs and who is there.
LEAD = timedelta(seconds=60)
# Less than this between two chunks is no hole in the recording.
HOLE_S = 0.5
# No chunk is longer than this.
LONGEST = timedelta(seconds=20)


@dataclass
class Tally:
    """How much of a span was seen, in seconds; kept as JSON between two turns.

    holes_s: not recorded so far; unread_s: recorded, and not or not wholly readable; blind_s: seen
    while a rule could see nothing in the picture; until_s: up to where (Unix).
    """

    seconds: float = 0.0
    holes_s: float = 0.0
    unread_s: float = 0.0
    blind_s: float = 0.0
    took_s: float = 0.0
    chunks: int = 0
    unread: int = 0
    until_s: float | None = None
    blind: list[str] = field(default_factory=list)  # the rules that see nothing now

    def dump(self) -> dict[str, Any]:
        """Return a JSON-like form."""
        return asdict(self)

    def pass_hole(self, since_s: float, start_s: float) -> None:
        """Count what is not recorded up to a chunk's start, or up to the span's end."""
        hole_s = start_s - (since_s if self.until_s is None else self.until_s)
        if hole_s > HOLE_S:
            self.holes_s += hole_s

    def take(self, start_s: float, end_s: float, result: engine.Analysis, rule: str) -> None:
        """Count one chunk's seconds, and those of them in which the rule, or any, was blind."""
        at = start_s
        for reading in sorted(result.readings, key=lambda one: one.t):
            name = reading.name.removesuffix(".sight")
            if name == reading.name or (rule and name != rule):
                continue
            if self.blind:
                self.blind_s += max(0.0, min(reading.t, end_s) - at)
            at = max(at, reading.t)
            others = [one for one in self.blind if one != name]
            self.blind = [*others, name] if reading.value == "BLIND" else others
        if self.blind:
            self.blind_s += max(0.0, end_s - at)


class Fold:
    """A scene over chunks, one after the other, as the live analysis would have seen them."""

    def __init__(
        self,
        scene: Scene,
        *,
        timezone: str,
        since: datetime,
        until: datetime,
        detector: Detector,
        rule: str = "",
        state: engine.State | None = None,
        tally: Tally | None = None,
        raised: Iterable[str] = (),
    ) -> None:
        self.scene = scene
        self.timezone = timezone
        self.since_s = since.timestamp()
        self.until_s = until.timestamp()
        self.detector = detector
        self.rule = rule
        self.skim = Skim(scene, detector, state)
        self.tally = tally or Tally()
        self.raised = set(raised)

    @property
    def state(self) -> engine.State | None:
        """The engine's state, for the next turn."""
        return self.skim.state

    def take(self, row: Chunk, signals: list[engine.Signal]) -> list[engine.Finding]:
        """Analyse a chunk; return the first raise of each situation, and of each that had eased.

        Faults of the camera are no alarms of a rule, and what began before the span is none of it.
        """
        began = time.monotonic()
        start_s = row.started_at.timestamp()
        end_s = start_s + row.duration_s
        seen_from, seen_to = max(start_s, self.since_s), min(end_s, self.until_s)
        seen_s = max(0.0, seen_to - seen_from)
        tally = self.tally
        tally.pass_hole(self.since_s, seen_from)
        tally.until_s = max(tally.until_s or 0.0, end_s, self.since_s)
        found: list[engine.Finding] = []
        chunk = engine.Chunk(
            row.sequence, start_s, row.duration_s, (), signals,
            epoch_s=0.0, timezone=self.timezone,
        )  # fmt: skip
        path = settings.RING_DIR / row.path
        try:
            *before, result = self.skim.take(
                chunk, lambda keys: read_frames(path, start_s=start_s, keys=keys)
            )
        except MediaError:
            tally.unread += 1
            tally.unread_s += seen_s
        else:
            for late in before:  # the chunk before, which was skimmed, in full
                found += self._new(late.findings)
                tally.take(start_s, start_s, late, self.rule)
            tally.unread += bool(result.fault)
            tally.unread_s += seen_s if result.fault else 0.0
            if seen_s:
                tally.chunks += 1
                tally.seconds += seen_s
            tally.take(seen_from, seen_to, result, self.rule)
            found += self._new(result.findings)
        tally.took_s += time.monotonic() - began
        return found

    def end(self) -> None:
        """Count what is not recorded at the end of the span."""
        self.tally.pass_hole(self.since_s, self.until_s)
        self.tally.until_s = self.until_s

    def _new(self, findings: Iterable[engine.Finding]) -> Iterator[engine.Finding]:
        for one in findings:
            if one.state == "eased":
                self.raised.discard(one.situation)  # what rises again is told again
            if one.state != "raised" or one.type == engine.CAMERA_TYPE:
                continue
            if (self.rule and one.rule != self.rule) or one.situation in self.raised:
                continue
            self.raised.add(one.situation)
            if self.since_s <= one.t < self.until_s:
                yield one


def rows_of(
    camera: Camera, since: datetime, until: datetime, *, after: int = -1, most: int | None = None
) -> list[Chunk]:
    """Return the recorded chunks of the analysed stream in a span, with its lead, in order."""
    begin = since - LEAD
    rows = Chunk.objects.filter(
        camera=camera, stream=camera.analysed_stream, sequence__gt=after,
        started_at__lt=until, started_at__gt=begin - LONGEST,
    ).order_by("sequence")[:most]  # fmt: skip
    return [row for row in rows if row.started_at + timedelta(seconds=row.duration_s) > begin]


def signals_of(camera: Camera, scene: Scene, rows: list[Chunk]) -> list[engine.Signal]:
    """Return what machines and inputs said in the time of some chunks, and last before it."""
    if not rows:
        return []
    keys = [one.id for one in (*scene.machines, *scene.inputs)]
    since, until = rows[0].started_at, rows[-1].started_at + LONGEST
    told = signals_until(mine_id=camera.mine_id, keys=keys, since=since, until=until)
    told += reports_until(mine_id=camera.mine_id, keys=keys, since=since, until=until)
    return [engine.Signal(at.timestamp(), key, state) for at, key, state in in_time(told)]


def due(waiting: list[engine.Signal], row: Chunk) -> list[engine.Signal]:
    """Take from the waiting signals those that came before a chunk's end."""
    end_s = row.started_at.timestamp() + row.duration_s
    count = next((n for n, one in enumerate(waiting) if one.t >= end_s), len(waiting))
    taken, waiting[:] = waiting[:count], waiting[count:]
    return taken


@dataclass
class Replay:
    """What a replay found: the alarms, and how much of the span was seen."""

    alarms: list[engine.Finding]
    tally: Tally


def replay(
    *,
    camera: Camera,
    since: datetime,
    until: datetime,
    document: dict[str, Any] | None,
    detector: Detector,
    tell: Callable[[float], None] = lambda share: None,
) -> Replay:
    """Run a draft, or the scene in force, over what is recorded; nothing is written.

    Rules that are off or in shadow run as they would if armed. Raises workers.scene.SceneError.
    """
    stored = document is None
    if document is None:
        document = scene_document(scene_in_force(camera=camera))
    scene = joined(draft(document, stored=stored), camera=camera)
    fold = Fold(
        scene, timezone=camera.mine.timezone, since=since, until=until,
        detector=detector,
    )  # fmt: skip
    rows = rows_of(camera, since, until)
    waiting = signals_of(camera, scene, rows)
    alarms: list[engine.Finding] = []
    for number, row in enumerate(rows):
        alarms += fold.take(row, due(waiting, row))
        tell((number + 1) / len(rows))
    fold.end()
    return Replay(alarms, fold.tally)
