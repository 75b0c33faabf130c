"""Writes about mines."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.audit.services import record
from apps.mines.models import Area, Machine, Mine, Organisation
from apps.mines.packs import packs
from apps.tenancy.scope import current_scope, mine_scope

__all__ = ["area_create", "machine_create", "mine_create", "mine_set_pack"]


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


def _next_mine_id() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('mines_mine', 'id'))")
        return int(cursor.fetchone()[0])


@transaction.atomic
def area_create(*, mine: Mine, name: str, actor: User | None = None) -> Area:
    """Add a place to a mine."""
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
