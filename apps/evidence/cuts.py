"""Clips that people ask for: a span of one or several cameras, or a longer cut of what is there.

The shorter clip stays as it is: its object, manifest, hash and place in the record are never
touched. What is cut is made like every other clip (`services.clip_make`), and held like it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.alarms.models import Alarm
from apps.audit.services import record
from apps.cameras.models import Camera, Stream
from apps.evidence.holds import HOLD_LOCK
from apps.evidence.models import Clip
from apps.evidence.services import LATE, chunks_of, clip_tell
from apps.live.services import take_turn
from apps.recordings.selectors import is_behind

__all__ = ["LONGEST_S", "MOST_CAMERAS", "clip_cut", "clip_extend"]

LONGEST_S = 600
# As many as the player shows in step.
MOST_CAMERAS = 4
# A clip may end a little in the future: it is made when that is recorded.
AHEAD = timedelta(minutes=10)
# The same wish again within this time is the same one: a second click, a request sent twice.
AGAIN = timedelta(minutes=1)
WORDS = 300
# A chunk on the edge of a clip reaches so far beyond it, at most.
EDGE = timedelta(seconds=4)


@transaction.atomic
def clip_cut(
    *,
    cameras: Sequence[Camera],
    since: datetime,
    until: datetime,
    reason: str,
    actor: User,
    alarm: Alarm | None = None,
) -> list[Clip]:
    """Keep a span of up to four cameras of one mine as clips, in step; from now on it stays.

    With an alarm they belong to it: to its page, its holds and its bundles. ValidationError names
    the field. The same wish twice within a minute is one.
    """
    faults = _span_faults(since, until)
    reason = reason.strip()
    if not reason:
        faults["reason"] = _("Say why: it stands in the record.")
    elif len(reason) > WORDS:
        faults["reason"] = _("At most %(n)s characters.") % {"n": WORDS}
    cameras = list({camera.pk: camera for camera in cameras}.values())
    mines = {camera.mine_id for camera in cameras} | ({alarm.mine_id} if alarm else set())
    if not cameras:
        faults["cameras"] = _("Choose a camera.")
    elif len(cameras) > MOST_CAMERAS:
        faults["cameras"] = _("At most %(n)s cameras.") % {"n": MOST_CAMERAS}
    elif len(mines) > 1:
        faults["cameras"] = _("All of them in one mine.")
    if faults:
        raise ValidationError(faults)
    take_turn(mine_id=cameras[0].mine_id)
    _wait_for_the_ring()
    for camera in cameras:
        if not _is_there(camera.pk, since, until):
            words = _("Nothing is recorded of %(camera)s in this span.")
            raise ValidationError({"cameras": words % {"camera": camera.name}})
    group = uuid4() if len(cameras) > 1 else None
    return [
        _ask(
            Clip(
                mine_id=camera.mine_id,
                camera=camera,
                alarm=alarm,
                rule=alarm.rule if alarm else "",
                wanted_from=since,
                wanted_until=until,
                reason=reason,
                asked_by=actor,
            ),
            group,
        )
        for camera in cameras
    ]


@transaction.atomic
def clip_extend(
    *, clip: Clip, before_s: float, after_s: float, actor: User, reason: str = ""
) -> list[Clip]:
    """Cut a clip anew with more before and after it; what was cut together is again, in step.

    ValidationError names the field: also where the ring no longer has what the clip shows, since
    the longer one would lack it.
    """
    faults: dict[str, str] = {}
    for name, seconds in (("before_s", before_s), ("after_s", after_s)):
        if not 0 <= seconds <= LONGEST_S:
            faults[name] = _("Between 0 and %(n)s seconds.") % {"n": LONGEST_S}
    if not faults and not before_s + after_s:
        faults["after_s"] = _("Say by how much: before, after, or both.")
    if len(reason.strip()) > WORDS:
        faults["reason"] = _("At most %(n)s characters.") % {"n": WORDS}
    if faults:
        raise ValidationError(faults)
    since = clip.wanted_from - timedelta(seconds=before_s)
    until = clip.wanted_until + timedelta(seconds=after_s)
    faults = _span_faults(since, until)
    if faults:
        raise ValidationError({"after_s": list(faults.values())})
    take_turn(mine_id=clip.mine_id)
    _wait_for_the_ring()
    rows = Clip.objects.filter(mine=clip.mine_id, state=Clip.State.READY)
    rows = rows.filter(together=clip.together) if clip.together else rows.filter(pk=clip.pk)
    shorter = list(rows.select_related("camera", "alarm").order_by("pk"))
    if clip.pk not in {one.pk for one in shorter}:
        raise ValidationError(_("Only a video that is there can be made longer."))
    for one in shorter:
        _check_longer(one, since, until)
    group = uuid4() if len(shorter) > 1 else None
    return [
        _ask(
            Clip(
                mine_id=one.mine_id,
                camera=one.camera,
                alarm=one.alarm,
                rule=one.rule,
                wanted_from=since,
                wanted_until=until,
                reason=reason.strip() or one.reason,
                asked_by=actor,
                extends=one,
            ),
            group,
        )
        for one in shorter
    ]


def _span_faults(since: datetime, until: datetime) -> dict[str, str]:
    now = timezone.now()
    if until <= since:
        return {"until": _("Must be after the beginning.")}
    if since > now:
        return {"since": _("This has not happened yet.")}
    if until > now + AHEAD:
        return {"until": _("At most ten minutes ahead.")}
    if (until - since).total_seconds() > LONGEST_S:
        words = _("A clip may last %(minutes)s minutes: cut several, or download the span.")
        return {"until": words % {"minutes": LONGEST_S // 60}}
    return {}


def _wait_for_the_ring() -> None:
    """Let a pass over the ring end first: it may be about to delete what is asked for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [HOLD_LOCK])


def _is_there(camera_id: int, since: datetime, until: datetime) -> bool:
    """Tell whether anything of a span is recorded, or may still be."""
    main = Stream.MAIN
    return (
        until > timezone.now() - LATE
        or bool(chunks_of(camera_id, main, since, until))
        or is_behind(camera_id=camera_id, stream=main, since=since, until=until)
    )


def _check_longer(clip: Clip, since: datetime, until: datetime) -> None:
    rows = chunks_of(clip.camera_id, Stream.MAIN, clip.wanted_from, clip.wanted_until)
    shown = {(one["sequence"], one["sha256"]) for one in clip.manifest.get("chunks", [])}
    if not shown <= {(chunk.sequence, chunk.sha256) for chunk in rows}:
        words = _("The recording of %(camera)s is not kept any more; the video stays as it is.")
        raise ValidationError(words % {"camera": clip.camera.name})
    for name, start, end in (
        ("before_s", since, clip.wanted_from),
        ("after_s", clip.wanted_until, until),
    ):
        # A neighbour's edge is no more than the video shows already.
        start, end = start + EDGE * (name == "after_s"), end - EDGE * (name == "before_s")
        if end > start and not _is_there(clip.camera_id, start, end):
            words = _("Nothing is recorded of %(camera)s in this span.")
            raise ValidationError({name: words % {"camera": clip.camera.name}})


def _ask(clip: Clip, group: UUID | None) -> Clip:
    """Enter a clip that is wanted, and say so; the one that is there where it is wanted already."""
    same = Clip.objects.filter(
        camera=clip.camera_id, alarm=clip.alarm_id, extends=clip.extends_id,
        asked_by=clip.asked_by_id, wanted_from=clip.wanted_from, wanted_until=clip.wanted_until,
        created_at__gt=timezone.now() - AGAIN,
    ).first()  # fmt: skip
    if same is not None:
        return same
    clip.together, clip.next_attempt_at = group, max(clip.wanted_until, timezone.now())
    clip.save()
    detail = {
        "clip": str(clip.uid),
        "camera": clip.camera_id,
        "alarm": clip.alarm_id,
        "from": clip.wanted_from.isoformat(),
        "until": clip.wanted_until.isoformat(),
        "reason": clip.reason,
        "together": str(group) if group else None,
    }
    record(
        action="clip.cut", subject=clip, mine_id=clip.mine_id, actor=clip.asked_by, detail=detail
    )
    if clip.extends is not None:
        record(
            action="clip.extended",
            subject=clip.extends,
            mine_id=clip.mine_id,
            actor=clip.asked_by,
            detail=detail | {"sha256": clip.extends.sha256},
        )
    clip_tell(clip, "clip.asked")
    return clip
