"""A glance: a look at only the region of the picture in which everybody who is followed is.

A network takes as long as its picture is large. Between two looks at the whole picture those who
are followed surely are looked for where they must be, in the same pixels and at the same scale, for
a fifth of the time. Whatever else moves, and whoever is not surely found again, gets the whole
picture at once.
"""

from collections.abc import Sequence

import numpy as np

from workers.vision.boxes import Box, Corners, inside, overlap
from workers.vision.detector import Detector
from workers.vision.gate import Gate
from workers.vision.track import HIGH_SCORE
from workers.vision.tracker import Tracker

# The whole picture is looked at this often while somebody is followed: who stood unseen, and now is
# seen, waits so long at most.
WHOLE_S = 0.6
# Whose mean score is below this, what begins a track, gets the whole picture.
SURE = HIGH_SCORE
# Around somebody, in parts of the longer side of the picture: with less the network misses what
# surrounds him (by 0.03 of his score at 24 of 416 pixels, 0.02 at 40), with more nothing is saved.
MARGIN = 40 / 416
# A part larger than this share of the picture is not worth it.
LARGEST = 0.5
# What moves is somebody's own doing within this part of his height around his box, his lamp and his
# shadow; what moved at the last look at the whole may have grown by this part of the picture.
OWN, GROWN = 0.25, 0.03
# Of a patch that moves this share must lie in what did then, or by somebody.
KNOWN = 0.5
# A box that ends this near to the rim of the part was cut by it, in parts of the longer side.
RIM = 4 / 416
# Somebody may stand where the whole picture gave a score of so much, and nobody is followed: while
# it does, the whole is looked at. Of such a box at most this share lies in the box of who is.
HINT, BESIDE = 0.25, 0.5
# Who is found where he was expected overlaps by so much, and is as tall but for this factor: who
# falls does not.
SAME, TALL = 0.4, 1.25


def glance(
    detector: Detector, picture: np.ndarray, tracker: Tracker, gate: Gate, t: float
) -> list[Box] | None:
    """Return the boxes about everybody who is followed; None where the whole picture is wanted.

    picture: BGR, all of it. Not every detector can: one of a mine's own, one with a shadow beside
    it, and one on a GPU, where pictures of one size share a batch, look at whole pictures only.
    """
    look = getattr(detector, "glance", None)
    part = part_of(tracker, gate, t, picture.shape[1] / picture.shape[0])
    if look is None or part is None:
        return None
    found: list[Box] | None = look(picture, part)
    if found is None:
        return None
    found = _uncut(found, part, picture.shape[1] / picture.shape[0])
    expected = [track.predicted(t - track.seen_s) for track in tracker.tracks]
    return found if all(_is_found(one, found) for one in expected) else None


def part_of(tracker: Tracker, gate: Gate, t: float, aspect: float) -> Corners | None:
    """Return the part of the picture that a look at t may leave it at; None for all of it.

    aspect: the picture's width by its height.
    """
    tracks = tracker.tracks
    if not tracks or tracker.unsure() or not 0 <= t - gate.whole_t < WHOLE_S - 0.05:
        return None
    if any(track.mean < SURE for track in tracks):
        return None
    people = [track.predicted(t - track.seen_s) for track in tracks]
    known = [_grown(patch, GROWN, GROWN) for patch in gate.whole]
    for box in people:
        reach = OWN * (box[3] - box[1])
        known.append(_grown(box, reach / aspect, reach))
    if not all(any(inside(patch, box) > KNOWN for box in known) for patch in gate.patches):
        return None
    across, down = MARGIN * max(1.0, 1 / aspect), MARGIN * max(1.0, aspect)
    left = max(0.0, min(box[0] for box in people) - across)
    top = max(0.0, min(box[1] for box in people) - down)
    right = min(1.0, max(box[2] for box in people) + across)
    bottom = min(1.0, max(box[3] for box in people) + down)
    if right <= left or bottom <= top or (right - left) * (bottom - top) > LARGEST:
        return None
    return left, top, right, bottom


def somebody_else(boxes: Sequence[Box], tracker: Tracker) -> bool:
    """Tell whether the boxes of a whole picture hint at somebody who is not followed."""
    hints = [box for box in boxes if box.label == "person" and box.score >= HINT]
    followed: list[Sequence[float]] = [track.box for track in tracker.tracks]
    return any(all(inside(box.xyxy, one) < BESIDE for one in followed) for box in hints)


def _uncut(boxes: Sequence[Box], part: Corners, aspect: float) -> list[Box]:
    """Return the boxes that the rim of the part did not cut, where it is not the picture's own."""
    across, down = RIM * max(1.0, 1 / aspect), RIM * max(1.0, aspect)
    left, top, right, bottom = part
    return [
        box
        for box in boxes
        if not (
            (left > 0 and box.xyxy[0] < left + across)
            or (top > 0 and box.xyxy[1] < top + down)
            or (right < 1 and box.xyxy[2] > right - across)
            or (bottom < 1 and box.xyxy[3] > bottom - down)
        )
    ]


def _is_found(expected: Corners, boxes: Sequence[Box]) -> bool:
    """Tell whether somebody was surely found about where, and as tall as, he was expected."""
    tall = expected[3] - expected[1]
    return any(
        box.label == "person"
        and box.score >= HIGH_SCORE
        and 1 / TALL <= (box.xyxy[3] - box.xyxy[1]) / max(tall, 1e-6) <= TALL
        and overlap(box.xyxy, expected) >= SAME
        for box in boxes
    )


def _grown(box: Corners, across: float, down: float) -> Corners:
    return box[0] - across, box[1] - down, box[2] + across, box[3] + down
