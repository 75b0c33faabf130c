"""Makes the copies that are asked for."""

import os

from celery import shared_task

from apps.privacy.selectors import copies_due
from apps.privacy.services import copy_make
from apps.tenancy.scope import system_scope

LONGEST_S = 280  # less than a claim holds


@shared_task(time_limit=LONGEST_S)
def make(copy_id: int, mine_id: int) -> None:
    """Make one copy, at the lowest priority.

    Lost: the sweep rings. Twice: the claim lets one in.
    """
    os.setpriority(os.PRIO_PROCESS, 0, 19)
    copy_make(copy_id=copy_id, mine_id=mine_id)


@shared_task
def sweep() -> None:
    """Ring for copies that nobody makes; the beat calls this every two seconds."""
    with system_scope("copies of every mine are made in turn"):
        due = copies_due()
    for copy_id, mine_id in due:
        make.apply_async((copy_id, mine_id), expires=30)
