"""Makes bank entries of camera faults: `python -m workers.simulate.spoiled DIR`.

No renderer is needed: the loop that ships with the product is decoded, spoilt and encoded again.
"""

from __future__ import annotations

import json
import sys
from itertools import chain
from pathlib import Path

from workers.media.decode import read_frames
from workers.simulate.encode import Writer
from workers.simulate.faults import CHANGES, spoil

LOOPS = Path(__file__).resolve().parent / "loops"
FPS = 10
BITS = 120_000
CLEAN_S = 10.0
# Each fault with how long it lasts: its time constant and a little. The longer ones are tested on
# pictures that need no clip; a frozen one is not told from a living one at so few bits a second.
ENTRIES = {"blocked": 8, "moved": 13}


def entry(folder: Path, loop: str, name: str, lasts_s: float, seed: int = 1) -> None:
    """Write clip.mp4, scene.json and truth.json of one fault after ten clean seconds."""
    folder.mkdir(parents=True, exist_ok=True)
    seconds = CLEAN_S + lasts_s
    source = LOOPS / loop
    twice = chain(*(read_frames(source / "sub.mp4") for _ in range(2)))
    frames = ((i / FPS, f.bgr()) for i, f in zip(range(int(seconds * FPS)), twice, strict=False))
    with Writer(folder / "clip.mp4", (640, 360), FPS, BITS) as writer:
        for _, picture in spoil(frames, name, CLEAN_S, seconds, seed):
            writer.write(picture[..., ::-1])
    fault = CHANGES[name][0] if name in CHANGES else name
    truth = {
        "fps": FPS,
        "seconds": seconds,
        "regime": "bright",
        "faults": [{"fault": fault, "from_s": CLEAN_S, "to_s": seconds}],
    }
    (folder / "truth.json").write_text(json.dumps(truth) + "\n")
    scene = json.loads((source / "scene.json").read_text())
    (folder / "scene.json").write_text(json.dumps({**scene, "rules": []}, indent=1) + "\n")


def main(out: Path) -> None:
    """Write all entries."""
    for name, lasts_s in ENTRIES.items():
        entry(out / f"fault-{name}", "incline", name, lasts_s)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
