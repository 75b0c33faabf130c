"""Somebody without a helmet, or without a vest."""

from collections.abc import Iterable
from dataclasses import dataclass

from workers.gap import WAITS
from workers.hazards.base import Condition, Fault, Hazard, Memory, Person, Rule, View, say
from workers.hazards.params import choice, number
from workers.hazards.presence import INSIDE, PEOPLE, inside_zone, who_is_who

# By profile: what must be worn, as the reader says it is lacking and as it says it is there.
WORN = {"bare_head": "helmet", "no_vest": "vest"}
ASKED = {"gate": ("bare_head", "no_vest"), "roadway": ("bare_head",)}


@dataclass(frozen=True)
class Params:
    """What a mine may set."""

    profile: str = choice(
        "roadway", label="Profile",
        choices={"gate": "gate: helmet and vest", "roadway": "roadway: helmet only"},
        help="What must be worn; a camera at a gate stands close enough for both.",
    )  # fmt: skip
    window_s: float = number(
        2.0, unit="s", low=0.2, high=60, label="Looked at for",
        help="Time over which it must be lacking, after the reader's first three looks.",
    )  # fmt: skip
    share: float = number(
        0.8, unit="", low=0.5, high=1, label="Share of the pictures",
        help="In so many of a person's pictures of that time it must be lacking: 8 of 10.",
    )  # fmt: skip
    lost_s: float = number(
        10.0, unit="s", low=0, high=120, label="Lost for at most",
        help="Who is lost from view for so long and found in the same place is the same person.",
    )  # fmt: skip
    clear_s: float = number(
        2.0, unit="s", low=0, high=600, label="Over after",
        help="Time without anybody who lacks it before the alarm clears.",
    )  # fmt: skip


class Ppe(Hazard):
    """Somebody's head is bare, or there is no vest, in eight of ten pictures over two seconds.

    Of whom the reader cannot tell it (a head under 20 pixels, hidden, or looks that disagree) is
    unknown: counted as `unknown`, no alarm, and never taken for right. An alarm ends when the
    person is known to wear it, is seen outside of the zone or is gone; to become unknown ends
    nothing. Needs three looks, a second apart, before it knows anything. The reader of helmets
    did not reach its bar on photographs (average precision 71.6 of 75 for helmets, 42.9 of 60 for
    bare heads) and seldom knows a vest, so a new rule begins in shadow. Sources:
    20 pixels, eight of ten pictures over two seconds, strict at gates and helmet only in roadways,
    of the field's practice.
    """

    type = "ppe"
    title = "Helmet or vest missing"
    params = Params
    severity = "medium"
    action = "Have the person put it on; look at the picture first, the reader is often wrong."
    mode = "shadow"
    note = (
        "The reader of helmets and vests has not reached its accuracy: on photographs it knew 45 "
        "of 56 bare heads and took 31 of 141 helmets for one, in a rendered mine it knew 24 of 39 "
        "bare heads, and of 76 vests 22. In shadow it writes events and raises no alarm; armed, it "
        "will often be wrong."
    )
    uses_wears = True
    remembers = {**INSIDE, **PEOPLE, "people.*.looks.*.0": WAITS}

    def check(self, rule: Rule) -> Iterable[Fault]:
        """Refuse to ask only for people of whom it is known what they wear."""
        if getattr(rule, "wears", ()):
            yield Fault("wears", "must be empty: the profile says what must be worn")

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame."""
        params: Params = rule.params
        known = who_is_who(memory, view.people, view, params.lost_s)
        inside = list(view.people)
        if rule.zone is not None:
            inside = inside_zone(memory, inside, view, rule.zone)
        here = {p.track for p in inside}
        for track, one in known.items():
            if track not in here:
                one.pop("lacks", None)  # seen outside of the zone
        lacking: dict[str, list[Person]] = {}
        unknown = 0
        for person in inside:
            one = known[person.track]
            self._look(params, one, person, view)
            told = [what for what in ASKED[params.profile] if what in one["lacks"]]
            for what in told:
                lacking.setdefault(what, []).append(person)
            sure = all({what, WORN[what]} & set(person.wears) for what in ASKED[params.profile])
            unknown += not told and not sure
        readings: dict[str, float | str | None] = {"unknown": float(unknown)}
        if not lacking:
            lost = [
                int(k) for k, v in memory["people"].items() if v["t"] < view.t and v.get("lacks")
            ]
            if not memory.get("open") or not lost:
                return Condition(None, readings=readings)
            why = say("nobody was seen to put it on or to leave")
            values = {"persons": len(lost), "zone": rule.zone, "profile": params.profile,
                      "unknown": unknown, "tracks": lost}  # fmt: skip
            return Condition("danger", (), (why,), values, readings)
        people = {p.track: p for found in lacking.values() for p in found}
        counts = {what: len(found) for what, found in lacking.items()}
        words = {
            "bare_head": say("without a helmet: %(count)s", count=counts.get("bare_head", 0)),
            "no_vest": say("without a vest: %(count)s", count=counts.get("no_vest", 0)),
        }
        return Condition(
            "danger",
            tuple(p.box for p in people.values()),
            (*(words[what] for what in lacking), say("by a reader that is often wrong")),
            {
                "persons": len(people), "zone": rule.zone, "profile": params.profile,
                "lacking": {what: [p.track for p in found] for what, found in lacking.items()},
                "unknown": unknown, "tracks": list(people),
            },
            readings,
        )  # fmt: skip

    @staticmethod
    def _look(params: Params, one: Memory, person: Person, view: View) -> None:
        """Take in what is known of a person now.

        one["looks"]: by time, what was lacking or there; one["lacks"]: what is told as lacking.
        """
        looks = [k for k in one.get("looks", []) if view.t - k[0] < params.window_s - 1e-6]
        one["looks"] = looks = [*looks, [view.t, list(person.wears)]]
        lacks = one.setdefault("lacks", [])
        # Pictures over less than the whole time prove nothing, unless they come that seldom.
        least_s = min(params.share * params.window_s, params.window_s - view.step_s)
        if view.t - looks[0][0] < least_s - 1e-6:
            return
        for what in ASKED[params.profile]:
            for state in (what, WORN[what]):
                if sum(state in k[1] for k in looks) < params.share * len(looks) - 1e-6:
                    continue
                if state == what and what not in lacks:
                    lacks.append(what)
                elif state != what and what in lacks:
                    lacks.remove(what)


HAZARD = Ppe()
