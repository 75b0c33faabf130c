"""DingTalk group robot: time stamp and sign go into its address."""

import base64
import hashlib
import hmac
from urllib.parse import quote_plus

from django.utils import timezone

from apps.notify.channels.robot import say_to
from apps.notify.parcel import Outcome, Parcel

__all__ = ["send", "signed"]

BUSY = frozenset({130101, 410100})


def signed(url: str, secret: str, timestamp_ms: int) -> str:
    """Return the address with time stamp and sign; as it is where the robot has no secret."""
    if not secret:
        return url
    text = f"{timestamp_ms}\n{secret}".encode()
    digest = hmac.new(secret.encode(), text, hashlib.sha256).digest()
    sign = quote_plus(base64.b64encode(digest))
    return f"{url}{'&' if '?' in url else '?'}timestamp={timestamp_ms}&sign={sign}"


def send(parcel: Parcel) -> Outcome:
    """Say a message in the group."""
    url = signed(parcel.address, parcel.secret, int(timezone.now().timestamp() * 1000))
    said = parcel.message
    data = {"msgtype": "markdown", "markdown": {"title": said.title, "text": said.markdown()}}
    return say_to(url, data, codes=("errcode",), busy=BUSY)
