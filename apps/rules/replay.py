"""Runs a scene over recorded chunks: what it would have raised, before it is put in force."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from apps.cameras.models import Camera, Chunk
from apps.rules.selectors import scene_document, scene_in_force
from apps.signals.selectors import reports_until, signals_until
from workers import engine
from workers.media.decode import read_frames
from workers.media.errors import MediaError
from workers.scene import parse_scene
from workers.vision.detector import Detector

__all__ = ["Replay", "replay"]


@dataclass
class Replay:
    """What a replay found. seconds: of recording seen; missing: chunks that could not be read."""

    findings: list[engine.Finding] = field(default_factory=list)
    seconds: float = 0.0
    took_s: float = 0.0
    chunks: int = 0
    missing: int = 0

    @property
    def alarms(self) -> list[engine.Finding]:
        """Return the first raise of each situation of a rule; faults of the camera are none."""
        first: dict[str, engine.Finding] = {}
        for found in self.findings:
            if found.state == "raised" and found.type != engine.CAMERA_TYPE:
                first.setdefault(found.situation, found)
        return list(first.values())


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
    if document is None:
        document = scene_document(scene_in_force(camera=camera))
    rules = [{**rule, "mode": "armed"} for rule in document.get("rules", [])]
    scene = parse_scene({**document, "rules": rules})
    rows = list(
        Chunk.objects.filter(
            camera=camera, stream=camera.analysed_stream, started_at__lt=until,
            started_at__gt=since - timedelta(seconds=camera.chunk_s),
        ).order_by("sequence")
    )  # fmt: skip
    keys = [one.id for one in (*scene.machines, *scene.inputs)]
    told = signals_until(mine_id=camera.mine_id, keys=keys, since=since, until=until)
    told += reports_until(mine_id=camera.mine_id, keys=keys, since=since, until=until)
    waiting = [engine.Signal(at.timestamp(), key, state) for at, key, state in sorted(told)]
    done, state, began = Replay(), None, time.monotonic()
    for number, row in enumerate(rows):
        start_s = row.started_at.timestamp()
        due = [signal for signal in waiting if signal.t < start_s + row.duration_s]
        waiting = waiting[len(due) :]
        try:
            frames = read_frames(settings.RING_DIR / row.path, start_s=start_s, fps=None)
        except MediaError:
            done.missing += 1
            continue
        result = engine.analyse(
            scene,
            state,
            engine.Chunk(
                row.sequence, start_s, row.duration_s, frames, due,
                epoch_s=0.0, timezone=camera.mine.timezone,
            ),
            detector=detector,
        )  # fmt: skip
        state = result.state
        done.chunks += 1
        done.missing += bool(result.fault)
        done.seconds += row.duration_s
        done.findings += result.findings
        tell((number + 1) / len(rows))
    done.took_s = time.monotonic() - began
    return done
