"""Keeps the ledger: chains in seconds, signs by day."""

from zoneinfo import ZoneInfo

from celery import shared_task
from django.utils import timezone

from apps.ledger.selectors import newest_root
from apps.ledger.services import ledger_seal, root_sign
from apps.mines.models import Mine
from apps.tenancy.scope import mine_scope, system_scope


@shared_task
def seal() -> None:
    """Chain what was written since the last time; the beat calls this every two seconds.

    Twice at once: one of them finds the lock taken. Never: the next call does the work.
    """
    for mine in _mines():
        with mine_scope(mine.pk):
            ledger_seal(mine_id=mine.pk)


@shared_task
def sign() -> None:
    """Sign each mine's chain once in its day; the beat calls this every ten minutes."""
    for mine in _mines():
        zone = ZoneInfo(mine.timezone)
        with mine_scope(mine.pk):
            last = newest_root(mine_id=mine.pk)
            if last and timezone.localdate(last.at, zone) == timezone.localdate(timezone=zone):
                continue
            while ledger_seal(mine_id=mine.pk, thorough=True):
                pass
            root_sign(mine_id=mine.pk)


def _mines() -> list[Mine]:
    with system_scope("the ledger of every mine is kept in turn"):
        return list(Mine.objects.order_by("pk"))
