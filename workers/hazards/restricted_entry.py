"""Somebody where nobody may be: a sealed area, a goaf, a bunker mouth, an explosives store."""

from dataclasses import dataclass

from workers.hazards.base import CLEAR, Condition, Hazard, Memory, Rule, View, count_people, say
from workers.hazards.params import integer, number
from workers.hazards.presence import STAYS, inside_zone, stay_in_zone


@dataclass(frozen=True)
class Params:
    """What a mine may set."""

    dwell_s: float = number(
        0.5, unit="s", low=0, high=600, label="Time in the zone",
        help="Time in the zone before the alarm.",
    )  # fmt: skip
    authorised_max: int = integer(
        0, low=0, high=50, label="People allowed", help="So many people may be in the zone."
    )
    clear_s: float = number(
        2.0, unit="s", low=0, high=600, label="Over after",
        help="Time without anybody too many before the alarm clears.",
    )  # fmt: skip


class RestrictedEntry(Hazard):
    """More people in a zone than may be there; a schedule or a permit says when they may.

    Occupancy belongs to the zone: a missed detection or a new track starts nothing anew. Source of
    the defaults: 0.5 s of the field's practice for sealed and abandoned places.
    """

    type = "restricted_entry"
    title = "Person in a restricted area"
    params = Params
    severity = "high"
    action = "Call the person out; find out why the place was open."
    needs_zone = True
    remembers = STAYS
    each = True

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame."""
        params: Params = rule.params
        assert rule.zone is not None
        inside = inside_zone(memory, list(view.people), view, rule.zone)
        # One too many is what is timed; those who may be there come and go.
        extra = inside if len(inside) > params.authorised_max else []
        stay_s = stay_in_zone(memory, rule.zone, extra, view)
        if stay_s is None or (stay_s < params.dwell_s - 1e-6 and not memory.get("open")):
            return CLEAR
        why = [count_people(len(inside), rule.zone)]
        if params.authorised_max:
            why.append(say("allowed %(limit)s", limit=params.authorised_max))
        return Condition(
            "danger",
            tuple(p.box for p in inside),
            tuple(why),
            {
                "persons": len(inside), "zone": rule.zone, "limit": params.authorised_max,
                "stay_s": round(stay_s, 2), "tracks": [p.track for p in inside],
                "feet": [list(p.foot) for p in inside],
            },
        )  # fmt: skip


HAZARD = RestrictedEntry()
