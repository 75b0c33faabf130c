"""Makes the copies that are asked for."""

import os
from contextlib import suppress

from celery import shared_task

from apps.evidence.storage import StorageError
from apps.privacy.selectors import copies_due, spans_due, spans_old
from apps.privacy.services import copy_make, future_forget
from apps.privacy.spans import span_forget, span_make
from apps.tenancy.scope import system_scope

LONGEST_S = 280  # less than a claim holds
# Analysis goes first. At 19, with all processors busy, no copy would ever be made in its time.
LOW = 10


@shared_task(time_limit=LONGEST_S)
def make(copy_id: int, mine_id: int) -> None:
    """Make one copy, at a low priority.

    Lost: the sweep rings. Twice: the claim lets one in.
    """
    os.setpriority(os.PRIO_PROCESS, 0, LOW)
    copy_make(copy_id=copy_id, mine_id=mine_id)


@shared_task(time_limit=LONGEST_S)
def make_span(span_id: int, mine_id: int) -> None:
    """Make the copy of one span, as `make` does that of a clip."""
    os.setpriority(os.PRIO_PROCESS, 0, LOW)
    span_make(span_id=span_id, mine_id=mine_id)


@shared_task
def sweep() -> None:
    """Ring for copies that nobody makes; the beat calls this every two seconds."""
    with system_scope("copies of every mine are made in turn"):
        future_forget()
        due, taken = copies_due(), spans_due()
    for copy_id, mine_id in due:
        make.apply_async((copy_id, mine_id), expires=30)
    for span_id, mine_id in taken:
        make_span.apply_async((span_id, mine_id), expires=30)


@shared_task
def forget() -> None:
    """Remove old copies of spans from the store; one that it keeps is tried again."""
    with system_scope("old spans of every mine"):
        old = spans_old()
    for span_id, mine_id in old:
        with suppress(StorageError):
            span_forget(span_id=span_id, mine_id=mine_id)
