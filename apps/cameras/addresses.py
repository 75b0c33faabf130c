"""What may stand as a camera's address, and the form in which it is stored."""

import re
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from apps.sentences import kept
from workers.media.errors import MediaError
from workers.media.source import file_path, is_live

__all__ = ["IP_HOST", "file_allowed", "source_problem", "tidied"]

# A host that is an IP address, with its port, up to the end of an address's authority.
IP_HOST = re.compile(r"(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9A-Fa-f:.]+\])(?::\d*)?(?=[/?#]|$)")


def tidied(url: str) -> str:
    """Return an address as it is stored: a video file by its real path, others as they stand."""
    if not url.startswith(("/", "file:")):
        return url
    path = _real(url)
    return f"file:{path}" if path else url


def source_problem(url: str) -> str:
    """Return why an address may not be a camera's source, or nothing."""
    if url.startswith(("rtsp://", "rtsps://")):
        return _camera_problem(url)
    if url.startswith("file:"):
        if file_allowed(url):
            return ""
        return _("Video files may be read only from the folders in DAVY_FILE_SOURCES.")
    return _("Give an address that begins with rtsp://, rtsps:// or file:.")


def _camera_problem(url: str) -> str:
    rest = url.partition("://")[2]
    if "@" in rest and not IP_HOST.match(rest):
        # The host of this address may be a piece of a password.
        return _(
            "Write the user name and the password into their own fields: in this address it is not "
            "clear where the host begins."
        )
    try:
        is_live(url)
    except MediaError as error:
        said = kept(str(error))
        return said[:1].upper() + said[1:] + _(".")
    return ""


def file_allowed(url: str) -> bool:
    """Tell whether the very file that an address opens lies in a folder of DAVY_FILE_SOURCES."""
    path = _real(url)
    roots = (Path(root).resolve() for root in settings.FILE_SOURCES)
    return path is not None and any(path.is_relative_to(root) for root in roots)


def _real(url: str) -> Path | None:
    """Return what is opened for a file's address, links followed; None where there is no such."""
    try:
        return file_path(url).resolve()
    except (OSError, RuntimeError, ValueError):  # a loop of links; NUL in a name
        return None
