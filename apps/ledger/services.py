"""Chains the record, signs it, and changes keys."""

from contextlib import suppress
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.services import record
from apps.cameras.secrets import lock, unlock
from apps.ledger.models import Link, Root, SigningKey
from apps.ledger.selectors import act_data, newest_link, newest_root, statement_of, unsealed
from apps.ledger.verify import HANDOVER, NONE, canonical, chained, digest
from apps.mines.models import Mine

__all__ = ["key_open", "key_rotate", "key_vouch", "ledger_seal", "root_sign", "statement_sign"]

# The first number of PostgreSQL's pair of numbers that names an advisory lock.
LOCK = 0x1ED6E7
# How many acts one transaction chains.
BATCH = 1000
# What signing keys are locked for. With the passwords' cipher, whoever rules the database could lay
# a key's box into a camera of his own making and be told what is in it.
USE = "ledger signing key"


def ledger_seal(*, mine_id: int, thorough: bool = False) -> int:
    """Chain the acts that have no link yet; return how many. Needs the mine's scope.

    Acts are chained seconds after they are written and not with them, so that no two acts of a
    mine ever wait for each other. Called twice at once: the second finds the lock taken and leaves
    the work to the first. `thorough` also looks for acts whose transaction took many minutes, and
    waits for whoever chains: 0 then says that everything that was written is chained.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            if thorough:
                cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, mine_id])
            else:
                cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK, mine_id])
                if not cursor.fetchone()[0]:
                    return 0
        last = newest_link(mine_id=mine_id)
        number, before = (last.number, last.hash) if last else (0, NONE)
        links = []
        for entry in unsealed(mine_id=mine_id, thorough=thorough)[:BATCH]:
            number += 1
            told = digest(act_data(entry))
            before = chained(number, before, told)
            links.append(
                Link(mine_id=mine_id, number=number, entry=entry, digest=told, hash=before)
            )
        Link.objects.bulk_create(links)
    return len(links)


def root_sign(*, mine_id: int) -> Root | None:
    """Sign how the chain stands, unless it is signed already; None before the first link."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK + 1, mine_id])
        last, before = newest_link(mine_id=mine_id), newest_root(mine_id=mine_id)
        if last is None:
            return None
        if before is not None and before.number >= last.number:
            return before
        _boxes_renew(mine_id)
        key = _key_in_force(mine_id)
        root = Root(
            mine_id=mine_id,
            number=last.number,
            hash=last.hash,
            at=timezone.now(),
            previous=before.signature if before else "",
            key=key,
        )
        root.signature = key_open(key).sign(canonical(statement_of(root))).hex()
        root.save()
    return root


def _key_in_force(mine_id: int) -> SigningKey:
    found = SigningKey.objects.filter(mine=mine_id, retired_at=None).first()
    return found or _key_make(mine_id, None, {})


def _key_make(mine_id: int, actor: User | None, more: dict[str, Any]) -> SigningKey:
    private = Ed25519PrivateKey.generate()
    key = SigningKey.objects.create(
        mine_id=mine_id,
        public=_public(private),
        private_box=_boxed(private),
    )
    # The act tells which key it is, so that the chain itself says when a key came.
    record(
        action="ledger.key_made",
        subject=key,
        mine_id=mine_id,
        actor=actor,
        part="" if actor else "ledger",
        detail={"public": key.public, **more},
    )
    return key


def key_open(key: SigningKey) -> Ed25519PrivateKey:
    """Open a key; ImproperlyConfigured where that cannot be, or where another lies in its place."""
    try:
        opened = unlock(key.private_box, use=USE)
    except ImproperlyConfigured:
        opened = unlock(key.private_box)  # a box of before signing keys had a cipher of their own
    try:
        private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(opened))
    except ValueError:
        raise ImproperlyConfigured(f"The box of the key {key.public} holds no key.") from None
    if _public(private) != key.public:
        raise ImproperlyConfigured(f"The box of the key {key.public} holds another key.")
    return private


def _boxed(private: Ed25519PrivateKey) -> str:
    return lock(private.private_bytes_raw().hex(), use=USE)


def _boxes_renew(mine_id: int) -> None:
    """Lock the keys of earlier versions anew, so that no camera's password opens them."""
    for key in SigningKey.objects.filter(mine=mine_id):
        try:
            unlock(key.private_box, use=USE)
        except ImproperlyConfigured:
            with suppress(ImproperlyConfigured):  # a lost one stays as it is
                key.private_box = _boxed(key_open(key))
                key.save(update_fields=["private_box"])


def _public(private: Ed25519PrivateKey) -> str:
    return private.public_key().public_bytes_raw().hex()


def statement_sign(*, mine_id: int, statement: dict[str, Any]) -> tuple[str, str]:
    """Return the public key and the signature over a statement's canonical form, both in hex."""
    key = _key_in_force(mine_id)
    return key.public, key_open(key).sign(canonical(statement)).hex()


@transaction.atomic
def key_rotate(*, mine: Mine, actor: User | None = None) -> SigningKey:
    """Let a new key sign from now on; what stands so far is signed by the old one first.

    Both sign the handover. Where nobody can open the old one any more (DAVY_FIELD_KEY is lost) it
    signs nothing: the act of the new key, and the handover that it signs alone, then say which key
    was lost and up to which link it had signed.
    """
    while ledger_seal(mine_id=mine.pk, thorough=True):
        pass
    lost: dict[str, Any] = {}
    try:
        root_sign(mine_id=mine.pk)
    except ImproperlyConfigured:
        root = newest_root(mine_id=mine.pk)
        unopened = SigningKey.objects.filter(mine=mine, retired_at=None).first()
        if unopened is None:  # not even a first one could be locked away
            raise
        lost = {"lost": unopened.public, "lost_signed_until": root.number if root else 0}
    old = SigningKey.objects.filter(mine=mine, retired_at=None).first()
    if old is None:
        return _key_make(mine.pk, actor, lost)
    old.retired_at = timezone.now()
    old.save(update_fields=["retired_at"])
    new, last = _key_make(mine.pk, actor, lost), newest_root(mine_id=mine.pk)
    _hand_over(old, new, until=last.number if last else 0, lost=bool(lost))
    return new


def _hand_over(before: SigningKey, after: SigningKey, *, until: int, lost: bool) -> None:
    """Let both keys sign up to which link the one signed and that the other goes on."""
    statement = {
        "what": HANDOVER,
        "mine": before.mine_id,
        "before": before.public,
        "after": after.public,
        "until": until,
        "lost": lost,
        "at": timezone.now().isoformat(),
    }
    said = canonical(statement)
    before.handover = {
        "statement": statement,
        "signed_before": "" if lost else key_open(before).sign(said).hex(),
        "signed_after": key_open(after).sign(said).hex(),
    }
    before.save(update_fields=["handover"])


@transaction.atomic
def key_vouch(*, key: SigningKey, lost: bool = False, actor: User | None = None) -> None:
    """Tie a key that ended before keys handed over to the one in force, by signatures of now.

    `lost`: only the key in force signs. Somebody must know that the key was the mine's: nobody who
    cannot open DAVY_FIELD_KEY's boxes can sign for it, but whoever rules the database could have
    put in a key of their own before. ImproperlyConfigured where a key cannot be opened.
    """
    roots = Root.objects.filter(mine=key.mine_id, key=key).order_by("-number")
    until = roots.values_list("number", flat=True).first() or 0
    _hand_over(key, _key_in_force(key.mine_id), until=until, lost=lost)
    record(
        action="ledger.key_vouched",
        subject=key,
        mine_id=key.mine_id,
        actor=actor,
        part="" if actor else "ledger",
        detail={"public": key.public, "until": until, "lost": lost},
    )
