"""Housekeeping of signals."""

from celery import shared_task

from apps.mines.models import Mine
from apps.signals.past import signals_forget
from apps.tenancy.scope import mine_scope, system_scope


@shared_task
def forget() -> None:
    """Delete old signals of every mine; run twice or late, it deletes what is left."""
    with system_scope("the signals of every mine are kept in turn"):
        mines = list(Mine.objects.order_by("pk").values_list("pk", flat=True))
    for pk in mines:
        with mine_scope(pk):
            signals_forget(mine_id=pk)
