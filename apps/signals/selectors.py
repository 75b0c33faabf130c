"""Reads of machine signals."""

from datetime import datetime

from apps.signals.models import Report, Signal

__all__ = ["reports_until", "signals_until"]


def signals_until(
    *, mine_id: int, keys: list[str], since: datetime, until: datetime
) -> list[tuple[datetime, str, str]]:
    """List (time, machine key, state): each machine's last report before `since`, then all after.

    The last earlier report is what still holds when the span begins.
    """
    if not keys:
        return []
    rows = Signal.objects.filter(mine_id=mine_id, machine__key__in=keys, at__lt=until)
    earlier = (
        rows.filter(at__lt=since)
        .order_by("machine__key", "-at")
        .distinct("machine__key")
        .values_list("at", "machine__key", "state")
    )
    within = rows.filter(at__gte=since).values_list("at", "machine__key", "state")
    return sorted([*earlier, *within])


def reports_until(
    *, mine_id: int, keys: list[str], since: datetime, until: datetime
) -> list[tuple[datetime, str, str]]:
    """List (time, input, value): each input's last report before `since`, then all after."""
    if not keys:
        return []
    rows = Report.objects.filter(mine_id=mine_id, key__in=keys, at__lt=until)
    earlier = (
        rows.filter(at__lt=since)
        .order_by("key", "-at")
        .distinct("key")
        .values_list("at", "key", "value")
    )
    within = rows.filter(at__gte=since).values_list("at", "key", "value")
    return sorted([*earlier, *within])
