"""A small real time stamp authority: `openssl ts` behind a local HTTP server."""

import datetime
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from apps.ledger.models import Root
from apps.ledger.services import ledger_seal, root_sign
from apps.mines.models import Mine
from apps.tenancy.scope import mine_scope

__all__ = ["Authority", "authority", "authority_made", "needs_openssl", "signed"]

needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl, which plays the authority, is not installed"
)

CONFIG = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256
accuracy = secs:1
"""


class Authority:
    """Answers while `there`; `question` and `answer` may change what comes in and goes out."""

    def __init__(self, folder: Path, url: str, ca: str) -> None:
        self.folder = folder
        self.url = url
        self.ca = ca
        self.there = True
        self.asked = 0
        self.question = self.answer = lambda body: body

    def stamp(self, query: bytes) -> bytes:
        """Return what openssl answers a query."""
        (self.folder / "query").write_bytes(query)
        subprocess.run(
            ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query"]
            + ["-out", "reply"],
            cwd=self.folder,
            check=True,
            capture_output=True,
        )
        return (self.folder / "reply").read_bytes()


def _certificate(name: str, key, issuer: str, issuer_key, extensions) -> str:
    now = datetime.datetime.now(datetime.UTC)

    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    builder = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=2))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def authority_made(folder: Path) -> str:
    """Make an authority with a key, a certificate and a CA in a folder; return the CA's."""
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    off = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
        + ("encipher_only", "decipher_only"),
        False,
    )
    ca = _certificate(
        "Test CA",
        ca_key,
        "Test CA",
        ca_key,
        [
            x509.BasicConstraints(ca=True, path_length=None),
            x509.KeyUsage(digital_signature=False, key_cert_sign=True, crl_sign=True, **off),
        ],
    )
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    signer = x509.KeyUsage(digital_signature=True, key_cert_sign=False, crl_sign=False, **off)
    tsa = _certificate("Test TSA", key, "Test CA", ca_key, [usage, signer])
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "tsa.key").write_bytes(private)
    (folder / "tsa.pem").write_text(tsa)
    (folder / "ca.pem").write_text(ca)
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))
    return ca


@contextmanager
def authority(folder: Path) -> Iterator[Authority]:
    """Run an authority for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            here.asked += 1
            if not here.there:
                self.send_error(503)
                return
            reply = here.answer(here.stamp(here.question(body)))
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    here = Authority(folder, f"http://127.0.0.1:{server.server_port}/tsa", authority_made(folder))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def signed(mine: Mine) -> Root:
    """Sign the mine's record as it stands now."""
    with mine_scope(mine.pk):
        ledger_seal(mine_id=mine.pk)
        root = root_sign(mine_id=mine.pk)
    assert root is not None
    return root
