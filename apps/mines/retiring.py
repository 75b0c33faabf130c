"""Places and machines that are no more: deleted once nothing uses them; what still does is named.

What happened there stays: alarms, readings and audit entries name it in words of their own.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from apps.accounts.models import User
from apps.audit.services import record
from apps.live.services import take_turn
from apps.mines.models import Area, Machine
from apps.notify.models import Route
from apps.plans.models import Plan
from apps.rules.selectors import scenes_in_force

__all__ = ["area_delete", "area_users", "machine_delete", "machine_users"]

# So many are named; of the others their number is said.
MOST_NAMED = 8


def area_users(*, area: Area) -> list[str]:
    """Name what still uses a place: its cameras, machines and plans, and routes that name it."""
    routes = Route.objects.filter(mine=area.mine_id, removed_at=None).order_by("name")
    return [
        *(_("camera %(name)s") % {"name": one.name} for one in area.cameras.order_by("name")),
        *(_("machine %(name)s") % {"name": one.name} for one in area.machines.order_by("key")),
        *(_("its plan") for _plan in Plan.objects.filter(area=area)),
        *(_("route %(name)s") % {"name": one.name} for one in routes if area.pk in one.areas),
    ]


def machine_users(*, machine: Machine) -> list[str]:
    """Name the cameras whose scene in force names a machine."""
    return [
        _("the zones of camera %(name)s") % {"name": scene.camera.name}
        for scene in scenes_in_force(mine_ids=[machine.mine_id])
        if any(one.get("id") == machine.key for one in scene.document.get("machines", []))
    ]


@transaction.atomic
def area_delete(*, area: Area, actor: User | None = None) -> None:
    """Delete a place; refused while something is there, which is named."""
    take_turn(mine_id=area.mine_id)
    _refuse(area_users(area=area))
    _delete(area, "area.deleted", actor, {"name": area.name})


@transaction.atomic
def machine_delete(*, machine: Machine, actor: User | None = None) -> None:
    """Delete a machine and its signals; refused while a scene in force names it."""
    take_turn(mine_id=machine.mine_id)
    _refuse(machine_users(machine=machine))
    detail = {"key": machine.key, "name": machine.name, "kind": machine.kind}
    _delete(machine, "machine.deleted", actor, detail)


def _refuse(users: list[str]) -> None:
    if not users:
        return
    named = pgettext("between things", ", ").join(users[:MOST_NAMED])
    if len(users) > MOST_NAMED:
        named = _("%(named)s and %(count)s more") % {
            "named": named,
            "count": len(users) - MOST_NAMED,
        }
    raise ValidationError(_("It is still used by: %(users)s.") % {"users": named})


def _delete(row: Area | Machine, action: str, actor: User | None, detail: dict[str, Any]) -> None:
    record(action=action, subject=row, mine_id=row.mine_id, actor=actor, detail=detail)
    try:
        row.delete()
    except ProtectedError:  # it came to be used between the look and the deletion
        raise ValidationError(_("Something has come to use it: look again.")) from None
