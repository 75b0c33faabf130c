"""Somebody stays where people only pass."""

from dataclasses import dataclass

from workers.gap import WAITS
from workers.hazards.base import CLEAR, Condition, Hazard, Memory, Rule, View, count_people, say
from workers.hazards.params import number
from workers.hazards.presence import (
    HIDDEN_AT_EDGE_S,
    INSIDE,
    PEOPLE,
    inside_zone,
    who_is_who,
)


@dataclass(frozen=True)
class Params:
    """What a mine may set."""

    stay_s: float = number(
        60.0, unit="s", low=1, high=86400, label="Stays for",
        help="Time in the zone before the alarm; 20 s fits a slope's landing.",
    )  # fmt: skip
    lost_s: float = number(
        10.0, unit="s", low=0, high=120, label="Lost for at most",
        help="Who is lost from view for so long and found in the same place goes on staying.",
    )  # fmt: skip
    clear_s: float = number(
        5.0, unit="s", low=0, high=600, label="Over after",
        help="Time without anybody in the zone before the alarm clears.",
    )  # fmt: skip


class Loitering(Hazard):
    """The same person in a zone for longer than it takes to pass.

    Everybody has a clock of his own. Where somebody is lost from view and another track begins in
    the same place, the clock goes on, so that doubt about who it is counts as the same person; who
    is seen outside begins anew. An alarm stays while nobody was seen to leave. Source of the
    defaults: 60 s, and 20 s on slope landings, of the field's practice.
    """

    type = "loitering"
    title = "Person lingers"
    params = Params
    severity = "low"
    action = "Ask the person to move on, or to say what is the matter."
    needs_zone = True
    remembers = {**INSIDE, **PEOPLE, "people.*.since": WAITS}

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame."""
        params: Params = rule.params
        assert rule.zone is not None
        at_edge_s = min(params.lost_s, HIDDEN_AT_EDGE_S)
        known = who_is_who(memory, view.people, view, params.lost_s, at_edge_s)
        inside = inside_zone(memory, list(view.people), view, rule.zone)
        here = {p.track for p in inside}
        for track, one in known.items():
            if track in here:
                one.setdefault("since", view.t)
            else:
                one.pop("since", None)
        everybody: dict[str, Memory] = memory["people"]
        if view.blind:
            for name, one in everybody.items():
                if "since" in one and int(name) not in here:
                    one["since"] += view.step_s  # nobody knows whether he still stays
        stays = {p.track: view.t - known[p.track]["since"] for p in inside}
        long = [p for p in inside if stays[p.track] >= params.stay_s - 1e-6]
        if not long and memory.get("open"):
            long = inside  # whoever it is now: the place is not clear
            # Whom the tracker lost has not walked out: the place may not be clear.
            hidden = [
                int(name) for name, one in everybody.items()
                if one["t"] < view.t and view.t - one.get("since", view.t) >= params.stay_s
            ]  # fmt: skip
            if not inside and hidden:
                why = say("nobody was seen to leave %(zone)s", zone=rule.zone)
                values = {"persons": len(hidden), "zone": rule.zone, "tracks": hidden,
                          "limit_s": params.stay_s}  # fmt: skip
                return Condition("danger", (), (why,), values)
        if not long:
            return CLEAR
        stayed_s = max(stays[p.track] for p in long)
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
