"""What every template knows of the person."""

from django.http import HttpRequest

from apps.accounts.models import Role
from apps.accounts.permissions import Access, Action
from apps.mines.models import Mine

__all__ = ["access", "look"]

THEMES = ("dark", "light")


def access(request: HttpRequest) -> dict[str, object]:
    """Tell templates which parts of the house the person may enter."""
    reach: Access = getattr(request, "access", Access())
    return {
        "may_view": bool(reach.mines_for(Action.VIEW)),
        "may_configure": bool(reach.mines_for(Action.CONFIGURE))
        or bool(reach.organisations_for(Action.CREATE_MINE)),
        "may_people": bool(reach.mines_for(Action.MANAGE_PEOPLE)),
        "may_audit": bool(reach.mines_for(Action.READ_AUDIT)),
        "may_export": bool(reach.mines_for(Action.EXPORT)),
        "may_inquire": bool(reach.mines_for(Action.READ_AUDIT) or reach.cases),
        # Whose name stands over pictures: all of whose looks are noted.
        "viewer_mark": request.user.get_username()
        if reach.cases or Role.AUDITOR in reach.roles.values()
        else "",
        # By whose clock, asked only where a name stands.
        "viewer_zone": lambda: _zone(request, reach),
        "may_acknowledge_in": reach.mines_for(Action.ACKNOWLEDGE),
    }


def _zone(request: HttpRequest, reach: Access) -> str:
    """Name the clock of the mines that the page is about; where they have several, UTC."""
    ids: set[int] = getattr(request, "looked", set()) or {*reach.roles, *reach.cases}
    zones = set(Mine.objects.filter(pk__in=ids).values_list("timezone", flat=True))
    return zones.pop() if len(zones) == 1 else "UTC"


def look(request: HttpRequest) -> dict[str, object]:
    """Tell templates which theme was chosen on this machine; without one the browser's wish holds.

    The choice belongs to the screen and its room, not to the person, so a cookie keeps it, and the
    page is right at its first paint.
    """
    chosen = request.COOKIES.get("davy_theme", "")
    return {"theme": chosen if chosen in THEMES else ""}
