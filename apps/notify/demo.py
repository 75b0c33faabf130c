"""The demo's routes: mail into a folder, and a signed webhook to this machine. Nothing goes out."""

from apps.mines.models import Mine
from apps.notify.models import Channel, Route
from apps.notify.services import route_create, route_update

__all__ = ["seed_routes"]

MAIL, PROGRAM = "Mail to the shift leader", "A program on this machine"


def seed_routes(*, mine: Mine, receiver: dict[str, str]) -> None:
    """Make the demo's routes once; the program's port may be another one today.

    The program is not in use until somebody starts it (`python -m infra.receiver`).
    """
    known = {route.name: route for route in Route.objects.filter(mine=mine)}
    if MAIL not in known:
        route_create(
            mine=mine, channel=Channel.EMAIL, name=MAIL, address="shift.leader@example.com",
            steps=[0, 1], cleared=True, picture="attach",
        )  # fmt: skip
    address = f"http://127.0.0.1:{receiver['port']}/"
    if PROGRAM not in known:
        route_create(
            mine=mine, channel=Channel.WEBHOOK, name=PROGRAM, address=address, enabled=False,
            severities=["critical", "high", "medium", "low"], steps=[0, 1, 2, 3, 4],
            cleared=True, secret=receiver["secret"],
        )  # fmt: skip
    elif known[PROGRAM].removed_at is None:
        route_update(route=known[PROGRAM], address=address, secret=receiver["secret"])
