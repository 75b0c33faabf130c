"""Web Push: RFC 8291 encrypts a message for one browser, RFC 8292 (VAPID) says who sends it.

Some fifty lines over `cryptography`, held by the RFC's own worked example in the tests; the usual
library for it is under MPL-2.0 and brings two HTTP clients that would not go past our guard.
"""

import base64
import hashlib
import hmac
import json
import os
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = [
    "authorization",
    "decode",
    "encode",
    "encrypt",
    "make_key",
    "private_key",
    "public_point",
]

CURVE = ec.SECP256R1()
RECORD_SIZE = 4096


def encode(raw: bytes) -> str:
    """Write base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Read base64url, padded or not; raises ValueError."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def make_key() -> str:
    """Return a new private key as DAVY_VAPID_KEY takes it."""
    number = ec.generate_private_key(CURVE).private_numbers().private_value
    return encode(number.to_bytes(32, "big"))


def private_key(text: str) -> ec.EllipticCurvePrivateKey:
    """Return the key that 32 bytes in base64url stand for; raises ValueError."""
    raw = decode(text)
    if len(raw) != 32:
        raise ValueError("a key has 32 bytes")
    return ec.derive_private_key(int.from_bytes(raw, "big"), CURVE)


def public_point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the 65 bytes of a key's public point."""
    return key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def _derive(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    """HKDF-SHA256 for at most one block."""
    seed = hmac.new(salt, secret, hashlib.sha256).digest()
    return hmac.new(seed, info + b"\x01", hashlib.sha256).digest()[:length]


def encrypt(
    text: bytes,
    *,
    receiver: bytes,
    auth: bytes,
    sender: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """Encrypt a message for one browser: its public point, and the secret that it shared.

    `sender` and `salt` are new for each message; only the RFC's example names them. Raises
    ValueError where the point is none.
    """
    sender = sender or ec.generate_private_key(CURVE)
    salt = salt or os.urandom(16)
    shared = sender.exchange(
        ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, receiver)
    )
    point = public_point(sender)
    secret = _derive(auth, shared, b"WebPush: info\x00" + receiver + point, 32)
    key = _derive(salt, secret, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derive(salt, secret, b"Content-Encoding: nonce\x00", 12)
    sealed = AESGCM(key).encrypt(nonce, text + b"\x02", None)
    return salt + RECORD_SIZE.to_bytes(4, "big") + bytes([len(point)]) + point + sealed


def authorization(
    endpoint: str, *, key: ec.EllipticCurvePrivateKey, subject: str, expires: int
) -> str:
    """Return the header that tells a push service who we are; `expires` in Unix seconds."""
    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": expires, "sub": subject}
    head = encode(json.dumps({"typ": "JWT", "alg": "ES256"}, separators=(",", ":")).encode())
    unsigned = f"{head}.{encode(json.dumps(claims, separators=(',', ':')).encode())}"
    r, s = decode_dss_signature(key.sign(unsigned.encode(), ec.ECDSA(hashes.SHA256())))
    signature = encode(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={unsigned}.{signature}, k={encode(public_point(key))}"
