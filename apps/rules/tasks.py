"""Doorbells for replays; each may be lost, late or doubled."""

import os
from datetime import timedelta

from celery import shared_task

from apps.evidence.storage import StorageError, remove
from apps.live.clock import now_for_age
from apps.live.future import due_again
from apps.rules.models import Replay
from apps.rules.replays import LEASE, replays_waiting
from apps.tenancy.scope import mine_scope, system_scope

# A draft's alarms and clips are no evidence: they go after so long.
KEEP = timedelta(days=7)


@shared_task
def replay(replay_id: int, mine_id: int) -> None:
    """Take a replay further; delivered twice, the lease lets one in."""
    # Only the process that analyses carries the network, and the live analysis comes first.
    from apps.rules.turns import replay_work

    os.setpriority(os.PRIO_PROCESS, 0, 19)
    if replay_work(replay_id=replay_id, mine_id=mine_id):
        replay.delay(replay_id, mine_id)


@shared_task
def sweep() -> None:
    """Ring again for replays that nobody is at work on."""
    with system_scope("the sweep looks at the replays of every mine"):
        due_again(Replay.objects.all(), "lease_until", longest=LEASE)
        waiting = replays_waiting()
    for replay_id, mine_id in waiting:
        replay.delay(replay_id, mine_id)


@shared_task
def forget() -> None:
    """Delete old replays with their clips; one whose clip the store keeps is tried again."""
    with system_scope("old replays of every mine"):
        rows = Replay.objects.filter(created_at__lt=now_for_age() - KEEP)
        old = list(rows.values_list("pk", "mine_id", "alarms"))
    for pk, mine_id, alarms in old:
        try:
            for alarm in alarms:
                if alarm["clip"]:
                    remove(alarm["clip"])
        except StorageError:
            continue
        with mine_scope(mine_id):
            Replay.objects.filter(pk=pk).delete()
