"""What waits along a route whose targets were changed goes to those that it has now.

A message that was tried keeps its target and its tries in the log: it is put aside, and a new one
is written for whoever came in the place of its target. Twice, or to somebody who has it already:
one row for a route, an occasion and a target, held by a constraint.
"""

from collections.abc import Sequence
from datetime import datetime

from apps.notify.channels import TRAITS
from apps.notify.models import Delivery, Route
from apps.notify.targets import devices_at, targets_of
from workers.words import sentence

__all__ = ["readdress", "targets_now"]


def targets_now(route: Route) -> list[str]:
    """Return a route's targets, with the devices that there are now."""
    return targets_of(route, devices_at(route.mine_id))


def readdress(*, route: Route, before: Sequence[str], now: datetime) -> None:
    """Turn what waits for a target that the route has no more to those that it did not have before.

    Of a webhook or a group's robot the address is read when a message is sent: nothing to be done.
    """
    after = targets_now(route)
    gone, new = set(before) - set(after), [one for one in after if one not in before]
    rows = Delivery.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    for old in rows.filter(route=route, state=Delivery.State.WAITING, target__in=gone):
        for target in new:
            made = _anew(old, target, now)
            for one in old.folded.order_by("pk"):
                _anew(one, target, now, into=made)
        old.state, old.ended_at = Delivery.State.DROPPED, now
        old.said = sentence("The route goes to others now.")
        old.save(update_fields=["state", "ended_at", "said"])


def _anew(old: Delivery, target: str, now: datetime, into: Delivery | None = None) -> Delivery:
    next_at = now if old.attempts else old.next_at
    made, _is_new = Delivery.objects.get_or_create(
        route=old.route,
        occasion=old.occasion,
        target=target,
        defaults={
            "mine_id": old.mine_id,
            "kind": old.kind,
            "alarm": old.alarm,
            "severity": old.severity,
            "facts": old.facts,
            "into": into,
            "state": old.state,
            "next_at": next_at,
            "give_up_at": next_at + TRAITS[old.route.channel].give_up,
            "created_at": old.created_at,
            "ended_at": old.ended_at,
        },
    )
    return made
