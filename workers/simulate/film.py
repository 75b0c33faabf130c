"""Renders the bank's clips of people: `python -m workers.simulate bank NAME --out DIR`."""

from __future__ import annotations

import json
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.simulate.clips import (
    CLIPS,
    FPS,
    SIZE,
    Clip,
    Play,
    Take,
    compose,
    shown,
    truth_document,
)
from workers.simulate.encode import Writer
from workers.simulate.optics import Sensor, exposure_for, luma
from workers.simulate.pictures import glow, relit
from workers.simulate.stage import Stage
from workers.simulate.truth import frame_truth, scene_document, zone_events, zones_truth

LARGEST_BYTES = 560_000  # of a clip's video
TRIES = 400
SOURCE = 1.5  # exposed light above this comes from a lamp
MOST_NEAR = 0.12  # share of the picture that may be covered by what is near
LEAST_VISIBLE = 0.55  # of somebody in the zone


def _seen_in_zone(stage: Stage, play: Play) -> bool:
    """Say whether nothing hides people while they are in the zone, by a look each second."""
    for t in np.arange(0.5, play.take.clip.seconds, 1.0):
        people = play.people(float(t))
        _, counts = stage.shoot(people, play.things(float(t)), (1.0, 1.0), True)
        items = shown(play, people, counts)
        frame = frame_truth(play.take.loop, stage.matrix, int(t * FPS), FPS, items)
        low = [p for p in frame["people"] if p["in_zones"] and p["visible"] < LEAST_VISIBLE]
        if low or len(frame["people"]) < len(people):
            return False
    return True


def find(stage: Stage, clip: Clip) -> Take:
    """Search the first seed that stages the clip; raises RuntimeError when none does."""
    for seed in range(clip.seed, clip.seed + TRIES):
        take = compose(clip, seed)
        if take is None:
            continue
        stage.light(take.layout)
        if stage.near < MOST_NEAR and _seen_in_zone(stage, Play(take)):
            return take
    raise RuntimeError(f"no place fits {clip.name}")


def _expose(sensor: Sensor, linear: NDArray, t: float, index: int) -> NDArray:
    """Make the camera's picture; lamps into the lens blind it as far as the clip says."""
    dazzle = sensor.optics.glare
    if dazzle > 0:
        light = linear * np.float32(sensor.exposure)
        light = relit(np.minimum(light, 8.0), light.max(axis=2) > SOURCE, dazzle, None)
        # The same draw for each frame: streaks do not come and go.
        linear = glow(light, dazzle, np.random.default_rng(3)) / np.float32(sensor.exposure)
    return sensor.expose(linear, t, index)


def _sensor(stage: Stage, play: Play) -> Sensor:
    """Set the exposure as an automatic camera would on the middle of the clip."""
    take = play.take
    sensor = Sensor(take.loop.optics, *SIZE, take.loop.seed, take.clip.seconds)
    t = take.clip.seconds / 2
    linear, _ = stage.shoot(play.people(t), play.things(t), (1.0, 1.0))
    sensor.exposure = exposure_for(np.minimum(linear, 50.0) * sensor.vignette, take.clip.luma)
    for _ in range(6):  # glow and veil add light of their own
        got = luma(_expose(sensor, linear, t, 0).astype(np.float32))
        sensor.exposure *= float(np.clip((take.clip.luma / got) ** 1.3, 0.4, 2.5))
    return sensor


def stills(clip: Clip, out: Path) -> None:
    """Write three pictures of a clip side by side, to look at."""
    out.mkdir(parents=True, exist_ok=True)
    stage = Stage(*SIZE)
    take = find(stage, clip)
    play = Play(take)
    sensor = _sensor(stage, play)
    row: list[NDArray] = []
    polygon = np.array(zones_truth(take.loop, stage.matrix)["danger"]["polygon"]) * SIZE
    for t in np.linspace(0.22, 0.85, 3) * clip.seconds:
        people = play.people(float(t))
        linear, _ = stage.shoot(people, play.things(float(t)), play.flicker(float(t)))
        picture = _expose(sensor, linear, float(t), int(t * FPS))[..., ::-1].copy()
        cv2.polylines(picture, [polygon.astype(np.int32)], True, (0, 200, 255), 1)
        row.append(picture)
    cv2.imwrite(str(out / f"{clip.name}.png"), np.hstack(row))
    print(clip.name, take.seed, flush=True)


def film(clip: Clip, out: Path) -> None:
    """Write clip.mp4, truth.json and scene.json of one clip."""
    out.mkdir(parents=True, exist_ok=True)
    cpu = time.process_time()
    stage = Stage(*SIZE)
    take = find(stage, clip)
    play = Play(take)
    sensor = _sensor(stage, play)
    frames = []
    rate = int(LARGEST_BYTES * 8 / clip.seconds / 1.1)
    with Writer(out / "clip.mp4", SIZE, FPS, rate) as video:
        for index in range(clip.seconds * FPS):
            t = index / FPS
            people = play.people(t)
            linear, counts = stage.shoot(people, play.things(t), play.flicker(t))
            picture = _expose(sensor, linear, t, index)
            items = shown(play, people, counts)
            truth = frame_truth(take.loop, stage.matrix, index, FPS, items)
            truth["luma"] = round(luma(picture.astype(np.float32)), 1)
            frames.append(truth)
            video.write(picture)
    events = zone_events(take.loop, frames)
    zones = zones_truth(take.loop, stage.matrix)
    document = truth_document(take, frames, events, zones)
    (out / "truth.json").write_text(json.dumps(document, separators=(",", ":")) + "\n")
    scene = scene_document(take.loop, stage.matrix)
    scene["masks"] = []
    scene["machines"][0]["source"] = clip.source
    (out / "scene.json").write_text(json.dumps(scene, indent=1) + "\n")
    used, size = time.process_time() - cpu, sum(p.stat().st_size for p in out.iterdir())
    print(f"{clip.name}: seed {take.seed}, {used:.0f} CPU-s, {size / 1000:.0f} kB", flush=True)


def run(name: str, out: Path, still: bool) -> None:
    """Render one clip or all of them; KeyError for an unknown name."""
    known = {clip.name: clip for clip in CLIPS}
    for clip in CLIPS if name == "all" else [known[name]]:
        if still:
            stills(clip, out)
        else:
            film(clip, out / clip.name)
