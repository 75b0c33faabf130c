"""The verifier that goes with every bundle, alone: signatures after RFC 8032, chain and roots."""

import copy
import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey as Key
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.ledger import verify

# RFC 8032, section 7.1: tests 1, 2, 3 and SHA(abc), as (public key, message, signature).
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
        "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_the_vectors_of_rfc_8032_hold_and_nothing_near_them(public, message, signature):
    key, text, sign = (bytes.fromhex(part) for part in (public, message, signature))
    assert verify.signed(key, text, sign)
    assert not verify.signed(key, text + b"x", sign)
    assert not verify.signed(key, text, sign[:32] + bytes(32))
    assert not verify.signed(key, text, sign[:63])
    assert not verify.signed(key[:31] + bytes([key[31] ^ 1]), text, sign)


def test_the_second_form_of_a_signature_is_refused():
    """S + order would make another signature for the same text (RFC 8032, 8.4)."""
    key, text, sign = (bytes.fromhex(part) for part in VECTORS[1])
    s = int.from_bytes(sign[32:], "little") + verify.ORDER
    assert not verify.signed(key, text, sign[:32] + s.to_bytes(32, "little"))


@settings(max_examples=10, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 63), st.integers(0, 7))
def test_what_cryptography_signs_holds_and_one_changed_bit_does_not(message, place, bit):
    private = Key.generate()
    public, sign = private.public_key().public_bytes_raw(), bytearray(private.sign(message))
    assert verify.signed(public, message, bytes(sign))
    sign[place] ^= 1 << bit
    assert not verify.signed(public, message, bytes(sign))


def a_chain(length: int) -> list[dict]:
    links, before = [], verify.NONE
    for number in range(1, length + 1):
        record = {"id": number, "action": "alarm.raised", "detail": {"named": "绞车", "x": 0.1}}
        told = verify.digest(record)
        hashed = verify.chained(number, before, told)
        links.append(
            {"number": number, "previous": before, "digest": told, "hash": hashed, "record": record}
        )
        before = hashed
    return links


def faults(links: list[dict]) -> list[str]:
    # As a bundle carries them: through JSON and back.
    return list(verify.chain_faults(json.loads(json.dumps(links))))


def test_a_chain_holds_also_where_acts_are_left_out():
    links = a_chain(6)
    links[2]["record"] = links[3]["record"] = None
    assert faults(links) == []
    assert faults(links[2:]) == []


@given(st.data())
def test_one_change_anywhere_in_a_chain_is_found_and_its_place_is_named(data):
    links = a_chain(8)
    at = data.draw(st.integers(0, 6))
    how = data.draw(st.sampled_from(["removed", "twice", "swapped", "act", "digest", "rehashed"]))
    number = at + 1
    if how == "removed":
        del links[at]
        number = at + 1 if at else None  # without its first link it is a shorter chain
    elif how == "twice":
        links.insert(at, copy.deepcopy(links[at]))
    elif how == "swapped":
        links[at], links[at + 1] = links[at + 1], links[at]
    elif how == "act":
        links[at]["record"]["detail"]["x"] = 0.2
    elif how == "digest":
        links[at]["digest"] = verify.digest({"forged": True})
        links[at]["record"] = None
    else:  # a forger who makes the link right in itself breaks the next one
        links[at]["record"]["detail"]["x"] = 0.2
        links[at]["digest"] = verify.digest(links[at]["record"])
        links[at]["hash"] = verify.chained(number, links[at]["previous"], links[at]["digest"])
        number += 1
    found = faults(links)
    assert bool(found) == (number is not None)
    if number is not None:
        assert any(f"link {number} " in fault for fault in found), found


def test_a_root_must_be_signed_by_a_known_key_follow_the_last_and_match_the_chain():
    private = Key.generate()
    public = private.public_key().public_bytes_raw().hex()
    links = a_chain(4)
    roots: list[dict] = []
    for number in (2, 4):
        statement = {
            "number": number,
            "hash": links[number - 1]["hash"],
            "previous": roots[-1]["signature"] if roots else "",
        }
        sign = private.sign(verify.canonical(statement)).hex()
        roots.append({"statement": statement, "key": public, "signature": sign})
    hashes = {link["number"]: link["hash"] for link in links}

    def told(roots: list[dict], hashes: dict = hashes, keys: tuple = (public,)) -> list[str]:
        return list(verify.root_faults(roots, hashes, keys))

    assert told(roots) == []
    assert told(roots, keys=()) == [
        f"root of link {number}: signed by an unknown key" for number in (2, 4)
    ]
    assert told(roots, {**hashes, 4: verify.NONE}) == [
        "root of link 4: the ledger has another hash there"
    ]
    changed = copy.deepcopy(roots)
    changed[0]["statement"]["hash"] = hashes[1]
    assert told(changed) == [
        "root of link 2: the signature is wrong",
        "root of link 2: the ledger has another hash there",
    ]
    unlinked = copy.deepcopy(roots)
    unlinked[0]["signature"] = "00" * 64
    assert "root of link 4: it does not follow the root before" in told(unlinked)


def a_handover(before: Key, after: Key, *, signed_by: tuple[Key, ...], lost: bool = False) -> dict:
    statement = {
        "what": verify.HANDOVER, "before": public(before), "after": public(after),
        "until": 4, "lost": lost,
    }  # fmt: skip
    by = {key: key.sign(verify.canonical(statement)).hex() for key in signed_by}
    return {
        "statement": statement,
        "signed_before": by.get(before, ""),
        "signed_after": by.get(after, ""),
    }


def public(key: Key) -> str:
    return key.public_key().public_bytes_raw().hex()


def test_keys_that_signed_each_other_hang_together_whichever_of_them_is_known():
    first, second, third = (Key.generate() for _ in range(3))
    tie = [
        a_handover(first, second, signed_by=(first, second)),
        a_handover(second, third, signed_by=(second, third)),
    ]
    for known in (first, second, third):
        assert verify.keys_tied(public(known), tie) == {public(k) for k in (first, second, third)}


@pytest.mark.parametrize("lost", [False, True])
def test_who_lacks_the_known_key_can_put_no_other_before_or_after_it(lost: bool):
    known, forged = Key.generate(), Key.generate()
    made_up = [
        a_handover(forged, known, signed_by=(forged,), lost=lost),
        a_handover(known, forged, signed_by=(forged,), lost=lost),
    ]
    assert verify.keys_tied(public(known), made_up) == {public(known)}
    other = a_handover(known, forged, signed_by=(known, forged))
    other["statement"]["what"] = "davy receipt"
    assert verify.keys_tied(public(known), [other]) == {public(known)}


def test_a_lost_key_is_known_by_the_one_after_it_and_knows_nobody():
    lost, heir = Key.generate(), Key.generate()
    tie = [a_handover(lost, heir, signed_by=(heir,), lost=True)]
    assert verify.keys_tied(public(heir), tie) == {public(lost), public(heir)}
    assert verify.keys_tied(public(lost), tie) == {public(lost)}
    assert public(lost) in verify.keys_lost(tie)[0] and "after link 4" in verify.keys_lost(tie)[0]


def test_a_key_signs_for_its_own_time_alone():
    old, new = Key.generate(), Key.generate()
    tie = [a_handover(old, new, signed_by=(old, new))]

    def told(key: Key, number: int) -> list[str]:
        root = {"statement": {"number": number}, "key": public(key)}
        return list(verify.key_faults(public(new), [root], tie))

    assert told(old, 4) == told(new, 5) == []
    assert told(old, 5) == ["root of link 5: its key was not in force there"]
    assert told(new, 4) == ["root of link 4: its key was not in force there"]


def test_it_needs_nothing_but_pythons_own_library(tmp_path):
    copied = tmp_path / "verify.py"
    copied.write_bytes(Path(verify.__file__).read_bytes())
    code = (
        "import sys; before = set(sys.modules); import verify;"
        "new = {n.partition('.')[0] for n in set(sys.modules) - before} - {'verify'};"
        "print(sorted(new - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_a_copy_that_says_nothing_of_its_original_is_no_crash():
    assert verify._original_of(b'{"covered": {"original_sha256": "ab"}}') == "ab"
    for body in (b"{}", b"[]", b"not JSON", b'{"covered": 1}', b"\xff"):
        assert verify._original_of(body) is None


@pytest.mark.parametrize("key", ["d65105b3104…", "ab" * 31, "xy" * 32, ""])
def test_what_is_no_key_is_called_so_and_makes_no_bundle_bad(key, tmp_path, capsys):
    assert verify.main([str(tmp_path), "--key", key]) == 2
    out, err = capsys.readouterr()
    assert "this is no key" in err and "does not hold" not in out


def test_a_key_may_be_given_in_capitals():
    assert verify.key_given(f" {'AB' * 32}\n") == "ab" * 32
