"""Where the feet must be of somebody whose legs something hides: a wall, a tank, a parapet.

Of such a person the network sees the upper body, and less surely proposes the whole one too. While
it does so for some time, the feet are where the whole body ends, and not where the wall begins.
"""

from collections.abc import Sequence

from workers.vision.boxes import Box
from workers.vision.track import LOW_SCORE, Track

# Height by width of an upper body, and the least of a whole one that stands.
UPPER, WHOLE = (1.3, 2.2), 1.8
# The whole body is so much taller; its head is where the upper one's is, in that one's heights.
TALLER, HEAD = 1.4, 0.15
# It covers so much of the other's width, and is at most so much wider.
COVERS, WIDER = 0.85, 2.0
# Of so many looks it must be proposed in this share.
LOOKS, OFTEN = 4, 0.5


def look_below(track: Track, boxes: Sequence[Box], aspect: float) -> None:
    """Take in whether a look at somebody proposes a whole body about what is seen of him."""
    bottom = max((b.xyxy[3] for b in boxes if _is_whole(track.box, b, aspect)), default=None)
    track.hidden += (float(bottom is not None) - track.hidden) / LOOKS
    if bottom is not None:
        track.feet = bottom if not track.feet else track.feet + (bottom - track.feet) / LOOKS


def bottom_of(track: Track) -> float:
    """Return how far down in the picture somebody's feet are."""
    seen = track.box[3]
    return max(seen, track.feet) if track.hidden >= OFTEN else seen


def _is_whole(upper: Sequence[float], box: Box, aspect: float) -> bool:
    x1, y1, x2, y2 = upper
    left, top, right, bottom = box.xyxy
    high, wide = y2 - y1, max(1e-6, (x2 - x1) * aspect)
    if box.label != "person" or box.score < LOW_SCORE or not UPPER[0] <= high / wide <= UPPER[1]:
        return False
    covered = (min(right, x2) - max(left, x1)) * aspect
    return (
        bottom - top >= TALLER * high
        and abs(top - y1) <= HEAD * high
        and covered >= COVERS * wide
        and (right - left) * aspect <= WIDER * wide
        and bottom - top >= WHOLE * (right - left) * aspect
    )
