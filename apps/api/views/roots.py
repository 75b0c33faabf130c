"""Signed roots of the ledger, with the time stamps from outside."""

from base64 import b64encode
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from apps.accounts.permissions import Action
from apps.api.base import MINE, Rows
from apps.ledger.models import Root, Stamp
from apps.ledger.stamping import stamped

__all__ = ["RootList"]


class StampSerializer(serializers.ModelSerializer[Stamp]):
    """A time stamp; token: the TimeStampResp (RFC 3161) as it came, in base 64."""

    token = serializers.SerializerMethodField()

    class Meta:
        model = Stamp
        fields = ["at", "tsa", "token"]

    def get_token(self, stamp: Stamp) -> str:
        """Return what a `.tsr` file holds."""
        return b64encode(bytes(stamp.token)).decode()


class RootSerializer(serializers.ModelSerializer[Root]):
    """A signed root; statement: what is stamped, byte for byte, with its key and signature."""

    key = serializers.CharField(source="key.public", read_only=True)
    statement = serializers.SerializerMethodField()
    stamp = serializers.SerializerMethodField()

    class Meta:
        model = Root
        fields = ["mine", "number", "hash", "at", "key", "signature", "statement", "stamp"]

    def get_statement(self, root: Root) -> str:
        """Return the bytes that the stamp is about, as text."""
        return stamped(root).decode()

    @extend_schema(responses=StampSerializer(allow_null=True))
    def get_stamp(self, root: Root) -> dict[str, Any] | None:
        """Return the time stamp, none where there is none yet."""
        return StampSerializer(root.stamp).data if hasattr(root, "stamp") else None


class RootList(Rows):
    """The signed roots, newest first."""

    read = Action.READ_AUDIT
    serializer_class = RootSerializer
    queryset = Root.objects.none()
    asks = (MINE,)

    def get_queryset(self) -> Any:
        """List roots in scope."""
        return self.narrow(Root.objects.select_related("key", "stamp").order_by("-pk"))
