"""Which route an occasion takes: severity, place, hour and step. Pure, so that it can be proved."""

from dataclasses import dataclass
from datetime import time

__all__ = ["AT_ONCE", "Wish", "in_hours", "wants"]

AT_ONCE = 0  # the step at which an alarm begins to ask, before anybody is late


@dataclass(frozen=True)
class Wish:
    """What a route wants to hear of. Empty places: the whole mine; no hours: always."""

    severities: frozenset[str]
    steps: frozenset[int]
    areas: frozenset[int] = frozenset()
    since: time | None = None
    until: time | None = None


def in_hours(at: time, since: time | None, until: time | None) -> bool:
    """Tell whether a clock time is in [since, until), which may go over midnight."""
    if since is None or until is None:
        return True
    if since <= until:
        return since <= at < until
    return at >= since or at < until


def wants(wish: Wish, *, severity: str, areas: frozenset[int], at: time, step: int) -> bool:
    """Tell whether a route wants an occasion; `at` is the time by the mine's clock.

    `areas` are all places from which the alarm is seen; one that the route names is enough.
    """
    return (
        severity in wish.severities
        and step in wish.steps
        and (not wish.areas or bool(wish.areas & areas))
        and in_hours(at, wish.since, wish.until)
    )
