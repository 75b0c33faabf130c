"""To whom a route sends: one target for each message, so that each is tried for by itself."""

from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured

from apps.accounts.permissions import Action
from apps.accounts.selectors import accesses_of
from apps.cameras.secrets import unlock
from apps.notify.models import Channel, Route, Subscription

__all__ = ["address_of", "addresses", "devices_at", "is_locked", "targets_of"]


def addresses(text: str) -> list[str]:
    """Return the e-mail addresses in a text, each once: lines, commas or semicolons part them."""
    parts = text.replace(",", "\n").replace(";", "\n").splitlines()
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def address_of(route: Route) -> str:
    """Return a route's address; "" where another DAVY_FIELD_KEY locked it."""
    return "" if is_locked(route) else unlock(route.address_box)


def is_locked(route: Route) -> bool:
    """Tell whether another DAVY_FIELD_KEY locked a route's address or secret."""
    try:
        unlock(route.address_box)
        unlock(route.secret_box)
    except ImproperlyConfigured:
        return True
    return False


def devices_at(mine_id: int) -> list[Subscription]:
    """List the browsers that take messages of a mine: of people who may see it now.

    Who lost their role keeps the subscription, and is nobody whom an alarm could call.
    """
    devices = list(Subscription.objects.filter(mine=mine_id))
    reach = accesses_of({one.user_id for one in devices})
    return [one for one in devices if reach[one.user_id].can(Action.VIEW, mine_id)]


def targets_of(route: Route, devices: Sequence[Subscription]) -> list[str]:
    """Return a route's targets: e-mail addresses, ids of devices, or one that needs no name."""
    if route.channel == Channel.EMAIL:
        # Nobody can be told where it is locked, which a message that fails says.
        return [""] if is_locked(route) else addresses(address_of(route))
    if route.channel == Channel.PUSH:
        return [str(one.pk) for one in devices if not route.people or one.user_id in route.people]
    return [""]
