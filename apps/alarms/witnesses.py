"""Cameras that see one danger together: rules of one type that name the same place.

The first camera's alarm stands for all. It ends when none of them sees the danger any more; a blind
camera ends nothing, because its own analysis keeps its situation open. One that is switched off
leaves the alarm to the others. A camera whose rule is silenced joins nobody, and nobody joins an
alarm that asks nobody: a danger never hides in silence.
"""

from datetime import datetime

from django.db.models import Q

from apps.alarms.levels import Told, is_below, tells_more, told_in
from apps.alarms.life import SILENCED
from apps.alarms.models import Alarm, Witness
from apps.alarms.selectors import silence_in_force
from apps.cameras.models import Camera
from workers.words import sentence

__all__ = [
    "CAMERA_OFF",
    "eases",
    "forgotten",
    "hears",
    "is_watched",
    "leads",
    "leaves",
    "seen_by",
    "shared_alarm",
    "switched_off",
    "told_before",
    "told_by",
    "witness",
    "witnessed",
]

CAMERA_OFF = sentence("the camera was switched off")


def shared_alarm(
    *, camera: Camera, rule: str, rule_type: str, situation: str, severity: str, place: str
) -> Alarm | None:
    """Lock and return another camera's open alarm of the same type at the same place.

    Of several that is the one whose witness it is in this situation, else the oldest.
    """
    own = Alarm.objects.filter(camera=camera, rule=rule, rule_type=rule_type, cleared_at=None)
    if not place or own.exists():
        return None
    rows = (
        Alarm.objects.select_for_update(of=("self",))
        .filter(mine_id=camera.mine_id, rule_type=rule_type, values__place=place, cleared_at=None)
        .exclude(camera=camera)
        .exclude(state__in=SILENCED)
        .order_by("raised_at", "pk")
    )
    is_witness = Q(
        witnesses__camera=camera, witnesses__rule=rule, witnesses__situation=situation,
        witnesses__cleared_at=None,
    )  # fmt: skip
    alarm = rows.filter(is_witness).first() or rows.first()
    silenced = silence_in_force(
        camera_id=camera.pk, rule=rule, rule_type=rule_type, severity=severity
    )
    return None if silenced else alarm


def witness(
    alarm: Alarm, *, camera: Camera, rule: str, situation: str, at: datetime, told: Told
) -> bool:
    """Note that a camera sees what an alarm is about; tell whether that is new."""
    if not alarm.witnesses.exists():  # from now on the first camera is one of several
        Witness.objects.create(
            mine_id=alarm.mine_id, alarm=alarm, camera_id=alarm.camera_id, rule=alarm.rule,
            situation=alarm.situation, seen_at=alarm.last_seen_at,
            **told_in(alarm.values)._asdict(),
        )  # fmt: skip
    row = alarm.witnesses.filter(camera=camera, rule=rule).first()
    if row is not None and row.situation == situation:
        return False
    Witness.objects.update_or_create(
        alarm=alarm, camera=camera, rule=rule,
        defaults={
            "mine_id": alarm.mine_id, "situation": situation, "seen_at": at, "cleared_at": None,
            **told._asdict(),
        },
    )  # fmt: skip
    return True


def told_by(alarm: Alarm, *, camera: Camera, rule: str) -> Told:
    """Return what a camera told last of an alarm: where several see it, each tells for itself."""
    row = alarm.witnesses.filter(camera=camera, rule=rule).first()
    return told_in(alarm.values) if row is None else Told(row.level, row.step)


def hears(alarm: Alarm, *, camera: Camera, rule: str, told: Told) -> bool:
    """Note what a camera tells of an alarm that several see; tell whether it is news."""
    row = alarm.witnesses.filter(camera=camera, rule=rule).first()
    before = row and Told(row.level, row.step)
    if row is None or told == before or not tells_more(told, before, rule_type=alarm.rule_type):
        return False
    row.level, row.step = told
    row.save(update_fields=["level", "step"])
    return True


def eases(alarm: Alarm, *, camera: Camera, rule: str, told: Told) -> bool:
    """Note that a camera sees less than before; tell whether all that see the alarm do.

    False also where that was told before.
    """
    if not alarm.witnesses.filter(camera=camera, rule=rule).exists():
        return told.step > told_in(alarm.values).step
    if told.step <= told_by(alarm, camera=camera, rule=rule).step:
        return False
    hears(alarm, camera=camera, rule=rule, told=told)
    return _sees_worst(alarm, camera, rule, told)


def _sees_worst(alarm: Alarm, camera: Camera, rule: str, told: Told) -> bool:
    """Tell whether no other camera sees worse."""
    others = alarm.witnesses.filter(cleared_at=None).exclude(camera=camera, rule=rule)
    return not any(is_below(told.level, one.level, rule_type=alarm.rule_type) for one in others)


def leads(alarm: Alarm, *, camera: Camera, rule: str, told: Told) -> bool:
    """Tell whether the alarm is to show what a camera sees now.

    Where several see it, that is the worst; of the same level what its own camera sees.
    """
    rows = {(row.camera_id, row.rule): row for row in alarm.witnesses.all()}
    if (camera.pk, rule) not in rows:
        return tells_more(told, told_in(alarm.values), rule_type=alarm.rule_type)
    hears(alarm, camera=camera, rule=rule, told=told)
    if not _sees_worst(alarm, camera, rule, told):
        return False
    own = rows.get((alarm.camera_id, alarm.rule))
    if own is None or own.cleared_at is not None or (camera.pk, rule) == (own.camera_id, own.rule):
        return True
    return is_below(own.level, told.level, rule_type=alarm.rule_type)


def witnessed(*, camera: Camera, rule: str, situation: str) -> Alarm | None:
    """Lock and return the open alarm that a camera sees as another one's witness."""
    row = Witness.objects.filter(
        camera=camera, rule=rule, situation=situation, cleared_at=None, alarm__cleared_at=None
    ).first()
    return row and Alarm.objects.select_for_update(of=("self",)).get(pk=row.alarm_id)


def seen_by(*, camera: Camera, rule: str, situation: str) -> list[Alarm]:
    """Lock and return every open alarm that a situation stands behind, the camera's own first."""
    rows = Alarm.objects.select_for_update(of=("self",)).filter(cleared_at=None)
    own = list(rows.filter(camera=camera, rule=rule, situation=situation))
    behind = Witness.objects.filter(
        camera=camera, rule=rule, situation=situation, cleared_at=None
    ).values("alarm")
    return own + list(rows.filter(pk__in=behind).exclude(pk__in=[one.pk for one in own]))


def told_before(*, camera: Camera, rule: str, situation: str) -> Alarm | None:
    """Return the alarm of a situation that a witness told and that is over for it."""
    row = Witness.objects.filter(camera=camera, rule=rule, situation=situation).first()
    over = row is not None and (row.cleared_at or row.alarm.cleared_at)
    return row.alarm if row is not None and over else None


def leaves(alarm: Alarm, *, camera: Camera, rule: str, at: datetime) -> bool:
    """Note that a camera sees it no more; tell whether none does."""
    rows = alarm.witnesses.all()
    rows.filter(camera=camera, rule=rule, cleared_at=None).update(cleared_at=at)
    return not rows.filter(cleared_at=None).exists()


def is_watched(alarm: Alarm) -> bool:
    """Tell whether a camera that saw the alarm last is switched on, and can say that it is over."""
    if not alarm.witnesses.exists():
        return alarm.camera.enabled
    return alarm.witnesses.filter(cleared_at=None, camera__enabled=True).exists()


def forgotten(alarm: Alarm, *, at: datetime) -> None:
    """Forget what cameras that are off saw of an alarm that somebody closes.

    Should they see the danger still when they are on again, that is told as a new one.
    """
    alarm.witnesses.filter(cleared_at=None).update(cleared_at=at, situation="")
    alarm.situation = ""


def switched_off(*, camera: Camera, at: datetime) -> list[Alarm]:
    """Let a camera that is switched off leave its alarms to the others that see them; return those.

    Where no other one does, nothing is over. Its situation is forgotten: should it see the danger
    still when it is on again, that is told as a new one, also where the alarm is over by then.
    """
    rows = Witness.objects.filter(camera=camera, cleared_at=None, alarm__cleared_at=None)
    left = []
    for row in rows:
        alarm = Alarm.objects.select_for_update(of=("self",)).get(pk=row.alarm_id)
        if not alarm.witnesses.filter(cleared_at=None).exclude(camera=camera).exists():
            continue
        row.cleared_at, row.situation = at, ""
        row.save(update_fields=["cleared_at", "situation"])
        if alarm.camera_id == camera.pk:
            alarm.situation = ""
            alarm.save(update_fields=["situation"])
        left.append(alarm)
    return left
