"""Proves a bundle of evidence, offline: python verify.py [FOLDER or ZIP] [--key PUBLIC_KEY]

Needs nothing but Python (3.9 or newer). This file goes into every bundle as it is, and Davy itself
chains its ledger with the functions in here.

Exit status: 0 when everything holds, 1 when something does not (each fault is named), 2 when the
bundle cannot be read.
"""

import hashlib
import json

NONE = "0" * 64


def canonical(record):
    """Return the bytes that are hashed and signed: JSON, keys in order, nothing between."""
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def digest(record):
    """Return the SHA-256 of a record's canonical form, in hex."""
    return hashlib.sha256(canonical(record)).hexdigest()


def chained(number, previous, record_digest):
    """Return the hash of a link: its number, the hash before it and its record's digest."""
    return hashlib.sha256(f"{number}\n{previous}\n{record_digest}".encode()).hexdigest()


# Ed25519 after RFC 8032, section 5.1: slow and plain. Points are (X, Y, Z, T), x = X/Z, y = Y/Z,
# x * y = T/Z.
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def _x_of(y, sign):
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P:
        return None
    return P - x if x & 1 != sign else x


def _point(data):
    """Return the point of 32 bytes, or None where there is none."""
    if len(data) != 32:
        return None
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    x = _x_of(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def _add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(scalar, point):
    total = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = _add(total, point)
        point = _add(point, point)
        scalar >>= 1
    return total


_Y = 4 * pow(5, P - 2, P) % P
_X = _x_of(_Y, 0)
BASE = (_X, _Y, 1, _X * _Y % P)


def signed(public, message, signature):
    """Tell whether an Ed25519 signature holds. public: 32 bytes; signature: 64 bytes."""
    if len(signature) != 64:
        return False
    key, nonce = _point(public), _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or nonce is None or s >= ORDER:
        return False
    hashed = hashlib.sha512(signature[:32] + public + message).digest()
    left = _times(s, BASE)
    right = _add(nonce, _times(int.from_bytes(hashed, "little") % ORDER, key))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (
        left[1] * right[2] - right[1] * left[2]
    ) % P == 0


def chain_faults(links):
    """Yield what is wrong with a run of links: dicts of number, previous, digest, hash, record.

    A link whose record is None is of somebody else's business: its digest stands for it.
    """
    number, before = None, None
    for link in links:
        here = link["number"]
        if number is not None and here <= number:
            yield f"ledger: link {here} stands after link {number}"
        elif number is not None and here > number + 1:
            missing = f"{number + 1}" if here == number + 2 else f"{number + 1} to {here - 1}"
            yield f"ledger: link {missing} is missing"
        elif before is not None and link["previous"] != before:
            yield f"ledger: link {here} does not follow link {here - 1}"
        if link.get("record") is not None and digest(link["record"]) != link["digest"]:
            yield f"ledger: the act of link {here} was changed"
        if chained(here, link["previous"], link["digest"]) != link["hash"]:
            yield f"ledger: the hash of link {here} is wrong"
        number, before = here, link["hash"]


def root_faults(roots, hashes, keys):
    """Yield what is wrong with signed roots.

    roots: dicts of statement, key, signature; hashes: the chain's hash by number, where known;
    keys: the public keys that may sign, in hex.
    """
    before = None
    for root in roots:
        statement = root["statement"]
        name = f"root of link {statement['number']}"
        if root["key"] not in keys:
            yield f"{name}: signed by an unknown key"
        elif not signed(
            bytes.fromhex(root["key"]), canonical(statement), bytes.fromhex(root["signature"])
        ):
            yield f"{name}: the signature is wrong"
        if before is not None and statement["previous"] != before:
            yield f"{name}: it does not follow the root before"
        known = hashes.get(statement["number"])
        if known is not None and known != statement["hash"]:
            yield f"{name}: the ledger has another hash there"
        before = root["signature"]
