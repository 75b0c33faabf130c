"""Who is followed, as rules see it: where somebody's feet are, and who counts as there."""

from collections.abc import Iterable, Mapping

from workers.geometry import Polygon
from workers.hazards.base import Person
from workers.vision.feet import bottom_of
from workers.vision.ppe import Wardrobe
from workers.vision.track import Track

# A track unseen for longer is still followed, but no longer proves that somebody is there.
VISIBLE_S = 0.5
# A box that ends this close to the bottom of the picture has its feet cut off.
CUT_OFF = 0.985


def people_of(
    tracks: Iterable[Track], wardrobe: Wardrobe, t: float, step_s: float
) -> tuple[Person, ...]:
    """Return the people that are there at time t; step_s: the usual time between two frames."""
    longest_s = max(VISIBLE_S, 1.2 * step_s)
    return tuple(
        _person(track, t, wardrobe.worn(track.id))
        for track in tracks
        if track.confirmed and t - track.seen_s <= longest_s
    )


def to_the_edge(polygons: Mapping[str, Polygon]) -> dict[str, Polygon]:
    """Let zones that nearly reach the lower edge reach it: feet that it cuts are put there."""
    return {
        name: tuple((x, 1.0 if y >= CUT_OFF else y) for x, y in polygon)
        for name, polygon in polygons.items()
    }


def _person(track: Track, t: float, wears: tuple[str, ...]) -> Person:
    x1, y1, x2, y2 = track.box
    bottom = 1.0 if y2 >= CUT_OFF else bottom_of(track)
    return Person(
        track.id, (x1, y1, x2, y2), ((x1 + x2) / 2, bottom), track.score, track.born_s, track.fresh,
        wears, track.seen_s == t,
    )  # fmt: skip
