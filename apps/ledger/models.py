"""The chain over a mine's record, the signed roots of it, and the keys that sign."""

from django.db import models

from apps.tenancy.models import MineRow

__all__ = ["Link", "Root", "SigningKey", "Stamp", "StampFailure"]


class Link(MineRow):
    """One act of the record in its place in the chain; the database refuses to change it.

    digest: SHA-256 of the act; hash: SHA-256 of number, the hash before and digest, all in hex.
    """

    number = models.PositiveBigIntegerField()
    entry = models.OneToOneField(
        "audit.AuditEntry", on_delete=models.PROTECT, related_name="link", null=False
    )
    digest = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["mine", "number"]
        constraints = [
            models.UniqueConstraint(fields=["mine", "number"], name="link_number_once"),
        ]


class SigningKey(MineRow):
    """An Ed25519 key of a mine. public: 32 bytes in hex; private_box: encrypted for this use alone.

    handover: how it ended and which key goes on, signed by both (verify.keys_tied); {} while
    it signs, and where it ended before keys handed over.
    """

    public = models.CharField(max_length=64, unique=True)
    private_box = models.CharField(max_length=300)
    made_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True)
    handover = models.JSONField(default=dict, db_default={})

    class Meta:
        ordering = ["mine", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["mine"], condition=models.Q(retired_at=None), name="one_key_signs"
            ),
        ]


class Root(MineRow):
    """A signed statement of how the chain stood: up to which number, with which hash.

    Append-only. signature: Ed25519 over the statement's canonical form, in hex.
    """

    number = models.PositiveBigIntegerField()
    hash = models.CharField(max_length=64)
    at = models.DateTimeField()
    # The signature of the root before, "" at the first: roots are a chain as well.
    previous = models.CharField(max_length=128, blank=True)
    key = models.ForeignKey(SigningKey, on_delete=models.PROTECT, related_name="roots")
    signature = models.CharField(max_length=128)

    class Meta:
        ordering = ["mine", "number"]
        constraints = [
            models.UniqueConstraint(fields=["mine", "number"], name="root_number_once"),
        ]


class Stamp(MineRow):
    """What a time stamp authority outside of the mine said of a root: it existed at this time.

    Append-only. token: the whole TimeStampResp (RFC 3161, DER); at: the authority's time, tsa: its
    name, both as they stand in the token.
    """

    root = models.OneToOneField(Root, on_delete=models.PROTECT, related_name="stamp")
    token = models.BinaryField()
    tsa = models.CharField(max_length=200)
    at = models.DateTimeField()
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["mine", "pk"]


class StampFailure(MineRow):
    """A try at a time stamp that came to nothing, and why, in English. Append-only."""

    root = models.ForeignKey(Root, on_delete=models.PROTECT, related_name="stamp_failures")
    reason = models.CharField(max_length=300)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["mine", "pk"]
