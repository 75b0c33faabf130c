"""Keeps the ledger: chains in seconds, signs by day."""

import logging
from functools import partial
from zoneinfo import ZoneInfo

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from apps.apart import apart
from apps.ledger.authority import TsaAwayError
from apps.ledger.selectors import newest_root
from apps.ledger.services import ledger_seal, root_sign
from apps.ledger.stamping import root_stamp, roots_unstamped
from apps.mines.models import Mine
from apps.tenancy.scope import mine_scope, system_scope

log = logging.getLogger(__name__)

# So many roots one sweep asks about: each may take the authority ten seconds.
MOST_STAMPS = 8


@shared_task
def seal() -> None:
    """Chain what was written since the last time; the beat calls this every two seconds.

    Twice at once: one of them finds the lock taken. Never: the next call does the work. A mine
    that cannot be chained keeps no other from it.
    """
    apart(partial(_seal, mine.pk) for mine in _mines())


def _seal(mine_id: int) -> int:
    with mine_scope(mine_id):
        return ledger_seal(mine_id=mine_id)


@shared_task
def sign() -> None:
    """Sign each mine's chain once in its day; the beat calls this every ten minutes.

    A mine that cannot be signed, such as one whose key nobody can open, keeps no other from it.
    """
    for mine in _mines():
        try:
            with mine_scope(mine.pk):
                _sign(mine)
        except Exception:
            log.exception("the record of mine %s was not signed", mine.pk)


def _sign(mine: Mine) -> None:
    zone = ZoneInfo(mine.timezone)
    last = newest_root(mine_id=mine.pk)
    if last and timezone.localdate(last.at, zone) == timezone.localdate(timezone=zone):
        return
    while ledger_seal(mine_id=mine.pk, thorough=True):
        pass
    root_sign(mine_id=mine.pk)


@shared_task
def stamp() -> None:
    """Ask for the time stamps that signed roots have not got; the beat calls this every minute.

    Nobody is asked unless the settings name an authority. One that is away is left alone until the
    next sweep. Twice: a root keeps its first stamp. Never: the next call does the work.
    """
    if not settings.TSA_URL:
        return
    left = MOST_STAMPS
    for mine in _mines():
        with mine_scope(mine.pk):
            due = [root.pk for root in roots_unstamped(mine_id=mine.pk)[:left]]
        left -= len(due)
        for pk in due:
            try:
                root_stamp(root_id=pk, mine_id=mine.pk)
            except TsaAwayError:
                return


def _mines() -> list[Mine]:
    with system_scope("the ledger of every mine is kept in turn"):
        return list(Mine.objects.order_by("pk"))
