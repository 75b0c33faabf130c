"""What a channel is given, and what it gives back."""

from dataclasses import dataclass, field
from typing import Any

from apps.notify.message import Message

__all__ = ["Outcome", "Parcel"]


@dataclass(frozen=True)
class Parcel:
    """One message to one target; holds secrets, so it is never logged."""

    uid: str  # the same at every attempt
    kind: str
    message: Message
    target: str = ""  # an e-mail address
    address: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    keys: tuple[str, str] = field(default=("", ""), repr=False)  # push: p256dh and auth
    facts: dict[str, Any] = field(default_factory=dict)
    picture: bytes = field(default=b"", repr=False)  # JPEG
    language: str = "en"


@dataclass(frozen=True)
class Outcome:
    """What came of an attempt, in words (English, from the catalogue).

    final: trying again is no use; retry_s: the receiver said when; gone: the device is no more;
    fault: it went wrong here, and not at the receiver.
    """

    ok: bool
    said: str
    final: bool = False
    retry_s: float | None = None
    gone: bool = False
    fault: bool = False
