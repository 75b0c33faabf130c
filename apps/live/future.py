"""What waits for a future that was taken back, because this machine's clock was set back since."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

__all__ = ["due_again"]

# Two processes look at the clock at two moments, and it may be slewed between them.
SLACK = timedelta(seconds=30)


def due_again(rows: QuerySet[Any], field: str, *, longest: timedelta) -> int:
    """Let be due now what is due later than anything ever is; return how many.

    `longest`: for how long a claim or a wait before the next try holds, so that nothing waits
    longer than that after the clock was set back. Whoever is at work on one loses it to the next,
    as after a claim that ran out. Needs a system scope.
    """
    now = timezone.now()
    return rows.filter(**{f"{field}__gt": now + longest + SLACK}).update(**{field: now})
