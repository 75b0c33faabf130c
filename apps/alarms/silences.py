"""Silences: a rule of one camera is shelved, suppressed by a permit, or out of service.

A silence is never hidden (the desk lists every one), never for ever, and never one person's alone
where a life hangs on the rule. Each verb writes the row, the alarms' transitions, the audit
entry and the events in one transaction.
"""

from datetime import datetime, timedelta
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.alarms.life import SILENCED, Cause, Silenced
from apps.alarms.models import Alarm, Severity, Silence
from apps.alarms.selectors import silence_data
from apps.alarms.steps import step, tell
from apps.apart import apart
from apps.audit.services import record
from apps.cameras.models import Camera
from apps.live.services import emit, take_turn
from apps.rules.selectors import scene_in_force
from apps.tenancy.scope import mine_scope, system_scope
from workers.hazards import registry

__all__ = [
    "permits_follow",
    "silence_agree",
    "silence_ask",
    "silence_end",
    "silences_due",
    "silences_follow",
]

# Source: domain.md section 7, shelving at most eight hours; maintenance at most a month.
LONGEST = {
    Silenced.SHELVED.value: timedelta(hours=8),
    Silenced.OUT_OF_SERVICE.value: timedelta(days=31),
}
# The second person is asked while the first still stands there.
AGREE_WITHIN = timedelta(minutes=15)
# Asked for so far ahead of now: this machine's clock was set back since. How long it was silent
# already nobody knows, and it would be silent for longer than anybody agreed to.
AHEAD = timedelta(minutes=1)


@transaction.atomic
def silence_ask(
    *,
    camera: Camera,
    rule: str,
    kind: str,
    length: timedelta,
    reason: str,
    actor: User,
    rule_type: str = "",
    desk: str = "",
) -> Silence:
    """Shelve a rule, or take it out of service; a critical one waits for a second person.

    rule_type: what whoever asks takes the rule for, "" where nobody says so. Raises
    ValidationError without a reason, for too long a time, where the rule is silenced in this way
    already, and where it is of another type by now.
    """
    take_turn(mine_id=camera.mine_id)
    reason = reason.strip()
    if not reason or len(reason) > 500:
        raise ValidationError({"reason": _("Say why, in at most 500 characters.")})
    if kind not in LONGEST or not timedelta(0) < length <= LONGEST[kind]:
        longest = LONGEST.get(kind, timedelta(0)) / timedelta(hours=1)
        raise ValidationError({"minutes": _("At most %(hours)g hours.") % {"hours": longest}})
    now = timezone.now()
    _end_overdue(Silence.objects.filter(camera=camera, rule=rule, kind=kind), now)
    if Silence.objects.filter(camera=camera, rule=rule, kind=kind, ended_at=None).exists():
        raise ValidationError(_("This rule is silenced in this way already."))
    found_type, critical = _rule_of(camera, rule)
    if rule_type and rule_type != found_type:
        raise ValidationError(_("Another rule has this name by now: nothing was silenced."))
    silence = Silence.objects.create(
        mine_id=camera.mine_id,
        camera=camera,
        rule=rule,
        rule_type=found_type,
        kind=kind,
        reason=reason,
        asked_at=now,
        asked_by=actor,
        needs_second=critical,
        since=None if critical else now,
        until=now + length,
    )
    _told(silence, "asked" if critical else "began", actor=actor, desk=desk)
    if not critical:
        _take_in(silence, actor, desk)
    return silence


@transaction.atomic
def silence_agree(*, silence: Silence, actor: User, desk: str = "") -> Silence:
    """Be the second person: from now on the rule is silenced. Agreed twice, the first stands."""
    silence = _lock(silence)
    if silence.since is not None and silence.ended_at is None:
        return silence
    now = timezone.now()
    if silence.ended_at is not None or _overdue(silence, now):
        raise ValidationError(_("This is over; ask anew."))
    if actor.pk == silence.asked_by_id:
        raise ValidationError(_("A second person must agree, not the one who asked."))
    silence.agreed_by, silence.since = actor, now
    silence.save()
    _told(silence, "began", actor=actor, desk=desk)
    _take_in(silence, actor, desk)
    return silence


@transaction.atomic
def silence_end(*, silence: Silence, actor: User, desk: str = "") -> Silence:
    """End a silence early, or refuse one that waits for a second person; ended stays ended."""
    silence = _lock(silence)
    if silence.ended_at is None:
        if silence.kind == Silenced.SUPPRESSED:
            raise ValidationError(_("A permit's silence ends with the permit."))
        end = "refused" if silence.since is None else "person"
        _end(silence, end, timezone.now(), actor=actor, desk=desk)
    return silence


def silences_due(*, now: datetime) -> int:
    """End what is over at its time; called by the beat, outside of any scope.

    Late: nothing was silenced meanwhile, because whoever looks compares the times; only the list
    and the alarms' states follow late. Twice: nothing is left to end. Never: alarms that were
    there stay on the list of the silenced with a time that has passed, and the desk says so.
    """
    with system_scope("silences end in every mine"):
        rows = Silence.objects.filter(ended_at=None).filter(
            Q(until__lte=now)
            | Q(since=None, asked_at__lte=now - AGREE_WITHIN)
            | Q(until__isnull=False, asked_at__gt=now + AHEAD)
        )
        due = list(rows.values_list("pk", "mine_id"))

    def ended(silence_id: int, mine_id: int) -> int:
        with mine_scope(mine_id):
            return _end_overdue(Silence.objects.filter(pk=silence_id), now)

    return sum(apart(partial(ended, *one) for one in due))


@transaction.atomic
def silences_follow(*, camera: Camera, rules: dict[str, str], actor: User | None = None) -> None:
    """End what silences a rule that the scene has no more, or has of another type.

    rules: id → type, as published. Whoever silenced the old rule never saw the one that gets its
    name. Twice: nothing is left to end. What the platform itself tells of a camera stays silenced.
    """
    take_turn(mine_id=camera.mine_id)
    now = timezone.now()
    rows = Silence.objects.filter(camera=camera, ended_at=None, rule_type__in=["", *registry()])
    for silence in rows.select_for_update(of=("self",)):
        if rules.get(silence.rule) != silence.rule_type:
            _end(silence, "rule", now, actor=actor)


@transaction.atomic
def permits_follow(*, camera: Camera, permits: dict[str, str]) -> None:
    """Keep the list of what permits suppress as the engine says: rule → (permit, type).

    Called with every analysed chunk, so that what is listed is what the engine does. Twice:
    nothing changes. Not called (the camera is not analysed): the list stays, and the tile says
    that the camera is blind.
    """
    there = {
        row.rule: row
        for row in Silence.objects.filter(camera=camera, kind=Silenced.SUPPRESSED, ended_at=None)
    }
    if there.keys() == permits.keys():
        return
    take_turn(mine_id=camera.mine_id)
    now = timezone.now()
    for rule in there.keys() - permits.keys():
        _end(there[rule], "permit", now)
    for rule in sorted(permits.keys() - there.keys()):
        silence = Silence.objects.create(
            mine_id=camera.mine_id,
            camera=camera,
            rule=rule,
            rule_type=_rule_of(camera, rule)[0],
            kind=Silenced.SUPPRESSED,
            reason=permits[rule],
            asked_at=now,
            since=now,
        )
        # What was there before the permit still asks: the engine ends it, and a person answers.
        _told(silence, "began")


def _lock(silence: Silence) -> Silence:
    take_turn(mine_id=silence.mine_id)
    return Silence.objects.select_for_update(of=("self",)).get(pk=silence.pk)


def _rule_of(camera: Camera, rule: str) -> tuple[str, bool]:
    """Return a rule's type and whether a life hangs on it: by its scene, or by its alarms."""
    alarms = Alarm.objects.filter(camera=camera, rule=rule)
    rule_type = alarms.order_by("-pk").values_list("rule_type", flat=True).first() or ""
    critical = False
    scene = scene_in_force(camera=camera)
    for raw in scene.document.get("rules", []) if scene else []:
        if raw.get("id") == rule:
            rule_type = str(raw.get("type", ""))
            hazard = registry().get(rule_type)
            severity = raw.get("severity", hazard.severity if hazard else "")
            critical = severity == Severity.CRITICAL
    open_ = alarms.filter(rule_type=rule_type).exclude(state=Alarm.State.CLOSED)
    return rule_type, critical or open_.filter(severity=Severity.CRITICAL).exists()


def _overdue(silence: Silence, now: datetime) -> bool:
    waits = silence.since is None and silence.asked_at <= now - AGREE_WITHIN
    if silence.until is None:
        return waits
    return waits or silence.until <= now or silence.asked_at > now + AHEAD


def _end_overdue(rows: QuerySet[Silence], now: datetime) -> int:
    ended = 0
    for row in rows.filter(ended_at=None):
        with transaction.atomic():
            silence = _lock(row)
            if silence.ended_at is None and _overdue(silence, now):
                _end(silence, "not_agreed" if silence.since is None else "time", now)
                ended += 1
    return ended


def _take_in(silence: Silence, actor: User, desk: str) -> None:
    """Silence the alarms that are there; one that is over and not answered still asks."""
    rows = Alarm.objects.select_for_update(of=("self",)).filter(
        camera=silence.camera_id, rule=silence.rule, rule_type=silence.rule_type, cleared_at=None
    )
    for alarm in rows:
        detail = {"kind": silence.kind, "silence": silence.pk}
        step(alarm, Cause.SILENCED, actor=actor, desk=desk, note=silence.reason, detail=detail)
        tell(alarm, "alarm.silenced")


def _end(
    silence: Silence, end: str, now: datetime, *, actor: User | None = None, desk: str = ""
) -> None:
    """End a silence; its alarms ask again, with the time at which they were first raised."""
    silence.ended_at, silence.ended_by, silence.end = now, actor, end
    silence.save()
    _told(silence, "ended", actor=actor, desk=desk)
    rows = Alarm.objects.select_for_update(of=("self",)).filter(
        camera=silence.camera_id, rule=silence.rule, state__in=SILENCED
    )
    for alarm in rows:
        if alarm.cleared_at is None:
            alarm.acknowledged_at = alarm.acknowledged_by = None  # it is still there: asks anew
        detail = {"kind": silence.kind, "silence": silence.pk, "end": end}
        step(alarm, Cause.ASKS_AGAIN, at=now, actor=actor, part="time", desk=desk, detail=detail)
        tell(alarm, "alarm.updated")


def _told(silence: Silence, what: str, *, actor: User | None = None, desk: str = "") -> None:
    """Write the audit entry and the event of one change of a silence."""
    data = silence_data(silence)
    record(
        action=f"silence.{what}",
        subject=silence,
        mine_id=silence.mine_id,
        actor=actor,
        part="" if actor else "time",
        detail={**data, "desk": desk} if desk else data,
    )
    emit(mine_id=silence.mine_id, kind=f"silence.{what}", payload=data)
