"""Somebody who fell and stays down, who does not move at all, or who sleeps at a post."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from workers.gap import KEPT, WAITS
from workers.hazards.base import (
    CLEAR,
    Condition,
    Fault,
    Hazard,
    Memory,
    Person,
    Phrase,
    Rule,
    Still,
    View,
    say,
)
from workers.hazards.params import number
from workers.hazards.presence import INSIDE, PEOPLE, inside_zone, who_is_who

# Height by width of a box: standing people are above the one, lying ones below the other.
UPRIGHT, LYING = 1.3, 0.9
# Who lies along the line of sight has no wide box: then half of the height he had is enough.
SHORT = 0.55
# A box that ends this close to the picture's edge is cut off by it, and shows no posture.
CUT = 0.015
# And the upper edge came down by so much of that height; who steps behind a wall keeps his.
DROP = 0.4
# From upright to lying within this, and a little longer where the track was lost between.
FALL_S, FALL_LOST_S = 1.5, 2.5
# Boxes of so many frames are taken together, so that one bad box is nothing.
BOXES = 3
# Somebody who moves in so much of ten seconds is up again.
ACTIVE = 0.3
# Who stands for so long after a fall is up.
STANDS_S = 2.0
# A doubt that was told is remembered for so long after its thing was last seen.
REMEMBER_S = 3600.0
# Two boxes whose middles are this close, in their sizes, are in the same place.
SAME_PLACE = 0.3


@dataclass(frozen=True)
class Params:
    """What a mine may set."""

    fall_s: float = number(
        30.0, unit="s", low=1, high=3600, label="Still after a fall for",
        help="Time after a fall with no more than a twitch before the alarm.",
    )  # fmt: skip
    still_s: float = number(
        300.0, unit="s", low=10, high=86400, label="Still for",
        help="Time without any movement before the alarm; not after a fall.",
    )  # fmt: skip
    asleep_s: float = number(
        0.0, unit="s", low=0, high=86400, label="Asleep after",
        help="At a post: time in one posture before a warning, 120 s fits; 0: nobody asks.",
    )  # fmt: skip
    doubt_s: float = number(
        600.0, unit="s", low=0, high=86400, label="Doubt told for",
        help="What never walked, and may be a thing, is told for so long and then left alone.",
    )  # fmt: skip
    lost_s: float = number(
        120.0, unit="s", low=5, high=3600, label="Lost for at most",
        help="Time without a trace of the person before the alarm clears.",
    )  # fmt: skip
    clear_s: float = number(
        5.0, unit="s", low=0, high=600, label="Over after",
        help="Time with the person moving again before the alarm clears.",
    )  # fmt: skip


class MotionlessPerson(Hazard):
    """Somebody does not move: after a fall, for minutes, or in a posture of sleep at a post.

    After a fall a hand that moves now and then is no sign that all is well. Movement is what
    changes in the picture about a person, apart from light and noise, so the jitter of a box is
    none; a fall is a box that within about a second turns from upright to lying, or to half of its
    height, with its upper edge coming down; a box that the picture's edge cuts off shows none. Who
    is hidden or lost is not still. Who was lost where the picture has not changed since still lies
    there. An alarm ends when the person moves for some seconds, walks, stands up after a fall, or
    when for `lost_s` there is no trace of him. Only who was seen to walk, and stands out from what
    the camera usually shows there, counts in full: anything else may be a thing, or has lain there
    from the beginning, and is told as a doubt, low, once and not for ever. Sources: 30 s after a
    fall, 300 s still, 120 s in one posture on duty, of the field's practice; for safety only,
    nothing is concluded about anybody's mood.
    """

    type = "motionless_person"
    title = "Person does not move"
    params = Params
    levels = {"doubt": "low", "asleep": "medium", "still": "", "fallen": ""}
    severity = "high"
    action = "Call the person; if there is no answer send the nearest people, and a medic."
    uses_still = True
    each = True
    # Boxes and a fall have their own times, so that only a quick one is a fall; see _judge().
    remembers = {
        **INSIDE, **PEOPLE, "people.*.since": WAITS, "people.*.down": WAITS, "orphan": WAITS,
        "lasting": KEPT,
    }  # fmt: skip

    def check(self, rule: Rule) -> Iterable[Fault]:
        """Refuse to call somebody asleep later than motionless."""
        if rule.params.asleep_s > rule.params.still_s:
            yield Fault("params.asleep_s", "must not be longer than the time for being still")

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame."""
        params: Params = rule.params
        if "people" not in memory and memory.get("lasting", {}).get("down"):
            memory["orphan"] = view.t  # after a gap: whoever was told is not known any more
        blind = bool(view.blind) or "frozen" in view.doubts
        known = self._known(rule, memory, view, blind)
        found: dict[str, list[tuple[str, Memory, Still | None]]] = {}
        for name, one in known.items():
            still = view.still.get(int(name))
            if still is not None and not blind:
                self._judge(params, memory, one, still, view)
            if one.get("level"):
                found.setdefault(one["level"], []).append((name, one, still))
        if not found:
            return self._orphan(params, memory, view)
        memory.pop("orphan", None)
        level = max(found, key=list(self.levels).index)
        people = found[level]
        memory.setdefault("lasting", {})["down"] = [
            [*_place(one["box"], view), level] for _, one, _ in people if level != "doubt"
        ]
        since = "down" if level == "fallen" else "since"
        longest_s = max(view.t - one[since] for _, one, _ in people)
        return Condition(
            level,
            tuple((box[0], box[1], box[2], box[3]) for box in (one["box"] for _, one, _ in people)),
            (_words(level, len(people)), say("for %(seconds)s s", seconds=f"{longest_s:.0f}")),
            {
                "persons": len(people), "zone": rule.zone, "still_s": round(longest_s, 1),
                "tracks": [int(name) for name, _, _ in people],
                "postures": [one.get("posture", "") for _, one, _ in people],
                "in_view": [still is not None and still.seen for _, _, still in people],
            },
        )  # fmt: skip

    @staticmethod
    def _known(rule: Rule, memory: Memory, view: View, blind: bool) -> dict[str, Memory]:
        """Bring what is known of each person up to date; return those in the zone, by track."""
        params: Params = rule.params
        records = who_is_who(memory, view.people, view, params.lost_s)
        everybody: dict[str, Memory] = memory["people"]
        here = {person.track for person in view.people}
        if rule.zone is not None:
            here = {p.track for p in inside_zone(memory, list(view.people), view, rule.zone)}
        for person in view.people:
            one = records[person.track]
            one["in"], one["box"] = person.track in here, list(person.box)
            if not blind:
                take_posture(one, person, view)
        for name, one in everybody.items():
            still = view.still.get(int(name))
            if still is not None and not still.seen and not still.hidden:
                one["t"] = view.t  # his window has not changed: he is there, though nobody sees him
            if blind and "since" in one:
                one["since"] += view.step_s  # nobody looked: the time stands still
                one["down"] += view.step_s
        return {name: one for name, one in everybody.items() if one.get("in")}

    def _judge(self, params: Params, memory: Memory, one: Memory, still: Still, view: View) -> None:
        """Decide what is told of somebody, in one["level"].

        one["since"]: since when he is still; blindness pushes it on, movement sets it anew;
        one["down"]: the same, but small movements leave it.
        """
        if one.get("moved") != still.since_s:
            one["moved"] = one["since"] = still.since_s
        shifted_s = still.since_s if still.shifted_s is None else still.shifted_s
        if one.get("shifted") != shifted_s:
            one["shifted"] = one["down"] = shifted_s
        self._adopt(memory, one, view)
        # A walker's track may jump to a thing that he passes, and that has always stood there.
        one["walked"] = one.get("walked", False) or still.walked
        one["came"] = one["walked"] and still.new
        if one.get("level"):
            moves = still.active >= ACTIVE and still.seen
            stands = one["level"] == "fallen" and one.get("fell") is None
            if moves or stands:
                one["level"], one["since"] = None, view.t
            elif one["level"] == "doubt" and view.t - one["told"] >= params.doubt_s - 1e-6:
                one["level"] = None
        if still.hidden:
            return
        level = self._level(params, one, still, view.t)
        if level == "doubt" and not one.get("level"):
            if _was_told(memory, one, view):
                return
            place = [*_place(one["box"], view), view.t]
            memory.setdefault("lasting", {}).setdefault("doubts", []).append(place)
        worse = list(self.levels).index
        if level is not None and (not one.get("level") or worse(level) > worse(one["level"])):
            one["level"], one["told"] = level, view.t

    @staticmethod
    def _level(params: Params, one: Memory, still: Still, t: float) -> str | None:
        still_s = t - one["since"] + 1e-6
        fell = one.get("fell")
        if fell is not None:
            # Who is hurt may move a hand; who moves all the time is up to something.
            since_s = one["down"] if still.active < ACTIVE else one["since"]
            if t - max(fell, since_s) + 1e-6 >= params.fall_s:
                return "fallen"
        if not one["came"]:
            return "doubt" if still_s >= params.still_s else None
        if still_s >= params.still_s:
            return "still"
        if params.asleep_s and still_s >= params.asleep_s:
            return "asleep"
        return None

    @staticmethod
    def _adopt(memory: Memory, one: Memory, view: View) -> None:
        """Take somebody who is found after a gap where one was told for the same person."""
        if "orphan" not in memory or one.get("level"):
            return
        for x, y, size, level in memory["lasting"]["down"]:
            if _same(_place(one["box"], view), (x, y, size)):
                one["level"], one["told"], one["walked"] = level, view.t, True
                if level == "fallen":
                    one["fell"], one["tall"] = view.t, 0.0

    @staticmethod
    def _orphan(params: Params, memory: Memory, view: View) -> Condition:
        """Keep an alarm whose person is not known after a gap, for as long as a lost one."""
        level, lasting = memory.get("open"), memory.get("lasting", {})
        if view.blind and "orphan" in memory:
            memory["orphan"] += view.step_s
        if level and "orphan" in memory and view.t - memory["orphan"] < params.lost_s:
            return Condition(level, why=(say("nobody was seen to get up"),))
        memory.pop("orphan", None)
        lasting.pop("down", None)
        return CLEAR


def take_posture(one: Memory, person: Person, view: View) -> None:
    """Take in one box: upright or lying, and whether somebody fell between the two.

    one["boxes"]: the last boxes as height by width, height and upper edge; one["ups"]: the upright
    ones of the last seconds, as time, height and upper edge; one["stood"]: since when upright
    without a break; one["fell"]: when, or None, and one["tall"]: from which height.
    """
    x1, y1, x2, y2 = person.box
    if min(x1, y1, 1 - x2, 1 - y2) < CUT:
        one["boxes"] = []  # who walks out of the picture sinks below its edge
        return
    high, wide = y2 - y1, (x2 - x1) * view.aspect
    boxes = one["boxes"] = [*one.get("boxes", []), [high / max(wide, 1e-6), high, y1]][-BOXES:]
    if one.get("track", person.track) != person.track:
        one["switched"] = view.t
    one["track"] = person.track
    ratio, tall, top = (median(box[k] for box in boxes) for k in range(3))
    lost = view.t - one.get("switched", -1e9) <= FALL_LOST_S
    # The median of some boxes is late by half of them.
    most_s = (FALL_LOST_S if lost else FALL_S) + BOXES / 2 * view.step_s
    longest_s = FALL_LOST_S + BOXES / 2 * view.step_s
    ups = one["ups"] = [k for k in one.get("ups", []) if view.t - k[0] <= longest_s + 1e-6]
    # Half way down a box is still upright: it is the highest of the time before that counts.
    up = min((k for k in ups if view.t - k[0] <= most_s + 1e-6), key=lambda k: k[2], default=None)
    down = up is not None and top - up[2] >= DROP * up[1]
    short = down and up is not None and tall <= SHORT * up[1]
    stays_short = one.get("fell") is not None and tall <= SHORT * one["tall"]
    if ratio < LYING or short or stays_short:
        one.pop("stood", None)
        if one.get("fell") is None and up is not None and down:
            one["fell"], one["tall"] = view.t, up[1]
        one["posture"] = "lying"
    elif ratio >= UPRIGHT and len(boxes) == BOXES:
        one["posture"] = "upright"
        ups.append([view.t, tall, top])
        if view.t - one.setdefault("stood", view.t) >= STANDS_S - 1e-6:
            one["fell"] = None
    else:
        one.pop("stood", None)


def _words(level: str, count: int) -> Phrase:
    if level == "fallen":
        return say("fell and does not get up: %(count)s", count=count)
    if level == "asleep":
        return say("in one posture, perhaps asleep: %(count)s", count=count)
    if level == "still":
        return say("does not move: %(count)s", count=count)
    return say("does not move, and may be a thing: %(count)s", count=count)


def _place(box: Sequence[float], view: View) -> tuple[float, float, float]:
    """Return the middle and the longer side of a box in picture heights."""
    x1, y1, x2, y2 = box
    size = max(y2 - y1, (x2 - x1) * view.aspect)
    return (x1 + x2) / 2 * view.aspect, (y1 + y2) / 2, size


def _same(one: Sequence[float], other: Sequence[float]) -> bool:
    near = SAME_PLACE * max(one[2], other[2])
    return abs(one[0] - other[0]) <= near and abs(one[1] - other[1]) <= near


def _was_told(memory: Memory, one: Memory, view: View) -> bool:
    """Tell whether a doubt about this place was told; it is remembered while something is there."""
    lasting = memory.get("lasting", {})
    lasting["doubts"] = [k for k in lasting.get("doubts", []) if view.t - k[3] <= REMEMBER_S]
    for told in lasting["doubts"]:
        if _same(_place(one["box"], view), told):
            told[3] = view.t
            return True
    return False


HAZARD = MotionlessPerson()
