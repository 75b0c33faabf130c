"""What the player's island is given: cameras, addresses, and every string it shows."""

import contextlib
import math
from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.permissions import Access, Action
from apps.alarms import words
from apps.alarms.models import Severity
from apps.cameras.models import Camera
from apps.evidence.overlay import box_labels
from apps.playback.selectors import streams_data
from apps.rules.masks import Polygon, masks_now

__all__ = ["MOST_CAMERAS", "camera_given", "watch_config"]

MOST_CAMERAS = 4


def watch_config(access: Access, cameras: Sequence[Camera], *, at: str) -> dict[str, Any]:
    """Return the data block of the player's page; `at`: a moment (Unix s), or none."""
    masks = masks_now(camera_ids=[camera.pk for camera in cameras])
    moment = None
    with contextlib.suppress(ValueError):
        moment = float(at)
    return {
        "now": timezone.now().timestamp(),
        "at": moment if moment is not None and math.isfinite(moment) else None,
        "timezone": cameras[0].mine.timezone,
        "may_cut": access.can(Action.CUT_CLIP, cameras[0].mine_id),
        "may_download": access.can(Action.WATCH_CLIP, cameras[0].mine_id),
        "cameras": [camera_given(camera, masks.get(camera.pk, [])) for camera in cameras],
        "alarm": reverse("alarm", args=[0]),
        "login": reverse("login"),
        "labels": box_labels(),
        "strings": _strings(),
    }


def camera_given(camera: Camera, masks: list[Polygon]) -> dict[str, Any]:
    """Return what a page needs to play a camera; `masks` are those in force now."""
    return {
        "id": camera.pk,
        "name": camera.name,
        "area": camera.area.name,
        "timezone": camera.mine.timezone,
        "enabled": camera.enabled,
        "chunk_s": camera.chunk_s,
        "streams": streams_data(camera),
        "masks": masks,
        "urls": {
            "camera": reverse("api:camera", args=[camera.pk]),
            "media": reverse("api:camera-media", args=[camera.pk]),
            "timeline": reverse("api:camera-timeline", args=[camera.pk]),
            "preview": reverse("api:camera-preview", args=[camera.pk]),
            "boxes": reverse("api:camera-boxes", args=[camera.pk]),
            "span": reverse("api:camera-span", args=[camera.pk]),
            "download": reverse("span-ask", args=[camera.pk]),
        },
    }


def _plain(table: dict[str, Any]) -> dict[str, str]:
    return {code: str(text) for code, text in table.items()}


def _strings() -> dict[str, Any]:
    """Return the island's catalogue, in the reader's language."""
    return {
        "severity": _plain(dict(Severity.choices)),
        "blind": _plain(words.BLIND),
        "live": _("Live"),
        "go_live": _("Go live"),
        "recorded": _("Recording"),
        "play": _("Play"),
        "pause": _("Pause"),
        "loading": _("Loading…"),
        "boxes": _("Boxes"),
        "boxes_title": _(
            "Draw boxes around the people and vehicles that the analysis saw. "
            "The video stays as it is."
        ),
        "boxes_error": _("The boxes did not load. Try again in a moment."),
        "boxes_later": _("No boxes yet: this moment has not been analysed."),
        "age": _("picture is %(age)s old"),
        "no_picture": _("No picture yet"),
        "blind_word": _("BLIND"),
        "off_word": _("OFF"),
        "last_picture": _("last picture %(time)s"),
        "connection": _("No connection to the server since %(time)s. Trying again by itself."),
        "signed_out": _("Your session has ended."),
        "sign_in": _("Sign in again"),
        "hevc": _(
            "This camera records HEVC, which this browser cannot play. "
            "The recording itself is fine: download a span and open it in a video player. "
            "To see it here, let the camera, or its sub-stream, send H.264."
        ),
        "hevc_small": _(
            "The sharp stream is HEVC, which this browser cannot play; this is the small one."
        ),
        "no_mse": _("This browser cannot play recordings. Use a current Chrome, Edge or Firefox."),
        "gap": _("No recording from %(since)s to %(until)s"),
        "gap_open": _("No recording since %(since)s"),
        "gap_now": _("Nothing is recorded at this moment."),
        "because": _("%(words)s (%(reason)s)"),
        "skipped": _("Skipped: no recording from %(since)s to %(until)s"),
        "not_kept": _("older than what is kept"),
        "nothing": _("Nothing is recorded yet."),
        "keeps": _("The recording begins at %(time)s; older pictures are not kept."),
        "timeline": _("Timeline of %(camera)s"),
        "position": _("Shown moment"),
        "preview_none": _("no picture of this moment"),
        "alarm_at": _("%(severity)s: %(title)s, %(time)s"),
        "no_events": _("No alarm and no gap in this stretch of time."),
        "more_events": _("and %(count)s more; zoom in to see them"),
        "to_alarm": _("to the alarm"),
        "from_here": _("Play from here"),
        "span_holds": _(
            "%(length)s, about %(size)s MB as recorded; people are blurred in what you download."
        ),
        "span_gaps": _("With gaps, %(seconds)s s in all without pictures: %(gaps)s"),
        "span_whole": _("Without gaps."),
        "span_asking": _("Looking what is recorded…"),
        "download": _("Download"),
        "making": _("The video is being put together."),
        "not_loaded": _("Not loaded: %(reason)s"),
        "which_time": _("Which of the two?"),
        "never_time": _("The mine's clock never shows this time: it is set forward then."),
        "bad_time": _("Not a time, such as 2026-03-04 12:00:00."),
    }
