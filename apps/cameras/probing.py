"""Tries a stream for a person who is setting up a camera."""

import base64
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from apps.cameras.addresses import authority, name_problem, source_problem, tidied
from apps.cameras.models import Camera
from apps.cameras.secrets import split_credentials, unlock, with_credentials
from apps.outside import Busy, outside
from apps.sentences import kept
from workers.media.errors import MediaError
from workers.media.probe import probe

__all__ = ["no_video_hint", "try_source"]

# What the recorder and the test say where something answers and sends no video.
NO_VIDEO = "what comes cannot be read as video"

TIMEOUT_S = 8


def no_video_hint(*, url: str, reason: str) -> str:
    """Say what it may be that answers at a camera's address and sends no video; "" for others."""
    if not url.startswith("rtsp") or not reason.startswith(NO_VIDEO):
        return ""
    return _(
        "Something answers there that is no camera's stream, perhaps the camera's web page: the"
        " port of a stream is usually 554."
    )


def try_source(
    *, url: str, username: str = "", password: str = "", camera: Camera | None = None
) -> dict[str, Any]:
    """Return {"ok", "reason"} and, when ok, the picture and facts of the stream.

    With a camera its stored password is used, but only for an address on that camera's own
    host: otherwise a page could send the password anywhere. What is secret within its address is
    used for that very address alone.
    """
    url, inner_user, inner_password = split_credentials(url.strip())
    url = tidied(url)
    username, password = inner_user or username, inner_password or password
    locked = ""
    try:
        if camera is not None and not password:
            hosts = {authority(u) for u in (camera.main_url, camera.sub_url) if u}
            if authority(url) in hosts:
                username, password = username or camera.username, unlock(camera.password_box)
        if camera is not None and "=***" in url:
            boxes = {camera.main_url: camera.main_box, camera.sub_url: camera.sub_box}
            url = unlock(boxes.get(url, "")) or url
    except ImproperlyConfigured:
        locked = _("It was locked with another DAVY_FIELD_KEY: give address and password anew.")
    problem = locked or source_problem(url)
    if not problem and not username.isprintable():
        problem = _("A user name holds no ends of lines or other unseen signs.")
    if problem:
        return {"ok": False, "reason": problem}
    try:
        with outside():
            if url.startswith("rtsp") and (problem := name_problem(url)):
                return {"ok": False, "reason": problem}
            found = probe(with_credentials(url, username, password), timeout_s=TIMEOUT_S)
    except Busy as busy:
        return {"ok": False, "reason": busy.messages[0]}
    except MediaError as error:
        said, hint = str(error), no_video_hint(url=url, reason=str(error))
        return {"ok": False, "reason": f"{kept(said)}{_('.')} {hint}" if hint else kept(said)}
    return {
        "ok": True,
        "reason": "",
        "width": found.width,
        "height": found.height,
        "fps": found.fps,
        "codec": found.codec,
        "key_interval_s": found.key_interval_s,
        "picture": "data:image/jpeg;base64," + base64.b64encode(found.jpeg).decode(),
    }
