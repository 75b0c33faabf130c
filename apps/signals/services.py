"""Writes of machine signals."""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit.services import record
from apps.live.services import emit
from apps.mines.models import Machine, Mine
from apps.signals.models import MachineState, Report, Signal
from apps.signals.selectors import report_standing, signal_standing
from workers.told import DANGER, EVENT_AGE_S

__all__ = ["count_keep", "report_receive", "signal_receive"]

# A report from the future would hold its state until then; clocks may differ this much.
CLOCK_TOLERANCE = timedelta(seconds=5)
# Reports may overtake each other on their way by this much: an older one then says nothing new.
OVERTAKEN = timedelta(seconds=3)
# Counts of analyses come every few seconds, and are of use only beside recorded pictures.
KEEP_COUNTS = timedelta(days=31)


@transaction.atomic
def signal_receive(
    *, machine: Machine, state: str, at: datetime | None = None, sender: User | None = None
) -> Signal:
    """Keep one report of a machine's state; the same report sent twice is one.

    One that says otherwise than a more dangerous one of the same time is kept and does not count:
    the machine's next report ends that. One that comes clearly after a newer one and says otherwise
    was sent by a wrong clock, or the newer one was: a machine that was said to stand is UNKNOWN
    until a report newer than both. The answer's `note` says either; the second is recorded.
    """
    now = timezone.now()
    at = _checked(at, now)
    newest = signal_standing(machine_id=machine.pk, until=now + CLOCK_TOLERANCE)
    is_behind = newest is not None and at < newest.at
    stood = signal_standing(machine_id=machine.pk, until=at) if is_behind else newest
    signal, created = Signal.objects.get_or_create(
        mine_id=machine.mine_id,
        machine=machine,
        at=at,
        state=MachineState(state),
        defaults={"sender": sender},
    )
    if not created:
        return signal
    detail = {"state": state, "at": at.isoformat()}
    if newest is not None and at < newest.at - OVERTAKEN and state != newest.state:
        behind = Signal.objects.filter(machine=machine, behind_at=newest.at, state=state)
        told = {"machine": machine.key, **detail, "newest": newest.state}
        if not behind.exists():
            _tell_late("signal", signal, machine, newest.at, told, sender)
        text = _(
            "This time lies %(seconds)s s before that of a report which says %(newest)s: check the"
            " sender's clock. What is not certain counts as dangerous until a newer report."
        )
        behind_s = round((newest.at - at).total_seconds())
        signal.note = text % {"seconds": behind_s, "newest": newest.state}
    elif stood is not None and stood.at == at and DANGER.index(stood.state) > DANGER.index(state):
        text = _("%(state)s was reported of the same time, and counts: send finer times.")
        signal.note = text % {"state": stood.state}
    elif stood is None or stood.state != state:
        record(
            action="signal.changed",
            subject=machine,
            mine_id=machine.mine_id,
            actor=sender,
            detail=detail,
        )
        emit(
            mine_id=machine.mine_id,
            kind="signal.changed",
            payload={"machine": machine.key, **detail},
        )
    return signal


@transaction.atomic
def report_receive(
    *, mine: Mine, key: str, value: str, at: datetime | None = None, sender: User | None = None
) -> Report:
    """Keep one report of an input; the same report sent twice is one.

    One that comes clearly after a newer one and says otherwise was sent by a wrong clock, or the
    newer one was: the input is unknown until a report newer than both; the answer's `note` says so
    and it is recorded. An event is told of all the same; the note also says where a time lies so
    far back that it is not.
    """
    now = timezone.now()
    at = _checked(at, now)
    newest = report_standing(mine_id=mine.pk, key=key, until=now + CLOCK_TOLERANCE)
    is_behind = newest is not None and at < newest.at
    stood = report_standing(mine_id=mine.pk, key=key, until=at) if is_behind else newest
    report, created = Report.objects.get_or_create(
        mine=mine, key=key, at=at, value=value, defaults={"sender": sender}
    )
    if not created:
        return report
    detail = {"input": key, "value": value, "at": at.isoformat()}
    if newest is not None and at < newest.at - OVERTAKEN and not _same(value, newest.value):
        told = {**detail, "newest": newest.value}
        if not Report.objects.filter(mine=mine, key=key, behind_at=newest.at).exists():
            _tell_late("input", report, report, newest.at, told, sender)
        text = _(
            "This time lies %(seconds)s s before that of a report which says %(newest)s: check the"
            " sender's clock. A state or a number is unknown until a newer report."
        )
        behind_s = round((newest.at - at).total_seconds())
        report.note = text % {"seconds": behind_s, "newest": newest.value}
    elif stood is None or stood.value != value:
        record(action="input.changed", subject=report, mine_id=mine.pk, actor=sender, detail=detail)
        emit(mine_id=mine.pk, kind="input.changed", payload=detail)
    if now - at > timedelta(seconds=EVENT_AGE_S):
        text = _(
            "This time lies %(seconds)s s back: check the sender's clock. An event that is so old"
            " raises no alarm."
        )
        old = text % {"seconds": round((now - at).total_seconds())}
        report.note = f"{report.note} {old}".strip()
    return report


def _same(one: str, other: str) -> bool:
    """Tell whether two values of an input are one; states may be told in any letters."""
    return one.strip().casefold() == other.strip().casefold()


def _checked(at: datetime | None, now: datetime) -> datetime:
    """Return a report's time, which must not lie in the future."""
    if at is not None and at > now + CLOCK_TOLERANCE:
        raise ValidationError({"at": _("This time lies in the future: check the sender's clock.")})
    return at or now


def _tell_late(
    what: str,
    told: Signal | Report,
    subject: Machine | Report,
    newest_at: datetime,
    detail: dict[str, Any],
    sender: User | None,
) -> None:
    """Mark a report as late, once for a newest one: a sender may go on for hours so."""
    told.behind_at = newest_at
    told.save(update_fields=["behind_at"])
    detail = {**detail, "newest_at": newest_at.isoformat()}
    action, mine_id = f"{what}.late", told.mine_id
    record(action=action, subject=subject, mine_id=mine_id, actor=sender, detail=detail)
    emit(mine_id=mine_id, kind=action, payload=detail)


def count_keep(*, mine_id: int, key: str, value: str, at: datetime, again: timedelta) -> None:
    """Keep what an analysis counted, when it changes or after a while; forget old counts.

    It is no word from outside: nothing is written of it to the audit log, and no page waits for it.
    """
    rows = Report.objects.filter(mine_id=mine_id, key=key)
    last = rows.order_by("-at").values_list("value", "at").first()
    if last is not None and (last[1] >= at or (last[0] == value and at - last[1] < again)):
        return
    Report.objects.get_or_create(mine_id=mine_id, key=key, at=at, value=value)
    rows.filter(at__lt=at - KEEP_COUNTS).delete()
