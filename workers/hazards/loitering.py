"""Somebody stays where people only pass."""

from dataclasses import dataclass

from workers.hazards.base import CLEAR, Condition, Hazard, Memory, Rule, View, count_people, say
from workers.hazards.params import number
from workers.hazards.presence import inside_zone, stay_in_zone


@dataclass(frozen=True)
class Params:
    """What a mine may set."""

    stay_s: float = number(
        60.0, unit="s", low=1, high=86400, label="Stays for",
        help="Time in the zone before the alarm; 20 s fits a slope's landing.",
    )  # fmt: skip
    clear_s: float = number(
        5.0, unit="s", low=0, high=600, label="Over after",
        help="Time without anybody in the zone before the alarm clears.",
    )  # fmt: skip


class Loitering(Hazard):
    """The same person in a zone for longer than it takes to pass.

    Each follows his own clock; where a track is lost and another begins in its place within two
    seconds, the clock goes on, so that doubt about who it is counts as the same person. Source of
    the defaults: 60 s, and 20 s on slope landings, of the field's practice.
    """

    type = "loitering"
    title = "Person lingers"
    params = Params
    severity = "low"
    action = "Ask the person to move on, or to say what is the matter."
    needs_zone = True

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame."""
        params: Params = rule.params
        assert rule.zone is not None
        inside = inside_zone(memory, list(view.people), view, rule.zone)
        stay_in_zone(memory, rule.zone, inside, view)
        # By track: since when, last seen, and where the foot was then.
        known: dict[str, list[float]] = memory.setdefault("known", {})
        bridge_s = max(2.0, 2.2 * view.step_s)
        for name in [k for k, v in known.items() if view.t - v[1] > bridge_s]:
            del known[name]
        here = {str(p.track) for p in view.people}
        for person in inside:
            name = str(person.track)
            if name not in known:
                lost = [
                    k
                    for k, v in known.items()
                    if k not in here
                    and abs(v[2] - person.foot[0]) * view.aspect < 0.5 * person.height
                    and abs(v[3] - person.foot[1]) < 0.5 * person.height
                ]
                begun = min((known[k][0] for k in lost), default=view.t)
                for k in lost:
                    del known[k]
                known[name] = [begun, view.t, *person.foot]
            known[name] = [known[name][0], view.t, *person.foot]
        long = [p for p in inside if view.t - known[str(p.track)][0] >= params.stay_s - 1e-6]
        if not long and memory.get("open") and inside:
            long = inside  # whoever it is now: the place is not clear
        if not long:
            return CLEAR
        stayed_s = max(view.t - known[str(p.track)][0] for p in long)
        return Condition(
            "danger",
            tuple(p.box for p in long),
            (
                count_people(len(long), rule.zone),
                say("for %(seconds)s s", seconds=f"{stayed_s:.0f}"),
            ),
            {
                "persons": len(long), "zone": rule.zone, "stay_s": round(stayed_s, 1),
                "limit_s": params.stay_s, "tracks": [p.track for p in long],
            },
        )  # fmt: skip


HAZARD = Loitering()
