"""Browser push: the message is encrypted here and opened in the browser, by way of its maker."""

import re

from django.conf import settings
from django.utils import timezone

from apps.notify.channels.http import attempt, compact, judged
from apps.notify.parcel import Outcome, Parcel
from apps.notify.post import Answer
from apps.notify.webpush import authorization, decode, encrypt, private_key
from workers.words import sentence

__all__ = ["send"]

# How long the browser maker's service keeps it for a browser that is away.
KEEP_S = 1800
SIGNED_FOR_S = 3600
MOST_TEXT = 1000


def send(parcel: Parcel) -> Outcome:
    """Send a message to one browser; a browser that took its leave is told as gone."""
    if not settings.PUSH:
        return Outcome(False, sentence("Browser push is off (DAVY_PUSH)."), final=True)
    key, auth = parcel.keys
    said = parcel.message
    about = re.sub(r"[^A-Za-z0-9_-]", "", str(parcel.facts.get("alarm") or parcel.uid))[:32]
    text = compact(
        {
            "title": said.title,
            "body": said.plain().removeprefix(said.title).strip()[:MOST_TEXT],
            "url": said.url,
            "tag": about,
            "severity": said.severity,
            "language": parcel.language,
        }
    )
    expires = int(timezone.now().timestamp()) + SIGNED_FOR_S
    try:
        body = encrypt(text, receiver=decode(key), auth=decode(auth))
    except ValueError:
        return Outcome(False, sentence("The browser's key cannot be read."), final=True, gone=True)
    headers = {
        "Authorization": authorization(
            parcel.address,
            key=private_key(settings.VAPID_KEY),
            subject=settings.VAPID_SUBJECT,
            expires=expires,
        ),
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm",
        "TTL": str(KEEP_S),
        "Urgency": "high" if said.severity in ("critical", "high") else "normal",
    }
    return attempt(parcel.address, body, headers, _judge)


def _judge(answer: Answer) -> Outcome:
    if answer.status in (404, 410):
        return Outcome(
            False, sentence("This browser takes no messages any more."), final=True, gone=True
        )
    return judged(answer)
