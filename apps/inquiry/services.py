"""Gives and ends grants, and notes what those look at whose every look is noted."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zlib import crc32

from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import Grant, User
from apps.accounts.selectors import people_of
from apps.accounts.services import tokens_end
from apps.alarms.models import Alarm
from apps.audit.services import record
from apps.live.services import emit
from apps.mines.models import Mine

__all__ = ["LONGEST", "grant_end", "grant_give", "look_note"]

LONGEST = timedelta(days=366)
MOST_CASES = 200
# The same look of the same person is noted once in so many seconds.
LOOK_S = 300


@transaction.atomic
def grant_give(
    *,
    mine: Mine,
    user: User,
    purpose: str,
    since: datetime,
    until: datetime,
    cases: Sequence[int] = (),
    actor: User,
) -> Grant:
    """Let a person look at a mine, or at single alarms of it, for a time and a purpose.

    ValidationError for no purpose, a time that is over, too long or no time at all, an alarm that
    the mine has not, and a person who has a role there.
    """
    now, wanted = timezone.now(), list(dict.fromkeys(cases))
    if not purpose.strip():
        raise ValidationError({"purpose": _("Say what for: it stands in the record.")})
    if until <= since:
        raise ValidationError({"until": _("Must be after the beginning.")})
    if until <= now:
        raise ValidationError({"until": _("This time is over already.")})
    if until - since > LONGEST:
        raise ValidationError({"until": _("At most a year. It can be given again.")})
    if len(wanted) > MOST_CASES:
        raise ValidationError(
            {"cases": _("At most %(most)s cases in one grant.") % {"most": MOST_CASES}}
        )
    there = set(Alarm.objects.filter(mine=mine, pk__in=wanted).values_list("pk", flat=True))
    if missing := [pk for pk in wanted if pk not in there]:
        raise ValidationError(
            {"cases": _("There is no alarm %(number)s in this mine.") % {"number": missing[0]}}
        )
    if user.pk in {person["id"] for person in people_of(mine_id=mine.pk)}:
        raise ValidationError(
            {"username": _("This person has a role in this mine, which goes before a grant.")}
        )
    tokens_end(user=user, mine_ids=[mine.pk], actor=actor)
    grant = Grant.objects.create(
        mine=mine,
        user=user,
        purpose=purpose.strip()[:300],
        cases=wanted,
        since=since,
        until=until,
        granted_by=actor,
    )
    _say(grant, "given", actor)
    return grant


@transaction.atomic
def grant_end(*, grant: Grant, actor: User) -> Grant:
    """End a grant now; the person's next request is refused. One that ended stays as it is."""
    ended = Grant.objects.filter(pk=grant.pk, ended_at=None).update(
        ended_at=timezone.now(), ended_by=actor
    )
    grant.refresh_from_db()
    if ended:
        _say(grant, "ended", actor)
        tokens_end(user=grant.user, mine_ids=[grant.mine_id], actor=actor)
    return grant


def _say(grant: Grant, what: str, actor: User) -> None:
    detail = {
        "grant": grant.pk,
        "username": grant.user.get_username(),
        "purpose": grant.purpose,
        "cases": grant.cases,
        "since": grant.since.isoformat(),
        "until": grant.until.isoformat(),
    }
    action = f"grant.{what}"
    record(action=action, subject=grant, mine_id=grant.mine_id, actor=actor, detail=detail)
    emit(mine_id=grant.mine_id, kind=action, payload={"grant": grant.pk})


def look_note(
    *, mine_id: int, user: User, subject: str, path: str, grant: int | None, address: str | None
) -> None:
    """Note that somebody looked at a page or asked the API; needs the mine's scope.

    Once in five minutes for each address. Without the cache every request is noted.
    """
    try:
        if not cache.add(f"seen.{user.pk}.{mine_id}.{crc32(path.encode())}", 1, LOOK_S):
            return
    except Exception:  # in doubt one entry too many
        pass
    detail = {"path": path[:300], "address": address} | ({"grant": grant} if grant else {})
    record(action="audit.looked", subject=subject, mine_id=mine_id, actor=user, detail=detail)
