"""Reads of the ledger, and its proof against the record."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.ledger.models import Link, Root, SigningKey
from apps.ledger.verify import NONE, chain_faults, key_faults, keys_tied, root_faults

__all__ = [
    "act_data",
    "handovers",
    "keys_untied",
    "ledger_faults",
    "link_data",
    "newest_link",
    "newest_root",
    "root_data",
    "statement_of",
    "unsealed",
    "untied_faults",
]

# A transaction that writes an act is long over after so much time.
SETTLED = timedelta(minutes=10)


def newest_link(*, mine_id: int) -> Link | None:
    """Return the end of a mine's chain."""
    return Link.objects.filter(mine=mine_id).order_by("-number").first()


def newest_root(*, mine_id: int) -> Root | None:
    """Return the last signed root of a mine."""
    return Root.objects.filter(mine=mine_id).order_by("-number").first()


def unsealed(*, mine_id: int, thorough: bool = False) -> QuerySet[AuditEntry]:
    """List the acts of a mine that have no link yet, oldest first.

    Acts become visible out of order, so that no number says "up to here". Unless thorough, only
    those are looked for that may have been written in the last minutes.
    """
    rows = AuditEntry.objects.filter(mine=mine_id, link=None).order_by("pk")
    if thorough:
        return rows
    settled = Link.objects.filter(mine=mine_id, sealed_at__lt=timezone.now() - SETTLED)
    last = settled.order_by("-number").values_list("entry_id", flat=True).first()
    return rows.filter(pk__gt=last) if last else rows


def act_data(entry: AuditEntry) -> dict[str, Any]:
    """Return the act as it is hashed: nothing in it can be changed without a trace."""
    return {
        "id": entry.pk,
        "mine": entry.mine_id,
        "at": _utc(entry.at),
        "actor": entry.actor_id,
        "part": entry.part,
        "action": entry.action,
        "subject": entry.subject,
        "detail": entry.detail,
    }


def link_data(link: Link, *, previous: str, told: bool = True) -> dict[str, Any]:
    """Return a link as it stands in a bundle; not `told`, its act is left out."""
    return {
        "number": link.number,
        "previous": previous,
        "digest": link.digest,
        "hash": link.hash,
        "record": act_data(link.entry) if told else None,
    }


def statement_of(root: Root) -> dict[str, Any]:
    """Return what a root's signature is about."""
    return {
        "what": "davy ledger root",
        "mine": root.mine_id,
        "number": root.number,
        "hash": root.hash,
        "at": _utc(root.at),
        "previous": root.previous,
    }


def root_data(root: Root) -> dict[str, Any]:
    """Return a root as it stands in a bundle."""
    return {
        "statement": statement_of(root),
        "key": root.key.public,
        "signature": root.signature,
    }


def handovers(*, mine_id: int) -> list[dict[str, Any]]:
    """Return what the keys of a mine signed of each other, the oldest first."""
    ended = SigningKey.objects.filter(mine=mine_id).exclude(handover={})
    return list(ended.order_by("pk").values_list("handover", flat=True))


def keys_untied(*, mine_id: int) -> QuerySet[SigningKey]:
    """List the keys that ended and handed over to none: from before keys did, or put in since."""
    return SigningKey.objects.filter(mine=mine_id, handover={}).exclude(retired_at=None)


def untied_faults(*, mine_id: int) -> dict[str, list[str]]:
    """Return what `ledger_faults` says for this reason alone: by untied key that signed, in hex.

    Of each key first that nothing ties it, then of each root that it signed.
    """
    signs = SigningKey.objects.filter(mine=mine_id, retired_at=None).first()
    known = signs.public if signs else ""
    told: dict[str, list[str]] = {}
    roots = Root.objects.filter(mine=mine_id, key__in=keys_untied(mine_id=mine_id))
    for public, number in roots.order_by("number").values_list("key__public", "number"):
        of_key = told.setdefault(public, [f"key {public}: no signature ties it to the key {known}"])
        of_key.append(f"root of link {number}: signed by an unknown key")
    return told


def ledger_faults(
    *, mine_id: int, key: str = "", kept: tuple[int, str] | None = None
) -> Iterator[str]:
    """Yield what is wrong with a mine's record, in the order of the chain; nothing when it holds.

    key: a public key of the mine in hex, kept elsewhere, that every key must hang on; without it
    the one in force. kept: the number and hash (hex) of a root that is kept elsewhere, which the
    chain must contain. Reads everything once, in pieces.
    """
    hashes: dict[int, str] = {}
    roots = list(Root.objects.filter(mine=mine_id).select_related("key").order_by("number"))
    wanted = {root.number for root in roots} | ({kept[0]} if kept else set())

    def links() -> Iterator[dict[str, Any]]:
        before = NONE
        rows = Link.objects.filter(mine=mine_id).select_related("entry").order_by("number")
        for link in rows.iterator(2000):
            if link.number in wanted:
                hashes[link.number] = link.hash
            yield link_data(link, previous=before)
            before = link.hash

    first = Link.objects.filter(mine=mine_id).order_by("number").first()
    if first is not None and first.number != 1:
        yield f"ledger: link 1 to {first.number - 1} is missing"
    yield from chain_faults(links())
    last = newest_link(mine_id=mine_id)
    for root in roots:
        if root.number not in hashes:
            yield f"root of link {root.number}: the ledger has no such link"
    if roots and last is not None and last.number < roots[-1].number:
        yield f"ledger: it ends at link {last.number}, before the last signed root"
    if kept and hashes.get(kept[0]) != kept[1].lower():
        has = "has another hash there" if kept[0] in hashes else "has no such link"
        yield f"kept root of link {kept[0]}: the ledger {has}, it is not the one of then"
    told, tie = [root_data(root) for root in roots], handovers(mine_id=mine_id)
    signs = SigningKey.objects.filter(mine=mine_id, retired_at=None).first()
    known = key.lower() or (signs.public if signs else "")
    if signs is not None and signs.public not in keys_tied(known, tie):
        yield f"key {signs.public}: it signs now, and no signature ties it to the key {known}"
    yield from key_faults(known, told, tie)
    yield from root_faults(told, hashes, keys_tied(known, tie))
    for entry in unsealed(mine_id=mine_id, thorough=True).filter(at__lt=timezone.now() - SETTLED):
        yield f"act {entry.pk}: it was never chained"


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
