"""Renders the loops: `python -m workers.simulate render NAME --out DIR`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from workers.simulate.counter import draw_counter
from workers.simulate.encode import Writer
from workers.simulate.film import run
from workers.simulate.optics import Sensor, exposure_for, luma
from workers.simulate.pictures import generate
from workers.simulate.render import Renderer
from workers.simulate.scene import Loop
from workers.simulate.scenes import LOOPS
from workers.simulate.show import show
from workers.simulate.truth import frame_truth, scene_document, zone_events, zones_truth
from workers.simulate.water import SUMPS, render_sump

MAIN, SUB = (960, 540), (640, 360)


def dump(value: Any) -> str:
    """Write JSON without spaces."""
    return json.dumps(value, separators=(",", ":"))


def prepare(loop: Loop) -> tuple[Renderer, Sensor]:
    """Build the renderer and set the exposure on the loop's first frame."""
    renderer = Renderer(loop, *MAIN)
    sensor = Sensor(loop.optics, *MAIN, loop.seed, loop.seconds)
    linear, _ = renderer.frame(0.0)
    sensor.exposure = exposure_for(linear * sensor.vignette, loop.optics.luma)
    return renderer, sensor


def render(loop: Loop, out: Path, fps: int) -> None:
    """Write main.mp4, sub.mp4, truth.json and scene.json of one loop."""
    out.mkdir(parents=True, exist_ok=True)
    started, cpu = time.monotonic(), time.process_time()
    renderer, sensor = prepare(loop)
    count = loop.seconds * fps
    frames = []
    with (
        Writer(out / "main.mp4", MAIN, fps, loop.main_bps) as main,
        Writer(out / "sub.mp4", SUB, fps, loop.sub_bps) as sub,
    ):
        for index in range(count):
            linear, shown = renderer.frame(index / fps)
            picture = sensor.expose(linear, index / fps, index)
            truth = frame_truth(loop, renderer.matrix, index, fps, shown)
            truth["luma"] = round(luma(picture.astype(np.float32)), 1)
            frames.append(truth)
            draw_counter(picture, index)
            main.write(picture)
            small = cv2.resize(picture, SUB, interpolation=cv2.INTER_AREA)
            sub.write(np.asarray(small, dtype=np.uint8))
    document = {
        "fps": fps,
        "frames": count,
        "seconds": loop.seconds,
        "zones": zones_truth(loop, renderer.matrix),
        "frames_truth": frames,
        "events": zone_events(loop, frames),
    }
    (out / "truth.json").write_text(dump(document) + "\n")
    scene = json.dumps(scene_document(loop, renderer.matrix), indent=1)
    (out / "scene.json").write_text(scene + "\n")
    took, used = time.monotonic() - started, time.process_time() - cpu
    size = sum(p.stat().st_size for p in out.iterdir()) / 1e6
    print(f"{loop.name}: {count} frames, {took:.0f} s, {used:.0f} CPU-s, {size:.2f} MB", flush=True)


def still(loop: Loop, out: Path, times: list[float]) -> None:
    """Write single frames as PNG, to look at."""
    out.mkdir(parents=True, exist_ok=True)
    renderer, sensor = prepare(loop)
    for t in times:
        linear, _ = renderer.frame(t)
        picture = sensor.expose(linear, t, int(t * 10))
        cv2.imwrite(str(out / f"{loop.name}-{t:g}.png"), picture[..., ::-1])


def main(argv: list[str]) -> int:
    """Parse and run; 2 when the loop's name is unknown."""
    parser = argparse.ArgumentParser(prog="python -m workers.simulate", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("render", "still"):
        sub = verbs.add_parser(verb)
        sub.add_argument("name", choices=[*LOOPS, "all"])
        sub.add_argument("--out", type=Path, required=True)
        if verb == "render":
            sub.add_argument("--fps", type=int, default=10)
        else:
            sub.add_argument("--t", type=float, nargs="+", default=[0.0])
    many = verbs.add_parser("pictures", help="training pictures with labels")
    many.add_argument("--out", type=Path, required=True)
    many.add_argument("--count", type=int, required=True)
    many.add_argument("--seed", type=int, required=True)
    many.add_argument("--split", choices=["train", "val"], required=True)
    many.add_argument("--width", type=int, default=640)
    many.add_argument("--height", type=int, default=360)
    clips = verbs.add_parser("bank", help="the accuracy bank's clips of people")
    clips.add_argument("name")
    clips.add_argument("--out", type=Path, required=True)
    clips.add_argument("--still", action="store_true", help="three pictures to look at instead")
    picture = verbs.add_parser("show", help="the README's picture")
    picture.add_argument("--out", type=Path, required=True)
    water = verbs.add_parser("water", help="bank entries of sumps with gauges")
    water.add_argument("name", choices=[*SUMPS, "all"])
    water.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(argv)
    if args.verb == "show":
        show(args.out)
        return 0
    if args.verb == "bank":
        run(args.name, args.out, args.still)
        return 0
    if args.verb == "water":
        for sump in SUMPS.values() if args.name == "all" else [SUMPS[args.name]]:
            render_sump(sump, args.out / sump.name)
        return 0
    if args.verb == "pictures":
        generate(args.out, args.count, args.seed, args.split, args.width, args.height)
        return 0
    for loop in LOOPS.values() if args.name == "all" else [LOOPS[args.name]]:
        if args.verb == "render":
            render(loop, args.out / loop.name, args.fps)
        else:
            still(loop, args.out, args.t)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
