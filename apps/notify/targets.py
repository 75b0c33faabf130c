"""To whom a route sends: one target for each message, so that each is tried for by itself."""

from collections.abc import Sequence

from apps.cameras.secrets import unlock
from apps.notify.models import Channel, Route, Subscription

__all__ = ["addresses", "targets_of"]


def addresses(text: str) -> list[str]:
    """Return the e-mail addresses in a text, each once: lines, commas or semicolons part them."""
    parts = text.replace(",", "\n").replace(";", "\n").splitlines()
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def targets_of(route: Route, devices: Sequence[Subscription]) -> list[str]:
    """Return a route's targets: e-mail addresses, ids of devices, or one that needs no name."""
    if route.channel == Channel.EMAIL:
        return addresses(unlock(route.address_box))
    if route.channel == Channel.PUSH:
        return [str(one.pk) for one in devices if not route.people or one.user_id in route.people]
    return [""]
