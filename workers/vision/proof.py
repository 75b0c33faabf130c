"""Whether a track is somebody: what its detections, and closer looks at it, prove."""

from collections.abc import Callable

from workers.vision.boxes import Box
from workers.vision.track import LOOKS, ROAMED, Habits, Track

# The means of scores and of closer looks are of so many; after LOOKS that prove nothing further
# ones are taken this far apart, and of detections that could begin a track.
MEAN_OF, LOOK_S = 4, 1.0
# Who is believed, weakly seen and never walked is looked at again this often: a thing that passed
# for a person once must not stay one for ever.
AGAIN_S = 2.0

Closer = Callable[[Box], float]


def confirm(track: Track, box: Box, t: float, habits: Habits, closer: Closer | None = None) -> None:
    """Believe a track that was found often enough, and surely enough or on closer looks."""
    if track.confirmed:
        _doubt(track, box, t, habits, closer)
        return
    if track.hits < 2:
        return
    proven = closer is None or track.mean >= habits.sure
    if not proven and closer is not None:
        again = box.score >= habits.high and t - track.looked_s >= LOOK_S - 1e-6
        if track.looks < LOOKS or again:
            _look(track, closer(box), t)
        least = habits.trusted if track.doubted else habits.proven
        proven = track.looks > 0 and track.proof >= least
    often = track.hits >= habits.confirm_hits or t - track.born_s >= habits.confirm_s - 1e-6
    if proven and often:
        track.confirmed = track.fresh = True


def _doubt(track: Track, box: Box, t: float, habits: Habits, closer: Closer | None) -> None:
    """Look again, now and then, at who is believed, weakly seen and never walked."""
    if closer is None or track.mean >= habits.sure or track.roamed >= ROAMED:
        return
    if t - track.looked_s < AGAIN_S - 1e-6:
        return
    _look(track, closer(box), t)
    least = habits.trusted if track.born_within else habits.thing
    if track.looks >= LOOKS and track.proof < least:
        track.confirmed, track.doubted = False, True


def _look(track: Track, score: float, t: float) -> None:
    """Take in what a closer look gave."""
    track.looks, track.looked_s = track.looks + 1, t
    track.proof += (score - track.proof) / min(track.looks, MEAN_OF)
