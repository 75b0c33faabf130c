"""Where the feet must be of somebody whose legs something hides: a wall, a tank, a parapet.

Of such a person the network sees the upper body, and less surely proposes the whole one too. While
it does so for some time, the feet are where the whole body ends, and not where the wall begins; for
some time more, too, as the wall stays where it is.
"""

from collections.abc import Sequence
from math import hypot

from workers.vision.boxes import Box
from workers.vision.track import LOW_SCORE, Track

# Height by width of an upper body, and the least of a whole one that stands.
UPPER, WHOLE = (1.3, 2.2), 1.8
# The whole body is so much taller; its head is where the upper one's is, in that one's heights.
TALLER, HEAD = 1.4, 0.15
# It covers so much of the other's width, and is at most so much wider.
COVERS, WIDER = 0.85, 2.0
# Of so many looks it must be proposed in this share; it is remembered down to that one, which is
# nine looks without a proposal after many with one.
LOOKS, OFTEN, SELDOM = 4, 0.5, 0.07
# But not where a body this part as tall is seen itself, nor where the head is this far, in heights
# of the whole body, from where it was when that one was last proposed: who crouches, or walked on.
SEEN, GONE = 0.85, 0.35


def look_below(track: Track, boxes: Sequence[Box], aspect: float, *, part: bool = False) -> None:
    """Take in whether a look at somebody proposes a whole body about what is seen of him.

    part: the look was at a part of the picture, which ends below what was seen of him: that it
    proposes none is no sign that there is no wall.
    """
    x1, y1, x2, y2 = track.box
    head = ((x1 + x2) / 2, y1)
    bottom = max((b.xyxy[3] for b in boxes if _is_whole(track.box, b, aspect)), default=None)
    if track.hidden < SELDOM:
        track.feet = 0.0  # what was proposed elsewhere, long ago, says nothing of here
    # What is remembered of a wall fades with every look all the same.
    if bottom is not None or not part or track.behind:
        track.hidden += (float(bottom is not None) - track.hidden) / LOOKS
    if bottom is not None:
        track.feet = bottom if not track.feet else track.feet + (bottom - track.feet) / LOOKS
        track.head = list(head)
    if track.hidden >= OFTEN:
        track.behind = True
    elif track.behind:
        tall = track.feet - track.head[1]
        away = hypot((head[0] - track.head[0]) * aspect, head[1] - track.head[1])
        own = y2 - y1 >= SEEN * tall
        track.behind = track.hidden >= SELDOM and not own and away < GONE * tall


def bottom_of(track: Track) -> float:
    """Return how far down in the picture somebody's feet are."""
    seen = track.box[3]
    return max(seen, track.feet) if track.behind else seen


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
