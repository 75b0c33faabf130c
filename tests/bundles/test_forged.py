"""A bundle proves itself offline, and every change in it is found and named."""

import json
import random
import shutil
import zipfile
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from apps.bundles import contents
from apps.ledger import verify
from apps.ledger.models import SigningKey
from apps.ledger.services import key_rotate, ledger_seal, root_sign
from tests.bundles.packing import an_alarm_with_clip, ask, packed, run
from tests.cast import Cast
from tests.ledger.test_keys import put_in


def test_the_key_that_the_mine_gave_by_another_way_is_asked_for(taken: Path):
    public = SigningKey.objects.get().public
    assert run(taken, "--key", public)[0] == 0
    rc, said = run(taken, "--key", "ab" * 32)
    assert rc == 1 and "not by the one you gave" in said


def test_a_key_that_changed_between_two_acts_is_no_fault(hill: Cast, tmp_path):
    alarm = an_alarm_with_clip(hill, tmp_path)
    key_rotate(mine=hill.lamp_hill.mine)
    key_rotate(mine=hill.lamp_hill.mine)
    assert run(packed(ask(hill, alarm), tmp_path))[0] == 0


def test_a_bundle_holds_by_the_key_that_was_given_before_the_mine_changed_it(hill: Cast, tmp_path):
    alarm = an_alarm_with_clip(hill, tmp_path)
    key_rotate(mine=hill.lamp_hill.mine)
    given = SigningKey.objects.get(retired_at=None).public
    key_rotate(mine=hill.lamp_hill.mine)
    signer = SigningKey.objects.get(retired_at=None).public
    rc, said = run(packed(ask(hill, alarm), tmp_path), "--key", given)
    assert rc == 0, said
    assert given in said and f"by the key {signer}" in said


def test_after_a_lost_key_only_the_new_one_proves_a_bundle_and_it_says_so(
    hill: Cast, tmp_path, settings
):
    alarm = an_alarm_with_clip(hill, tmp_path)
    key_rotate(mine=hill.lamp_hill.mine)
    lost = SigningKey.objects.get(retired_at=None).public
    settings.FIELD_KEY = Fernet.generate_key().decode()
    key_rotate(mine=hill.lamp_hill.mine)
    out = packed(ask(hill, alarm), tmp_path)
    for given, rc in ((lost, 1), (SigningKey.objects.get(retired_at=None).public, 0)):
        done, said = run(out, "--key", given)
        assert done == rc and f"the key {lost} was lost" in said, said


def test_a_key_that_somebody_put_in_is_found_in_a_bundle_by_the_genuine_one(hill: Cast, tmp_path):
    alarm = an_alarm_with_clip(hill, tmp_path)
    mine = hill.lamp_hill.mine
    ledger_seal(mine_id=mine.pk, thorough=True)
    root_sign(mine_id=mine.pk)
    genuine = SigningKey.objects.get(retired_at=None).public
    forged = put_in(mine)
    rc, said = run(packed(ask(hill, alarm), tmp_path), "--key", genuine)
    assert rc == 1 and f"key {forged}: no signature ties it to the key {genuine}" in said


def test_a_bundle_of_before_handovers_holds_and_says_that_its_keys_are_not_tied(
    hill: Cast, tmp_path, monkeypatch
):
    alarm = an_alarm_with_clip(hill, tmp_path)
    ledger_seal(mine_id=hill.lamp_hill.mine.pk, thorough=True)
    root_sign(mine_id=hill.lamp_hill.mine.pk)
    key_rotate(mine=hill.lamp_hill.mine)
    written = contents.Packer.json

    def without(packer: contents.Packer, path: str, content: dict) -> None:
        if path == "roots.json":
            content.pop("handovers")
        written(packer, path, content)

    monkeypatch.setattr(contents.Packer, "json", without)
    signer = SigningKey.objects.get(retired_at=None).public
    rc, said = run(packed(ask(hill, alarm), tmp_path), "--key", signer)
    assert rc == 0 and "no signature ties these keys together" in said, said


def opened(taken: Path, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(taken) as archive:
        archive.extractall(folder)
    return folder


def faults(folder: Path) -> list[str]:
    return list(verify.bundle_faults(verify.Bundle(folder)))


def test_two_hundred_bundles_with_one_byte_changed_are_all_found_and_the_file_is_named(
    taken: Path, tmp_path
):
    rng = random.Random(20261126)
    folder = opened(taken, tmp_path / "open")
    assert faults(folder) == []
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for number in range(200):
        path = files[number % len(files)]
        content = bytearray(path.read_bytes())
        at = rng.randrange(len(content))
        before = content[at]
        content[at] ^= rng.randrange(1, 256)
        path.write_bytes(content)
        name = path.relative_to(folder).as_posix()
        told = faults(folder)
        assert any(name in fault for fault in told), (number, name, at, told)
        content[at] = before
        path.write_bytes(content)


@pytest.mark.parametrize("how", ["removed", "inserted", "changed"])
def test_a_forged_ledger_is_found_at_its_place_even_where_the_list_of_files_follows(
    taken: Path, tmp_path, how: str
):
    """Whoever had the mine's key could sign the list anew; the chain and its roots still tell."""
    folder = opened(taken, tmp_path / "open")
    path = folder / "ledger.jsonl"
    links = [json.loads(line) for line in path.read_text().splitlines()]
    place = len(links) // 2
    number = links[place]["number"]
    if how == "removed":
        del links[place]
    elif how == "inserted":
        links.insert(place, {**links[place], "record": None})
    else:
        links[place]["digest"] = "ab" * 32
        links[place]["record"] = None
    path.write_text("".join(json.dumps(link) + "\n" for link in links))
    bundle = verify.Bundle(folder)
    content = json.loads(bundle.read("bundle.json"))
    signer = json.loads(bundle.read("bundle.sig"))["key"]
    listed = {entry["path"]: entry for entry in content["files"]}
    told = list(verify._record_faults(bundle, content, listed, signer))
    assert any(f"link {number} " in fault for fault in told), told


def test_two_hundred_ledgers_with_one_row_touched_are_all_found(taken: Path, tmp_path):
    """At random: a row removed, doubled, moved, or one of its letters changed; the list follows."""
    rng = random.Random(20261127)
    folder = opened(taken, tmp_path / "open")
    path = folder / "ledger.jsonl"
    rows = path.read_text().splitlines()
    bundle = verify.Bundle(folder)
    content = json.loads(bundle.read("bundle.json"))
    signer = json.loads(bundle.read("bundle.sig"))["key"]
    listed = {entry["path"]: entry for entry in content["files"]}
    assert list(verify._record_faults(bundle, content, listed, signer)) == []
    for number in range(200):
        touched, at = list(rows), rng.randrange(len(rows))
        how = number % 4
        if how == 0:
            del touched[at]
        elif how == 1:
            touched.insert(at, rng.choice(rows))
        elif how == 2:
            other = (at + rng.randrange(1, len(rows))) % len(rows)
            touched[at], touched[other] = touched[other], touched[at]
        else:
            link = json.loads(touched[at])
            name = rng.choice(["digest", "hash", "previous"])
            place = rng.randrange(64)
            letter = "1" if link[name][place] == "0" else "0"
            link[name] = link[name][:place] + letter + link[name][place + 1 :]
            touched[at] = json.dumps(link)
        path.write_text("".join(row + "\n" for row in touched))
        assert any("ledger.jsonl" in fault for fault in faults(folder)), (number, how, at)
        if how or at:  # where the chain begins, the signed list of files alone tells
            told = list(verify._record_faults(verify.Bundle(folder), content, listed, signer))
            assert told, (number, how, at)


def test_what_is_missing_added_or_there_twice_is_named(taken: Path, tmp_path):
    folder = opened(taken, tmp_path / "open")
    (folder / "roots.json").rename(folder / "added.txt")
    assert faults(folder) == [
        "added.txt: does not belong to the bundle",
        "roots.json: is missing",
    ]
    with zipfile.ZipFile(taken, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("README.txt", b"another")
    rc, said = run(taken)
    assert rc == 1 and "README.txt: is there twice" in said


def test_a_damaged_or_absent_file_is_told_in_words(tmp_path, taken: Path):
    broken = tmp_path / "broken.zip"
    broken.write_bytes(taken.read_bytes()[: taken.stat().st_size // 2])
    assert verify.main([str(broken)]) == 2
    empty = tmp_path / "empty"
    empty.mkdir()
    assert verify.main([str(empty)]) == 2
    assert verify.main([str(tmp_path / "nowhere")]) == 2


def test_a_fault_is_said_in_words_and_what_to_do_about_it(taken: Path, tmp_path, capsys):
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(taken) as archive:
        archive.extractall(folder)
    for name in ("bundle.json", "bundle.sig"):
        whole = (folder / name).read_bytes()
        for place in (0, 3, len(whole) // 2, len(whole) - 3):
            (folder / name).write_bytes(whole[:place] + b"\x00" + whole[place + 1 :])
            assert verify.main([str(folder)]) == 1
            said = capsys.readouterr().out
            assert "bundle.json or bundle.sig: was changed" in said, said
            assert "(" not in said, said  # nothing that a program says to programmers
            assert "do not rely on this copy" in said and "typed it right" not in said
        (folder / name).write_bytes(whole)
    assert verify.main([str(folder), "--key", "0" * 64]) == 1
    assert "first see whether you typed it right" in capsys.readouterr().out


def test_a_byte_that_was_changed_in_the_zip_itself_is_said_without_a_programmers_words(
    taken: Path, tmp_path, capsys
):
    with zipfile.ZipFile(taken) as archive:
        [video] = [one for one in archive.infolist() if one.filename.endswith("clip.mp4")]
    body = bytearray(taken.read_bytes())
    body[video.header_offset + 200] ^= 1
    broken = tmp_path / "broken.zip"
    broken.write_bytes(body)
    assert verify.main([str(broken)]) == 1
    said = capsys.readouterr().out
    assert f"{video.filename}: was changed or is damaged" in said and "CRC" not in said
