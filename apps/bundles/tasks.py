"""Packs bundles and makes sheets when they are asked for, and removes old ones."""

import os
from contextlib import suppress

from celery import shared_task

from apps.bundles.selectors import bundles_due, bundles_old, sheets_due, sheets_old
from apps.bundles.services import bundle_forget, bundle_make, future_forget
from apps.bundles.sheets import sheet_forget, sheet_make
from apps.evidence.storage import StorageError
from apps.tenancy.scope import system_scope

# Gigabytes take a while; longer than the broker keeps a bell, so a second one may come and finds
# the bundle claimed.
LONGEST_S = 3600
LONGEST_SHEET_S = 240  # less than its claim holds
LOW = 10  # as in apps/privacy/tasks.py


@shared_task(time_limit=LONGEST_S)
def pack(bundle_id: int, mine_id: int) -> None:
    """Pack one bundle, at a low priority.

    Lost: the sweep rings. Twice: the claim lets one in.
    """
    os.setpriority(os.PRIO_PROCESS, 0, LOW)
    bundle_make(bundle_id=bundle_id, mine_id=mine_id)


@shared_task(time_limit=LONGEST_SHEET_S)
def make_sheet(sheet_id: int, mine_id: int) -> None:
    """Make one sheet. Lost: the sweep rings. Twice: the claim lets one in."""
    os.setpriority(os.PRIO_PROCESS, 0, LOW)
    sheet_make(sheet_id=sheet_id, mine_id=mine_id)


@shared_task
def sweep() -> None:
    """Ring for what nobody is packing or making; the beat calls this every three seconds."""
    with system_scope("bundles and sheets of every mine are made in turn"):
        future_forget()
        due, waiting = bundles_due(), sheets_due()
    for bundle_id, mine_id in due:
        pack.apply_async((bundle_id, mine_id), expires=30)
    for sheet_id, mine_id in waiting:
        make_sheet.apply_async((sheet_id, mine_id), expires=30)


@shared_task
def forget() -> None:
    """Remove old bundles and sheets from the store; one that it keeps is tried again."""
    with system_scope("old bundles and sheets of every mine"):
        old, papers = bundles_old(), sheets_old()
    for bundle_id, mine_id in old:
        with suppress(StorageError):
            bundle_forget(bundle_id=bundle_id, mine_id=mine_id)
    for sheet_id, mine_id in papers:
        with suppress(StorageError):
            sheet_forget(sheet_id=sheet_id, mine_id=mine_id)
