"""What time it is for what is old: this machine's clock, once it has run on steadily for a day.

Set a year ahead it would make everything old in this moment, and when somebody sets it right again
the proof is gone. Whoever deletes something for its age, or ends a hold, asks here what time it is.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.live.models import Clock

__all__ = ["age_of", "clock_behind", "clock_look", "now_for_age"]

log = logging.getLogger(__name__)
# Looks are seconds apart. By more than this it was set, or nobody looked: nobody can tell which.
STEP = timedelta(minutes=1)
# Of work of Davy's, not of the clock: somebody is to see it on the morning after.
BELIEVED_AFTER = timedelta(days=1)
NONE = timedelta(0)


def now_for_age() -> datetime:
    """Return what time it is for what is old: a time that it never was is not counted."""
    now = timezone.now()
    row = Clock.objects.first()
    return now - _behind(row, now) if row else now


def age_of(at: datetime) -> timedelta:
    """Return for how long something has been waiting, without time that it never was.

    `now_for_age` is late for a day after the clock went forward; what came after that is as old as
    the clock says.
    """
    now = timezone.now()
    row = Clock.objects.first()
    if row is None:
        return now - at
    looked = abs(now - row.at) <= STEP
    set_at = row.at - (BELIEVED_AFTER - row.left) if looked else now
    # Looks are seconds apart, and what was before is earlier by the step.
    return now - at - (_behind(row, now) if at <= set_at - STEP else NONE)


def clock_behind() -> tuple[timedelta, timedelta]:
    """Return by how much the clock is not believed, and for how much work to come."""
    row = Clock.objects.first()
    return (row.behind, row.left) if row else (NONE, NONE)


@transaction.atomic
def clock_look() -> None:
    """Look at the clock; called every few seconds, twice is as once."""
    now = timezone.now()
    Clock.objects.get_or_create(pk=1, defaults={"at": now})
    row = Clock.objects.select_for_update().get(pk=1)
    step, before = now - row.at, row.behind
    row.at, row.behind = now, _behind(row, now)
    if step > max(STEP, before):
        row.left = BELIEVED_AFTER
        log.warning("the clock went forward by %s: until it is believed nothing gets old", step)
    elif NONE < step <= STEP:
        # Also between two nights in which all is switched off: else it would never be believed.
        row.left = max(NONE, row.left - step)
    if not row.left:
        row.behind = NONE
    row.save()


def _behind(row: Clock, now: datetime) -> timedelta:
    step = now - row.at
    if abs(step) <= STEP:
        return row.behind
    behind = row.behind + step
    return behind if behind > STEP else NONE
