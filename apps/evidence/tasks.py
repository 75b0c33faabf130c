"""Cuts clips when they are due, and lets them go when their time is over."""

import time

from celery import shared_task
from django.utils import timezone

from apps.apart import apart
from apps.evidence.checks import clips_check
from apps.evidence.expiry import clips_expire
from apps.evidence.future import future_forget
from apps.evidence.holds import holds_due
from apps.evidence.locking import holds_tell_store_safely
from apps.evidence.models import Clip
from apps.evidence.selectors import clips_due
from apps.evidence.services import clip_make
from apps.evidence.storage import TURN_S
from apps.evidence.workshop import workshops_sweep
from apps.live.pulse import pulse
from apps.privacy.services import copy_waiting
from apps.tenancy.scope import mine_scope, system_scope


@shared_task
def cut_due() -> None:
    """Make the clips that are due, for one turn; the beat calls this every second."""
    began = time.monotonic()
    with system_scope("clips of every mine are due in turn"):
        future_forget(now=timezone.now())
        due = clips_due()
    for clip_id, mine_id in due:
        clip = clip_make(clip_id=clip_id, mine_id=mine_id)
        if clip is not None and clip.state == Clip.State.READY:
            with mine_scope(mine_id):
                copy_waiting(clip=clip, original=True)  # where masks cover it, players need a copy
        if time.monotonic() - began > TURN_S:
            break
    pulse("videos")


@shared_task
def keep() -> None:
    """End holds, delete videos and look for them in the store; run twice or late, it goes on.

    What killed makers left on the disk goes as well. A fault in one of these stops none of the
    others: a disk must not fill up because of it.
    """
    apart((workshops_sweep, holds_due, holds_tell_store_safely, clips_expire, clips_check))
