"""Too many people, too few or too close together, or another number than the tag system counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from workers.gap import BACK, RUNS, WAITS
from workers.hazards.base import (
    Condition,
    Fault,
    Hazard,
    Memory,
    Person,
    Phrase,
    Rule,
    View,
    say,
)
from workers.hazards.limits import (
    LIMITS,
    TIMES,
    ShiftLimit,
    length_min,
    limit_now,
    parse_limits,
    parse_times,
)
from workers.hazards.params import Names, data, integer, number, source
from workers.hazards.presence import INSIDE, hidden_in_zone, inside_zone
from workers.when import Span

# Who was seen in the zone for less before he was lost may have passed through it.
STAYED_S = 10.0
# The counts kept for the median, at most so many whatever the rate of pictures.
MOST_COUNTS = 60


@dataclass(frozen=True)
class Params:
    """What a mine may set."""

    limit: int = integer(
        0, low=0, high=1000, label="At most", help="More people are too many; 0: no limit."
    )
    shift_limits: tuple[ShiftLimit, ...] = data(
        parse=parse_limits, schema=LIMITS, label="At most, by shift",
        help="Limits of shifts that differ.",
    )  # fmt: skip
    at_least: int = integer(
        0, low=0, high=100, label="At least",
        help="Fewer people, while anybody is there, are too few; 2 tells of lone workers.",
    )  # fmt: skip
    over_s: float = number(
        30.0, unit="s", low=0, high=3600, label="Too many for",
        help="Time with too many people before the alarm.",
    )  # fmt: skip
    alone_s: float = number(
        120.0, unit="s", low=0, high=3600, label="Too few for",
        help="Time with too few people before the alarm.",
    )  # fmt: skip
    lost_s: float = number(
        300.0, unit="s", low=0, high=3600, label="Lost for at most",
        help="Who is lost from view in the zone and was not seen to leave it counts for so long.",
    )  # fmt: skip
    empty_s: float = number(
        0.0, unit="s", low=0, high=86400, label="Empty for",
        help="Time with nobody at all before too few are told; 0: the place may be empty.",
    )  # fmt: skip
    crowd: int = integer(
        0, low=0, high=100, label="Crowd from",
        help="So many people within the radius are a crowd; 0: nobody asks. Needs the ground.",
    )  # fmt: skip
    crowd_m: float = number(
        2.0, unit="m", low=0.2, high=50, label="Radius of a crowd",
        help="Distance on the ground from one of the crowd to the others.",
    )  # fmt: skip
    crowd_s: float = number(
        30.0, unit="s", low=0, high=3600, label="Crowd for", help="Time before a crowd is told."
    )
    handover: str | None = source(
        label="Hand-over",
        help="An input that says OPEN while shifts hand over: the higher limit holds then.",
    )  # fmt: skip
    handover_times: tuple[Span, ...] = data(
        parse=parse_times, schema=TIMES, label="Times of hand-over",
        help="When shifts hand over each day.",
    )  # fmt: skip
    handover_limit: int = integer(
        0, low=0, high=1000, label="At most at hand-over", help="The limit while shifts hand over."
    )
    handover_s: float = number(
        7200.0, unit="s", low=60, high=86400, label="Hand-over at most for",
        help="A hand-over that lasts longer raises the limit no more.",
    )  # fmt: skip
    tags: str | None = source(
        label="Tag system's count", help="A number of people that the tag system counts here."
    )
    tags_differ: int = integer(
        2, low=1, high=100, label="Difference to tags",
        help="So many people more or fewer than tags are a mismatch.",
    )  # fmt: skip
    tags_s: float = number(
        60.0, unit="s", low=0, high=3600, label="Mismatch for",
        help="Time of a mismatch, or of an unknown tag count, before it is told.",
    )  # fmt: skip
    window_s: float = number(
        10.0, unit="s", low=0, high=60, label="Median over",
        help="The number of people is the median over this time.",
    )  # fmt: skip
    clear_s: float = number(
        10.0, unit="s", low=0, high=600, label="Over after",
        help="Time with an allowed number before the alarm clears.",
    )  # fmt: skip


class Occupancy(Hazard):
    """The number of people in a zone against its limits and against the tag system.

    The median over ten seconds counts, so that somebody hidden for a moment changes nothing; times
    count from when it was so, not from when the median showed it. While the camera is blind nothing
    is counted: no time runs, and what is told stays told. A lone worker who is lost from view, as
    he is hidden or has fallen, is alone for `lost_s` more: until he was seen outside or lost at the
    picture's edge. Too few and nobody at all have a time each; of a place that may not be empty it
    is told as well when the two take turns for longer than both together. The limit may differ by
    shift; where the time of day is not known the lowest holds. Hand-over is told by an input or by
    the time of day; one that is unknown, or too long, raises no limit. A tag count that is unknown
    or old is compared with nothing, and told as unknown. Sources of the defaults: limits are the
    mine's own (they differ by place and shift); 10 and 30 s, 120 s for lone work (medium),
    hand-over two hours at most, mismatch of two for 60 s, crowding low, of the field's practice.
    """

    type = "occupancy"
    title = "Wrong number of people"
    params = Params
    levels = {
        "unknown": "low",
        "crowded": "low",
        "mismatch": "medium",
        "alone": "medium",
        "danger": "",
    }
    severity = "high"
    action = "Call the place: send those who are too many out, or somebody to who is alone."
    needs_zone = True
    always = True  # people who stand still count as well
    remembers = {
        **INSIDE, "counts.*.0": WAITS, "over": WAITS, "few": WAITS, "empty": WAITS,
        "under": WAITS, "crowd": WAITS, "differ": WAITS, "silent": RUNS, "people.*.t": BACK,
        "people.*.seen": BACK,
    }  # fmt: skip

    def check(self, rule: Rule) -> Iterable[Fault]:
        """Refuse limits that leave no number allowed, and rules that ask for nothing."""
        params: Params = rule.params
        limits = [
            limit for limit in (params.limit, *(k.limit for k in params.shift_limits)) if limit
        ]
        if not limits and not params.at_least and not params.crowd and params.tags is None:
            yield Fault("params.limit", "needs a limit, a least number or a tag count")
        if limits and params.at_least > min(limits):
            yield Fault("params.at_least", "must not be more than the limit")
        hands_over = params.handover is not None or params.handover_times
        if hands_over and params.handover_limit < max(limits, default=0):
            yield Fault("params.handover_limit", "must not be less than the limit")
        if any(60 * length_min(span) > params.handover_s for span in params.handover_times):
            yield Fault("params.handover_times", "is longer than a hand-over may last")
        if params.empty_s and not params.at_least:
            yield Fault("params.at_least", "is missing: an empty place has too few for what")
        if params.crowd == 1:
            yield Fault("params.crowd", "nobody is a crowd alone")

    def check_names(self, rule: Rule, names: Names) -> Iterable[Fault]:
        """Refuse a crowd without the ground, and a hand-over that can never begin."""
        params: Params = rule.params
        if params.crowd and not names.ground:
            yield Fault("params.crowd", "needs the ground to be drawn")
        if params.handover is not None and "OPEN" not in names.states.get(params.handover, ()):
            yield Fault("params.handover", "needs an input with the state OPEN")
        if params.tags is not None and names.kinds.get(params.tags) != "number":
            yield Fault("params.tags", "needs an input that is a number")

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame."""
        params: Params = rule.params
        assert rule.zone is not None
        inside = inside_zone(memory, list(view.people), view, rule.zone)
        hidden = {
            k: v
            for k, v in hidden_in_zone(memory, view.people, inside, view, params.lost_s).items()
            if v["in_s"] >= STAYED_S
        }
        people, close = self._count(params, memory, view, inside)
        limit = limit_now(params, view)
        tags = view.inputs[params.tags].value if params.tags else None
        values = {
            "zone": rule.zone, "persons": people, "limit": limit, "at_least": params.at_least,
            "tags": tags, "tracks": [p.track for p in inside],
        }  # fmt: skip
        boxes = tuple(p.box for p in inside)
        readings: dict[str, float | str | None] = {"people": float(people)}
        if params.tags:
            readings["tags"] = tags if isinstance(tags, float) else "UNKNOWN"
        found = self._found(params, memory, view, rule.zone, people, close, limit, tags)
        seen = people
        if not people and ("few" in memory or memory.get("open") == "alone"):
            seen = len(inside)  # who was out of sight is back before the median shows it
        alone = self._alone(params, memory, view, rule.zone, seen, list(hidden.values()))
        if alone:
            found["alone"] = alone
        level = self._one(memory, found)
        if level is None:
            return Condition(None, readings=readings)
        if level == "crowded":
            values |= {"crowd": close, "radius_m": params.crowd_m}
        if level == "alone" and hidden and not people:
            values |= {
                "tracks": list(hidden), "hidden": len(hidden),
                "feet": [one["foot"] for one in hidden.values()],
            }  # fmt: skip
        return Condition(level, boxes, (found[level],), values, readings)

    def _one(self, memory: Memory, found: Mapping[str, Phrase]) -> str | None:
        """Return the level to tell: one after the other, and at once only what is worse.

        Else too many people would stay told for as long as the tags differ.
        """
        order = list(self.levels)
        worst = max(found, key=order.index, default=None)
        level = memory.get("open")
        if level is None or worst is None or order.index(worst) > order.index(level):
            return worst
        return level if level in found else None

    def _found(
        self, params: Params, memory: Memory, view: View, zone: str, people: int, close: int,
        limit: int, tags: float | str | None,
    ) -> dict[str, Phrase]:  # fmt: skip
        """Return what is so for long enough, by level, each with its reason."""
        found: dict[str, Phrase] = {}
        late_s = _late(memory, view)
        over_s = _lasted(memory, "over", bool(limit) and people > limit, view, late_s)
        differ = isinstance(tags, float) and abs(tags - people) >= params.tags_differ
        differ_s = _lasted(memory, "differ", differ, view)
        silent_s = _lasted(memory, "silent", bool(params.tags) and tags is None, view)
        crowded = bool(params.crowd) and close >= params.crowd
        crowd_s = _lasted(memory, "crowd", crowded, view, late_s)
        level = memory.get("open")
        if over_s is not None and (over_s >= params.over_s - 1e-6 or level == "danger"):
            found["danger"] = say("%(count)s people in %(zone)s, allowed %(limit)s", count=people,
                                  zone=zone, limit=limit)  # fmt: skip
        if differ_s is not None and (differ_s >= params.tags_s - 1e-6 or level == "mismatch"):
            if people == 1:
                words = say("1 person seen in %(zone)s, %(tags)s tags", zone=zone, tags=f"{tags:g}")
            else:
                words = say("%(count)s people seen in %(zone)s, %(tags)s tags",
                            count=people, zone=zone, tags=f"{tags:g}")  # fmt: skip
            found["mismatch"] = words
        if crowd_s is not None and (crowd_s >= params.crowd_s - 1e-6 or level == "crowded"):
            found["crowded"] = say("%(count)s people within %(metres)s m in %(zone)s", count=close,
                                   metres=f"{params.crowd_m:g}", zone=zone)  # fmt: skip
        if silent_s is not None and (silent_s >= params.tags_s - 1e-6 or level == "unknown"):
            found["unknown"] = say("tag count %(input)s is not known for %(seconds)s s",
                                   input=params.tags, seconds=f"{silent_s:.0f}")  # fmt: skip
        return found

    @staticmethod
    def _alone(
        params: Params, memory: Memory, view: View, zone: str, people: int, hidden: list[Memory]
    ) -> Phrase | None:
        """Return that too few are there for long enough, with the reason.

        hidden: who was lost there. Too few stay too few when nobody saw the last one leave.
        """
        told = memory.get("open") == "alone"
        manned, out_of_sight = params.empty_s > 0, not people and bool(hidden)
        unseen = out_of_sight and ("few" in memory or told or len(hidden) < params.at_least)
        # Who goes in and out begins the first two anew each time, and never the third.
        clocks = {
            "few": (0 < people < params.at_least or unseen, params.alone_s),
            "empty": (manned and not people, params.empty_s),
            "under": (manned and people < params.at_least, params.alone_s + params.empty_s),
        }
        late_s = _late(memory, view)
        so_s, due = {}, []
        for name, (is_so, least_s) in clocks.items():
            lasted_s = _lasted(memory, name, is_so, view, late_s)
            if lasted_s is not None:
                so_s[name] = lasted_s
                due += [name] if lasted_s >= least_s - 1e-6 else []
        if not so_s or not (due or told):
            return None
        if out_of_sight:
            unseen_s = view.t - max(one["seen"] for one in hidden)
            return say("not seen to leave %(zone)s: %(count)s, last seen %(seconds)s s ago,"
                       " needed %(least)s", count=len(hidden), zone=zone,
                       seconds=f"{unseen_s:.0f}", least=params.at_least)  # fmt: skip
        if due == ["under"]:
            return say("fewer than %(least)s people in %(zone)s for %(seconds)s s",
                       least=params.at_least, zone=zone,
                       seconds=f"{so_s['under']:.0f}")  # fmt: skip
        seconds = f"{so_s['few' if people else 'empty']:.0f}"
        if people == 1:
            return say("1 person in %(zone)s for %(seconds)s s, needed %(least)s",
                       zone=zone, least=params.at_least, seconds=seconds)  # fmt: skip
        return say("%(count)s people in %(zone)s for %(seconds)s s, needed %(least)s",
                   count=people, zone=zone, least=params.at_least, seconds=seconds)  # fmt: skip

    @staticmethod
    def _count(params: Params, memory: Memory, view: View, inside: list[Person]) -> tuple[int, int]:
        """Return how many people are there, and how many of them close together: medians."""
        counts: list[list[float]] = memory.setdefault("counts", [])
        step_s = params.window_s / MOST_COUNTS
        if view.blind and counts:
            for one in counts:
                one[0] += view.step_s  # what a blind camera does not see is not gone
        elif not counts or view.t - counts[-1][0] >= step_s - 1e-6:
            counts.append([view.t, len(inside), _crowd(params, view, inside)])
        memory["counts"] = counts = [c for c in counts if view.t - c[0] <= params.window_s + 1e-6]
        # Of two middle numbers the higher is doubt in the direction of too many.
        people, close = (int(median(c[k] for c in counts) + 0.5) for k in (1, 2))
        return people, close


def _crowd(params: Params, view: View, inside: list[Person]) -> int:
    """Return the most people within the radius of one of them, on the ground."""
    if not params.crowd or view.ground is None:
        return 0
    places = [place for p in inside if (place := view.ground.metres(p.foot)) is not None]
    near = [
        sum((x - a) ** 2 + (y - b) ** 2 <= params.crowd_m**2 for a, b in places) for x, y in places
    ]
    return max(near, default=0)


def _late(memory: Memory, view: View) -> float:
    """Return how long a median tells late: it turns half of its window after what it counts."""
    return (view.t - float(memory["counts"][0][0])) / 2 if memory["counts"] else 0.0


def _lasted(
    memory: Memory, name: str, is_so: bool, view: View, late_s: float = 0.0
) -> float | None:
    """Return for how long something has been so, None where it is not.

    late_s: how long before this frame it was so already when it is first told. While nobody can
    see, the time stands still, and is not begun anew after.
    """
    if view.blind:
        if name in memory:
            memory[name] += view.step_s
        return None
    if not is_so:
        memory.pop(name, None)
        return None
    return view.t - float(memory.setdefault(name, view.t - late_s))


HAZARD = Occupancy()
