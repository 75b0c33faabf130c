"""The headless door: analyse a video or a folder of stills, one JSON object a line.

Needs no database, server or network. Exit status 0: done; 2: the input cannot be used, and one
line on stderr says what and where.
"""

import argparse
import csv
import io
import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, NoReturn

from workers.engine import Analysis, Chunk, Finding, Signal, State, analyse
from workers.media.decode import Frame, read_frames, read_stills
from workers.media.errors import MediaError
from workers.models import ModelError
from workers.scene import Scene, SceneError, load_scene
from workers.vision.belief import STATES
from workers.vision.region import too_small

CHUNK_S = 1.0


class BadInput(Exception):
    """The input cannot be used; one sentence for stderr."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise BadInput(f"{message}; see --help")


def parser() -> argparse.ArgumentParser:
    """Return the command's options."""
    made = _Parser(prog="analyse", description=__doc__, allow_abbrev=False)
    made.add_argument("source", type=Path, help="a video file, or a folder of stills in name order")
    made.add_argument("--scene", type=Path, help="scene document: zones, machines, rules")
    made.add_argument(
        "--start",
        help="time of the first frame, ISO 8601, without an offset UTC; findings then carry `at`",
    )
    made.add_argument(
        "--signals", type=Path, help="signals of machines and inputs, a CSV of t,machine,state"
    )
    made.add_argument(
        "--fps", type=float, help="frames a second to analyse; with stills, their rate (default 1)"
    )
    made.add_argument(
        "--detections", action="store_true", help="write the detector's boxes of every frame it saw"
    )
    made.add_argument("--no-gate", action="store_true", help="detect in every analysed frame")
    made.add_argument("--out", type=Path, help="file to write to (default: standard output)")
    made.add_argument(
        "--ppe", action="store_true", help="tell helmet and vest of people near enough"
    )
    made.add_argument("--model", default="default", help="a name of the model catalogue")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    try:
        options = parser().parse_args(argv)
        _run(options)
    except (BadInput, MediaError, SceneError, ModelError) as error:
        words = " ".join(str(error).split())
        print(f"analyse: {words}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our lines has gone; Python must not complain again while closing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return 0


def _run(options: argparse.Namespace) -> None:
    """Check every input, then analyse and write."""
    source: Path = options.source
    if not source.exists():
        raise BadInput(f"{source}: no such file or folder")
    if options.fps is not None and not (math.isfinite(options.fps) and 0 < options.fps <= 240):
        raise BadInput(f"--fps: must be above 0 and at most 240, found {options.fps:g}")
    try:
        scene = load_scene(options.scene) if options.scene else Scene()
    except SceneError as error:
        raise BadInput("\n".join(f"{options.scene}: {one}" for one in error.faults)) from None
    for rule in scene.unknown:
        print(
            f"analyse: rule {rule.id}: no hazard type {rule.type} here: it is not protecting",
            file=sys.stderr,
        )
    start = _start(options.start)
    signals = _signals(options.signals, scene, start) if options.signals else []
    stills = source.is_dir()
    still_fps = options.fps or 1.0
    frames: Iterator[Frame | MediaError]
    frames = read_stills(source, fps=still_fps) if stills else read_frames(source)
    # The first picture is read before anything is written: a bad input writes no line.
    source_lines = _Source(frames, source)
    if source_lines.first is not None:
        _warn_of_small_regions(scene, source_lines.first.width, source_lines.first.height)
    from workers.vision.load import load_detector  # torch: only once the input is good

    detector = load_detector(options.model)
    if options.ppe:
        from workers.vision.ppe import load_reader

        scene = replace(scene, ppe=True)
        load_reader()  # what is wrong with its weights is told before the first line
    began = time.process_time()
    with _Writer(options.out) as writer:
        lines = _Lines(writer, start, stills)
        state: State | None = None
        totals = {"frames": 0, "analysed": 0, "detector_frames": 0}
        pending = list(signals)
        for number, (start_s, group) in enumerate(source_lines.chunks(CHUNK_S)):
            due = [s for s in pending if s.t < start_s + CHUNK_S]
            pending = pending[len(due) :]
            analysis = analyse(
                scene,
                state,
                Chunk(
                    number,
                    start_s,
                    CHUNK_S,
                    group,
                    due,
                    epoch_s=None if start is None else start.timestamp(),
                ),
                detector=detector,
                gate=not options.no_gate,
                fps=still_fps if stills else options.fps,
                weak=options.detections,
            )
            state = analysis.state
            for key in totals:
                totals[key] += getattr(analysis, key)
            lines.write(analysis, source_lines.take_names(), options.detections)
        lines.put(
            {
                "kind": "summary",
                "seconds": round(source_lines.seconds(1 / still_fps if stills else None), 3),
                **totals,
                "cpu_seconds": round(time.process_time() - began, 2),
                "detector": detector.name,
                "errors": source_lines.errors,
            }
        )
    if source_lines.errors:
        print(f"analyse: {source}: {source_lines.words()}", file=sys.stderr)


def _warn_of_small_regions(scene: Scene, width: int, height: int) -> None:
    """Say on stderr which machines cannot be judged in pictures of this size."""
    for index, machine in enumerate(scene.machines):
        if machine.roi is None or machine.source == "signal":
            continue
        words = too_small(machine.roi, width, height, machine.look)
        if words:
            print(f"analyse: machines[{index}].roi: {words}: UNKNOWN", file=sys.stderr)


class _Source:
    """Frames in chunks, with what could not be read counted."""

    def __init__(self, frames: Iterator[Frame | MediaError], path: Path) -> None:
        self.frames = frames
        self.path = path
        self.bad: list[str] = []
        self.names: dict[float, str] = {}
        self.last_t = 0.0
        self.step_s = float(1 / getattr(frames, "rate", 1.0))
        self.first: Frame | None = self._next()
        if self.first is None:
            raise BadInput(f"{path}: no picture in it can be decoded")

    def _next(self) -> Frame | None:
        for item in self.frames:
            if isinstance(item, Frame):
                self.last_t = item.t
                if item.name is not None:
                    self.names[item.t] = item.name
                return item
            self.bad.append(str(item))
        return None

    def _all(self) -> Iterator[Frame]:
        frame = self.first
        self.first = None
        while frame is not None:
            yield frame
            frame = self._next()

    def chunks(self, length_s: float) -> Iterator[tuple[float, Iterator[Frame]]]:
        """Give the start and the frames of each so many seconds, as they are decoded."""
        for number, group in groupby(self._all(), key=lambda f: int(f.t // length_s)):
            yield number * length_s, group

    def take_names(self) -> dict[float, str]:
        """Return the names of the stills by time; the last one may belong to the next chunk."""
        names, self.names = self.names, dict(list(self.names.items())[-1:])
        return names

    @property
    def errors(self) -> int:
        """Return how many packets or stills could not be decoded."""
        return len(self.bad) + int(getattr(self.frames, "errors", 0))

    def words(self) -> str:
        """Say what could not be decoded."""
        if self.bad:
            more = f" and {len(self.bad) - 1} more" if len(self.bad) > 1 else ""
            return f"{self.bad[0]}{more}; the rest was analysed"
        return f"{self.errors} packets could not be decoded; the rest was analysed"

    def seconds(self, step_s: float | None) -> float:
        """Return the length of what was decoded, the last frame's own time included."""
        return self.last_t + (step_s or self.step_s)


class _Lines:
    """Writes an analysis as lines, in order of time."""

    def __init__(self, writer: "_Writer", start: datetime | None, stills: bool) -> None:
        self.put: Callable[[dict[str, Any]], None] = writer.put
        self.start = start
        self.stills = stills

    def write(self, analysis: Analysis, names: dict[float, str], detections: bool) -> None:
        """Write one chunk's detections, readings and findings."""
        made: list[dict[str, Any]] = []
        if detections:
            made += [{"kind": "detections", **item} for item in analysis.detections]
        for reading in analysis.readings:
            item = {"kind": "reading", **asdict(reading)}
            made.append({k: v for k, v in item.items() if v is not None or k == "value"})
        made += [self._finding(finding) for finding in analysis.findings]
        for item in sorted(made, key=lambda one: one["t"]):
            if self.stills:
                item["source"], item["origin"] = names.get(item["t"]), item.get("source")
                if item["origin"] is None:
                    del item["origin"]
            item["t"] = round(item["t"], 3)
            self.put(item)

    def _finding(self, finding: Finding) -> dict[str, Any]:
        item = {"kind": "finding", **asdict(finding)}
        if self.start is not None:
            item["at"] = (self.start + timedelta(seconds=finding.t)).isoformat()
        return item


class _Writer:
    """One JSON object a line, flushed as it goes, to a file or to standard output."""

    def __init__(self, path: Path | None) -> None:
        try:
            self.stream = path.open("w", encoding="utf-8") if path else sys.stdout
        except OSError as error:
            raise BadInput(f"{path}: cannot be written: {error.strerror}") from None
        self.path = path

    def put(self, item: dict[str, Any]) -> None:
        """Write one line."""
        self.stream.write(json.dumps(item, ensure_ascii=False) + "\n")
        self.stream.flush()

    def __enter__(self) -> "_Writer":
        return self

    def __exit__(self, *_: object) -> None:
        if self.path:
            self.stream.close()


def _start(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"--start: not a time in ISO 8601: {text!r}") from None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _signals(path: Path, scene: Scene, start: datetime | None) -> list[Signal]:
    """Read a CSV of t,machine,state; BadInput names the line of the first fault."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path}: is not a text file in UTF-8") from None
    machines = {machine.id for machine in scene.machines}
    inputs = {one.id: one for one in scene.inputs}
    found: list[Signal] = []
    rows = csv.reader(io.StringIO(text), skipinitialspace=True)
    try:
        for row in rows:
            where = f"{path}: line {rows.line_num}"
            cells = [cell.strip() for cell in row]
            if not any(cells) or cells[0].startswith("#"):
                continue
            if [c.lower() for c in cells] == ["t", "machine", "state"] and not found:
                continue
            if len(cells) != 3:
                raise BadInput(f"{where}: needs t,machine,state, found {len(cells)} values")
            t = _signal_time(cells[0], start, where)
            if cells[1] in inputs:
                states = inputs[cells[1]].states
                if states and cells[2].casefold() not in {one.casefold() for one in states}:
                    known = ", ".join(states)
                    raise BadInput(f'{where}: no state "{cells[2]}"; there are: {known}')
                found.append(Signal(t, cells[1], cells[2]))
                continue
            if cells[1] not in machines:
                raise BadInput(f'{where}: no machine "{cells[1]}" in the scene')
            state = cells[2].upper()
            if state not in STATES:
                raise BadInput(f'{where}: no state "{cells[2]}"; there are: {", ".join(STATES)}')
            found.append(Signal(t, cells[1], state))
    except csv.Error as error:
        raise BadInput(f"{path}: line {rows.line_num}: {error}") from None
    return sorted(found, key=lambda s: s.t)


def _signal_time(text: str, start: datetime | None, where: str) -> float:
    """Return seconds from the start: given so, or as a time when --start is known."""
    try:
        t = float(text)
    except ValueError:
        t = math.nan
    if math.isfinite(t):
        return t
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{where}: t is not a number of seconds: {text!r}") from None
    if start is None:
        raise BadInput(f"{where}: t is a time of day: --start is needed to place it")
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return (when - start).total_seconds()


if __name__ == "__main__":
    sys.exit(main())
