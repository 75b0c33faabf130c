"""Too many people, too few, or another number than the tag system counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from workers.hazards.base import Condition, Fault, Hazard, Memory, Rule, View, say
from workers.hazards.params import integer, number, source
from workers.hazards.presence import inside_zone

# The counts kept for the median, at most so many whatever the rate of pictures.
MOST_COUNTS = 60


@dataclass(frozen=True)
class Params:
    """What a mine may set."""

    limit: int = integer(
        0, low=0, high=1000, label="At most", help="More people are too many; 0: no limit."
    )
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
    handover: str | None = source(
        label="Hand-over",
        help="An input that says OPEN while shifts hand over: the higher limit holds then.",
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
        help="Time of a mismatch before it is told as a warning.",
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

    The median over ten seconds counts, so that somebody hidden for a moment changes nothing. A
    camera sees no more people than there are: while it is blind, too few are not told and too many
    stay told. A hand-over that is unknown, or too long, raises no limit; a tag count that
    is unknown or old is compared with nothing. Sources of the defaults: limits are the mine's own
    (they differ by place and shift); 10 and 30 s, 120 s for lone work, hand-over two hours at most,
    mismatch of two for 60 s of the field's practice.
    """

    type = "occupancy"
    title = "Wrong number of people"
    params = Params
    levels = {"mismatch": "medium", "danger": ""}
    severity = "high"
    action = "Call the place: send those who are too many out, or somebody to who is alone."
    needs_zone = True
    always = True  # people who stand still count as well

    def check(self, rule: Rule) -> Iterable[Fault]:
        """Refuse limits that leave no number allowed, and rules that ask for nothing."""
        params: Params = rule.params
        if not params.limit and not params.at_least and params.tags is None:
            yield Fault("params.limit", "needs a limit, a least number or a tag count")
        if params.limit and params.at_least > params.limit:
            yield Fault("params.at_least", "must not be more than the limit")
        if params.handover is not None and params.handover_limit < params.limit:
            yield Fault("params.handover_limit", "must not be less than the limit")

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame."""
        params: Params = rule.params
        assert rule.zone is not None
        inside = inside_zone(memory, list(view.people), view, rule.zone)
        counts: list[list[float]] = memory.setdefault("counts", [])
        step_s = params.window_s / MOST_COUNTS
        if not counts or view.t - counts[-1][0] >= step_s - 1e-6:
            counts.append([view.t, len(inside)])
        memory["counts"] = counts = [c for c in counts if view.t - c[0] <= params.window_s + 1e-6]
        # Of two middle numbers the higher is doubt in the direction of too many.
        number_now = int(median(c[1] for c in counts) + 0.5)
        limit = self._limit(params, memory, view)
        over = bool(limit) and number_now > limit
        # A median of nothing but somebody's entering is no lone worker: the time tells.
        few = 0 < number_now < params.at_least and not view.blind
        tags = view.inputs[params.tags].value if params.tags else None
        differ = isinstance(tags, float) and abs(tags - number_now) >= params.tags_differ
        differ = differ and not view.blind
        over_s = _lasted(memory, "over", over, view.t)
        if view.blind:
            # The time stands still while nobody can see, and is not begun anew after.
            for name in ("few", "differ"):
                if name in memory:
                    memory[name] += view.step_s
            few_s = differ_s = 0.0
        else:
            few_s = _lasted(memory, "few", few, view.t)
            differ_s = _lasted(memory, "differ", differ, view.t)
        readings: dict[str, float | str | None] = {"people": float(number_now)}
        values = {
            "zone": rule.zone, "persons": number_now, "limit": limit, "at_least": params.at_least,
            "tags": tags, "tracks": [p.track for p in inside],
        }  # fmt: skip
        boxes = tuple(p.box for p in inside)
        is_open = memory.get("open") == "danger"
        if over and (over_s >= params.over_s - 1e-6 or is_open):
            why = say("%(count)s people in %(zone)s, allowed %(limit)s", count=number_now,
                      zone=rule.zone, limit=limit)  # fmt: skip
            return Condition("danger", boxes, (why,), values, readings)
        if few and (few_s >= params.alone_s - 1e-6 or is_open):
            why = say("%(count)s people in %(zone)s for %(seconds)s s, needed %(least)s",
                      count=number_now, zone=rule.zone, seconds=f"{few_s:.0f}",
                      least=params.at_least)  # fmt: skip
            return Condition("danger", boxes, (why,), values, readings)
        if differ and differ_s >= params.tags_s - 1e-6:
            why = say("%(count)s people seen in %(zone)s, %(tags)s tags", count=number_now,
                      zone=rule.zone, tags=f"{tags:g}")  # fmt: skip
            return Condition("mismatch", boxes, (why,), values, readings)
        return Condition(None, readings=readings)

    def _limit(self, params: Params, memory: Memory, view: View) -> int:
        """Return the limit that holds now."""
        if params.handover is None or view.inputs[params.handover].value != "OPEN":
            return params.limit
        since = view.inputs[params.handover].since_s
        held_s = view.t - (view.t if since is None else since)
        return params.handover_limit if held_s <= params.handover_s else params.limit


def _lasted(memory: Memory, name: str, is_so: bool, t: float) -> float:
    """Return for how long something has been so."""
    if not is_so:
        memory.pop(name, None)
        return 0.0
    return t - float(memory.setdefault(name, t))


HAZARD = Occupancy()
