"""Webhooks after Standard Webhooks: docs/notifications.md shows how a receiver checks them.

webhook-id: the delivery's own id, the same at every attempt
webhook-timestamp: Unix seconds of this attempt
webhook-signature: v1,<base64 of HMAC-SHA256 over "id.timestamp.body">
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import Any

from django.utils import timezone

from apps.notify.channels.http import attempt, compact, judged
from apps.notify.parcel import Outcome, Parcel

__all__ = ["PREFIX", "make_secret", "secret_bytes", "send", "sign"]

PREFIX = "whsec_"


def make_secret() -> str:
    """Return a new secret of 256 bits."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def secret_bytes(secret: str) -> bytes:
    """Return the key within a secret; raises ValueError where it is none of 24 to 64 bytes."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
    if not 24 <= len(key) <= 64:
        raise ValueError("too short or too long")
    return key


def sign(secret: str, uid: str, timestamp: int, body: bytes) -> str:
    """Return the signature's header."""
    signed = f"{uid}.{timestamp}.".encode() + body
    digest = hmac.new(secret_bytes(secret), signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def send(parcel: Parcel) -> Outcome:
    """Post an occasion with its facts."""
    body = compact(_body(parcel))
    timestamp = int(timezone.now().timestamp())
    headers = {
        "Content-Type": "application/json",
        "webhook-id": parcel.uid,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(parcel.secret, parcel.uid, timestamp, body),
    }
    return attempt(parcel.address, body, headers, judged)


def _body(parcel: Parcel) -> dict[str, Any]:
    said = parcel.message
    return {
        "type": "test" if parcel.kind == "test" else f"alarm.{parcel.kind}",
        "timestamp": parcel.facts.get("at", ""),
        "data": {
            **{name: value for name, value in parcel.facts.items() if name not in ("at", "values")},
            "title": said.title,
            "text": said.text,
            "url": said.url,
        },
    }
