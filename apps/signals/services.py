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

__all__ = ["count_keep", "report_receive", "signal_receive"]

# A report from the future would hold its state until then; clocks may differ this much.
CLOCK_TOLERANCE = timedelta(seconds=5)
# Counts of analyses come every few seconds, and are of use only beside recorded pictures.
KEEP_COUNTS = timedelta(days=31)


@transaction.atomic
def signal_receive(
    *, machine: Machine, state: str, at: datetime | None = None, sender: User | None = None
) -> Signal:
    """Keep one report of a machine's state; the same report sent twice is one."""
    now = timezone.now()
    at = at or now
    if at > now + CLOCK_TOLERANCE:
        raise ValidationError({"at": _("This time lies in the future: check the sender's clock.")})
    previous = (
        Signal.objects.filter(machine=machine, at__lt=at).order_by("-at").values("state").first()
    )
    signal, created = Signal.objects.get_or_create(
        mine_id=machine.mine_id,
        machine=machine,
        at=at,
        defaults={"state": MachineState(state), "sender": sender},
    )
    if created and (previous is None or previous["state"] != state):
        record(
            action="signal.changed",
            subject=machine,
            mine_id=machine.mine_id,
            actor=sender,
            detail={"state": state, "at": at.isoformat()},
        )
        emit(
            mine_id=machine.mine_id,
            kind="signal.changed",
            payload={"machine": machine.key, "state": state, "at": at.isoformat()},
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
    rows = Report.objects.filter(mine=mine, key=key, at__lt=at).order_by("-at")
    previous = rows.values_list("value", flat=True).first()
    report, created = Report.objects.get_or_create(
        mine=mine, key=key, at=at, defaults={"value": value, "sender": sender}
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
    Report.objects.get_or_create(mine_id=mine_id, key=key, at=at, defaults={"value": value})
    rows.filter(at__lt=at - KEEP_COUNTS).delete()
