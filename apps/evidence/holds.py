"""Legal holds: who keeps a video or an alarm from being deleted, why, and until when.

A hold on an alarm holds all its videos, those to come as well; any hold holds the recording
around the video too. Several holds on one thing all have to end before it may go. Nobody deletes a
held thing: retention, disk pressure and people ask here first, and the database refuses it.
"""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.db.models import Case, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.alarms.models import Alarm
from apps.audit.services import record
from apps.evidence.models import Clip, Hold
from apps.live.clock import now_for_age
from apps.live.services import emit, take_turn
from apps.tenancy.scope import mine_scope, system_scope

__all__ = [
    "HOLD_LOCK",
    "hold_place",
    "hold_release",
    "hold_turn",
    "holds",
    "holds_due",
    "holds_on",
    "videos_gone",
]

# First key of the advisory locks that a new hold and who deletes take turns by: with 0 a pass over
# the ring, with a mine's number who takes its videos out of the store.
HOLD_LOCK = 7302
LONGEST = timedelta(days=50 * 366)
WORDS = 500


def holds() -> QuerySet[Hold]:
    """List the holds in scope, newest first."""
    in_force = Case(When(ended_at=None, then=Value("open")), default=Value("ended"))
    return (
        Hold.objects.select_related(
            "mine", "placed_by", "released_by", "clip__camera", "clip__alarm", "alarm__camera"
        )
        .annotate(state=in_force)
        .order_by("-placed_at")
    )


def holds_on(*, clip: Clip | None = None, alarm: Alarm | None = None) -> QuerySet[Hold]:
    """List the holds that are in force on a video (its alarm's too), or on an alarm."""
    about = Q(alarm=alarm) if clip is None else Q(clip=clip)
    if clip is not None and clip.alarm_id is not None:
        about |= Q(alarm=clip.alarm_id)
    return holds().filter(about, ended_at=None)


def hold_turn(*, mine_id: int) -> None:
    """Let no hold come upon a mine's videos until the transaction ends; before `take_turn`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [HOLD_LOCK, mine_id])


def videos_gone(hold: Hold) -> list[str]:
    """Name the videos of a held alarm that were deleted before it was held."""
    if hold.alarm_id is None:
        return []
    rows = Clip.objects.filter(alarm=hold.alarm_id, state=Clip.State.EXPIRED).order_by("pk")
    return [str(uid) for uid in rows.values_list("uid", flat=True)]


@transaction.atomic
def hold_place(
    *,
    actor: User,
    reason: str,
    until: datetime | None,
    clip: Clip | None = None,
    alarm: Alarm | None = None,
) -> Hold:
    """Hold a video or an alarm until a moment; twice is two holds, each to end by itself.

    Waits for a pass over the ring or a deletion that is under way, seconds at most; a minute where
    the store hangs. ValidationError names the field; a video that is being deleted can be held no
    more. An alarm's that is only about to go is kept, and `videos_gone` names those that went.
    """
    thing = clip or alarm
    if thing is None or (clip and alarm):
        raise TypeError("a hold is on one video or on one alarm")
    faults: dict[str, str] = {}
    reason = reason.strip()
    if not reason:
        faults["reason"] = _("Say why it is held: a case, a letter, an accident.")
    elif len(reason) > WORDS:
        faults["reason"] = _("At most %(n)s characters.") % {"n": WORDS}
    now = timezone.now()
    if until is None or until <= now:
        faults["until"] = _("Give a day in the future.")
    elif until > now + LONGEST:
        faults["until"] = _("At most 50 years.")
    if faults:
        raise ValidationError(faults)
    hold_turn(mine_id=thing.mine_id)
    take_turn(mine_id=thing.mine_id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [HOLD_LOCK])
    if clip is not None:
        clip = Clip.objects.select_for_update(of=("self",)).get(pk=clip.pk)
        if clip.state in (Clip.State.EXPIRING, Clip.State.EXPIRED):
            raise ValidationError(_("This video is deleted already."))
    hold = Hold.objects.create(
        mine_id=thing.mine_id, clip=clip, alarm=alarm, reason=reason, until=until,
        placed_by=actor, placed_at=now,
    )  # fmt: skip
    detail: dict[str, Any] = {"reason": reason, "until": until.isoformat() if until else ""}
    if gone := videos_gone(hold):
        detail["gone"] = gone
    _told(hold, "placed", actor, detail)
    return hold


@transaction.atomic
def hold_release(*, hold: Hold, actor: User, reason: str) -> Hold:
    """End a hold before its time, with a reason; never by the one who placed it.

    Whoever may delete must not be able to take the hold away alone. Released twice is once.
    """
    take_turn(mine_id=hold.mine_id)
    hold = Hold.objects.select_for_update(of=("self",)).get(pk=hold.pk)
    if hold.ended_at is not None:
        return hold
    if hold.placed_by_id == actor.pk:
        raise PermissionDenied(
            _("Somebody else has to end a hold before its time: you placed this one.")
        )
    reason = reason.strip()
    if not reason or len(reason) > WORDS:
        raise ValidationError({"reason": _("Say why, in at most %(n)s characters.") % {"n": WORDS}})
    hold.ended_at, hold.released_by, hold.release_reason = timezone.now(), actor, reason
    hold.save(update_fields=["ended_at", "released_by", "release_reason"])
    _told(hold, "released", actor, {"reason": reason})
    return hold


def holds_due(*, now: datetime | None = None) -> int:
    """End the holds whose time is over; called outside of any scope. Returns how many.

    Until this has run a hold still holds: late means kept a little longer.
    """
    with system_scope("holds of every mine end in turn"):
        rows = Hold.objects.filter(ended_at=None, until__lte=now or now_for_age())
        due = list(rows.order_by("pk").values_list("pk", "mine_id"))
    ended = 0
    for pk, mine_id in due:
        with mine_scope(mine_id):
            take_turn(mine_id=mine_id)
            hold = Hold.objects.select_for_update(of=("self",)).get(pk=pk)
            if hold.ended_at is None:
                hold.ended_at = hold.until
                hold.save(update_fields=["ended_at"])
                _told(hold, "ended", None, {})
                ended += 1
    return ended


def _told(hold: Hold, what: str, actor: User | None, detail: dict[str, Any]) -> None:
    about = {"clip": str(hold.clip.uid) if hold.clip else None, "alarm": hold.alarm_id}
    record(
        action=f"hold.{what}",
        subject=hold.clip or hold.alarm or hold,
        mine_id=hold.mine_id,
        actor=actor,
        part="" if actor else "evidence",
        detail={"hold": hold.pk, **detail},
    )
    emit(mine_id=hold.mine_id, kind=f"hold.{what}", payload={"hold": hold.pk, **about})
