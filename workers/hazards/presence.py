"""Who is in a zone and since when: occupancy belongs to the zone, and not to a track."""

from collections.abc import Sequence

from workers.gap import WAITS
from workers.hazards.base import GAP, Memory, Person, View

# A gap in a zone's occupancy up to this long (a missed detection, a new track id) is no gap.
BRIDGE_S = 0.5
# A foot that was inside and is now this far outside still counts, in heights of the person's box:
# somebody who walks along the edge makes one situation, not many.
EDGE = 0.06
# Who is believed only now has been where he is for at most so long, or three frames; so long after
# a gap in the pictures who was there before it need not be believed yet.
BORN_S = 1.0
# What is kept here of a rule's memory over such a gap (`Hazard.remembers`).
INSIDE = {"inside.*.*.0": WAITS}
STAYS = {**INSIDE, "stays.*.*": WAITS}
PEOPLE = {"people.*.t": WAITS}
HIDDEN = {**PEOPLE, "people.*.seen": WAITS}


def settling(memory: Memory, view: View) -> bool:
    """Tell whether pictures came back just now, so that whoever is there may not be believed yet.

    The tracker begins anew after a gap.
    """
    end_s = memory.get("gap", (0.0, -1e18))[1]
    return bool(view.t - end_s < max(BORN_S, 3 * view.step_s) - 1e-6)


def patience_s(memory: Memory, view: View) -> float:
    """Return for how long nobody may be seen where somebody stays."""
    # At one picture a second the next one is no gap either.
    longest_s = max(BRIDGE_S, 2.2 * view.step_s)
    return max(longest_s, BORN_S, 3 * view.step_s) if settling(memory, view) else longest_s


def inside_zone(memory: Memory, people: Sequence[Person], view: View, name: str) -> list[Person]:
    """Return who stands in a zone; who was in it counts up to a little outside of its edge.

    So does a new track where somebody who was in it was lost: it is taken for the same person.
    """
    inside = memory.setdefault("inside", {})
    before = inside.get(name, {})
    asked = (name, view.t, view.step_s, list(people))
    # Rules that look at one zone mostly remember the same of it, and so find the same.
    for question, known, found, now in view.found:
        if question == asked and (known is before or known == before):
            inside[name] = now
            return list(found)
    found, inside[name] = _inside(before, people, view, name)
    view.found.append((asked, before, tuple(found), inside[name]))
    return found


def _inside(
    before: Memory, people: Sequence[Person], view: View, name: str
) -> tuple[list[Person], Memory]:
    """Return who is inside, and when and where each was last, by track; nothing is changed."""
    bridge_s = max(BRIDGE_S, 2.2 * view.step_s)
    known = {k: v for k, v in before.items() if view.t - v[0] <= bridge_s + 1e-6}
    lost: list[list[float]] | None = None
    found = []
    depths = view.depths_in(name)
    for person in people:
        depth = depths[person.foot]
        # Who is clearly outside is most of them: only at the edge it matters who was inside.
        at_edge = depth >= -EDGE * person.height
        if not at_edge and not known:
            continue
        track = str(person.track)
        if depth < 0:
            was_in = at_edge and track in known
            if at_edge and not was_in:
                if lost is None:
                    there = {str(one.track) for one in people}
                    lost = [place for other, place in known.items() if other not in there]
                near = 0.5 * person.height
                was_in = any(
                    abs(x - person.foot[0]) * view.aspect < near and abs(y - person.foot[1]) < near
                    for _, x, y in lost
                )
            if not was_in:
                known.pop(track, None)  # seen outside: who left and comes back enters anew
                continue
        found.append(person)
        known[track] = [view.t, *person.foot]
    return found, known


def stay_in_zone(
    memory: Memory, name: str, inside: list[Person], view: View, *, hidden: bool = False
) -> float | None:
    """Keep since when the zone is occupied; return for how long, None when it is seen empty.

    hidden: whether somebody may be in it whom nobody sees now, as hidden_in_zone() finds; the time
    goes on for him, and is not begun by him.
    """
    stays = memory.setdefault("stays", {})
    since, last = stays.get(name, (None, None))
    entered_s = min(0.1, view.step_s / 2)
    gap = last is not None and view.t - last > patience_s(memory, view)
    if not inside:
        if hidden and last is not None and not gap:
            # Of a gap's inside it is asked after its times were moved to the gap's end.
            stays[name] = [since, max(last, view.t)]
        elif gap:
            stays.pop(name)
        return None
    if since is None or gap:
        # A track is confirmed some frames after it was first seen, and was there already then.
        # Somebody who walked in did so between two frames, on average half a step ago.
        # But who was followed for long before he was believed may have been anywhere.
        longest_s = max(BORN_S, 3 * view.step_s)
        born = min((p.born_s for p in inside if p.fresh), default=view.t - entered_s)
        since = max(born, view.t - longest_s)
    stays[name] = [since, view.t]
    return float(view.t - since)


# Somebody who was lost is looked for within this many of his heights of where he was.
NEAR = 0.5
# Who was lost this close to the picture's edge, as a fraction of it, has most likely left.
BORDER = 0.02


# Somebody at work is hidden for so long by a machine, or by who passes before him.
HIDDEN_S = 5.0
# Who was lost at the picture's edge has most likely left; not if he is back this soon.
HIDDEN_AT_EDGE_S = 2.0
# Who was lost in a zone and has walked on unseen turns up within so long, at most so fast, in
# heights of his a second.
TURNS_UP_S = 10.0
WALKS = 1.5


def hidden_in_zone(
    memory: Memory,
    people: Sequence[Person],
    inside: Sequence[Person],
    view: View,
    keep_s: float = HIDDEN_S,
    edge_s: float = HIDDEN_AT_EDGE_S,
) -> dict[int, Memory]:
    """Return what is remembered, by track, of who was lost in a zone and not seen to leave it.

    inside: who is in the zone now; keep_s: for how long they are remembered, edge_s: where they
    were lost at the picture's edge. Keys, with those of who_is_who(): in, whether he is or was in
    the zone; in_s, for how long he was seen there; seen, when last. Nobody begins to be amid a
    zone: who turns up there is taken for one who was lost, and so is who soon turns up within
    walking distance outside.
    """
    known = who_is_who(memory, people, view, keep_s, edge_s)
    here = {person.track for person in inside}
    everybody: dict[str, Memory] = memory["people"]
    lost = {int(k): v for k, v in everybody.items() if v["t"] < view.t and v.get("in")}
    for person in people:
        one, is_in = known[person.track], person.track in here
        if "in" not in one and not one["edge"]:
            near = [k for k, v in lost.items() if _reaches(v, person, view, is_in)]
            nearest = min(near, key=lambda k: _away(lost[k], person, view), default=None)
            if nearest is not None:
                one["in_s"] = lost.pop(nearest)["in_s"]
                del everybody[str(nearest)]
        one["in"] = is_in
        if is_in:
            one["seen"], one["in_s"] = view.t, one.get("in_s", 0.0) + view.step_s
    return lost


def _reaches(one: Memory, person: Person, view: View, is_in: bool) -> bool:
    """Tell whether who was lost in a zone may be who turns up now; is_in: in that zone."""
    away_s = view.t - one["seen"]
    near = NEAR + WALKS * away_s
    return (is_in or away_s <= TURNS_UP_S) and _away(one, person, view) * NEAR <= near


def who_is_who(
    memory: Memory, people: Sequence[Person], view: View, keep_s: float, edge_s: float = 0.0
) -> dict[int, Memory]:
    """Return what is remembered of each person, by track; keys of its own: t, foot, size, edge.

    A track that begins where one was lost in the picture less than keep_s ago, or edge_s at its
    edge, is taken for the same person, and each lost one for one new one at most. While the camera
    is blind nobody is forgotten. A caller adds keys of its own to the dictionaries; those of people
    who are not in `people` now stay in memory["people"].
    """
    known: dict[str, Memory] = memory.setdefault("people", {})
    if view.blind and view.blind != GAP:  # over a gap their times were moved already
        for one in known.values():
            one["t"] += view.step_s
    here = {str(person.track): person for person in people}
    for name in [name for name in known if name not in here]:
        if _forgotten(known[name], view, keep_s, edge_s):
            del known[name]
    found: dict[int, Memory] = {}
    old = [name for name in here if name in known]
    for name in old if len(old) == len(here) else [*old, *(n for n in here if n not in known)]:
        person = here[name]
        if name not in known:
            lost = [k for k in known if k not in here and _away(known[k], person, view) <= 1]
            nearest = min(lost, key=lambda k: _away(known[k], person, view), default=None)
            known[name] = {} if nearest is None else known.pop(nearest)
        one = found[person.track] = known[name]
        one.update(_marks(person, view))
    return found


def _marks(person: Person, view: View) -> Memory:
    """Return what is kept of somebody in this frame, made once for all rules."""
    made = view.marks.get(person.track)
    if made is not None and made[0] is person:
        return made[1]
    x1, y1, x2, y2 = person.box
    marks = {
        "t": view.t, "foot": list(person.foot), "size": max(y2 - y1, (x2 - x1) * view.aspect),
        "edge": x1 < BORDER or y1 < BORDER or 1 - x2 < BORDER or 1 - y2 < BORDER,
    }  # fmt: skip
    view.marks[person.track] = person, marks
    return marks


def _forgotten(one: Memory, view: View, keep_s: float, edge_s: float) -> bool:
    longest_s = max(BRIDGE_S, 2.2 * view.step_s, edge_s if one["edge"] else keep_s)
    return bool(view.t - one["t"] > longest_s + 1e-6)


def _away(one: Memory, person: Person, view: View) -> float:
    """Return how far somebody is from where one was lost, as a share of what is near."""
    x, y = one["foot"]
    away = max(abs(x - person.foot[0]) * view.aspect, abs(y - person.foot[1]))
    return float(away / max(NEAR * one["size"], 1e-6))
