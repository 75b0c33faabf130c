"""Feishu (Lark) group robot: time stamp and sign go into the message."""

import base64
import hashlib
import hmac
from typing import Any

from django.utils import timezone

from apps.notify.channels.robot import say_to
from apps.notify.parcel import Outcome, Parcel

__all__ = ["send", "sign"]

BUSY = frozenset({9499, 11232})
LOCALES = {"zh-hans": "zh_cn"}


def sign(secret: str, timestamp: int) -> str:
    """Return Feishu's sign: the text is the key, and what is hashed is empty."""
    key = f"{timestamp}\n{secret}".encode()
    return base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()


def send(parcel: Parcel) -> Outcome:
    """Say a message in the group, as a post with a link."""
    said = parcel.message
    rows: list[list[dict[str, str]]] = [
        [{"tag": "text", "text": text}]
        for text in [said.text, *(f"{name}: {value}" for name, value in said.lines)]
        if text
    ]
    rows.append([{"tag": "a", "text": said.link, "href": said.url}])
    locale = LOCALES.get(parcel.language, "en_us")
    data: dict[str, Any] = {
        "msg_type": "post",
        "content": {"post": {locale: {"title": said.title, "content": rows}}},
    }
    if parcel.secret:
        timestamp = int(timezone.now().timestamp())
        data |= {"timestamp": str(timestamp), "sign": sign(parcel.secret, timestamp)}
    return say_to(parcel.address, data, codes=("code", "StatusCode"), busy=BUSY)
