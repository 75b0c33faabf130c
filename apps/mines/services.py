"""Writes about mines."""

from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.audit.services import record
from apps.mines.models import Area, Machine, Mine, Organisation
from apps.mines.names import name_check
from apps.mines.packs import packs
from apps.tenancy.scope import current_scope, mine_scope
from workers.when import zones

__all__ = [
    "area_create",
    "area_update",
    "machine_create",
    "machine_update",
    "mine_create",
    "mine_set_pack",
    "mine_update",
    "organisation_update",
]


Row = TypeVar("Row", Mine, Area, Machine)


def mine_create(
    *, organisation: Organisation, name: str, timezone: str, actor: User | None = None
) -> Mine:
    """Open a mine in an organisation.

    The new mine is in nobody's scope yet, so its key is drawn first and the row is written in
    a scope of its own.
    """
    mine_id = _next_mine_id()
    scope = current_scope()
    with mine_scope(
        mine_id,
        organisation_ids=frozenset({organisation.pk}),
        user_id=scope.user_id if scope else None,
    ):
        _check_zone(timezone)
        name_check(name)
        mine = Mine(pk=mine_id, organisation=organisation, name=name, timezone=timezone)
        mine.full_clean()
        mine.save(force_insert=True)
        record(
            action="mine.created", subject=mine, mine_id=mine.pk, actor=actor, detail={"name": name}
        )
    return mine


@transaction.atomic
def mine_set_pack(*, mine: Mine, pack: str, actor: User | None = None) -> Mine:
    """Choose whose clauses the mine's alarms carry from now on; earlier alarms keep theirs."""
    if pack and pack not in packs():
        raise ValidationError({"pack": _("There is no pack of that name.")})
    before, mine.pack = mine.pack, pack
    if before != pack:
        mine.save(update_fields=["pack"])
        detail = {"before": before, "pack": pack}
        record(action="mine.pack", subject=mine, mine_id=mine.pk, actor=actor, detail=detail)
    return mine


def _check_zone(name: str) -> None:
    """Refuse a clock that the time database does not know: every page of the mine tells times."""
    if name not in zones():
        words = _("There is no time zone “%(name)s”.") % {"name": name}
        raise ValidationError({"timezone": words})


def _next_mine_id() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('mines_mine', 'id'))")
        return int(cursor.fetchone()[0])


@transaction.atomic
def area_create(*, mine: Mine, name: str, actor: User | None = None) -> Area:
    """Add a place to a mine."""
    name_check(name)
    area = Area(mine=mine, name=name)
    area.full_clean()
    area.save()
    record(action="area.created", subject=area, mine_id=mine.pk, actor=actor, detail={"name": name})
    return area


@transaction.atomic
def machine_create(
    *, area: Area, key: str, name: str, kind: str, actor: User | None = None
) -> Machine:
    """Add a machine that scenes can name and whose signals are accepted."""
    name_check(name)
    machine = Machine(mine_id=area.mine_id, area=area, key=key, name=name, kind=kind)
    machine.full_clean()
    machine.save()
    record(
        action="machine.created",
        subject=machine,
        mine_id=area.mine_id,
        actor=actor,
        detail={"key": key, "kind": kind},
    )
    return machine


@transaction.atomic
def mine_update(*, mine: Mine, actor: User | None = None, **changes: str) -> Mine:
    """Change a mine's name or its clock; times that are shown change, what happened does not."""
    if "timezone" in changes:
        _check_zone(changes["timezone"])
    return _change(mine, "mine.changed", mine.pk, actor, changes, ("name", "timezone"))


@transaction.atomic
def area_update(*, area: Area, actor: User | None = None, **changes: str) -> Area:
    """Rename a place."""
    return _change(area, "area.changed", area.mine_id, actor, changes, ("name",))


@transaction.atomic
def machine_update(*, machine: Machine, actor: User | None = None, **changes: Any) -> Machine:
    """Change a machine's name, kind or place; its key stays, for scenes and controllers name it."""
    area = changes.get("area")
    if area is not None and area.mine_id != machine.mine_id:
        raise ValidationError({"area": _("This place is not in the machine's mine.")})
    names = ("name", "kind", "area")
    return _change(machine, "machine.changed", machine.mine_id, actor, changes, names)


@transaction.atomic
def organisation_update(*, organisation: Organisation, name: str, actor: User) -> Organisation:
    """Rename an organisation. It is in no mine's record, so each of its mines' records tells it."""
    name_check(name)
    before, organisation.name = organisation.name, name
    organisation.full_clean()
    organisation.save(update_fields=["name"])
    for mine in Mine.objects.filter(organisation=organisation):
        record(
            action="organisation.changed",
            subject=organisation,
            mine_id=mine.pk,
            actor=actor,
            detail={"before": before, "name": name},
        )
    return organisation


def _change(
    row: Row, action: str, mine_id: int, actor: User | None, changes: Any, names: tuple[str, ...]
) -> Row:
    """Set what differs, check and save it; nothing is recorded where nothing differs."""
    before: dict[str, str] = {}
    name_check(changes.get("name", ""))
    for name in names:
        if name in changes and getattr(row, name) != changes[name]:
            before[name] = str(getattr(row, name))
            setattr(row, name, changes[name])
    row.full_clean()
    if before:
        row.save(update_fields=list(before))
        detail = {"before": before, **{name: str(changes[name]) for name in before}}
        record(action=action, subject=row, mine_id=mine_id, actor=actor, detail=detail)
    return row
