"""What the engine tells of an alarm: raised, seen again, cleared; each once, whatever comes twice.

Every verb writes the row, its transition, the audit entry and the event in one transaction. What
people do is in `answers.py`, silences are in `silences.py`; which step leads where is in `life.py`.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.alarms.clauses import cite
from apps.alarms.levels import exceeds, is_worse, joins, rises, tells_more, told_in, worsens, worst
from apps.alarms.life import SILENCED, Cause
from apps.alarms.models import Alarm, Snapshot
from apps.alarms.selectors import silence_in_force
from apps.alarms.steps import step, tell
from apps.alarms.witnesses import (
    hears,
    leads,
    leaves,
    seen_by,
    shared_alarm,
    switched_off,
    told_before,
    told_by,
    witness,
    witnessed,
)
from apps.cameras.models import Camera
from apps.evidence.wanted import clip_beside, clip_request
from apps.live.services import take_turn

__all__ = ["alarm_clear", "alarm_raise", "alarm_see", "alarms_leave"]

# The same zone entered again this soon, with nobody having answered, is the same alarm.
FOLD_WITHIN = timedelta(minutes=5)
# So long after anybody saw it, what is seen of an open alarm is another danger: whoever answered,
# or was called, knows of an earlier one. Nobody said that it is over: that camera is blind, dead or
# without its memory.
ANEW_AFTER = {
    Alarm.State.ACKNOWLEDGED.value: timedelta(minutes=1),
    Alarm.State.UNACKNOWLEDGED.value: FOLD_WITHIN,
}


def _latest(camera: Camera, rule: str, rule_type: str) -> Alarm | None:
    """Lock and return a rule's open alarm, else its newest; not by time: clocks are set back.

    A rule of another type is another rule, whatever name it was given.
    """
    rows = Alarm.objects.filter(camera=camera, rule=rule, rule_type=rule_type)
    rows = rows.select_for_update(of=("self",))
    return rows.filter(cleared_at=None).order_by().first() or rows.order_by("-pk").first()


@transaction.atomic
def alarm_raise(
    *,
    camera: Camera,
    rule: str,
    rule_type: str,
    situation: str,
    level: str,
    severity: str,
    at: datetime,
    why: str,
    values: dict[str, Any],
    boxes: list[list[float]],
    zone: list[list[float]],
    scene_version: int,
    jpeg: bytes = b"",
) -> Alarm:
    """Raise an alarm, or fold the finding into the one that is there.

    The same situation delivered twice changes nothing; the same situation at a higher level
    raises the severity and asks for a new answer, also where it had eased; a new situation within
    five minutes of one that nobody answered is counted on the same alarm. What another camera sees
    at the same place is one alarm with it (`witnesses.py`). An open alarm that nobody saw for a
    while asks anew.
    """
    take_turn(mine_id=camera.mine_id)
    over = told_before(camera=camera, rule=rule, situation=situation)
    if over is not None:
        return over
    values = {**values, "level": level}
    facts: dict[str, Any] = {"why": why, "values": values, "boxes": boxes, "zone": zone}
    shared = shared_alarm(
        camera=camera, rule=rule, rule_type=rule_type, situation=situation, severity=severity,
        place=str(values.get("place", "")),
    )  # fmt: skip
    if shared is not None:
        is_new = witness(
            shared, camera=camera, rule=rule, situation=situation, at=at, told=told_in(values)
        )
        if is_new and not _is_anew(shared, at):
            clip_beside(alarm=shared, camera=camera, rule=rule, at=at)
        is_news = hears(shared, camera=camera, rule=rule, told=told_in(values)) or is_new
        return _share(
            shared, is_new, is_news, level=level, severity=severity, at=at, facts=facts, jpeg=jpeg
        )
    found = _latest(camera, rule, rule_type)
    if found is not None and found.situation == situation:
        told, shown = told_in(values), told_by(found, camera=camera, rule=rule)
        same = told == shown and not is_worse(severity, found.severity)
        if same or found.cleared_at is not None or not tells_more(told, shown, rule_type=rule_type):
            return found
        is_shared = hears(found, camera=camera, rule=rule, told=told)
        if not _is_anew(found, at):
            # Told of the same level anew: of more people, or that it had eased was never told.
            again = told.level == shown.level and told.step > shown.step and not is_shared
            return escalate(
                found, level=level, severity=severity, at=at, facts=facts, jpeg=jpeg, again=again
            )
    goes_on = found is not None and (found.cleared_at is None or _goes_on(found, severity, at))
    if found is not None and goes_on:
        told = told_in(values)
        if found.witnesses.exists():
            witness(found, camera=camera, rule=rule, situation=situation, at=at, told=told)
        if found.cleared_at is None and not _is_anew(found, at):
            # The engine lost its state and names the ongoing situation anew: still one alarm.
            found.situation = situation
            return escalate(found, level=level, severity=severity, at=at, facts=facts, jpeg=jpeg)
        return _fold(
            found, situation=situation, level=level, severity=severity, at=at, facts=facts,
            jpeg=jpeg,
        )  # fmt: skip
    alarm = Alarm(
        mine_id=camera.mine_id,
        camera=camera,
        rule=rule,
        rule_type=rule_type,
        situation=situation,
        level=level,
        severity=severity,
        raised_at=at,
        last_seen_at=at,
        scene_version=scene_version,
        picture=_picture(at, facts) if jpeg else {},
        **facts,
    )
    cite(alarm, level, values)
    step(alarm, Cause.RAISED, at=at)
    if jpeg:
        Snapshot.objects.create(mine_id=alarm.mine_id, alarm=alarm, jpeg=jpeg, at=at)
    clip_request(alarm=alarm, at=at)
    tell(alarm, "alarm.raised")
    return alarm


def _goes_on(found: Alarm, severity: str, at: datetime) -> bool:
    """Tell whether a new occurrence is counted on the rule's newest alarm, which is over.

    A silenced alarm counts for as long as it is silenced. One that nobody answered does for five
    minutes, unless the rule was silenced since: what came before asks, what comes now does not.
    """
    if found.state in SILENCED:
        return True
    if found.state != Alarm.State.RETURNED or found.cleared_at is None:
        return False
    silenced = silence_in_force(
        camera_id=found.camera_id, rule=found.rule, rule_type=found.rule_type, severity=severity
    )
    return not silenced and at - found.cleared_at <= FOLD_WITHIN


def _is_anew(alarm: Alarm, at: datetime) -> bool:
    """Tell whether what is seen now of an open alarm is another danger than the one it told of."""
    after = ANEW_AFTER.get(alarm.state)
    return after is not None and at - alarm.last_seen_at > after


def _picture(at: datetime, facts: dict[str, Any]) -> dict[str, Any]:
    """Return what to draw over the snapshot taken now."""
    return {"at": at.isoformat(), "boxes": facts["boxes"], "zone": facts["zone"]}


def describe(alarm: Alarm, facts: dict[str, Any], at: datetime, jpeg: bytes = b"") -> None:
    """Put new facts on the alarm, and with a picture a new snapshot that belongs to them."""
    for name, value in facts.items():
        setattr(alarm, name, value)
    alarm.level = worst(told_in(alarm.values).level, alarm.level, rule_type=alarm.rule_type)
    if jpeg:
        alarm.picture = _picture(at, facts)
        Snapshot.objects.update_or_create(
            alarm=alarm, defaults={"mine_id": alarm.mine_id, "jpeg": jpeg, "at": at}
        )


def escalate(
    alarm: Alarm, *, level: str, severity: str, at: datetime, facts: dict[str, Any],
    jpeg: bytes = b"", again: bool = False,
) -> Alarm:  # fmt: skip
    """Go on with the same alarm: worse than it ever was, or risen again, it asks for a new answer.

    again: the same level was told anew: more people are in it, or it eased meanwhile, which the
    alarm does not show.
    """
    worse, joined = worsens(facts["values"], alarm), again and joins(facts["values"], alarm)
    risen = worse or again or rises(level, alarm)
    if is_worse(severity, alarm.severity):
        alarm.last_seen_at = max(alarm.last_seen_at, at)
        describe(alarm, facts, at, jpeg)
        alarm.severity, alarm.level = severity, level
        alarm.acknowledged_at = alarm.acknowledged_by = None  # what was answered was less
        cite(alarm, level, facts["values"])
        step(alarm, Cause.WORSE, at=at)
        clip_request(alarm=alarm, at=at, anew=True)
    elif risen and alarm.state != Alarm.State.UNACKNOWLEDGED:
        describe(alarm, facts, at, jpeg)
        cite(alarm, level, facts["values"])
        cause = Cause.WORSE if worse else Cause.JOINED if joined else Cause.RISEN
        return _count(alarm, cause, at, is_another=True)
    elif risen and (eased_at := _eased_at(alarm)):
        # Who is being asked is asked on; after a while it is another danger.
        later = at - eased_at > FOLD_WITHIN
        describe(alarm, facts, at, jpeg if later else b"")
        return _count(alarm, Cause.AGAIN if later else Cause.RISEN, at, is_another=later)
    else:
        alarm.last_seen_at = max(alarm.last_seen_at, at)
        describe(alarm, facts, at)
        alarm.save()
    tell(alarm, "alarm.updated")
    return alarm


def _eased_at(alarm: Alarm) -> datetime | None:
    """Return when a danger became less that is not over, or None where it did not."""
    of = (Cause.RAISED, Cause.AGAIN, Cause.WORSE, Cause.RISEN, Cause.EASED)
    last = alarm.transitions.filter(cause__in=of).order_by("-pk").first()
    return last.at if last is not None and last.cause == Cause.EASED else None


def _share(
    alarm: Alarm, is_new: bool, is_news: bool, *, level: str, severity: str, at: datetime,
    facts: dict[str, Any], jpeg: bytes,
) -> Alarm:  # fmt: skip
    """Take what another camera sees into an alarm; a worse or a new sight asks anew."""
    more: dict[str, Any] = {
        "level": level, "severity": severity, "at": at, "facts": facts, "jpeg": jpeg,
    }  # fmt: skip
    if is_new and _is_anew(alarm, at):
        _fold(alarm, situation=alarm.situation, **more)
    elif is_worse(severity, alarm.severity) or (is_news and exceeds(facts["values"], alarm)):
        escalate(alarm, **more)
    else:
        if is_new:
            alarm.last_seen_at = max(alarm.last_seen_at, at)
            alarm.save(update_fields=["last_seen_at"])
            tell(alarm, "alarm.updated")
        return alarm
    alarm.boxes, alarm.zone = [], []  # they are in the other camera's picture
    alarm.save(update_fields=["boxes", "zone"])
    tell(alarm, "alarm.updated")
    return alarm


def _fold(
    alarm: Alarm,
    *,
    situation: str,
    level: str,
    severity: str,
    at: datetime,
    facts: dict[str, Any],
    jpeg: bytes,
) -> Alarm:
    """Count one more occurrence on an alarm that nobody answered, is silenced, or is seen anew."""
    worse, anew = is_worse(severity, alarm.severity), alarm.cleared_at is None
    describe(alarm, facts, at, jpeg if worse or anew else b"")
    if worse:
        alarm.severity, alarm.level = severity, level
        cite(alarm, level, facts["values"])
    alarm.situation = situation
    _count(alarm, Cause.WORSE if worse else Cause.AGAIN, at, is_another=worse or anew)
    return alarm


def _count(alarm: Alarm, cause: Cause, at: datetime, *, is_another: bool) -> Alarm:
    """Count one more occurrence, which asks for an answer of its own; film it if it is another."""
    if is_another:
        alarm.asked_at = None  # it begins at the first rung
        alarm.verdict = alarm.finding = ""  # said of an earlier one; the steps keep it
    alarm.count += 1
    alarm.cleared_at, alarm.unwatched = None, ""
    alarm.last_seen_at = at
    alarm.acknowledged_at = alarm.acknowledged_by = None
    step(alarm, cause, at=at)
    clip_request(alarm=alarm, at=at, anew=is_another)
    tell(alarm, "alarm.updated")
    return alarm


@transaction.atomic
def alarm_see(
    *,
    camera: Camera,
    rule: str,
    situation: str,
    level: str,
    at: datetime,
    why: str,
    values: dict[str, Any],
    boxes: list[list[float]],
) -> Alarm | None:
    """Note that a situation still goes on; pages hear of it at most once a chunk.

    One that nobody saw for a while asks anew: who is there now may be somebody else. Returns None
    where there is no open alarm of it.
    """
    take_turn(mine_id=camera.mine_id)
    alarm = (
        Alarm.objects.select_for_update(of=("self",))
        .filter(camera=camera, rule=rule, situation=situation, cleared_at=None)
        .first()
    )
    if alarm is None:
        return _see_shared(
            camera=camera, rule=rule, situation=situation, level=level, at=at, why=why,
            values=values, boxes=boxes,
        )  # fmt: skip
    if at <= alarm.last_seen_at:
        return alarm
    values = {**values, "level": level}
    if leads(alarm, camera=camera, rule=rule, told=told_in(values)):
        describe(alarm, {"why": why, "values": values, "boxes": boxes}, at)
    if _is_anew(alarm, at):
        return _count(alarm, Cause.AGAIN, at, is_another=True)
    alarm.last_seen_at = at
    alarm.save(update_fields=["last_seen_at", "why", "values", "boxes", "level"])
    tell(alarm, "alarm.updated")
    return alarm


def _see_shared(
    *, camera: Camera, rule: str, situation: str, level: str, at: datetime, why: str,
    values: dict[str, Any], boxes: list[list[float]],
) -> Alarm | None:  # fmt: skip
    """Note that a witness still sees it; where the alarm was silenced, its own begins to ask."""
    alarm = witnessed(camera=camera, rule=rule, situation=situation)
    if alarm is None:
        return None
    if alarm.state in SILENCED:
        alarm.witnesses.filter(camera=camera, rule=rule).delete()
        if not alarm.witnesses.filter(cleared_at=None).exists():
            _end(alarm, at)
        return alarm_raise(
            camera=camera, rule=rule, rule_type=alarm.rule_type, situation=situation, level=level,
            severity=alarm.severity, at=at, why=why, values=values, boxes=boxes, zone=[],
            scene_version=alarm.scene_version,
        )  # fmt: skip
    if at > alarm.last_seen_at:
        alarm.witnesses.filter(camera=camera, rule=rule).update(seen_at=at)
        values = {**values, "level": level}
        if leads(alarm, camera=camera, rule=rule, told=told_in(values)):
            describe(alarm, {"why": why, "values": values, "boxes": [], "zone": []}, at)
            alarm.save()
        if _is_anew(alarm, at):
            return _count(alarm, Cause.AGAIN, at, is_another=True)
        alarm.last_seen_at = at
        alarm.save(update_fields=["last_seen_at"])
        tell(alarm, "alarm.updated")
    return alarm


@transaction.atomic
def alarm_clear(
    *, camera: Camera, rule: str, situation: str, at: datetime, unwatched: str = ""
) -> Alarm | None:
    """End a situation in all its alarms; they still ask for an answer if nobody gave one.

    unwatched: why nobody watches it any more, where that ends it and nobody saw that it is over.
    """
    take_turn(mine_id=camera.mine_id)
    left = seen_by(camera=camera, rule=rule, situation=situation)
    for alarm in left:
        if leaves(alarm, camera=camera, rule=rule, at=at):
            _end(alarm, at, unwatched)
        else:
            tell(alarm, "alarm.updated")  # another camera still sees it
    return left[0] if left else None


def _end(alarm: Alarm, at: datetime, unwatched: str = "") -> None:
    alarm.cleared_at, alarm.unwatched = at, unwatched
    if unwatched:
        step(alarm, Cause.UNWATCHED, at=at, detail={"unwatched": unwatched})
    else:
        step(alarm, Cause.CLEARED, at=at)
    tell(alarm, "alarm.cleared")


@transaction.atomic
def alarms_leave(*, camera: Camera, at: datetime) -> None:
    """Leave a camera's alarms to the others that see them: it is switched off. Twice: nothing."""
    take_turn(mine_id=camera.mine_id)
    for alarm in switched_off(camera=camera, at=at):
        tell(alarm, "alarm.updated")
