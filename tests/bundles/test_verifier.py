"""The receiver's own verifier, which did not come with the bundle, and everyday surroundings."""

import hashlib
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.bundles.models import Bundle
from apps.cameras.models import Chunk
from apps.ledger import verify
from apps.ledger.models import SigningKey
from tests.bundles.packing import an_alarm_with_clip, ask, packed, run
from tests.cast import Cast, an_alarm

LIES = b"print('This bundle holds: 13 files')\n"


def test_the_ledgers_page_hands_out_a_verifier_that_finds_a_lying_one(
    hill: Cast, taken: Path, tmp_path
):
    client = Client()
    client.force_login(hill.auditor)
    given = tmp_path / "given.py"
    given.write_bytes(client.get(reverse("ledger-verifier")).content)
    page = client.get(reverse("ledger", args=[hill.lamp_hill.mine.pk])).content.decode()
    assert reverse("ledger-verifier") in page
    assert hashlib.sha256(given.read_bytes()).hexdigest() in page
    forged = tmp_path / "forged.zip"
    with zipfile.ZipFile(taken) as whole, zipfile.ZipFile(forged, "w") as out:
        for name in whole.namelist():
            body = whole.read(name)
            if name.endswith("clip.mp4"):
                body = body[:-1] + bytes([body[-1] ^ 1])
            out.writestr(name, LIES if name == "verify.py" else body)
        said = whole.read("README.txt").decode()
    key = SigningKey.objects.get().public
    for bundle, rc in ((taken, 0), (forged, 1)):
        done = prove(given, str(bundle), "--key", key)
        assert done.returncode == rc, done.stdout
    assert (
        b"FAULT  verify.py: was changed" in done.stdout and b"clip.mp4: was changed" in done.stdout
    )
    assert "python -I verify.py BUNDLE.zip --key KEY" in said


@pytest.mark.parametrize("letters", ["ascii", "cp1252", "cp437", "gbk"])
def test_a_mine_whose_name_the_console_cannot_write_proves_all_the_same(
    hill: Cast, tmp_path, letters: str
):
    mine = hill.lamp_hill.mine
    mine.name = "灯山煤矿 Šachta"
    mine.save()
    out = packed(ask(hill, an_alarm(hill.lamp_hill)), tmp_path)
    done = subprocess.run(
        [sys.executable, verify.__file__, out],
        capture_output=True,
        check=False,
        env={"PYTHONIOENCODING": letters, "PYTHONUTF8": "0"},
    )
    assert done.returncode == 0, done.stderr
    assert b"This bundle holds" in done.stdout


def test_what_a_desktop_leaves_in_a_folder_is_told_and_no_fault(taken: Path, tmp_path):
    folder = tmp_path / "open"
    with zipfile.ZipFile(taken) as archive:
        archive.extractall(folder)
    (folder / "__pycache__").mkdir()
    python = "__pycache__/verify.cpython-311.pyc"
    for name in (".DS_Store", "alarms/Thumbs.db", "desktop.ini", "._bundle.json", python):
        (folder / name).write_bytes(b"x")
    done = prove(folder / "verify.py")
    assert done.returncode == 0, done.stdout
    assert b"ignored  alarms/Thumbs.db" in done.stdout
    assert b"ignored  __pycache__/verify.cpython-311.pyc" in done.stdout
    for name in ("alarms/more.mp4", "__pycache__/more.mp4"):
        (folder / name).write_bytes(b"x")
        said = prove(folder / "verify.py").stdout.decode()
        assert f"FAULT  {name}: does not belong" in said, said
        assert "This bundle does not hold: 1 fault.\n" in said.replace("\r", "")
        (folder / name).unlink()


def test_where_no_bundle_lies_none_is_said_to_be_changed(taken: Path, tmp_path):
    """A mistyped path must not read as a word against the evidence."""
    empty = tmp_path / "empty"
    empty.mkdir()
    for place in (empty, tmp_path / "mistyped"):
        done = prove(Path(verify.__file__), str(place))
        assert done.returncode == 2, done.stdout
        assert b"cannot read" in done.stderr and done.stdout == b""
    folder = tmp_path / "open"
    with zipfile.ZipFile(taken) as archive:
        archive.extractall(folder)
    (folder / "bundle.sig").unlink()
    done = prove(folder / "verify.py")
    assert done.returncode == 1
    assert b"FAULT  bundle.sig: is missing" in done.stdout


def test_the_page_gives_the_whole_command_that_proves_the_bundle(hill: Cast, tmp_path):
    bundle = ask(hill, an_alarm(hill.lamp_hill))
    taken = packed(bundle, tmp_path)
    client = Client()
    client.force_login(hill.auditor)
    page = client.get(f"/bundles/{bundle.uid}/").content.decode()
    given = page.partition("python verify.py --key ")[2].partition("<")[0]
    assert verify.main([str(taken), "--key", given]) == 0


def prove(script: Path, *more: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-I", str(script), *more], capture_output=True, check=False
    )


def test_chunks_that_no_root_binds_are_said_and_those_that_one_binds_are_not(hill: Cast, tmp_path):
    alarm = an_alarm_with_clip(hill, tmp_path)
    clip = alarm.clips.get()
    chunks = [chunk["sequence"] for chunk in clip.manifest["chunks"]]
    # What was entered in the last half minute is bound by the next act only.
    earlier = Chunk.objects.filter(sequence__lt=chunks[-3])
    earlier.update(indexed_at=timezone.now() - timedelta(minutes=1))
    rc, said = run(packed(ask(hill, alarm), tmp_path))
    folder = f"alarms/{alarm.pk}/clips/{clip.uid}"
    told = f"unbound  {folder}: no root of the ledger binds 3 of its {len(chunks)} recorded chunks"
    assert rc == 0 and told in said, said
    Chunk.objects.update(indexed_at=timezone.now() - timedelta(minutes=1))
    rc, said = run(packed(ask(hill, alarm), tmp_path))
    assert rc == 0 and "unbound" not in said, said


def test_the_readme_says_what_to_do_from_the_zip_on(taken: Path):
    with zipfile.ZipFile(taken) as archive:
        said = archive.read("README.txt").decode()
    places = [
        said.index(words) for words in ("Unpack", "terminal", "    python verify.py\n", "py.")
    ]
    assert places == sorted(places) and "解压" in said


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_receipt_is_proved_by_the_same_program_with_the_file_it_is_about(
    hill: Cast, taken: Path, tmp_path, capsys, language: str
):
    client = Client(headers={"Accept-Language": language})
    client.force_login(hill.auditor)
    bundle = Bundle.objects.get()
    file = tmp_path / "davy.zip"
    file.write_bytes(b"".join(client.get(reverse("bundle-download", args=[bundle.uid]))))
    [entry] = AuditEntry.objects.filter(action="bundle.download")
    receipt = tmp_path / f"davy-receipt-{entry.pk}.txt"
    text = client.get(reverse("receipt", args=[entry.pk]) + "?as=text").content
    assert f"verify.py {receipt.name} --key KEY --file FILE" in text.decode()
    receipt.write_bytes(text.replace(b"\n", b"\r\n"))  # as an editor may save it
    key = SigningKey.objects.get().public
    assert verify.main([str(receipt), "--key", key, "--file", str(file)]) == 0
    said = capsys.readouterr().out
    assert "This receipt holds" in said and bundle.sha256 in said and "dora" in said
    for wrong, fault in (
        (text.replace(b'"by":"dora"', b'"by":"emil"'), "was changed after the mine signed it"),
        (text[: text.index(key.encode())], "was changed after the mine signed it"),
    ):
        receipt.write_bytes(wrong)
        assert verify.main([str(receipt)]) == 1
        assert fault in capsys.readouterr().out
    receipt.write_bytes(text)
    assert verify.main([str(receipt), "--file", str(receipt)]) == 1
    assert "is another file than the one that was taken away" in capsys.readouterr().out
    assert verify.main([str(receipt), "--key", "0" * 64]) == 1
    assert "not by the one you gave" in capsys.readouterr().out
