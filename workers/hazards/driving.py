"""What is so of one vehicle in one frame: too fast, running away, standing, and the like."""

from dataclasses import dataclass
from math import hypot

from workers.hazards.base import Phrase, View, say
from workers.hazards.params import choice, line, number
from workers.hazards.traffic import Car, direction, halts, held_for
from workers.vision.speed import Motion
from workers.words import sentence

KMH = 1 / 3.6
# By kind of haulage: the limit in m/s where it is the law's own, and the share over the limit at
# which the brakes must come in.
LIMITS = {"trackless_people": 25 * KMH, "trackless_goods": 40 * KMH}
TRIPS = {"rope": 0.30, "rail": 0.15, "trackless_people": 0.15, "trackless_goods": 0.15}
# Downhill is what goes down by at least this part of its speed.
DOWNHILL = 0.5
# Vehicles beside each other by more than this, in metres or as a part of the gap, do not follow
# one another.
BESIDE_M, BESIDE = 3.0, 0.3
# Whoever is so far from where he was, beyond what the places' own errors may make of standing, has
# moved, however uncertain his speed; looked at over so long, and believed for so long after.
CREEP_M, CREEP_S, CREPT_S = 1.0, 20.0, 4.0
# So many standard deviations of two places apart may be standing.
SIGMAS = 3.0
# A brake needs up to 0.7 s to come in, and the speed of the last second shows it later still.
BRAKE_S = 1.0
# What makes a runaway, and the levels of what is so under another name.
RUNAWAY = {"downhill", "accelerates", "moves"}
LEVEL_OF = {"accelerates": "runaway", "moves": "runaway"}
FAST = ("fast", "overspeed", "runaway")


@dataclass(frozen=True)
class Params:
    """What a mine may set."""

    kind: str = choice(
        "rope",
        choices={
            "rope": "cars on a rope",
            "rail": "cars on rails with a locomotive, or other cars",
            "trackless_people": "trackless vehicles with people",
            "trackless_goods": "trackless vehicles with goods",
        },
        label="Haulage",
        help="What is hauled: the brakes must come in at 30 % over the limit on a rope, else 15 %.",
    )
    limit_m_s: float = number(
        0.0, unit="m/s", low=0, high=40, label="Speed limit",
        help="Must be said for rope and rails; 0: 25 km/h for people, 40 km/h for goods.",
    )  # fmt: skip
    warn_percent: float = number(
        10.0, unit="%", low=0, high=100, label="Warning over the limit by",
        help="So much over the limit is a warning.",
    )  # fmt: skip
    over_s: float = number(
        0.5, unit="s", low=0, high=60, label="Too fast for",
        help="Time over the limit before the warning and the alarm.",
    )  # fmt: skip
    down: str | None = line(
        label="Way down",
        help="A line from the top of the slope down; without it nothing is watched for going down.",
    )  # fmt: skip
    accel_m_s2: float = number(
        1.0, unit="m/s²", low=0.1, high=10, label="Downhill acceleration",
        help="More than this on the way down is a runaway.",
    )  # fmt: skip
    runaway_s: float = number(
        0.5, unit="s", low=0, high=60, label="Running away for",
        help="Time of acceleration, or of moving while the winch is stopped, before the alarm.",
    )  # fmt: skip
    moving_m_s: float = number(
        0.3, unit="m/s", low=0.05, high=5, label="Moving",
        help="More than this while the rule's machine is stopped is a runaway.",
    )  # fmt: skip
    settle_s: float = number(
        3.0, unit="s", low=0, high=60, label="Rolling out",
        help="So long after the machine has stopped, cars may roll out, ever slower.",
    )  # fmt: skip
    stopped_s: float = number(
        10.0, unit="s", low=0, high=3600, label="Stopped on the slope for",
        help="Time that a vehicle may stand in a zone with a way down; 0: it may.",
    )  # fmt: skip
    way: str | None = line(
        label="Right way", help="A line along the way that is allowed; without it both ways are."
    )
    wrong_s: float = number(
        1.0, unit="s", low=0, high=60, label="Wrong way for",
        help="Time of moving against the right way before the alarm.",
    )  # fmt: skip
    gap_m: float = number(
        50.0, unit="m", low=0, high=500, label="Least gap",
        help="Between trackless vehicles behind each other; 0: not watched, nor is it on rails.",
    )  # fmt: skip
    length_m: float = number(
        6.0, unit="m", low=0, high=30, label="Length of a vehicle",
        help="Taken off the distance of two lower edges, to know the gap between.",
    )  # fmt: skip
    gap_s: float = number(
        1.0, unit="s", low=0, high=60, label="Too close for",
        help="Time with too small a gap before the alarm.",
    )  # fmt: skip
    clear_s: float = number(
        2.0, unit="s", low=0, high=600, label="Over after",
        help="Time without danger before the alarm clears.",
    )  # fmt: skip

    @property
    def limit(self) -> float:
        """Return the limit in m/s."""
        return self.limit_m_s or LIMITS.get(self.kind, 0.0)

    @property
    def trackless(self) -> bool:
        """Whether vehicles are on wheels without rails or rope."""
        return self.kind in LIMITS


class Driving:
    """One vehicle in one frame: what is so of it, and so for long enough.

    so: of fast, overspeed, downhill (overspeed going down), accelerates, moves (although the
    machine stands), wrong_way, stopped and gap.
    """

    def __init__(
        self, car: Car, params: Params, view: View, stopped_s: float, is_open: str | None
    ) -> None:
        self.car, self.params, self.view, self.is_open = car, params, view, is_open
        self.gap_m: float | None = None
        self.accel: tuple[float, float] | None = None
        self.unmeasured = car.unmeasured
        self.down, self.right = self._way(params.down), self._way(params.way)
        self.so: set[str] = set()
        motion = car.motion
        if motion is None:
            # Whether it stands is known by its place alone; that it is too fast, by what even the
            # least of a rough speed exceeds.
            for thing in ("accelerates", "wrong_way"):
                self._hold(thing, None, 0)
            # Who has crept so far has moved for longer than that.
            self._hold("moves", self._creeps(stopped_s) or None, 0)
            self._speeds(car.rough, None)
        else:
            error = motion.error
            downhill = self._speeds(motion, False)
            accelerates: bool | None = False
            if self.down is not None and downhill:
                self.accel = car.bend(self.down, view.step_s)
                accelerates = None
                if self.accel is not None:
                    accelerates = self.accel[0] - self.accel[1] > params.accel_m_s2
            self._hold("accelerates", accelerates, params.runaway_s)
            moves = self._moves(motion, stopped_s)
            if moves:
                # The way that an alarm was raised for is no new creeping once it stands again.
                kept = car.memory.get("creep") if is_open != "runaway" else None
                car.memory["creep"] = kept
            crept = not moves and self._creeps(stopped_s)
            self._hold("moves", moves or crept, 0 if crept else params.runaway_s)
            against = self.right is not None and motion.along(self.right) + error < (
                -params.moving_m_s
            )
            self._hold("wrong_way", against, params.wrong_s)
        if params.down and params.stopped_s and halts(
            car, params.stopped_s, params.moving_m_s, view, is_open == "stopped"
        ):  # fmt: skip
            self.so.add("stopped")

    @property
    def level(self) -> str | None:
        """Return the worst that is so."""
        if self.so & RUNAWAY:
            return "runaway"
        order = ("overspeed", "fast", "wrong_way", "stopped", "gap")
        return next((thing for thing in order if thing in self.so), None)

    def look_ahead(self, others: list["Driving"]) -> None:
        """Find the gap to the nearest vehicle that is ahead and does not come the other way."""
        motion, place, params = self.car.motion, self.car.place, self.params
        if motion is None or place is None:
            self._hold("gap", None, params.gap_s)
            return
        close = False
        if motion.speed - motion.error > params.moving_m_s:
            way = (motion.x / motion.speed, motion.y / motion.speed)
            for other in others:
                gap = _ahead_m(place, way, other)
                if gap is None:
                    continue
                gap = max(0.0, gap - params.length_m)
                error = 2 * hypot(self.car.sigma, other.car.sigma)
                close = close or gap + error < params.gap_m
                self.gap_m = gap if self.gap_m is None else min(self.gap_m, gap)
        self._hold("gap", close, params.gap_s)

    def words(self, level: str, zone: str) -> Phrase:
        """Say what is so."""
        motion = self.car.motion or self.car.rough
        speed = f"{motion.speed:.1f}" if motion else "?"
        error = f"{motion.error:.1f}" if motion else "?"
        if level == "stopped":
            return say("a vehicle has stood in %(zone)s for %(seconds)s s",
                       zone=zone, seconds=round(self.car.stands_s))  # fmt: skip
        if level == "gap":
            return say("a vehicle is %(gap)s m behind another in %(zone)s",
                       gap=round(self.gap_m or 0.0), zone=zone)  # fmt: skip
        if level == "wrong_way":
            return say("a vehicle goes the wrong way in %(zone)s at %(speed)s ± %(error)s m/s",
                       zone=zone, speed=speed, error=error)  # fmt: skip
        if level == "runaway" and "downhill" not in self.so:
            if "moves" in self.so:
                return say("a vehicle moves in %(zone)s at %(speed)s ± %(error)s m/s",
                           zone=zone, speed=speed, error=error)  # fmt: skip
            gains = f"{self.accel[0]:.1f}" if self.accel else "?"
            return say("a vehicle gains %(gains)s m/s² downhill in %(zone)s",
                       gains=gains, zone=zone)  # fmt: skip
        limit = f"{self.params.limit:.1f}"
        return say("a vehicle in %(zone)s at %(speed)s ± %(error)s m/s, allowed are %(limit)s",
                   zone=zone, speed=speed, error=error, limit=limit)  # fmt: skip

    def values(self) -> dict[str, float | None]:
        """Return what was measured."""
        motion = self.car.motion or self.car.rough
        return {
            "speed_m_s": round(motion.speed, 2) if motion else None,
            "error_m_s": round(motion.error, 2) if motion else None,
            "down_m_s": round(motion.along(self.down), 2) if motion and self.down else None,
            "accel_m_s2": round(self.accel[0], 2) if self.accel else None,
            "accel_error_m_s2": round(self.accel[1], 2) if self.accel else None,
            "limit_m_s": round(self.params.limit, 2),
            "stands_s": round(self.car.stands_s, 1),
            "gap_m": round(self.gap_m, 1) if self.gap_m is not None else None,
        }

    def _way(self, name: str | None) -> tuple[float, float] | None:
        # Whose lower edge is out of the picture goes on where it went.
        place = self.car.ground
        if name is None or place is None:
            return None
        found = direction(self.view.lines[name], place, self.view)
        if found is None:
            self.unmeasured = self.unmeasured or sentence("the drawn way is not on the ground")
        return found

    def _speeds(self, motion: Motion | None, otherwise: bool | None) -> bool:
        """Hold what is over the limit; tell whether it goes down.

        otherwise: what is told where that is not proven: that it is not so, or nothing.
        """
        if motion is None:
            self._hold("fast", None, 0)
            self._hold("overspeed", None, 0)
            return False
        params, limit = self.params, self.params.limit
        sure = motion.speed - motion.error
        is_known = otherwise is not None
        least = limit if self.is_open in FAST else limit * (1 + params.warn_percent / 100)
        speed = motion.speed if is_known and self.is_open in FAST else sure
        self._hold("fast", speed > least or otherwise, params.over_s)
        over = sure > limit * (1 + TRIPS[params.kind])
        self._hold("overspeed", over or otherwise, params.over_s)
        downhill = self.down is not None and motion.along(self.down) >= max(
            DOWNHILL * motion.speed, motion.error
        )
        if downhill and "overspeed" in self.so:
            self.so.add("downhill")
        return downhill

    def _moves(self, motion: Motion, stopped_s: float) -> bool:
        """Tell whether it moves although the machine stands.

        Rolling out after a stop is none: the speed then may be what falls to nothing in time.
        """
        params = self.params
        if stopped_s < 0:
            return False
        allowed = params.moving_m_s
        if stopped_s < params.settle_s:
            stop_t = round(self.view.t - stopped_s, 3)
            kept = self.car.memory.get("rolls")
            if kept is None or kept[0] != stop_t:
                kept = self.car.memory["rolls"] = [stop_t, motion.speed]
            left_s = params.settle_s - max(stopped_s, BRAKE_S)
            share = left_s / max(params.settle_s - BRAKE_S, 1e-6) if stopped_s > BRAKE_S else 1.0
            allowed = max(allowed, kept[1] * share)
        if self.is_open == "runaway" and motion.speed > motion.error:
            # What was told goes on for as long as it moves, however well its speed is known.
            return motion.speed > allowed
        return motion.speed - motion.error > allowed

    def _creeps(self, stopped_s: float) -> bool:
        """Tell whether it is clearly elsewhere than it was a while ago, while the machine stands.

        Far away a speed is known badly, a place well enough: who goes on goes out of its error.
        """
        memory, place, t = self.car.memory, self.car.place, self.view.t
        if stopped_s < self.params.settle_s or place is None:
            memory["creep"] = None
            return False
        kept = memory.get("creep")
        first = memory.get("first")
        if "creep" not in memory and first and t - first[0] < stopped_s - self.params.settle_s:
            kept = memory["creep"] = first  # before it was known to be a vehicle
        if kept is None or t - kept[0] > CREEP_S:
            memory["creep"] = kept = [t, *place, self.car.sigma]
        gone_m = hypot(place[0] - kept[1], place[1] - kept[2])
        if gone_m > CREEP_M + SIGMAS * hypot(self.car.sigma, kept[3]):
            memory["crept"] = t
            memory["creep"] = [t, *place, self.car.sigma]
        crept = memory.get("crept")
        return crept is not None and t - crept <= CREPT_S

    def _hold(self, thing: str, so: bool | None, least_s: float) -> None:
        lasted_s = held_for(self.car, thing, so, self.view)
        # In an open situation what is so is enough: its time was served at the start.
        served = lasted_s >= least_s - 1e-6 or self.is_open == LEVEL_OF.get(thing, thing)
        if lasted_s >= 0 and served:
            self.so.add(thing)


def _ahead_m(place: tuple[float, float], way: tuple[float, float], other: Driving) -> float | None:
    """Return how far ahead another vehicle is, None where this one does not follow it."""
    if other.car.place is None:
        return None
    dx, dy = other.car.place[0] - place[0], other.car.place[1] - place[1]
    along, aside = dx * way[0] + dy * way[1], abs(dx * way[1] - dy * way[0])
    if along <= 0 or aside > max(BESIDE_M, BESIDE * along):
        return None
    theirs = other.car.motion
    if theirs is not None and theirs.along(way) < -theirs.error:
        return None  # it comes the other way
    return along
