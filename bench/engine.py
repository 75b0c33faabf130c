"""What the engine itself costs: the demo's loops through the fold, one thread, gate on and off."""

import json
import time
from pathlib import Path

from workers import engine
from workers.media.decode import read_frames
from workers.scene import parse_scene
from workers.vision.load import load_detector

LOOPS = Path(__file__).resolve().parent.parent / "workers" / "simulate" / "loops"


def main() -> None:
    """Print milliseconds of CPU per camera-second for each loop."""
    detector = load_detector()
    figures: dict[str, dict[str, float]] = {}
    for folder in sorted(path for path in LOOPS.iterdir() if (path / "sub.mp4").exists()):
        scene = parse_scene(json.loads((folder / "scene.json").read_text()))
        figures[folder.name] = {}
        for gate in (True, False):
            began = time.process_time()
            frames = read_frames(folder / "sub.mp4", start_s=0.0, fps=None)
            chunk = engine.Chunk(sequence=1, start_s=0.0, duration_s=1e6, frames=frames)
            result = engine.analyse(scene, None, chunk, detector=detector, gate=gate)
            used_s = time.process_time() - began
            seconds = result.analysed / scene.analysis_fps
            name = "gated" if gate else "ungated"
            figures[folder.name][f"{name}_cpu_ms_per_s"] = round(1000 * used_s / seconds, 1)
            figures[folder.name][f"{name}_duty"] = round(
                result.detector_frames / result.analysed, 2
            )
    print(json.dumps({"bench": "engine", "detector": detector.name, "loops": figures}), flush=True)


if __name__ == "__main__":
    main()
