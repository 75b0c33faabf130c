"""What tests of playback ask of the API."""

import io
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import av
from django.test import Client
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.privacy.spans import span_agree, span_ask, span_unblur_ask
from tests.cast import Cast


def ask(who, hill: Cast, what: str, **asked):
    client = Client()
    client.force_login(who)
    address = f"/api/v1/cameras/{hill.lamp_hill.camera.pk}/{what}"
    return client.get(f"{address}?{urlencode(asked)}")


def without_blur(who, hill: Cast, **asked):
    """Take a span as it was recorded, by the word of two people."""
    ends = {key: datetime.fromtimestamp(at, tz=UTC) for key, at in asked.items()}
    camera = hill.lamp_hill.camera
    span = span_ask(camera=camera, stream="main", actor=hill.auditor, **ends)
    asked_for = span_unblur_ask(span=span, reason="court", actor=hill.auditor)
    span_agree(span=asked_for, actor=hill.admin, word=asked_for.word)
    return ask(who, hill, "span/download/", form="original", **asked)


def minutes_ago(minutes: float):
    return (timezone.now() - timedelta(minutes=minutes)).replace(microsecond=0)


def times(body: bytes) -> list[float]:
    """Return the Unix second of each picture."""
    with av.open(io.BytesIO(body), format="mp4") as container:
        stream = container.streams.video[0]
        return [float(frame.pts * stream.time_base) for frame in container.decode(video=0)]


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
