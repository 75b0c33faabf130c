"""The keys in a dump are proved as those in the database are."""

import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey as Key

from apps.backup import proof
from apps.ledger.verify import HANDOVER, NONE, canonical, chained


def public(key: Key) -> str:
    return key.public_key().public_bytes_raw().hex()


def key_row(key: Key, *, retired: bool, handover: dict[str, Any] | None = None) -> proof.Row:
    return {
        "id": public(key)[:8],
        "public": public(key),
        "retired_at": "2026-03-01 00:00:00+00" if retired else None,
        "handover": json.dumps(handover or {}),
    }


def a_handover(before: Key, after: Key) -> dict[str, Any]:
    said = {
        "what": HANDOVER, "before": public(before), "after": public(after),
        "until": 1, "lost": False,
    }  # fmt: skip
    signed = [key.sign(canonical(said)).hex() for key in (before, after)]
    return {"statement": said, "signed_before": signed[0], "signed_after": signed[1]}


def told(signer: Key, *keys: proof.Row) -> list[str]:
    """Return what is wrong with a chain of one act whose root this key signed."""
    digest = "ab" * 32
    link = (1, digest, chained(1, NONE, digest), 7)
    row: proof.Row = {
        "mine_id": "1", "number": "1", "hash": link[2], "at": "2026-03-01 00:00:00+00",
        "previous": "", "signature": "", "key_id": public(signer)[:8],
    }  # fmt: skip
    said = proof._root(row, {})["statement"]
    row["signature"] = signer.sign(canonical(said)).hex()
    return list(proof._faults([link], {7: bytes.fromhex(digest)}, [row], list(keys)))


def test_a_root_by_a_key_that_handed_over_holds_in_a_dump():
    old, new = Key.generate(), Key.generate()
    rows = key_row(old, retired=True, handover=a_handover(old, new)), key_row(new, retired=False)
    assert told(old, *rows) == []


def test_a_key_that_somebody_put_in_is_found_in_a_dump():
    forged, genuine = Key.generate(), Key.generate()
    found = told(forged, key_row(forged, retired=True), key_row(genuine, retired=False))
    assert f"key {public(forged)}: no signature ties it to the key {public(genuine)}" in found


def test_a_dump_of_before_keys_handed_over_is_proved_as_it_was_then():
    old, new = Key.generate(), Key.generate()
    rows = [key_row(old, retired=True), key_row(new, retired=False)]
    for row in rows:
        del row["handover"]
    assert told(old, *rows) == []
