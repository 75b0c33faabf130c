"""Camera passwords at rest, and the one place where a full stream address is put together."""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from urllib.parse import quote, unquote

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from apps.cameras.addresses import IP_HOST, authority, file_allowed, tidied
from apps.cameras.models import Camera, Stream
from workers.media.source import masked
from workers.words import sentence

__all__ = [
    "covered", "held", "lock", "open_box", "seal", "shown", "split_credentials", "stream_url",
    "unlock", "with_credentials",
]  # fmt: skip


def _fernet(use: str = "") -> Fernet:
    """Return the cipher of passwords, or that of another use: neither opens the other's boxes."""
    if not settings.FIELD_KEY:
        raise ImproperlyConfigured("DAVY_FIELD_KEY is not set: camera passwords need it.")
    try:
        cipher = Fernet(settings.FIELD_KEY)
        if use:
            whole = urlsafe_b64decode(settings.FIELD_KEY)
            cipher = Fernet(urlsafe_b64encode(hmac.digest(whole, use.encode(), "sha256")))
        return cipher
    except ValueError:
        raise ImproperlyConfigured(
            "DAVY_FIELD_KEY is no key: 32 bytes in url-safe base64 are needed."
        ) from None


def lock(password: str, *, use: str = "") -> str:
    """Encrypt a password, or a secret of another use, for the database."""
    return _fernet(use).encrypt(password.encode()).decode() if password else ""


def unlock(box: str, *, use: str = "") -> str:
    """Decrypt what was locked for this use; ImproperlyConfigured where the key is another one."""
    if not box:
        return ""
    try:
        return _fernet(use).decrypt(box.encode()).decode()
    except InvalidToken:
        said = sentence("A secret was locked with another DAVY_FIELD_KEY.")
        raise ImproperlyConfigured(said) from None


def held(box: str) -> str:
    """Return what a box holds, to be compared only; where its key is lost, the box itself."""
    try:
        return unlock(box)
    except ImproperlyConfigured:
        return box


def seal(text: str) -> str:
    """Encrypt a text that goes through a page and comes back."""
    return _fernet().encrypt(text.encode()).decode()


def open_box(box: str, life_s: int) -> str:
    """Return a sealed text; InvalidToken when it was changed, or is older than `life_s`."""
    return _fernet().decrypt(box.encode(), ttl=life_s).decode()


def split_credentials(url: str) -> tuple[str, str, str]:
    """Return address without credentials, user name, password.

    A password that was not encoded may hold / ? # and @: then the host is what begins at the last
    @ before an IP address. What stays unclear, `source_problem` refuses.
    """
    scheme, _mark, rest = url.partition("://")
    if scheme not in ("rtsp", "rtsps"):
        return url, "", ""
    at = authority(url).rfind("@")
    if not IP_HOST.match(rest, at + 1):
        at = max(
            (one.start() for one in re.finditer("@", rest) if IP_HOST.match(rest, one.end())),
            default=at,
        )
    if at < 0:
        return url, "", ""
    user, _colon, password = rest[:at].partition(":")
    return f"{scheme}://{rest[at + 1 :]}", unquote(user), unquote(password)


def shown(url: str) -> str:
    """Return an address as a page may show it: no credentials, *** for what is secret in it."""
    return covered(tidied(split_credentials(url.strip())[0]))


def covered(url: str) -> str:
    """Return a camera's address with *** for its secret parameters; a file's as it stands."""
    return masked(url) if url.startswith("rtsp") else url


def stream_url(camera: Camera, stream: str) -> str:
    """Return the address to open, credentials included: for memory only, never for a log.

    ImproperlyConfigured where the settings do not let it be opened (any more).
    """
    sub = stream == Stream.SUB and camera.sub_url
    url, box = (camera.sub_url, camera.sub_box) if sub else (camera.main_url, camera.main_box)
    url = unlock(box) or url
    if url.startswith("file:") and not file_allowed(url):
        raise ImproperlyConfigured(
            sentence("the video file is in no folder that DAVY_FILE_SOURCES names")
        )
    if not url.isprintable():
        raise ImproperlyConfigured(sentence("the address holds signs that cannot be seen"))
    if not camera.username or url.startswith("file:"):
        return url  # and no password need be unlocked
    return with_credentials(url, camera.username, unlock(camera.password_box))


def with_credentials(url: str, username: str, password: str) -> str:
    """Return the address to open as this user; a file's, and one for nobody, as it stands."""
    scheme, mark, rest = url.partition("://")
    if not username or scheme not in ("rtsp", "rtsps"):
        return url
    return f"{scheme}{mark}{quote(username, safe='')}:{quote(password, safe='')}@{rest}"
