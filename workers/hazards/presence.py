"""Who is in a zone and since when: occupancy belongs to the zone, and not to a track."""

from workers.hazards.base import Memory, Person, View

# A gap in a zone's occupancy up to this long (a missed detection, a new track id) is no gap.
BRIDGE_S = 0.5
# A foot that was inside and is now this far outside still counts, in heights of the person's box:
# somebody who walks along the edge makes one situation, not many.
EDGE = 0.06


def inside_zone(memory: Memory, people: list[Person], view: View, name: str) -> list[Person]:
    """Return who stands in a zone; who was in it counts up to a little outside of its edge.

    So does a new track where somebody who was in it was lost: it is taken for the same person.
    """
    # By track: when it was last inside, and where its foot was then.
    known: dict[str, list[float]] = memory.setdefault("inside", {}).get(name, {})
    bridge_s = max(BRIDGE_S, 2.2 * view.step_s)
    known = {k: v for k, v in known.items() if view.t - v[0] <= bridge_s + 1e-6}
    there = {str(person.track) for person in people}
    lost = [place for track, place in known.items() if track not in there]
    found = []
    for person in people:
        near = 0.5 * person.height
        was_in = str(person.track) in known or any(
            abs(x - person.foot[0]) * view.aspect < near and abs(y - person.foot[1]) < near
            for _, x, y in lost
        )
        margin = EDGE * person.height if was_in else 0.0
        if view.depth(name, person.foot) >= -margin:
            found.append(person)
            known[str(person.track)] = [view.t, *person.foot]
        elif str(person.track) in known:
            del known[str(person.track)]  # seen outside: who left and comes back enters anew
    memory["inside"][name] = known
    return found


def stay_in_zone(memory: Memory, name: str, inside: list[Person], view: View) -> float | None:
    """Keep since when the zone is occupied; return for how long, None when it is empty."""
    stays = memory.setdefault("stays", {})
    since, last = stays.get(name, (None, None))
    entered_s = min(0.1, view.step_s / 2)
    # At one picture a second the next one is no gap either.
    gap = last is not None and view.t - last > max(BRIDGE_S, 2.2 * view.step_s)
    if not inside:
        if gap:
            stays.pop(name)
        return None
    if since is None or gap:
        # A track is confirmed some frames after it was first seen, and was there already then.
        # Somebody who walked in did so between two frames, on average half a step ago.
        since = min((p.born_s for p in inside if p.fresh), default=view.t - entered_s)
    stays[name] = [since, view.t]
    return float(view.t - since)
