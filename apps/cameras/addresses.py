"""What may stand as a camera's address, and the form in which it is stored."""

import re
import socket
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from apps.network import Address, unwrapped
from apps.sentences import kept
from workers.media.errors import MediaError
from workers.media.source import file_path, is_live

__all__ = [
    "IP_HOST", "authority", "file_allowed", "may_be_asked", "name_problem", "source_problem",
    "tidied",
]  # fmt: skip

# A host that is an IP address, with its port, up to the end of an address's authority.
IP_HOST = re.compile(r"(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9A-Fa-f:.]+\])(?::\d*)?(?=[/?#]|$)")


def tidied(url: str) -> str:
    """Return an address as it is stored: a video file by its real path, others as they stand."""
    if not url.startswith(("/", "file:")):
        return url
    path = _real(url)
    return f"file:{path}" if path else url


def authority(url: str) -> str:
    """Return what stands between :// and the path, whether or not it makes sense."""
    return re.split("[/?#]", url.partition("://")[2], maxsplit=1)[0]


def source_problem(url: str) -> str:
    """Return why an address may not be a camera's source, or nothing."""
    if url.startswith(("rtsp://", "rtsps://")):
        return _camera_problem(url)
    if url.lower().startswith(("http://", "https://")):
        return _(
            "This is the address of a web page, in which there is no video for Davy. The address of"
            " a camera's stream begins with rtsp://; the camera's own pages or its papers name it."
        )
    if url.startswith("file:"):
        if file_allowed(url):
            return ""
        return _("Video files may be read only from the folders in DAVY_FILE_SOURCES.")
    return _("Give an address that begins with rtsp://, rtsps:// or file:.")


def _camera_problem(url: str) -> str:
    rest = url.partition("://")[2]
    if not url.isprintable() or " " in url:
        # libav sends them as they are: a line of one's own to whatever listens there.
        return _("An address holds no spaces, ends of lines or other signs that cannot be seen.")
    if "@" in rest and not IP_HOST.match(rest):
        # The host of this address may be a piece of a password.
        return _(
            "Write the user name and the password into their own fields: in this address it is not "
            "clear where the host begins."
        )
    if not _has_fit_port(url):
        return _(
            "What stands after the colon is the port: a whole number from 1 to 65535, which is"
            " usually 554."
        )
    try:
        is_live(url)
    except MediaError as error:
        said = kept(str(error))
        return said[:1].upper() + said[1:] + _(".")
    host = urlsplit(url).hostname or ""
    own_name = host.rstrip(".") == "localhost" or host.rstrip(".").endswith(".localhost")
    if own_name and not settings.CAMERA_LOOPBACK:
        return _own()
    return _host_problem(host, numeric=True)


def _has_fit_port(url: str) -> bool:
    """Tell whether the port of an address is one, or left out with its colon."""
    host = authority(url).rpartition("@")[2].rpartition("]")[2]
    _name, colon, port = host.partition(":")
    if not colon or ":" in port:  # none, or an address with colons of its own and no brackets
        return True
    return port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) <= 65535


def name_problem(url: str) -> str:
    """Return why what a camera's host stands for may not be asked; asks a name server."""
    return _host_problem(urlsplit(url).hostname or "", numeric=False)


def may_be_asked(address: Address) -> bool:
    """Tell whether a camera may be at an address: not this machine's own, and of no special use."""
    inner = unwrapped(address)
    if inner.is_loopback:
        return bool(settings.CAMERA_LOOPBACK)
    return not (inner.is_link_local or inner.is_multicast or inner.is_unspecified)


def _host_problem(host: str, *, numeric: bool) -> str:
    # Numbers alone first: 127.1 and 0x7f000001 are this machine as well.
    flags = socket.AI_NUMERICHOST if numeric else 0
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=flags)
    except (OSError, UnicodeError):
        return ""  # a name; that nobody knows it is said when it is opened
    addresses = [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    return "" if all(map(may_be_asked, addresses)) else _own()


def _own() -> str:
    return _(
        "This address is the server's own or of special use: no camera is asked there "
        "(DAVY_CAMERA_LOOPBACK allows the server's own)."
    )


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
