"""Packs bundles when they are asked for, and removes old ones."""

import os

from celery import shared_task

from apps.bundles.selectors import bundles_due, bundles_old
from apps.bundles.services import bundle_forget, bundle_make
from apps.evidence.storage import StorageError
from apps.tenancy.scope import system_scope

# Gigabytes take a while; longer than the broker keeps a bell, so a second one may come and finds
# the bundle claimed.
LONGEST_S = 3600


@shared_task(time_limit=LONGEST_S)
def pack(bundle_id: int, mine_id: int) -> None:
    """Pack one bundle, at the lowest priority.

    Lost: the sweep rings. Twice: the claim lets one in.
    """
    os.setpriority(os.PRIO_PROCESS, 0, 19)
    bundle_make(bundle_id=bundle_id, mine_id=mine_id)


@shared_task
def sweep() -> None:
    """Ring for bundles that nobody is packing; the beat calls this every three seconds."""
    with system_scope("bundles of every mine are packed in turn"):
        due = bundles_due()
    for bundle_id, mine_id in due:
        pack.apply_async((bundle_id, mine_id), expires=30)


@shared_task
def forget() -> None:
    """Remove old bundles from the store; one that it keeps is tried again."""
    with system_scope("old bundles of every mine"):
        old = bundles_old()
    for bundle_id, mine_id in old:
        try:
            bundle_forget(bundle_id=bundle_id, mine_id=mine_id)
        except StorageError:
            continue
