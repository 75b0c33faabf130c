"""Which vehicles are in a zone, where they were in the last second, and how fast that makes them.

A way belongs to the vehicle and not to its track: a new track where one was lost goes on with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import hypot
from typing import Any

from workers.gap import ends_gap
from workers.geometry import Point
from workers.hazards.base import Memory, Vehicle, View
from workers.vision.mover import LABEL, STANDS
from workers.vision.speed import BEND_S, Motion, Spot, acceleration, velocity
from workers.words import sentence

# Points of a way are kept at least so far apart in time.
THIN_S = 0.09
# A vehicle that was lost is looked for so long, and one that stood still for longer.
LOST_S, LOST_STANDING_S = 3.0, 10.0
# A new track is the lost one within so many of its heights, or so many metres, of where it
# was expected; and so much of the way that it went since.
NEAR, NEAR_M, NEAR_WAY = 0.5, 1.0, 0.5
# A gap up to this long in what is told of a vehicle is no gap.
BRIDGE_S = 0.5
# Without a speed for so long, that is told; before, there was only too little time to measure.
UNMEASURED_S = 1.0
# Whose foot stays within so many of its box's heights stands still.
STILL = 0.12
# A foot this far outside still counts for who was inside, in heights of the box.
EDGE = 0.1


@dataclass
class Car:
    """A vehicle in the zone with what its way tells.

    place: on the ground, in metres; motion: None where it cannot be told, and unmeasured says why
    where that lasts; rough: a motion known too badly to be told, which still proves what even its
    least speed exceeds; sigma: standard deviation of the place, in metres; memory: what is
    remembered of it, by whoever judges it.
    """

    vehicle: Vehicle
    place: Point | None
    motion: Motion | None
    unmeasured: str
    stands_s: float
    memory: dict[str, Any]
    spots: list[Spot]
    sigma: float
    rough: Motion | None = None

    @property
    def ground(self) -> Point | None:
        """Return where it is, or was last, on the ground, in metres."""
        return self.place or ((self.spots[-1].x, self.spots[-1].y) if self.spots else None)

    def bend(self, way: Point, step_s: float) -> tuple[float, float] | None:
        """Return the acceleration along a direction and its error, in m/s²."""
        return acceleration(self.spots, way, step_s)


def follow(memory: Memory, view: View, zone: str, most_error: float) -> list[Car]:
    """Keep every vehicle's way; return those whose foot is in the zone.

    most_error: in m/s; a speed that is known worse than this is not told.
    """
    known: dict[str, dict[str, Any]] = memory.setdefault("cars", {})
    for name in [k for k, v in known.items() if view.t - v["seen"] > _patience_s(v, view)]:
        del known[name]
    if ends_gap(memory, view.t):
        for mine in known.values():
            # It may have been hauled on meanwhile: where it was before proves no creeping.
            mine.pop("creep", None)
            mine.pop("first", None)
    _measure_anew(memory, known, view)
    here = {str(v.track) for v in view.vehicles}
    found = []
    for vehicle in view.vehicles:
        name = str(vehicle.track)
        place, sigma = _on_ground(vehicle, view)
        mine = known.get(name) or _lost(known, here, vehicle, place, view) or _new(vehicle, view)
        known[name] = mine
        _note(mine, vehicle, place, sigma, view)
        mine["in"] = view.depth(zone, vehicle.foot) >= (
            -EDGE * vehicle.height if mine["in"] else 0.0
        )
        if mine["in"] and vehicle.sure:
            found.append(_car(mine, vehicle, place, sigma, view, most_error))
    return found


def _measure_anew(memory: Memory, known: Memory, view: View) -> None:
    """Forget all that was measured on another ground: on a new one it would be a movement."""
    ground = None if view.ground is None else view.ground.matrix.round(6).tolist()
    if memory.get("ground") != ground:
        memory["ground"] = ground
        for mine in known.values():
            mine.update(trail=[], tag="", place=None, v=None)
            for key in ("creep", "first"):
                mine.pop(key, None)


def lost_from_sight(memory: Memory, view: View) -> bool:
    """Tell whether a vehicle that stood in the zone is not followed any more, for a short while."""
    here = {str(v.track) for v in view.vehicles}
    return any(
        name not in here and mine["in"] and mine["stood"] and view.t > mine["seen"]
        for name, mine in memory.get("cars", {}).items()
    )


def halts(car: Car, least_s: float, moving_m_s: float, view: View, is_open: bool) -> bool:
    """Tell whether a vehicle stopped, for so long, and has not clearly moved on since.

    A box that trembles is no moving on: it is when its speed says so, or its place. is_open: that
    it stands was told before; what stands there still, after a gap, is the same.
    """
    memory, foot = car.memory, car.vehicle.foot
    if car.stands_s >= least_s - 1e-6 or (is_open and not memory["moved"]):
        memory["halted"] = list(foot)
    elif memory["halted"] is not None:
        x, y = memory["halted"]
        away = hypot((foot[0] - x) * view.aspect, foot[1] - y)
        moves = car.motion is not None and car.motion.speed - car.motion.error > moving_m_s
        if moves or away > NEAR * car.vehicle.height:
            memory["halted"] = None
    return memory["halted"] is not None


def direction(points: Iterable[Point], place: Point, view: View) -> Point | None:
    """Return the direction of length 1, on the ground, of the part of a line nearest to a place.

    None where no part of the line is on the ground.
    """
    assert view.ground is not None
    on_ground = [view.ground.metres(point) for point in points]
    best, found = 1e18, None
    for a, b in zip(on_ground, on_ground[1:], strict=False):
        if a is None or b is None:
            continue
        length = hypot(b[0] - a[0], b[1] - a[1])
        if length < 1e-6:
            continue
        way = ((b[0] - a[0]) / length, (b[1] - a[1]) / length)
        along = (place[0] - a[0]) * way[0] + (place[1] - a[1]) * way[1]
        held = min(max(along, 0.0), length)
        away = hypot(place[0] - a[0] - held * way[0], place[1] - a[1] - held * way[1])
        if away < best:
            best, found = away, way
    return found


def held_for(car: Car, thing: str, so: bool | None, view: View) -> float:
    """Keep since when something is so of a vehicle; return for how long, -1 where it is not.

    so: None where that cannot be told in this frame; a short gap of that kind is none.
    """
    since: dict[str, list[float]] = car.memory["since"]
    kept = since.get(thing)
    if so is False or (kept and view.t - kept[1] > max(BRIDGE_S, 2.2 * view.step_s) + 1e-6):
        since.pop(thing, None)
        kept = None
    if not so:
        return -1.0
    begun = kept[0] if kept else view.t
    since[thing] = [begun, view.t]
    return view.t - begun


def _patience_s(mine: dict[str, Any], view: View) -> float:
    return max(LOST_STANDING_S if mine["stood"] else LOST_S, 2.2 * view.step_s)


def _new(vehicle: Vehicle, view: View) -> dict[str, Any]:
    return {
        "trail": [], "tag": "", "seen": view.t, "born": view.t, "foot": list(vehicle.foot),
        "place": None, "v": None, "h": vehicle.height, "anchor": [view.t, *vehicle.foot],
        "stood": False, "moved": False, "halted": None, "since": {}, "in": False, "told": view.t,
    }  # fmt: skip


def _on_ground(vehicle: Vehicle, view: View) -> tuple[Point | None, float]:
    """Return where a vehicle stands, in metres, and the standard deviation of that."""
    if view.ground is None or not vehicle.point:
        return None, 0.0
    place = view.ground.metres(vehicle.foot)
    x, y = vehicle.foot
    beside = [view.ground.metres((x, y + e)) for e in (-vehicle.edge, vehicle.edge)]
    if place is None or beside[0] is None or beside[1] is None:
        return None, 0.0
    return place, hypot(beside[1][0] - beside[0][0], beside[1][1] - beside[0][1]) / 2


def _lost(
    known: dict[str, dict[str, Any]], here: set[str], vehicle: Vehicle, place: Point | None,
    view: View,
) -> dict[str, Any] | None:  # fmt: skip
    """Return what is known of a vehicle that was lost where this one is, and forget it there."""
    best, name = 1.0, ""
    for other, mine in known.items():
        if other in here:
            continue
        gone_s = view.t - mine["seen"]
        x, y = mine["foot"]
        away = hypot((vehicle.foot[0] - x) * view.aspect, vehicle.foot[1] - y)
        score = away / max(NEAR * max(mine["h"], vehicle.height), 1e-6)
        if place is not None and mine["place"] is not None:
            vx, vy = mine["v"] or (0.0, 0.0)
            off = hypot(
                place[0] - mine["place"][0] - vx * gone_s, place[1] - mine["place"][1] - vy * gone_s
            )
            score = min(score, off / (NEAR_M + NEAR_WAY * hypot(vx, vy) * gone_s))
        if score < best:
            best, name = score, other
    return known.pop(name) if name else None


def _note(
    mine: dict[str, Any], vehicle: Vehicle, place: Point | None, sigma: float, view: View
) -> None:
    """Take a frame's sight of a vehicle into its way."""
    mine["seen"], mine["h"] = view.t, vehicle.height
    mine["foot"] = list(vehicle.foot)
    _, x, y = mine["anchor"]
    away = hypot((vehicle.foot[0] - x) * view.aspect, vehicle.foot[1] - y)
    if away > STILL * vehicle.height + 2 * vehicle.edge:
        mine["anchor"], mine["moved"] = [view.t, *vehicle.foot], True
    mine["stood"] = view.t - mine["anchor"][0] > LOST_S
    if place is None or not vehicle.seen:
        return
    mine.setdefault("first", [view.t, *place, sigma])
    # Another point of it, or another way of seeing it, does not lie on the same way.
    how = vehicle.label if vehicle.label in (LABEL, STANDS) else ""
    tag = f"{vehicle.point} {how}"
    if tag != mine["tag"]:
        mine["tag"], mine["trail"] = tag, []
    trail = mine["trail"]
    if not trail or view.t - trail[-1][0] >= THIN_S:
        trail.append([view.t, *place, sigma])
    least_s = max(BEND_S, 4.2 * view.step_s) + 0.05
    mine["trail"] = [row for row in trail if view.t - row[0] <= least_s]
    mine["place"] = list(place)


def _car(
    mine: dict[str, Any], vehicle: Vehicle, place: Point | None, sigma: float, view: View,
    most_error: float,
) -> Car:  # fmt: skip
    spots = [Spot(*row) for row in mine["trail"]]
    fresh = bool(spots) and view.t - spots[-1].t <= max(0.5, 2.2 * view.step_s)
    motion = velocity(spots, view.step_s) if fresh else None
    why, rough = "", None
    if motion is not None and motion.error > most_error:
        rough, motion, why = motion, None, sentence("too few pixels to measure a speed")
    elif not vehicle.point:
        why = sentence("the lower edge of a vehicle is out of the picture")
    elif place is None:
        why = sentence("a vehicle is not on the drawn ground")
    if motion is not None:
        mine["told"], mine["v"] = view.t, [motion.x, motion.y]
    # At slow rates of pictures it takes longer to have enough of them.
    if view.t - mine["told"] < max(UNMEASURED_S, 4.2 * view.step_s):
        why = ""
    elif motion is None and not why:
        why = sentence("a vehicle is seen too seldom to measure its speed")
    stands_s = view.t - float(mine["anchor"][0])
    return Car(vehicle, place, motion, why, stands_s, mine, spots, sigma, rough)
