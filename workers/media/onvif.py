"""Finds cameras that speak ONVIF on the local network, and asks one for its streams' addresses.

Discovery is WS-Discovery: one question by UDP multicast, answers for some seconds. A camera is then
asked by SOAP over HTTP, signed with a WS-Security digest, so its password is never on the wire.
Only what Davy needs: GetCapabilities, GetProfiles, GetStreamUri of the media service. Answers come
from machines nobody vouches for: they are bounded in size and time, and parsed without entities.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import os
import re
import select
import socket
import struct
import threading
import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from workers.media.errors import MediaError

__all__ = ["GROUP", "Device", "Profile", "discover", "streams"]

GROUP = ("239.255.255.250", 3702)
WAIT_S = 3.0
TIMEOUT_S = 5.0
# Whoever reads an answer ends it when its time is over; one who cannot is cut off so much later.
GRACE_S = 0.5
MOST_DEVICES = 256
MOST_BYTES = 1_000_000
DATAGRAM = 65_507

DEVICE = "http://www.onvif.org/ver10/device/wsdl"
MEDIA = "http://www.onvif.org/ver10/media/wsdl"
SCHEMA = "http://www.onvif.org/ver10/schema"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
DIGEST = (
    "http://docs.oasis-open.org/wss/2004/01/"
    "oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
)
BASE64 = (
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
)
PROBE = """<?xml version="1.0" encoding="utf-8"?>
<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"
 xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"
 xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><e:Header>
<w:MessageID>uuid:{id}</w:MessageID>
<w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>
<w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action>
</e:Header><e:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></e:Body>
</e:Envelope>"""


@dataclass(frozen=True)
class Device:
    """A device that answered: the address of its service, and what it calls itself."""

    address: str
    host: str
    name: str
    hardware: str


@dataclass(frozen=True)
class Profile:
    """One stream that a camera offers; size and rate are 0 where it does not say."""

    name: str
    url: str
    width: int
    height: int
    fps: float
    codec: str


def discover(
    *,
    wait_s: float = WAIT_S,
    group: tuple[str, int] = GROUP,
    interfaces: Iterable[int] | None = None,
) -> list[Device]:
    """Ask the local networks who is there, and list who answers within `wait_s`, by host.

    `interfaces` are the system's numbers of those to ask through, by default all but the loopback.
    OSError where none of them can be asked.
    """
    message = uuid.uuid4()
    probe = PROBE.format(id=message).encode()
    if interfaces is None:
        interfaces = [number for number, name in socket.if_nameindex() if name != "lo"]
    sockets = _asked(probe, group, interfaces)
    found: dict[str, Device] = {}
    until = time.monotonic() + wait_s
    try:
        while (left := until - time.monotonic()) > 0 and len(found) < MOST_DEVICES:
            for one in select.select(sockets, [], [], left)[0]:
                body, (host, _port) = one.recvfrom(DATAGRAM)
                for device in _matches(body, host, str(message)):
                    found.setdefault(device.address, device)
    finally:
        for one in sockets:
            one.close()
    return sorted(found.values(), key=lambda device: (device.host, device.address))


def _asked(probe: bytes, group: tuple[str, int], interfaces: Iterable[int]) -> list[socket.socket]:
    """Send the question through each interface, twice: a datagram may be lost."""
    sockets = []
    failure: OSError | None = None
    for number in interfaces:
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            one.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
            through = struct.pack("4s4si", b"", b"", number)  # ip_mreqn
            one.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, through)
            one.bind(("", 0))
            for _again in range(2):
                one.sendto(probe, group)
        except OSError as error:  # one that is down, or has no address
            one.close()
            failure = error
        else:
            sockets.append(one)
    if not sockets:
        raise failure or OSError("no network interface")
    return sockets


def _matches(body: bytes, host: str, message: str) -> list[Device]:
    """Return the devices that an answer to our own question names, each on the answering host.

    An address on another host is left out: nobody sends us to a third machine.
    """
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        return []
    if message not in _text(root, "RelatesTo"):
        return []
    devices = []
    for match in _all(root, "ProbeMatch"):
        scopes = _text(match, "Scopes").split()
        for address in _text(match, "XAddrs").split():
            parts = urlsplit(address)
            if parts.scheme == "http" and parts.hostname == host:
                name, hardware = _scope(scopes, "name"), _scope(scopes, "hardware")
                devices.append(Device(address[:300], host, name, hardware))
                break
    return devices


def _scope(scopes: list[str], kind: str) -> str:
    prefix = f"onvif://www.onvif.org/{kind}/"
    found = next((s for s in scopes if s.lower().startswith(prefix)), "")
    return unquote(found[len(prefix) :])[:100]


def streams(
    address: str, *, username: str = "", password: str = "", timeout_s: float = TIMEOUT_S
) -> list[Profile]:
    """Return the streams that the camera at a service address offers, the largest first.

    MediaError with a sentence where it does not answer, refuses the password or makes no sense.
    """
    asker = _Asker(address, username, password, time.monotonic() + 4 * timeout_s, timeout_s)
    asker.learn_clock()
    answer = asker.ask(
        address,
        f'<GetCapabilities xmlns="{DEVICE}"><Category>Media</Category></GetCapabilities>',
    )
    media = next((_text(one, "XAddr") for one in _all(answer, "Media")), "") or address
    media = asker.on_host(media)
    found = []
    for profile in list(_all(asker.ask(media, f'<GetProfiles xmlns="{MEDIA}"/>'), "Profiles"))[:16]:
        url = _text(asker.ask(media, _stream_question(profile.get("token", ""))), "Uri")
        if url.startswith("rtsp://"):
            found.append(_profile(profile, asker.on_host(url)))
    if not found:
        raise MediaError("the camera offers no RTSP stream")
    return sorted(found, key=lambda one: -one.width * one.height)


def _stream_question(token: str) -> str:
    return (
        f'<GetStreamUri xmlns="{MEDIA}"><StreamSetup>'
        f'<Stream xmlns="{SCHEMA}">RTP-Unicast</Stream>'
        f'<Transport xmlns="{SCHEMA}"><Protocol>RTSP</Protocol></Transport></StreamSetup>'
        f"<ProfileToken>{escape(token)}</ProfileToken></GetStreamUri>"
    )


def _profile(profile: Element, url: str) -> Profile:
    encoder = next(iter(_all(profile, "VideoEncoderConfiguration")), profile)
    return Profile(
        name=(_text(profile, "Name") or profile.get("token", ""))[:100],
        url=url[:500],
        width=_number(encoder, "Width"),
        height=_number(encoder, "Height"),
        fps=float(_number(encoder, "FrameRateLimit")),
        codec=_text(encoder, "Encoding")[:20],
    )


class _Asker:
    """Asks one host; its clock may be wrong by years, and a digest holds by the camera's clock."""

    def __init__(
        self, address: str, username: str, password: str, until_s: float, timeout_s: float
    ) -> None:
        parts = urlsplit(address)
        if parts.scheme != "http" or not parts.hostname:
            raise MediaError("the address must begin with http://")
        self.host = parts.hostname
        self.address, self.username, self.password = address, username, password
        self.until_s, self.timeout_s = until_s, timeout_s
        self.ahead_s = 0.0

    def learn_clock(self) -> None:
        """Ask the camera for its time, which it tells anybody; one that does not keeps ours."""
        question = f'<GetSystemDateAndTime xmlns="{DEVICE}"/>'
        answer = self.ask(self.address, question, signed=False, faults=False)
        utc = next(iter(_all(answer, "UTCDateTime")), None)
        if utc is None:
            return
        year, month, day, hour, minute, second = (
            _number(utc, name) for name in ("Year", "Month", "Day", "Hour", "Minute", "Second")
        )
        try:
            theirs = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError:
            return
        self.ahead_s = theirs.timestamp() - time.time()

    def on_host(self, url: str) -> str:
        """Return an address on the camera's own host, where it may name itself otherwise.

        A camera behind a converter tells its inner address; and none sends us to a third machine.
        """
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError as error:
            raise MediaError("the camera's answer makes no sense") from error
        place = f"[{self.host}]" if ":" in self.host else self.host
        return parts._replace(netloc=f"{place}:{port}" if port else place).geturl()

    def ask(self, address: str, body: str, *, signed: bool = True, faults: bool = True) -> Element:
        """Send a question and return the answer's body."""
        if time.monotonic() > self.until_s:
            raise MediaError("the camera answers too slowly")
        parts = urlsplit(address)
        head = self._security() if signed and self.username else ""
        envelope = (
            '<?xml version="1.0" encoding="utf-8"?>'
            '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">'
            f"<s:Header>{head}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
        )
        status, text = self._post(parts.port or 80, parts.path or "/", envelope.encode())
        if status == 401 or "NotAuthorized" in text:
            raise MediaError("the camera refuses this user name and password")
        if status not in (200, 400, 500):
            raise MediaError(f"the camera answered {status}")
        try:
            root: Element = fromstring(text, forbid_dtd=True)
        except (ParseError, DefusedXmlException, ValueError) as error:
            raise MediaError("the camera's answer makes no sense") from error
        fault = next(iter(_all(root, "Fault")), None)
        if fault is not None and faults:
            said = re.sub(r"\s+", " ", _text(fault, "Text"))[:150]
            raise MediaError(f"the camera refuses: {said or 'no reason given'}")
        return root

    def _post(self, port: int, path: str, body: bytes) -> tuple[int, str]:
        line = http.client.HTTPConnection(self.host, port, timeout=self.timeout_s)
        late = threading.Event()
        try:
            line.connect()
            raw = line.sock  # http.client lets go of its own

            def cut() -> None:
                late.set()
                with suppress(OSError):
                    raw.shutdown(socket.SHUT_RDWR)

            # Its own limit is for each byte: a head that drips would be waited for all day.
            watch = threading.Timer(max(0.0, self.until_s - time.monotonic()) + GRACE_S, cut)
            watch.daemon = True
            watch.start()
            try:
                kind = {"Content-Type": "application/soap+xml; charset=utf-8"}
                line.request("POST", path, body, kind)
                answer = line.getresponse()
                text = self._bounded(answer)
            finally:
                watch.cancel()
            if late.is_set():  # what was cut off looks like a short answer
                raise OSError
        except (OSError, http.client.HTTPException, ValueError) as error:
            if late.is_set():
                raise MediaError("the camera answers too slowly") from error
            raise MediaError("the camera does not answer") from error
        finally:
            line.close()
        return answer.status, text.decode("utf-8", "replace")

    def _bounded(self, answer: http.client.HTTPResponse) -> bytes:
        """Read an answer, neither too long nor drop by drop."""
        text = b""
        while block := answer.read1(65_536):
            text += block
            if len(text) > MOST_BYTES or time.monotonic() > self.until_s:
                raise MediaError("the camera's answer is too long")
        return text

    def _security(self) -> str:
        """Return the header of WS-Security: a digest of nonce, time and password."""
        nonce = os.urandom(16)
        at = datetime.fromtimestamp(time.time() + self.ahead_s, tz=UTC)
        created = f"{at:%Y-%m-%dT%H:%M:%S}.000Z"
        # SHA-1 is what the standard asks for; it signs a question, it keeps no secret.
        raw = nonce + created.encode() + self.password.encode()
        digest = base64.b64encode(hashlib.sha1(raw, usedforsecurity=False).digest()).decode()
        return (
            f'<Security xmlns="{WSSE}"><UsernameToken>'
            f"<Username>{escape(self.username)}</Username>"
            f'<Password Type="{DIGEST}">{digest}</Password>'
            f'<Nonce EncodingType="{BASE64}">{base64.b64encode(nonce).decode()}</Nonce>'
            f'<Created xmlns="{WSU}">{created}</Created></UsernameToken></Security>'
        )


def _all(root: Element, name: str) -> list[Element]:
    """List the elements of a name, whatever their namespace: cameras differ in it."""
    return [one for one in root.iter() if one.tag.rpartition("}")[2] == name]


def _text(root: Element, name: str) -> str:
    return next((one.text.strip() for one in _all(root, name) if one.text), "")


def _number(root: Element, name: str) -> int:
    text = _text(root, name)
    return int(text) if re.fullmatch(r"\d{1,6}", text) else 0
