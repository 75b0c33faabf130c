"""Finds cameras on the local network for whoever sets a mine up, and asks for their streams."""

import socket
from dataclasses import asdict
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.cameras.addresses import may_be_asked
from apps.cameras.models import Camera
from apps.outside import outside
from apps.sentences import kept
from workers.media.errors import MediaError
from workers.media.onvif import GROUP, discover, streams

__all__ = ["camera_streams", "cameras_found", "service_address"]


def cameras_found(*, mine_ids: list[int]) -> list[dict[str, Any]]:
    """List the devices that answer, each with the camera of these mines that is on its host.

    Takes some seconds; ValidationError with a sentence where the network cannot be asked.
    """
    try:
        with outside():
            devices = discover(wait_s=settings.ONVIF_WAIT_S, group=GROUP, interfaces=_interfaces())
    except OSError as error:
        raise ValidationError(
            _("The network cannot be asked from here: %(reason)s.")
            % {"reason": error.strerror or error}
        ) from error
    known: dict[str, str] = {}
    for name, url in Camera.objects.filter(mine__in=mine_ids).values_list("name", "main_url"):
        known.setdefault(urlsplit(url).hostname or "", name)
    return [{**asdict(device), "camera": known.get(device.host, "")} for device in devices]


def _interfaces() -> list[int] | None:
    """Return the interfaces to ask through; None for all."""
    names = settings.ONVIF_INTERFACES
    return [socket.if_nametoindex(name) for name in names] if names else None


def service_address(text: str) -> str:
    """Return the address of a device's service for what a person typed, an address or an IP alone.

    Only an IP address, and none of this machine's own or of special use: a page must not be a way
    to reach what only the server reaches.
    """
    text = text.strip()
    url = text if "://" in text else f"http://{text}/onvif/device_service"
    words = _("Write the camera's IP address, or http://… of its ONVIF service with an IP address.")
    refusal = ValidationError({"address": words})
    try:
        parts = urlsplit(url)
        address = ip_address(parts.hostname or "")
        parts.port  # noqa: B018 - raises for a port that is none
    except ValueError:
        raise refusal from None
    if parts.scheme != "http" or parts.username or not may_be_asked(address):
        raise refusal
    return url[:300]


def camera_streams(*, address: str, username: str = "", password: str = "") -> list[dict[str, Any]]:
    """List the streams that a camera offers, the largest first; ValidationError says why not."""
    url = service_address(address)
    try:
        with outside():
            found = streams(url, username=username, password=password)
    except MediaError as error:
        said = kept(str(error))
        raise ValidationError({"address": said[:1].upper() + said[1:] + _(".")}) from error
    return [asdict(profile) for profile in found]
