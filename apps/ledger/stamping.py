"""Time stamps of signed roots: which are wanted, got and kept, and whether they hold."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.x509 import Certificate, load_pem_x509_certificates
from django.conf import settings
from django.db import connection
from django.db.models import Count, Max
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.audit.services import record
from apps.ledger.authority import Answer, TsaAwayError, TsaError, ask, check
from apps.ledger.models import Root, Stamp, StampFailure
from apps.ledger.selectors import root_data
from apps.ledger.services import LOCK
from apps.ledger.verify import canonical
from apps.tenancy.scope import mine_scope

__all__ = [
    "KeptStamp",
    "authorities",
    "kept_faults",
    "newest_stamp",
    "root_stamp",
    "roots_unstamped",
    "stamp_faults",
    "stamped",
]

log = logging.getLogger(__name__)

# An older root is not asked about any more: a stamp of a later one proves it as well.
WITHIN = timedelta(days=7)
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)


def stamped(root: Root) -> bytes:
    """Return the bytes that are stamped: a root with its key and signature, as bundles have it."""
    return canonical(root_data(root))


def authorities() -> list[Certificate]:
    """Return the certificates that a stamp's signature must lead to; none while none is set."""
    return load_pem_x509_certificates(settings.TSA_CA.encode()) if settings.TSA_CA else []


def newest_stamp(*, mine_id: int) -> Stamp | None:
    """Return the stamp of the newest root that has one."""
    rows = Stamp.objects.filter(mine=mine_id).select_related("root")
    return rows.order_by("-root__number").first()


def roots_unstamped(*, mine_id: int) -> list[Root]:
    """List the roots that are to be asked about now, newest first: it proves those before it.

    After each failure of a root the wait is twice as long, from a minute to six hours.
    """
    now = timezone.now()
    rows = Root.objects.filter(mine=mine_id, stamp=None, at__gt=now - WITHIN)
    rows = rows.annotate(failures=Count("stamp_failures"), failed_at=Max("stamp_failures__at"))
    due = []
    for root in rows.order_by("-number"):
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (min(root.failures, 20) - 1))
        # A failure in the future was written before the clock was set back.
        if root.failed_at is None or not now - wait < root.failed_at <= now:
            due.append(root)
    return due


def root_stamp(*, root_id: int, mine_id: int) -> Stamp | None:
    """Get a root its stamp; None where it has one already or the answer does not hold.

    No transaction is open while the authority is asked. Raises TsaAwayError, after it is noted.
    Two at once may both ask, and the first answer is kept.
    """
    with mine_scope(mine_id):
        root = Root.objects.select_related("key").filter(pk=root_id, stamp=None).first()
        if root is None:
            return None
        content = stamped(root)
    try:
        answer = ask(content, not_before=root.at, authorities=authorities())
    except TsaError as error:
        log.warning("root %s of mine %s has no time stamp: %s", root.number, mine_id, error)
        with mine_scope(mine_id):
            _failed(root, str(error))
        if isinstance(error, TsaAwayError):
            raise
        return None
    with mine_scope(mine_id):
        return _keep(root, answer)


def _keep(root: Root, answer: Answer) -> Stamp | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK + 2, root.mine_id])
    if Stamp.objects.filter(root=root).exists():
        return None
    stamp = Stamp.objects.create(
        mine_id=root.mine_id, root=root, token=answer.token, tsa=answer.tsa, at=answer.at
    )
    record(
        action="ledger.stamped",
        subject=root,
        mine_id=root.mine_id,
        part="ledger",
        detail=_act_of(stamp),
    )
    return stamp


def _act_of(stamp: Stamp) -> dict[str, object]:
    return {"root": stamp.root.number, "tsa": stamp.tsa, "at": stamp.at.isoformat()}


def _failed(root: Root, reason: str) -> None:
    # The first failure alone is an act: a week of tries would say the same forty times.
    first = not StampFailure.objects.filter(root=root).exists()
    StampFailure.objects.create(mine_id=root.mine_id, root=root, reason=reason[:300])
    if first:
        record(
            action="ledger.stamp_failed",
            subject=root,
            mine_id=root.mine_id,
            part="ledger",
            detail={"root": root.number, "reason": reason},
        )


def stamp_faults(*, mine_id: int) -> Iterator[str]:
    """Yield what is wrong with a mine's time stamps.

    Each must be about its root, say what its row says, and be signed under the certificates of the
    settings, where there are any; each that the record tells of must be there.
    """
    rows = Stamp.objects.filter(mine=mine_id).select_related("root__key").order_by("root__number")
    kept = (
        KeptStamp(one.root.number, stamped(one.root), bytes(one.token), one.at, one.tsa)
        for one in rows.iterator(500)
    )
    acts = AuditEntry.objects.filter(mine=mine_id, action="ledger.stamped").order_by("pk")
    yield from kept_faults(kept, acts.values_list("detail", flat=True))


@dataclass(frozen=True)
class KeptStamp:
    """A time stamp as a row tells it: of which root, its stamped bytes, the token, when, whose."""

    root: int
    content: bytes
    token: bytes
    at: datetime
    tsa: str


def kept_faults(kept: Iterable[KeptStamp], told: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield what is wrong with time stamps, wherever their rows were read; told: by the record."""
    trusted, found = authorities(), set()
    for stamp in kept:
        found.add((stamp.root, stamp.tsa, stamp.at))
        name = f"time stamp of link {stamp.root}"
        try:
            said = check(stamp.token, stamp.content, authorities=trusted)
        except TsaError as error:
            yield f"{name}: {error}"
            continue
        if (said.at, said.tsa) != (stamp.at, stamp.tsa):
            yield f"{name}: its row tells another time or name"
    for act in told:
        if (act["root"], act["tsa"], datetime.fromisoformat(act["at"])) not in found:
            yield f"time stamp of link {act['root']}: the record tells of it, and it is gone"
