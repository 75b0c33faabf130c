"""A receiver of the demo's webhooks: `python -m infra.receiver`. Checks each and prints it.

The port and the secret are those of the demo's route (var/receiver.json).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from infra.command import ROOT

__all__ = ["main", "verify"]

OLDEST_S = 300


def verify(secret: str, headers: dict[str, str], body: bytes, now: float) -> dict[str, Any]:
    """Return the message that a body carries; raises ValueError where it is not Davy's, or old."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = headers["webhook-signature"].split()
    if not any(hmac.compare_digest(f"v1,{expected}", one) for one in given):
        raise ValueError("wrong signature")
    if abs(now - int(headers["webhook-timestamp"])) > OLDEST_S:
        raise ValueError("too old")
    return dict(json.loads(body))


def handler(secret: str) -> type[BaseHTTPRequestHandler]:
    """Return what answers requests."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), 1_000_000))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                told = verify(secret, headers, body, time.time())
            except (ValueError, KeyError) as fault:
                print(f"refused: {fault}", flush=True)
                self.send_response(401)
            else:
                data = told["data"]
                print(f"{told['type']}: {data['title']} · {data['text']}", flush=True)
                self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


def main() -> int:
    """Listen until Ctrl-C."""
    state = ROOT / "var" if len(sys.argv) < 2 else Path(sys.argv[1])
    told = state / "receiver.json"
    if not told.exists():
        print(f"There is no {told}: start the demo once (make demo).")
        return 1
    known = json.loads(told.read_text())
    server = ThreadingHTTPServer(("127.0.0.1", known["port"]), handler(known["secret"]))
    print(f"listening at http://127.0.0.1:{known['port']}/", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
