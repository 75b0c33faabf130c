"""Clips whose moments lie in a future that was taken back: this machine's clock was set back."""

from datetime import datetime, timedelta

from django.db.models import F, Q

from apps.cameras.models import AHEAD
from apps.evidence.models import Clip
from apps.evidence.services import LATE

__all__ = ["future_forget"]

# No clip waits longer than for ten minutes to come, and a claim of the longest one.
LONGEST = timedelta(hours=1)


def future_forget(*, now: datetime) -> None:
    """Let such clips be made now, of what was recorded then; needs a system scope.

    When these moments come once more their seconds are recorded a second time, and nobody could
    tell the two apart.
    """
    later = now + AHEAD
    made_then = Q(created_at__gt=later, next_attempt_at__gte=F("created_at"))
    waiting = Clip.objects.filter(state=Clip.State.PENDING)
    due = waiting.filter(made_then | Q(next_attempt_at__gt=now + LONGEST))
    due.filter(wanted_until__gt=later).update(next_attempt_at=now, waits_until=now + LATE)
    due.update(next_attempt_at=now)
