"""Holds a clip against what was filmed, frame by frame, and its gaps against who was killed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

__all__ = ["compare", "read_marks", "unexplained"]

# The chunk that the recorder had in hand is lost with it: a second of pictures that were still in
# memory, and the time that it takes to write them on a busy machine.
IN_HAND_S = 3.0
# By so much the stamps of a kill and of the last frame before it may differ.
HAIR_S = 0.5
# From the last kill to the first chunk after it: the supervisor's pause (up to 5 s where it dies
# again and again), Django's start beside those of others, the camera's next key picture.
BACK_S = 25.0
# As cuts do, a shorter pause between two chunks is not called a gap.
GAP_S = 0.3
# From a frame's own moment to its arrival: server, network, recorder; and its spread.
ARRIVES_S = 1.5


def unexplained(
    start: float, end: float, *, kills: Sequence[float], recorded: Sequence[tuple[float, float]]
) -> str:
    """Return why a gap (Unix) of a clip is a fault, "" where it must be there.

    kills: of the recorder; recorded: when the chunks on disk begin and end, in order. One kill
    explains one gap of a stream: the one that begins with the chunk in hand and ends with the first
    chunk after the recorder is back. Anything that is on disk must be in the clip.
    """
    if any(begin < end - GAP_S and start + GAP_S < over for begin, over in recorded):
        return "recorded, and not in the clip"
    # A clip may show the end of it alone, or its beginning.
    begin = max((over for _, over in recorded if over <= start + GAP_S), default=None)
    back = min((first for first, _ in recorded if first >= end - GAP_S), default=None)
    if begin is None or back is None:
        return "nothing on disk says when it began or ended"
    if not any(begin - HAIR_S <= at <= begin + IN_HAND_S for at in kills):
        return f"it began at {begin:.1f}, and nobody killed the recorder then"
    away_s = back - max(at for at in kills if at <= back)
    if away_s > BACK_S:
        return f"the recorder came back {away_s:.0f} s after it was last killed"
    return ""


def read_marks(file: Path) -> list[tuple[float, int | None]]:
    """Return each frame's time from the first one, in seconds, and the number burned into it."""
    import av

    from workers.simulate.counter import read_counter

    marks = []
    with av.open(str(file)) as container:
        first = None
        for frame in container.decode(video=0):
            first = frame.time if first is None else first
            plane = frame.reformat(format="gray").to_ndarray()
            marks.append((frame.time - first, read_counter(plane)))
    return marks


def compare(
    marks: list[tuple[float, int | None]],
    *,
    starts_at: float,
    phase_s: float,
    fps: float,
    length: int,
    gaps: list[tuple[float, float]],
) -> list[str]:
    """Return what is wrong with a clip's frames.

    Each frame follows the one before, unless a named gap lies between: then the numbers jump as the
    time does. Each frame is of the moment that the clip says, as far as frames travel.
    """
    wrong = []
    before: tuple[float, int] | None = None
    for place, number in marks:
        at = starts_at + place
        if number is None:
            wrong.append(f"the frame at {place:.2f} s has no number")
            continue
        late_s = ((at + phase_s) - (number % length) / fps) % (length / fps)
        if late_s > ARRIVES_S and late_s < length / fps - 0.3:
            wrong.append(f"the frame at {place:.2f} s is of {late_s:.2f} s before")
        if before is not None:
            step = (number - before[1]) % length
            passed = place - before[0]
            in_gap = any(s < at + 0.2 and starts_at + before[0] - 0.2 < e for s, e in gaps)
            if step != 1 and not (in_gap and abs(step / fps - passed) < ARRIVES_S):
                wrong.append(f"at {place:.2f} s frame {number} follows {before[1]}")
        before = (place, number)
    return wrong[:5]
