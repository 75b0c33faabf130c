"""What machines and inputs report, and which of two reports counts."""

from typing import NamedTuple

# Stands for a report that came clearly after a newer one and says otherwise: whoever sent one of
# the two has a wrong clock, so neither is known to be so. It has the time of the newer one, and so
# holds until a report newer than that. No text that is reported can be it.
LATE = "\0late"

# Of two reports of one time the one further down this list counts, in whatever order they came:
# requests overtake each other and are sent again, so the order proves nothing, and a machine that
# runs must not be taken for one that stands. UNKNOWN may be left to the picture: running may not.
DANGER = ("STOPPED", "UNKNOWN", LATE, "COASTING", "STARTING", "RUNNING")

# An event is told of once however late its report comes, up to so old: within an hour somebody in
# need may still be helped, and links that broke are mended; what is older is of the record alone.
EVENT_AGE_S = 3600.0
# Of one input so many events are remembered at most, the last that were heard.
MOST_EVENTS = 200


class Event(NamedTuple):
    """One report of an event: when it was, by its sender's clock, what it says, when it was heard.

    What stood already when an input was first asked counts as heard at its own time: it may have
    been told before.
    """

    at_s: float
    value: str
    heard_s: float


def events_heard(
    known: list[Event] | None, reports: list[tuple[float, str]], t: float
) -> list[Event]:
    """Return the events known at a time t, with those of some reports, each one once.

    known: those heard before, None where the input was never asked. An event is known for as long
    as its report may come again.
    """
    events = [one for one in known or () if t - max(one.at_s, one.heard_s) <= EVENT_AGE_S]
    there = {one[:2] for one in events}
    for report in reports:
        if t - report[0] <= EVENT_AGE_S and report not in there:
            there.add(report)
            events.append(Event(*report, report[0] if known is None else t))
    return events[-MOST_EVENTS:]


def in_time(waiting: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """Return reports by their time; those of one time stay in the order in which they came."""
    return sorted(waiting, key=lambda one: one[0])


def set_back(
    waiting: list[tuple[float, str]], last_t: float, by_s: float
) -> list[tuple[float, str]]:
    """Return reports that wait for their time, by a clock that was set back from last_t.

    What was to come after last_t was told by the old clock; the rest by the new one already.
    """
    return in_time([(t - by_s if t > last_t else t, said) for t, said in waiting])
