"""A small camera that speaks ONVIF: real UDP multicast and real HTTP, on ports of its own.

It checks the digest of WS-Security by its own clock as cameras do, and can misbehave as they do.
"""

import base64
import hashlib
import re
import socket
import struct
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GROUP = "239.255.255.250"
SOAP = "http://www.w3.org/2003/05/soap-envelope"
SCHEMA = "http://www.onvif.org/ver10/schema"
MATCH = """<?xml version="1.0" encoding="UTF-8"?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope"
 xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><SOAP-ENV:Header>
<wsa:RelatesTo>{relates}</wsa:RelatesTo></SOAP-ENV:Header><SOAP-ENV:Body><d:ProbeMatches>
<d:ProbeMatch><d:Types>dn:NetworkVideoTransmitter</d:Types>
<d:Scopes>onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/{name}
 onvif://www.onvif.org/hardware/DS-2CD</d:Scopes><d:XAddrs>{addresses}</d:XAddrs>
</d:ProbeMatch></d:ProbeMatches></SOAP-ENV:Body></SOAP-ENV:Envelope>"""


class Onvif:
    """A camera on the loopback; use it in a `with`."""

    def __init__(
        self,
        *,
        name: str = "Drum%20east",
        user: str = "davy",
        password: str = "lamp & <canary>",
        clock_ahead_s: float = 0.0,
        mode: str = "",
        told_host: str = "127.0.0.1",
    ) -> None:
        self.name, self.user, self.password = name, user, password
        self.clock_ahead_s, self.mode, self.told_host = clock_ahead_s, mode, told_host
        self.heard = 0  # questions by multicast
        self.asked: list[str] = []  # bodies as they came over HTTP
        camera = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length).decode()
                camera.asked.append(body)
                status, answer = camera.answer(body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_args: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http_port = self.http.server_address[1]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("", 0))
        self.udp_port: int = self.udp.getsockname()[1]
        # Answers come from the address that the device names, as they would in a network.
        self.voice = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.voice.bind(("127.0.0.1", 0))
        member = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton("127.0.0.1"))
        self.udp.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.http_port}/onvif/device_service"

    def __enter__(self) -> "Onvif":
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.udp.close()
        self.voice.close()

    def _listen(self) -> None:
        while True:
            try:
                question, sender = self.udp.recvfrom(65_507)
            except OSError:
                return
            self.heard += 1
            found = re.search(rb"MessageID>([^<]+)<", question)
            relates = found.group(1).decode() if found and self.mode != "stale" else "uuid:0"
            told = (
                f"http://[fe80::1]/x http://{self.told_host}:{self.http_port}/onvif/device_service"
            )
            answer = MATCH.format(relates=relates, name=self.name, addresses=told).encode()
            if self.mode == "bomb":
                answer = BOMB
            self.voice.sendto(answer, sender)

    def answer(self, body: str) -> tuple[int, bytes]:
        if "GetSystemDateAndTime" in body:
            now = datetime.fromtimestamp(time.time() + self.clock_ahead_s, tz=UTC)
            return 200, envelope(
                "<tds:UTCDateTime>"
                f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute>"
                f"<tt:Second>{now.second}</tt:Second></tt:Time><tt:Date><tt:Year>{now.year}"
                f"</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day></tt:Date>"
                "</tds:UTCDateTime>"
            )
        if self.mode == "bomb":
            return 200, BOMB
        if self.mode == "garbage":
            return 200, b"<html>Please log in"
        if self.mode == "endless":
            return 200, b"<a>" + b"x" * 2_000_000
        if not self.allowed(body):
            return 400, envelope(
                "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized"
                "</s:Value></s:Subcode></s:Code></s:Fault>"
            )
        if "GetCapabilities" in body:
            media = f"http://10.9.9.9:{self.http_port}/onvif/media"  # its inner address
            return 200, envelope(f"<tt:Media><tt:XAddr>{media}</tt:XAddr></tt:Media>")
        if "GetProfiles" in body:
            return 200, envelope("" if self.mode == "bare" else PROFILES)
        if "GetStreamUri" in body:
            token = re.search(r"ProfileToken>([^<]+)<", body)
            uri = f"rtsp://10.9.9.9:554/{token.group(1) if token else ''}?a=1&amp;b=2"
            return 200, envelope(f"<trt:MediaUri><tt:Uri>{uri}</tt:Uri></trt:MediaUri>")
        return 500, envelope("<s:Fault><s:Reason><s:Text>What?</s:Text></s:Reason></s:Fault>")

    def allowed(self, body: str) -> bool:
        def part(name: str) -> str:
            found = re.search(rf"<{name}[^>]*>([^<]*)</{name}>", body)
            return found.group(1) if found else ""

        try:
            created = datetime.fromisoformat(part("Created"))
        except ValueError:
            return False
        late_s = abs(created.timestamp() - (time.time() + self.clock_ahead_s))
        raw = base64.b64decode(part("Nonce")) + part("Created").encode() + self.password.encode()
        digest = base64.b64encode(hashlib.sha1(raw).digest()).decode()
        return part("Username") == self.user and part("Password") == digest and late_s < 5


PROFILES = """<trt:Profiles token="sub"><tt:Name>small</tt:Name><tt:VideoEncoderConfiguration>
<tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>640</tt:Width><tt:Height>360</tt:Height>
</tt:Resolution><tt:RateControl><tt:FrameRateLimit>12</tt:FrameRateLimit></tt:RateControl>
</tt:VideoEncoderConfiguration></trt:Profiles><trt:Profiles token="main"><tt:Name>large</tt:Name>
<tt:VideoEncoderConfiguration><tt:Encoding>H265</tt:Encoding><tt:Resolution><tt:Width>1920</tt:Width>
<tt:Height>1080</tt:Height></tt:Resolution><tt:RateControl><tt:FrameRateLimit>25</tt:FrameRateLimit>
</tt:RateControl></tt:VideoEncoderConfiguration></trt:Profiles>"""
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "'
    + b"x" * 1000
    + b'"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;</a>'
)


def envelope(body: str) -> bytes:
    return (
        f'<s:Envelope xmlns:s="{SOAP}" xmlns:tt="{SCHEMA}" xmlns:tds="urn:d" xmlns:trt="urn:m"'
        f' xmlns:ter="urn:e"><s:Body>{body}</s:Body></s:Envelope>'
    ).encode()
