"""Makes routes at Lamp Hill and lets their bells ring."""

from typing import Any

from apps.notify.delivery import drain
from apps.notify.models import Attempt, Delivery, Route
from apps.notify.services import route_create
from tests.cast import Cast

__all__ = ["Desk"]


class Desk:
    """What an admin and a worker do."""

    def __init__(self, cast: Cast) -> None:
        self.cast, self.mine = cast, cast.lamp_hill.mine

    def route(self, channel: str, **data: Any) -> Route:
        """Add a route."""
        data = {"name": channel, **data}
        return route_create(mine=self.mine, channel=channel, actor=self.cast.admin, **data)[0]

    def ring(self, route: Route) -> bool:
        """Let a worker hear a route's bell."""
        return drain(route_id=route.pk, mine_id=self.mine.pk)

    def log(self, **having: Any) -> list[Delivery]:
        """Return the messages, oldest first."""
        return list(Delivery.objects.filter(**having).order_by("pk"))

    def tries(self, delivery: Delivery) -> list[Attempt]:
        """Return a message's tries."""
        return list(Attempt.objects.filter(delivery=delivery).order_by("number"))
