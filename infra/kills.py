"""Kills every part at random moments while incidents come, and holds each clip against the truth.

    make drill-kills ARGS="--minutes 30"        # 1,000 incidents; its own ports and var/kills

Each incident is raised as the engine raises it; its clip is then cut, stored and announced by the
running mine. The cameras play rendered loops by the clock and every frame carries its number, so
each frame of each clip is known. Lost: an incident without a ready clip, unless the
recorder, killed, was away for the whole of it (counted as unrecorded). Wrong: a frame too few, too
many or of another moment, a hash that is not the row's, a chunk that was written and is not whole,
a file without a row, and a gap, unless a kill of the recorder began it and no file of that time is
there (`unexplained`). `--calm` kills nothing: it measures how soon a clip is ready.
Prints figures and exits with 1 when anything was lost or wrong, or the ledger does not verify.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from infra.client import Client
from infra.command import ROOT
from infra.progress import Progress
from infra.stack import Stack
from infra.state import read_logins, state_folder
from infra.supervisor import Stopped
from infra.truth import compare, read_marks, unexplained
from infra.winches import winch_truth, winches

VICTIMS = ("recorder", "default", "evidence", "analysis", "replay", "valkey", "postgres", "s3")
PAUSE_S = (4.0, 18.0)
READY_S = 240.0


class Drill:
    """A running mine, what was raised in it and what was killed."""

    def __init__(self, state_dir: Path, say: Progress, seed: int) -> None:
        self.say, self.random = say, random.Random(seed)
        self.stack = Stack(state_dir, _environ(), say)
        self.kills: list[tuple[float, str]] = []
        self.raised: list[int] = []

    def start(self) -> None:
        """Bring the mine up, with four cameras on the winch, and let Django reach it."""
        self.stack.start()
        client = Client(self.stack.base_url)
        login = next(row for row in read_logins(self.stack.logins_file) if row["role"] == "owner")
        client.login(login["username"], login["password"])
        self.truth = winch_truth()
        self.phases = winches(client, self.stack.rtsp_url)
        os.environ.update(self.stack.env | {"DAVY_DB_POOL": "0"})
        import django

        django.setup()
        since = datetime.now(UTC) + timedelta(seconds=5)  # the loops before may still come in
        deadline = time.monotonic() + 120
        while not self._recorded(since):
            self.stack.supervisor.check()
            if time.monotonic() > deadline:
                raise TimeoutError("the cameras were not recorded within two minutes")
            time.sleep(0.5)

    def _recorded(self, since: datetime) -> bool:
        """Tell whether every camera has what the first clip wants before its alarm."""
        from apps.cameras.models import Chunk
        from apps.tenancy.scope import system_scope

        with system_scope("the drill"):
            rows = Chunk.objects.filter(stream="main", started_at__gt=since)
            seen = Counter(rows.values_list("camera", flat=True))
        return all(seen[camera] >= 8 for camera in self.phases)

    def run(self, minutes: float, incidents: int, *, calm: bool = False) -> None:
        """Raise incidents evenly, and kill at random moments."""
        began = time.monotonic()
        ends, every = began + minutes * 60, minutes * 60 / incidents
        next_kill, number = began + 5 if not calm else ends, 0
        while (now := time.monotonic()) < ends:
            self.stack.supervisor.check()
            if self.stack.supervisor.stopping:
                raise Stopped
            if now >= next_kill:
                name = self.random.choice(VICTIMS)
                if self.stack.supervisor.running(name):
                    self.stack.supervisor.process(name).signal(signal.SIGKILL)
                    self.kills.append((time.time(), name))
                next_kill = now + self.random.uniform(*PAUSE_S)
            if now >= began + number * every and self._raise(number):
                number += 1
                if number % 100 == 0:
                    self.say(f"{number} incidents, {len(self.kills)} kills")
            time.sleep(0.05)
        while number < incidents and self._raise(number):
            number += 1

    def _raise(self, number: int) -> bool:
        """Raise one incident; False while the database is away."""
        from django.db import Error, connection

        from apps.alarms.services import alarm_raise
        from apps.cameras.models import Camera
        from apps.tenancy.scope import mine_scope, system_scope

        camera_id = sorted(self.phases)[number % len(self.phases)]
        rule = f"drill-{number}"
        try:
            with system_scope("the drill"):
                camera = Camera.objects.select_related("mine", "area").get(pk=camera_id)
            with mine_scope(camera.mine_id):
                alarm = alarm_raise(
                    camera=camera, rule=rule, rule_type="proximity_while_running",
                    situation=f"{rule}:1", level="danger", severity="high",
                    at=datetime.now(UTC), why="drill", values={}, boxes=[], zone=[],
                    scene_version=1,
                )  # fmt: skip
        except Error:
            connection.close()
            return False
        self.raised.append(alarm.pk)
        return True

    def settle(self) -> None:
        """Let everything come back, and wait until no clip is being made any more."""
        from django.db import Error, connection

        from apps.evidence.models import Clip
        from apps.tenancy.scope import system_scope

        deadline, waiting = time.monotonic() + READY_S, len(self.raised)
        while waiting and time.monotonic() < deadline:
            self.stack.supervisor.check()
            time.sleep(0.5)
            try:
                with system_scope("the drill"):
                    waiting = Clip.objects.filter(state="pending", alarm__in=self.raised).count()
            except Error:
                connection.close()
        self.say(f"settled; {waiting} clips still wait")

    def judge(self) -> tuple[dict[str, Any], list[str]]:
        """Return the figures and every fault."""
        from apps.evidence.models import Clip
        from apps.ledger.selectors import ledger_faults
        from apps.ledger.services import ledger_seal
        from apps.mines.models import Mine
        from apps.tenancy.scope import mine_scope, system_scope

        faults: list[str] = []
        with system_scope("the drill"):
            rows = Clip.objects.filter(alarm__in=self.raised).select_related("alarm")
            clips = list(rows.order_by("pk"))
            mines = list(Mine.objects.values_list("pk", flat=True))
        of_alarm = Counter(clip.alarm_id for clip in clips)
        faults += [f"alarm {pk}: no clip" for pk in self.raised if not of_alarm[pk]]
        self.recorded = self._on_disk()
        faults += self._without_row()
        frames = gaps = unrecorded = 0
        with tempfile.TemporaryDirectory() as folder:
            for number, clip in enumerate(clips, 1):
                self.stack.supervisor.check()
                if clip.state == "failed" and self._unrecorded(clip):
                    unrecorded += 1
                    continue
                if clip.state != "ready":
                    faults.append(f"clip {clip.pk}: {clip.state} ({clip.error})")
                    continue
                seen, wrong = self._look(clip, Path(folder) / "clip.mp4")
                frames, gaps = frames + seen, gaps + len(clip.manifest["gaps_s"])
                faults += [f"clip {clip.pk}: {words}" for words in wrong]
                if number % 200 == 0:
                    self.say(f"{number} clips looked at, {len(faults)} faults")
        for mine_id in mines:
            with mine_scope(mine_id):
                while ledger_seal(mine_id=mine_id, thorough=True):
                    pass
                faults += [
                    f"mine {mine_id}: {one}" for one in islice(ledger_faults(mine_id=mine_id), 20)
                ]
        ready = [clip for clip in clips if clip.state == "ready"]
        waits = [(c.ready_at - c.wanted_until).total_seconds() for c in ready]
        calm = [w for c, w in zip(ready, waits, strict=True) if not self._disturbed(c)]
        figures = {
            "incidents": len(self.raised), "clips_ready": len(ready),
            "unrecorded": unrecorded, "frames_compared": frames,
            "gaps": gaps, "kills": dict(Counter(name for _, name in self.kills)),
            "ready_s_p50": _share(waits, 0.5), "ready_s_p95": _share(waits, 0.95),
            "ready_s_worst": _share(waits, 1.0), "undisturbed": len(calm),
            "undisturbed_ready_s_p95": _share(calm, 0.95), "cut_10_s_360p_cpu_ms": self._cut_cpu(),
            "load": round(os.getloadavg()[0], 1), "faults": len(faults),
        }  # fmt: skip
        return figures, faults

    def _disturbed(self, clip: Any) -> bool:
        """Tell whether something was killed from 30 s before its end until it was ready."""
        since = clip.wanted_until.timestamp() - 30
        return any(since < at < clip.ready_at.timestamp() for at, _ in self.kills)

    def _look(self, clip: Any, file: Path) -> tuple[int, list[str]]:
        """Hold one clip against the truth; returns how many frames, and what is wrong."""
        from apps.evidence.storage import StorageError, get_file

        try:
            get_file(clip.key, file)
        except StorageError as error:
            return 0, [f"lost in the store: {error}"]
        body = file.read_bytes()
        if (hashlib.sha256(body).hexdigest(), len(body)) != (clip.sha256, clip.bytes):
            return 0, ["other bytes than its row tells"]
        wrong = [
            f"gap {start:.1f}–{end:.1f}: {why}; before it {self._before(end)}"
            for start, end in clip.manifest["gaps_s"]
            if (why := self._unexplained(clip, start, end))
        ]
        # What was written stays whole, whoever is killed.
        wrong += [f"not whole: {one}" for one in clip.manifest["skipped"]]
        marks = read_marks(file)
        wrong += compare(
            marks,
            starts_at=clip.starts_at.timestamp(),
            phase_s=self.phases[clip.camera_id],
            fps=self.truth["fps"],
            length=self.truth["frames"],
            gaps=[tuple(gap) for gap in clip.manifest["gaps_s"]],
        )
        first, last = clip.wanted_from.timestamp(), clip.wanted_until.timestamp()
        ends = [clip.starts_at.timestamp(), clip.ends_at.timestamp()]
        covered = sorted([*clip.manifest["gaps_s"], ends])
        if covered[0][0] > first + 0.35 or max(end for _, end in covered) < last - 0.35:
            wrong.append("it does not span what was asked for")
        return len(marks), wrong

    def _on_disk(self) -> dict[int, list[tuple[float, float]]]:
        """Return by camera when each chunk of its large stream that is on disk begins and ends."""
        from django.conf import settings

        from workers.media.ring import Ring

        spans: dict[int, list[tuple[float, float]]] = {camera: [] for camera in self.phases}
        for file in Ring(settings.RING_DIR).scan():
            if file.stream == "main" and file.camera in spans:
                spans[file.camera].append((file.start_s, file.start_s + file.duration_s))
        return {camera: sorted(found) for camera, found in spans.items()}

    def _without_row(self) -> list[str]:
        """Name what was recorded before the last half minute and never entered."""
        from apps.cameras.models import Chunk
        from apps.tenancy.scope import system_scope

        with system_scope("the drill"):
            rows = Chunk.objects.filter(stream="main", camera__in=self.phases)
            entered = {
                (camera, round(at.timestamp(), 3))
                for camera, at in rows.values_list("camera", "started_at")
            }
        return [
            f"camera {camera}: the chunk of {start:.1f} is on disk and has no row"
            for camera, spans in self.recorded.items()
            for start, end in spans
            if end < time.time() - 30 and (camera, round(start, 3)) not in entered
        ]

    def _unrecorded(self, clip: Any) -> bool:
        """Tell whether the recorder was away, killed by us, for all that a clip wanted."""
        since, until = clip.wanted_from.timestamp(), clip.wanted_until.timestamp()
        return not self._unexplained(clip, since, until)

    def _unexplained(self, clip: Any, start: float, end: float) -> str:
        kills = [at for at, name in self.kills if name == "recorder"]
        return unexplained(start, end, kills=kills, recorded=self.recorded[clip.camera_id])

    def _before(self, moment: float) -> str:
        """Say what was killed in the minute before a moment."""
        found = [f"{name} {moment - at:.0f} s" for at, name in self.kills if 0 < moment - at < 60]
        return ", ".join(found) or "nothing was killed"

    def _cut_cpu(self) -> float | None:
        """Return the CPU of cutting 10 s out of a 360p stream, in milliseconds: the median of 9."""
        from django.conf import settings

        from apps.cameras.models import Chunk
        from apps.tenancy.scope import system_scope
        from workers.media.cut import ChunkPart, cut_clip

        camera = min(self.phases)
        with system_scope("the drill"):
            rows = Chunk.objects.filter(camera=camera, stream="sub").order_by("-started_at")[:30]
            chunks = [c for c in rows if (settings.RING_DIR / c.path).exists()]
        if len(chunks) < 15:
            return None
        parts = [
            ChunkPart(settings.RING_DIR / c.path, c.started_at.timestamp(), c.duration_s)
            for c in reversed(chunks)
        ]
        end = parts[-2].start_s
        spent = []
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(10):
                began = time.process_time()
                cut_clip(parts, end - 10, end, Path(folder) / "clip.mp4")
                spent.append((time.process_time() - began) * 1000)
        return round(sorted(spent[1:])[4], 1)


def _share(values: list[float], share: float) -> float | None:
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2) if ordered else None


def _environ() -> dict[str, str]:
    own = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "S3_", "DAVY_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return kept | {
        "DAVY_MODELS": os.environ.get("DAVY_MODELS") or str(ROOT / "var" / "models"),
        # All of it is looked at in the end.
        "DAVY_RING_AGE_S": "14400",
        "DAVY_RING_BYTES": "20e9",
    }


def main() -> int:
    """Run the drill; returns its exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--incidents", type=int, help="default: 1,000 in half an hour")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the kills")
    parser.add_argument("--calm", action="store_true", help="kill nothing")
    parser.add_argument(
        "--keep", action="store_true", help="leave var/kills for a look, as faults do"
    )
    options = parser.parse_args()
    incidents = options.incidents or max(1, round(1000 * options.minutes / 30))
    folder = state_folder(ROOT / "var" / "kills")
    shutil.rmtree(folder)
    say = Progress(sys.stderr)
    say(f"{options.minutes:g} minutes, {incidents} incidents, --seed {options.seed}")
    drill = Drill(folder, say, options.seed)
    faults = ["it did not come to its end"]
    try:
        drill.start()
        drill.run(options.minutes, incidents, calm=options.calm)
        drill.settle()
        figures, faults = drill.judge()
    finally:
        drill.stack.stop()
        if not (options.keep or faults):
            shutil.rmtree(folder, ignore_errors=True)
    for fault in faults:
        print(f"FAULT  {fault}")
    print(json.dumps({"seed": options.seed, "minutes": options.minutes, **figures}))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
