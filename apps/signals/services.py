"""Writes of machine signals."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit.services import record
from apps.live.services import emit
from apps.mines.models import Machine, Mine
from apps.signals.models import MachineState, Report, Signal
from apps.signals.selectors import signal_standing
from workers.vision.belief import DANGER

__all__ = ["count_keep", "report_receive", "signal_receive"]

# A report from the future would hold its state until then; clocks may differ this much.
CLOCK_TOLERANCE = timedelta(seconds=5)
# Counts of analyses come every few seconds, and are of use only beside recorded pictures.
KEEP_COUNTS = timedelta(days=31)


@transaction.atomic
def signal_receive(
    *, machine: Machine, state: str, at: datetime | None = None, sender: User | None = None
) -> Signal:
    """Keep one report of a machine's state; the same report sent twice is one.

    One that says otherwise than a more dangerous one of the same time is kept and does not count:
    the machine's next report ends that, and the answer's `note` says so.
    """
    now = timezone.now()
    at = at or now
    if at > now + CLOCK_TOLERANCE:
        raise ValidationError({"at": _("This time lies in the future: check the sender's clock.")})
    stood = signal_standing(machine_id=machine.pk, until=at)
    signal, created = Signal.objects.get_or_create(
        mine_id=machine.mine_id,
        machine=machine,
        at=at,
        state=MachineState(state),
        defaults={"sender": sender},
    )
    if not created or (stood is not None and stood.state == state):
        return signal
    if stood is not None and stood.at == at and DANGER.index(stood.state) > DANGER.index(state):
        text = _("%(state)s was reported of the same time, and counts: send finer times.")
        signal.note = text % {"state": stood.state}
        return signal
    detail = {"state": state, "at": at.isoformat()}
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
    """Keep one report of an input; the same report sent twice is one."""
    now = timezone.now()
    at = at or now
    if at > now + CLOCK_TOLERANCE:
        raise ValidationError({"at": _("This time lies in the future: check the sender's clock.")})
    # Of one time the one received last counts, so nothing that is there can count more than it.
    rows = Report.objects.filter(mine=mine, key=key, at__lte=at).order_by("-at", "-pk")
    previous = rows.values_list("value", flat=True).first()
    report, created = Report.objects.get_or_create(
        mine=mine, key=key, at=at, value=value, defaults={"sender": sender}
    )
    if created and previous != value:
        detail = {"input": key, "value": value, "at": at.isoformat()}
        record(action="input.changed", subject=report, mine_id=mine.pk, actor=sender, detail=detail)
        emit(mine_id=mine.pk, kind="input.changed", payload=detail)
    return report


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
