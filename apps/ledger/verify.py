"""Proves a bundle of evidence, offline: python verify.py [FOLDER or ZIP] [--key PUBLIC_KEY]
So it does a receipt: python verify.py RECEIPT.txt [--key PUBLIC_KEY] [--file WHAT_WAS_TAKEN]

Needs nothing but Python (3.9 or newer). This file goes into every bundle as it is, and Davy itself
chains its ledger with the functions in here.

Exit status: 0 when everything holds, 1 when something does not (each fault is named), 2 when the
bundle cannot be read or the key is none.
"""

import argparse
import hashlib
import json
import re
import sys
import zipfile
from pathlib import Path

NONE = "0" * 64
SEALED = ("bundle.json", "bundle.sig")
NOT_YOURS = ", and not by the one you gave"


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


# A Merkle tree over the chunks of a recording, after RFC 6962: one chunk is proven by the hashes
# beside its way up to the root, which an act of the ledger tells.
def leaf_of(facts):
    """Return the leaf of a chunk: its number, time, length and SHA-256, as a manifest has them."""
    names = ("sequence", "started_at", "duration_s", "sha256")
    return hashlib.sha256(b"\0" + canonical({name: facts[name] for name in names})).digest()


def _levels(leaves):
    """Yield the rows of a tree, from its leaves to its root; who has no neighbour moves up."""
    row = list(leaves)
    yield row
    while len(row) > 1:
        pairs = [row[i : i + 2] for i in range(0, len(row), 2)]
        row = [
            hashlib.sha256(b"\1" + pair[0] + pair[1]).digest() if len(pair) == 2 else pair[0]
            for pair in pairs
        ]
        yield row


def merkle_root(leaves):
    """Return the root over leaves in their order."""
    for row in _levels(leaves):
        last = row
    return last[0] if last else hashlib.sha256(b"").digest()


def merkle_path(leaves, index):
    """Return the hashes beside a leaf's way to the root: [["left" or "right", hex], ...]."""
    path = []
    for row in _levels(leaves):
        beside = index ^ 1
        if beside < len(row):
            path.append(["left" if beside < index else "right", row[beside].hex()])
        index //= 2
    return path


def merkle_climb(leaf, path):
    """Return the root that a leaf and its path lead to, in hex."""
    for side, beside in path:
        pair = bytes.fromhex(beside) + leaf if side == "left" else leaf + bytes.fromhex(beside)
        leaf = hashlib.sha256(b"\1" + pair).digest()
    return leaf.hex()


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
        elif not _signed_hex(root["key"], statement, root["signature"]):
            yield f"{name}: the signature is wrong"
        if before is not None and statement["previous"] != before:
            yield f"{name}: it does not follow the root before"
        known = hashes.get(statement["number"])
        if known is not None and known != statement["hash"]:
            yield f"{name}: the ledger has another hash there"
        before = root["signature"]


# Keys follow each other. A handover says up to which link one key signed and which one goes on.
# Both sign it, so that nobody who has neither can make up a key before or after them. A key that
# was lost signs nothing: then the handover leads from the later key back to it, never onwards.
HANDOVER = "davy ledger key handover"


def keys_tied(key, handovers):
    """Return the keys that signatures tie to a key, itself among them.

    handovers: dicts of statement (what, mine, before, after, until, lost, at), signed_before and
    signed_after; keys and signatures in hex.
    """
    ways = []
    for handover in handovers:
        said = handover["statement"]
        if said["what"] == HANDOVER and _signed_hex(said["after"], said, handover["signed_after"]):
            forth = _signed_hex(said["before"], said, handover["signed_before"])
            if forth:
                ways.append((said["before"], said["after"]))
            if forth or said["lost"]:
                ways.append((said["after"], said["before"]))
    tied, found = set(), {key}
    while found:
        tied |= found
        found = {there for here, there in ways if here in tied} - tied
    return tied


def key_faults(key, roots, handovers):
    """Yield what is wrong with the keys that signed roots. key: the one that all must hang on."""
    tied = keys_tied(key, handovers)
    for other in sorted({root["key"] for root in roots} - tied):
        yield f"key {other}: no signature ties it to the key {key}"
    for root in roots:
        number = root["statement"]["number"]
        for said in (handover["statement"] for handover in handovers):
            if (root["key"] == said["before"] and number > said["until"]) or (
                root["key"] == said["after"] and number <= said["until"]
            ):
                yield f"root of link {number}: its key was not in force there"


def keys_lost(handovers):
    """Return a sentence for each key that was lost: it did not sign who follows it."""
    return [
        f"the key {said['before']} was lost after link {said['until']}: that {said['after']} is "
        "the key after it says that key alone"
        for said in (handover["statement"] for handover in handovers)
        if said["lost"]
    ]


def _signed_hex(public, statement, signature):
    """Tell whether a signature over a statement holds; key and signature in hex."""
    try:
        key, sign = bytes.fromhex(public), bytes.fromhex(signature)
    except ValueError:
        return False
    return signed(key, canonical(statement), sign)


def _parts(content):
    """Return what lies in each of the values of a DER-coded content, in order."""
    parts, at = [], 0
    while at < len(content):
        size, at = content[at + 1], at + 2
        if size & 0x80:
            longer = at + (size & 0x7F)
            size, at = int.from_bytes(content[at:longer], "big"), longer
        parts.append(content[at : at + size])
        at += size
    return parts


def stamp_said(token):
    """Return what a time stamp (TimeStampResp of RFC 3161) is about and its time.

    A SHA-256 in hex, "" for another hash, and the time as it stands there: 20261126093000Z. Whether
    the authority signed it is for `openssl ts -verify` to say.
    """
    content_info = _parts(_parts(token)[0])[1]
    signed_data = _parts(_parts(_parts(content_info)[1])[0])
    info = _parts(_parts(_parts(_parts(signed_data[2])[1])[0])[0])
    algorithm, imprint = _parts(info[2])
    sha256 = bytes.fromhex("608648016503040201")
    return imprint.hex() if _parts(algorithm)[0] == sha256 else "", info[4].decode("ascii")


class Bundle:
    """A bundle's files, in a folder or a ZIP."""

    def __init__(self, path):
        self.archive = zipfile.ZipFile(path) if path.is_file() else None
        self.folder = path

    def names(self):
        """List the files; a name that is there twice is given twice."""
        if self.archive is not None:
            return [name for name in self.archive.namelist() if not name.endswith("/")]
        found = (p for p in self.folder.rglob("*") if p.is_file())
        return [p.relative_to(self.folder).as_posix() for p in found]

    def has(self, name):
        """Tell whether a file is there."""
        if self.archive is not None:
            return name in self.archive.namelist()
        return (self.folder / name).is_file()

    def open(self, name):
        """Open a file for reading."""
        return (
            self.archive.open(name) if self.archive is not None else (self.folder / name).open("rb")
        )

    def read(self, name):
        """Return a small file's bytes."""
        with self.open(name) as file:
            return file.read()

    def measure(self, name):
        """Return a file's SHA-256 and size, read in pieces."""
        hashed, size = hashlib.sha256(), 0
        with self.open(name) as file:
            for block in iter(lambda: file.read(1 << 20), b""):
                hashed.update(block)
                size += len(block)
        return hashed.hexdigest(), size


def sealed(key, signature):
    """Return the bytes of bundle.sig."""
    return canonical({"key": key, "signature": signature}) + b"\n"


def litter(names):
    """List those of some files that a desktop, or Python, leaves in each folder it opens."""
    desktop = re.compile(r"(.*/)?(\.ds_store|thumbs\.db|desktop\.ini|\._[^/]+)", re.IGNORECASE)
    python = re.compile(r"__pycache__/verify\.[^/]+\.pyc")
    return sorted(name for name in names if desktop.fullmatch(name) or python.fullmatch(name))


def bundle_faults(bundle, key=None):
    """Yield what is wrong with a bundle. key: a public key of the mine, where known, in hex.

    The mine may have changed it since: another one holds that signatures tie to the one given.
    """
    missing = [name for name in SEALED if not bundle.has(name)]
    if missing:
        yield from (f"{name}: is missing" for name in missing)
        return
    try:
        body, seal = bundle.read("bundle.json"), bundle.read("bundle.sig")
        content, said = json.loads(body), json.loads(seal)
        public, signature = bytes.fromhex(said["key"]), bytes.fromhex(said["signature"])
        signer = public.hex()
        # Another way to write the same signature is a change as well.
        good = seal == sealed(signer, signature.hex()) and signed(public, body, signature)
    except Exception:  # whatever a damaged file does to a parser is one answer
        yield "bundle.json or bundle.sig: was changed or is damaged, it is not what the mine signed"
        return
    key = signer if key is None else key.lower()
    if not good:
        yield "bundle.json or bundle.sig: was changed, the signature is wrong"
        return
    listed = {entry["path"]: entry for entry in content["files"]}
    names = bundle.names()
    left = set(names) - set(listed) - set(SEALED)
    for name in sorted(left - set(litter(left))):
        yield f"{name}: does not belong to the bundle"
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{name}: is there twice"
    broken = set()
    for name, entry in listed.items():
        try:
            if name not in names:
                raise FileNotFoundError("is missing")
            if bundle.measure(name) != (entry["sha256"], entry["bytes"]):
                raise ValueError("was changed")
        except (FileNotFoundError, ValueError) as error:
            broken.add(name)
            yield f"{name}: {error}"
        except zipfile.BadZipFile:
            broken.add(name)
            yield f"{name}: was changed or is damaged, the ZIP's own checksum does not fit"
        except Exception as error:
            broken.add(name)
            yield f"{name}: cannot be read ({error})"
    if not broken & {"ledger.jsonl", "roots.json"}:
        whole = {name: entry for name, entry in listed.items() if name not in broken}
        yield from _record_faults(bundle, content, whole, signer, key)
    elif key != signer:
        yield f"bundle.sig: signed by the key {signer}{NOT_YOURS}"


def _record_faults(bundle, content, listed, signer, key=None):
    """Yield what is wrong between the ledger, its roots, its keys and the clips."""
    key = key or signer
    with bundle.open("ledger.jsonl") as file:
        links = [json.loads(line) for line in file]
    signatures = json.loads(bundle.read("roots.json"))
    keys = {entry["public"] for entry in signatures["keys"]}
    if signer not in keys:
        yield "bundle.sig: signed by a key that is not the mine's"
    # Bundles of before keys handed over to each other list them alone; main() says so.
    handovers = signatures.get("handovers")
    tied = {key} if handovers is None else keys_tied(key, handovers)
    if signer not in tied:
        yield f"bundle.sig: signed by the key {signer}{NOT_YOURS}"
        yield from (f"bundle.sig: {lost}" for lost in keys_lost(handovers or []))
    yield from chain_faults(links)
    hashes = {link["number"]: link["hash"] for link in links}
    if handovers is None:
        yield from root_faults(signatures["roots"], hashes, keys)
    else:
        yield from key_faults(key, signatures["roots"], handovers)
        yield from root_faults(signatures["roots"], hashes, tied)
    last = links[-1]["number"] if links else None
    if content["root"] != last or last not in {
        root["statement"]["number"] for root in signatures["roots"]
    }:
        yield f"ledger: its end, link {last}, is not signed"
    yield from _stamp_faults(bundle, listed, signatures["roots"])
    acts = [link["record"] for link in links if link["record"] is not None]
    stored = {act["detail"].get("sha256") for act in acts if act["action"] == "clip.ready"}
    for name, entry in listed.items():
        if name.endswith("/clip.mp4") and entry["sha256"] not in stored:
            yield f"{name}: the ledger does not tell of this video"
        if name.endswith("/manifest.json"):
            yield from _manifest_faults(bundle, name, listed, acts)
        if name.endswith("/chunks.json"):
            yield from _chunk_faults(bundle, name, listed, acts)
        if name.endswith("/clip-covered.mp4"):
            yield from _copy_faults(bundle, name, entry, acts, stored)


def _stamp_faults(bundle, listed, roots):
    """Yield what is wrong between time stamps and the roots that they are about."""
    digests = {f"stamps/root-{root['statement']['number']}": digest(root) for root in roots}
    for name, entry in listed.items():
        if not name.startswith("stamps/"):
            continue
        about = entry["sha256"]
        if name.endswith(".tsr"):
            try:
                about = stamp_said(bundle.read(name))[0]
            except (ValueError, LookupError):
                about = ""
        if about != digests.get(name.rpartition(".")[0]):
            yield f"{name}: is not about that root"


def _manifest_faults(bundle, name, listed, acts):
    """Yield what is wrong between a clip's manifest, the files that it names, and the ledger."""
    manifest = json.loads(bundle.read(name))
    told = [
        act["detail"]
        for act in acts
        if act["action"] == "clip.ready" and act["detail"].get("sha256") == manifest.get("sha256")
    ]
    # Clips of older versions have none.
    bound = {detail["manifest"] for detail in told if "manifest" in detail}
    if bound and digest(manifest) not in bound:
        yield f"{name}: the ledger tells of another manifest"
    for file, facts in manifest.get("files", {}).items():
        beside = name[: -len("manifest.json")] + file
        if beside in listed and listed[beside]["sha256"] != facts["sha256"]:
            yield f"{beside}: is not the one that the manifest names"
        elif beside not in listed and file.endswith(".json"):
            copy = f"{beside[:-5]}-covered.json"
            if copy not in listed:
                yield f"{beside}: the manifest names it, and it is not here"
            elif _original_of(bundle.read(copy)) != facts["sha256"]:
                yield f"{copy}: is a copy of another file than the manifest names"


def _original_of(body):
    """Return the SHA-256 of what a covered copy says it was made of; None where it says nothing."""
    try:
        return json.loads(body)["covered"]["original_sha256"]
    except (ValueError, KeyError, TypeError):
        return None


def _chunk_faults(bundle, name, listed, acts):
    """Yield what is wrong between a clip's chunks and the roots that the ledger tells."""
    beside = name[: -len("chunks.json")] + "manifest.json"
    if beside not in listed:
        return
    chunks = {one["sequence"]: one for one in json.loads(bundle.read(beside)).get("chunks", [])}
    roots = {
        (stream, said["root"])
        for act in acts
        if act["action"] == "recording.sealed"
        for stream, said in act["detail"]["streams"].items()
    }
    for proof in json.loads(bundle.read(name)):
        if proof["root"] is None:
            continue
        here = f"{name}: chunk {proof['sequence']}"
        if (proof["stream"], proof["root"]) not in roots:
            yield f"{here}: the ledger tells of no such recording"
        elif proof["sequence"] not in chunks:
            yield f"{here}: the manifest has no such chunk"
        elif merkle_climb(leaf_of(chunks[proof["sequence"]]), proof["path"]) != proof["root"]:
            yield f"{here}: is not what was recorded"


def chunks_unbound(bundle):
    """Yield for each video with chunks that no root binds: its folder, how many, of how many.

    A chunk without a proof counts as one without a root, and so do all where there are no proofs.
    """
    names = set(bundle.names())
    for name in sorted(one for one in names if one.endswith("/manifest.json")):
        folder = name[: -len("/manifest.json")]
        chunks = json.loads(bundle.read(name)).get("chunks", [])
        proofs = f"{folder}/chunks.json"
        found = json.loads(bundle.read(proofs)) if proofs in names else []
        bound = {proof["sequence"] for proof in found if proof["root"] is not None}
        unbound = sum(chunk["sequence"] not in bound for chunk in chunks)
        if unbound:
            yield folder, unbound, len(chunks)


def _copy_faults(bundle, name, entry, acts, stored):
    """Yield what is wrong between a covered copy, what is said of it, and the ledger."""
    made = {
        act["detail"].get("sha256"): act["detail"].get("original_sha256")
        for act in acts
        if act["action"] == "copy.made"
    }
    if entry["sha256"] not in made:
        yield f"{name}: the ledger does not tell of this copy"
    elif made[entry["sha256"]] not in stored:
        yield f"{name}: the ledger does not tell of the video that it was made of"


def _tell_keys(bundle, given):
    """Say which keys signed, and by what they hang together."""
    signer = json.loads(bundle.read("bundle.sig"))["key"]
    signatures = json.loads(bundle.read("roots.json"))
    until = {root["key"]: root["statement"]["number"] for root in signatures["roots"]}
    for key, number in until.items():
        print(f"  signed   the chain up to link {number} by the key {key}")
    if "handovers" in signatures:
        for lost in keys_lost(signatures["handovers"]):
            print(f"  lost     {lost}")
    elif set(until) != {signer}:
        print("  NOT TIED packed by an earlier Davy: no signature ties these keys together. What a")
        print("           key proves that is not the one the mine gave you, only the mine can say")
    if given is not None and given.lower() != signer:
        print(f"  given    {given.lower()}, which signatures tie to the key below")
    print(f"  key      {signer}")


def key_given(text):
    """Return a public key as roots have it; ValueError for what is none, such as a part of one."""
    key = text.strip().lower()
    if len(key) != 64 or set(key) - set("0123456789abcdef"):
        raise ValueError(f"this is no key: {text!r}; a key has 64 hex digits")
    return key


def receipt_read(path):
    """Return a receipt's signed line, its key and its signature; None for what is no receipt."""
    if not path.is_file() or zipfile.is_zipfile(path):
        return None
    with path.open("rb") as file:
        lines = file.read(1 << 20).decode("utf-8", "replace").replace("\r", "").split("\n")
    for number, line in enumerate(lines):
        if line.startswith("{") and '"what":"davy receipt"' in line:
            # What stands before them is said in the reader's language.
            ends = [one.rpartition(" ")[2].lower() for one in [*lines[number + 1 :], "", ""]]
            return line, ends[0], ends[1]
    return None


def receipt_faults(receipt, given=None, file=None):
    """Yield what is wrong with a receipt. given: a key of the mine; file: what was taken away."""
    line, key, signature = receipt
    try:
        good = signed(bytes.fromhex(key), line.encode(), bytes.fromhex(signature))
    except ValueError:
        good = False
    if not good:
        yield "the receipt was changed after the mine signed it, or is damaged"
        return
    if given is not None and given != key:
        yield f"the receipt is signed by the key {key}{NOT_YOURS}"
    if file is not None:
        with file.open("rb") as body:
            hashed = hashlib.sha256()
            for block in iter(lambda: body.read(1 << 20), b""):
                hashed.update(block)
        if hashed.hexdigest() != json.loads(line)["act"]["detail"].get("sha256"):
            yield f"{file}: is another file than the one that was taken away"


def receipt_main(receipt, given, file):
    """Prove a receipt and say what it says; what is not signed in it counts for nothing."""
    faults = list(receipt_faults(receipt, given, file))
    for fault in faults:
        print(f"FAULT  {fault}")
    if faults:
        print("This receipt does not hold.")
        return 1
    said = json.loads(receipt[0])
    act = said["act"]
    print("This receipt holds:" if file is None else f"This receipt holds, and {file} is its file:")
    print(f"  mine     {said['mine']}")
    print(f"  what     {act['action']} {act['subject']}")
    print(f"  SHA-256  {act['detail'].get('sha256')}")
    print(f"  who      {said['by']}")
    print(f"  when     {act['at']}")
    if said["link"]:
        print(f"  link     {said['link']['number']} of the mine's record, {said['link']['hash']}")
    print(f"  key      {receipt[1]}")
    if given is None:
        print("Compare the key with the one that the mine gave you by another way.")
    return 0


def main(arguments=None):
    """Prove a bundle, or a receipt, and say what holds."""
    parser = argparse.ArgumentParser(description="Prove a bundle of evidence, offline.")
    parser.add_argument("bundle", nargs="?", type=Path, default=Path(__file__).parent)
    parser.add_argument("--key", help="a public key of the mine, as the mine gave it to you")
    parser.add_argument("--file", type=Path, help="with a receipt: the file that it is about")
    asked = parser.parse_args(arguments)
    for out in (sys.stdout, sys.stderr):
        if hasattr(out, "reconfigure"):  # a console or file that lacks a letter gets its number
            out.reconfigure(errors="backslashreplace")
    try:
        given = None if asked.key is None else key_given(asked.key)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        receipt = receipt_read(asked.bundle)
        if receipt is not None:
            return receipt_main(receipt, given, asked.file)
        bundle = Bundle(asked.bundle)
    except (OSError, zipfile.BadZipFile) as error:
        print(f"cannot read {asked.bundle}: {error}", file=sys.stderr)
        return 2
    if not any(bundle.has(name) for name in SEALED):
        # A mistyped path, or a verifier that lies elsewhere, says nothing against a bundle.
        print(
            f"cannot read {asked.bundle}: there is no bundle, with its bundle.json", file=sys.stderr
        )
        return 2
    faults = list(bundle_faults(bundle, given))
    for fault in faults:
        print(f"FAULT  {fault}")
    if faults:
        print(f"This bundle does not hold: {len(faults)} fault{'s' * (len(faults) > 1)}.")
        print(
            "What is named above is not as the mine packed and signed it: do not rely on this copy,"
        )
        print("and ask the mine for another. One that did not arrive whole looks the same.")
        if any(fault.endswith(NOT_YOURS) for fault in faults):
            print("The key that you gave is none of this: first see whether you typed it right.")
        return 1
    content = json.loads(bundle.read("bundle.json"))
    print(f"This bundle holds: {len(content['files'])} files, packed {content['packed_at']}")
    for name in litter(set(bundle.names()) - {entry["path"] for entry in content["files"]}):
        print(
            f"  ignored  {name}: put there by a desktop or by Python, it is no part of the evidence"
        )
    print(f"  mine     {content['mine']['name']}")
    print(f"  alarms   {', '.join(map(str, content['alarms'])) or 'none'}")
    for clip in content.get("clips", []):
        print(f"  video    {clip}")
    print(f"  purpose  {content['purpose']}")
    for one in content.get("recorded_masked", []):
        versions = ", ".join(map(str, one["scene_versions"]))
        print(
            f"  masked   video {one['clip']}: {one['chunks']} of {one['of_chunks']} chunks were "
            f"recorded with masks filled (scene version {versions})"
        )
    for gap in content["known_gaps"]:
        when = f"{gap['from']} to {gap['until']}: " if "from" in gap else ""
        print(f"  gap      camera {gap['camera']}: {when}{gap['reason']}")
    for folder, unbound, all_of_it in chunks_unbound(bundle):
        print(
            f"  unbound  {folder}: no root of the ledger binds {unbound} of its {all_of_it} "
            "recorded chunks; what they were says its manifest alone"
        )
    for name in sorted(entry["path"] for entry in content["files"]):
        if name.startswith("stamps/") and name.endswith(".tsr"):
            print(f"  stamped  {name}: {stamp_said(bundle.read(name))[1]}, see README.txt")
    told = content.get("time_stamps")
    if told is not None and told["newest_stamped_root"] is None:
        print("  stamps   none: when it was is what the mine's own clock says")
    elif told is not None and told["newest_stamped_root"] != content["root"]:
        print(
            f"  stamps   up to link {told['newest_stamped_root']}; the root of this bundle, link "
            f"{content['root']}, had none when it was packed: the mine has it later"
        )
    _tell_keys(bundle, given)
    if given is None:
        print("Compare the key with the one that the mine gave you by another way.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
