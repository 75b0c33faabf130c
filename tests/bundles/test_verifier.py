"""The receiver's own verifier, which did not come with the bundle, and everyday surroundings."""

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

from django.test import Client
from django.urls import reverse

from apps.ledger.models import SigningKey
from tests.cast import Cast

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


def prove(script: Path, *more: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-I", str(script), *more], capture_output=True, check=False
    )
