"""Proves the ledger that lies in a dump, without any database."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from apps.backup.postgres import table_data
from apps.ledger.stamping import KeptStamp, kept_faults
from apps.ledger.verify import (
    NONE,
    canonical,
    chain_faults,
    digest,
    key_faults,
    keys_tied,
    root_faults,
)

__all__ = ["dump_ledger_faults"]

Row = dict[str, str | None]


def dump_ledger_faults(dump: Path, heads: dict[str, Any], stored: dict[str, str]) -> Iterator[str]:
    """Yield what is wrong between a dump's record, its chains and its signed roots.

    heads: by mine, the number and hash of the end of the chain as the manifest tells; stored: by
    key, the SHA-256 of each video of an alarm that the index names.
    """
    digests: dict[int, bytes] = {}
    videos: set[str] = set()
    told: dict[int, list[dict[str, Any]]] = defaultdict(list)
    with table_data(dump, "audit_auditentry") as rows:
        for row in rows:
            act = _act(row)
            digests[act["id"]] = bytes.fromhex(digest(act))
            if act["action"] == "clip.ready":
                videos.add(act["detail"].get("sha256", ""))
            elif act["action"] == "ledger.stamped":
                told[act["mine"]].append(act["detail"])
    chains = _chains(dump)
    roots = _roots(dump)
    keys = _keys(dump)
    stamps = _stamps(dump, roots, {mine: _public(rows) for mine, rows in keys.items()})
    for mine in sorted(set(chains) | set(roots) | {int(number) for number in heads}):
        links = sorted(chains[mine])
        for fault in _faults(links, digests, roots[mine], keys[mine]):
            yield f"mine {mine}: {fault}"
        for fault in kept_faults(stamps[mine], told[mine]):
            yield f"mine {mine}: {fault}"
        head = heads.get(str(mine), {"number": 0, "hash": NONE})
        found = (links[-1][0], links[-1][2]) if links else (0, NONE)
        if found != (head["number"], head["hash"]):
            yield (
                f"mine {mine}: the ledger in the dump ends at link {found[0]}, "
                f"the manifest says {head['number']}"
            )
    for key, sha256 in sorted(stored.items()):
        if sha256 not in videos:
            yield f"{key}: the ledger does not tell of this video"


def _act(row: Row) -> dict[str, Any]:
    """Return an act as it was hashed (apps.ledger.selectors.act_data)."""
    moment = datetime.fromisoformat(str(row["at"])).astimezone(UTC)
    return {
        "id": int(row["id"] or 0),
        "mine": int(row["mine_id"]) if row["mine_id"] else None,
        "at": moment.isoformat(timespec="microseconds"),
        "actor": int(row["actor_id"]) if row["actor_id"] else None,
        "part": row["part"],
        "action": row["action"],
        "subject": row["subject"],
        "detail": json.loads(row["detail"] or "{}"),
    }


Link = tuple[int, str, str, int]  # number, digest, hash, act


def _chains(dump: Path) -> dict[int, list[Link]]:
    found: dict[int, list[Link]] = defaultdict(list)
    with table_data(dump, "ledger_link") as rows:
        for row in rows:
            link = (int(row["number"] or 0), row["digest"] or "", row["hash"] or "")
            found[int(row["mine_id"] or 0)].append((*link, int(row["entry_id"] or 0)))
    return found


def _roots(dump: Path) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    with table_data(dump, "ledger_root") as rows:
        for row in rows:
            found[int(row["mine_id"] or 0)].append(row)
    for of_mine in found.values():
        of_mine.sort(key=lambda row: int(row["number"] or 0))
    return found


def _stamps(
    dump: Path, roots: dict[int, list[Row]], keys: dict[int, dict[str, str]]
) -> dict[int, list[KeptStamp]]:
    """Return the time stamps by mine; one whose root is gone is missed by the record's act."""
    by_id = {str(row["id"]): (mine, row) for mine, rows in roots.items() for row in rows}
    found: dict[int, list[KeptStamp]] = defaultdict(list)
    with table_data(dump, "ledger_stamp") as rows:
        for row in rows:
            mine, root = by_id.get(str(row["root_id"]), (0, None))
            if root is None:
                continue
            stamp = KeptStamp(
                int(root["number"] or 0),
                canonical(_root(root, keys[mine])),
                bytes.fromhex(str(row["token"]).removeprefix("\\x")),
                datetime.fromisoformat(str(row["at"])).astimezone(UTC),
                str(row["tsa"]),
            )
            found[mine].append(stamp)
    return found


def _keys(dump: Path) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    with table_data(dump, "ledger_signingkey") as rows:
        for row in rows:
            found[int(row["mine_id"] or 0)].append(row)
    return found


def _public(keys: list[Row]) -> dict[str, str]:
    return {str(row["id"]): str(row["public"]) for row in keys}


def _faults(
    links: list[Link], digests: dict[int, bytes], roots: list[Row], keys: list[Row]
) -> Iterator[str]:
    if links and links[0][0] != 1:
        yield f"ledger: link 1 to {links[0][0] - 1} is missing"
    yield from chain_faults(_told(links))
    for number, told, _hash, act in links:
        if digests.get(act, b"").hex() != told:
            yield f"ledger: the act of link {number} was changed"
    hashes = {link[0]: link[2] for link in links}
    last = links[-1][0] if links else 0
    for root in roots:
        if int(root["number"] or 0) not in hashes:
            yield f"root of link {root['number']}: the ledger has no such link"
    if roots and last < int(roots[-1]["number"] or 0):
        yield f"ledger: it ends at link {last}, before the last signed root"
    public = _public(keys)
    told = [_root(row, public) for row in roots]
    if not all("handover" in row for row in keys):  # a dump of before keys handed over
        yield from root_faults(told, hashes, set(public.values()))
        return
    signs = next((str(row["public"]) for row in keys if row["retired_at"] is None), "")
    tie = [one for row in keys if (one := json.loads(row["handover"] or "{}"))]
    yield from key_faults(signs, told, tie)
    yield from root_faults(told, hashes, keys_tied(signs, tie))


def _told(links: list[Link]) -> Iterator[dict[str, Any]]:
    before = NONE
    for number, told, hashed, _act in links:
        yield {
            "number": number, "previous": before, "digest": told, "hash": hashed, "record": None,
        }  # fmt: skip
        before = hashed


def _root(row: Row, keys: dict[str, str]) -> dict[str, Any]:
    at = datetime.fromisoformat(str(row["at"])).astimezone(UTC)
    statement = {
        "what": "davy ledger root",
        "mine": int(row["mine_id"] or 0),
        "number": int(row["number"] or 0),
        "hash": row["hash"],
        "at": at.isoformat(timespec="microseconds"),
        "previous": row["previous"],
    }
    return {
        "statement": statement,
        "key": keys.get(str(row["key_id"]), ""),
        "signature": row["signature"],
    }
