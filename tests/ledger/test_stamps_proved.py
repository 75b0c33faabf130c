"""Time stamps are proved on the page, by command, in backups and in bundles."""

import hashlib
import subprocess
import zipfile
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from apps.backup import proof
from apps.bundles.services import bundle_ask, bundle_make
from apps.evidence.storage import get_file
from apps.ledger import tasks, verify
from apps.ledger.models import Root, Stamp, StampFailure
from apps.ledger.services import ledger_seal, root_sign
from apps.ledger.stamping import root_stamp, stamp_faults
from apps.mines.models import Mine
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast, an_alarm
from tests.ledger.authority import Authority, authority_made, needs_openssl, signed

pytestmark = needs_openssl


@pytest.mark.parametrize("model", [Stamp, StampFailure])
def test_the_application_cannot_change_stamps(hill: Mine, tsa: Authority, model):
    tsa.there = False
    signed(hill)
    tasks.stamp()
    tsa.there = True
    with mine_scope(hill.pk):
        root_stamp(root_id=Root.objects.get().pk, mine_id=hill.pk)
        for change in (model.objects.all().delete, lambda: model.objects.update(at=None)):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()


def test_the_command_and_the_page_tell_of_the_stamp_and_prove_it(
    cast: Cast, hill: Mine, tsa: Authority, settings, tmp_path
):
    client = Client()
    client.force_login(cast.auditor)
    page = reverse("ledger", args=[hill.pk])
    first = signed(hill)
    tsa.there = False
    tasks.stamp()
    shown = client.get(page).content.decode()
    assert "No time stamp yet" in shown and "The time stamp authority answered 503." in shown
    tsa.there = True
    root_stamp(root_id=first.pk, mine_id=hill.pk)
    shown = client.get(page).content.decode()
    assert f"Test TSA says that everything up to link {first.number} was there" in shown
    held = client.post(reverse("ledger-verify", args=[hill.pk])).content.decode()
    assert "every link and every signature" in held
    said = StringIO()
    call_command("ledger", "verify", mine=hill.pk, stdout=said)
    assert f"{first.number} of them were there at" in said.getvalue()
    assert "says Test TSA" in said.getvalue()
    other = tmp_path / "other"
    other.mkdir()
    settings.TSA_CA = authority_made(other)
    told = StringIO()
    with pytest.raises(CommandError, match="does not hold"):
        call_command("ledger", "verify", mine=hill.pk, stderr=told)
    assert f"time stamp of link {first.number}: The time stamp is not signed" in told.getvalue()


def test_a_backup_proves_the_stamps_in_it(hill: Mine, tsa: Authority, monkeypatch):
    root = signed(hill)
    tasks.stamp()
    with mine_scope(hill.pk):
        ledger_seal(mine_id=hill.pk)
        end = root_sign(mine_id=hill.pk)
    spoilt: dict[str, str | None] = {}

    @contextmanager
    def rows(dump: Path, table: str) -> Iterator[Iterator[dict[str, str | None]]]:
        """Give a table's rows as they stand in a dump: text, bytes in hex."""
        with system_scope("test"), connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table} LIMIT 0")
            names = [column.name for column in cursor.description]
            cursor.execute(f"SELECT {', '.join(f'{name}::text' for name in names)} FROM {table}")
            found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        if table == "ledger_stamp":
            found = [row | spoilt for row in found if None not in spoilt.values()]
        yield iter(found)

    def faults() -> list[str]:
        heads = {str(hill.pk): {"number": end.number, "hash": end.hash}}
        return list(proof.dump_ledger_faults(Path("dump"), heads, {}))

    monkeypatch.setattr(proof, "table_data", rows)
    assert faults() == []
    name = f"mine {hill.pk}: time stamp of link {root.number}"
    spoilt["token"] = "\\x3000"
    assert [f"{name}: The answer is no time stamp."] == [f for f in faults() if "gone" not in f]
    del spoilt["token"]
    spoilt["at"] = "2020-01-01 00:00:00+00"
    assert f"{name}: its row tells another time or name" in faults()
    spoilt["at"] = None
    assert faults() == [f"{name}: the record tells of it, and it is gone"]


def test_a_stamp_is_taken_from_the_page_and_by_the_api(cast: Cast, hill: Mine, tsa: Authority):
    root = signed(hill)
    tasks.stamp()
    with mine_scope(hill.pk):
        stamp = Stamp.objects.get()
    client = Client()
    client.force_login(cast.auditor)
    place = f"/ledger/{hill.pk}/root-{root.number}"
    assert f"{place}.tsr" in client.get(f"/ledger/{hill.pk}/").content.decode()
    taken = client.get(f"{place}.tsr")
    assert taken["Content-Type"] == "application/timestamp-reply"
    assert taken.content == bytes(stamp.token)
    about = client.get(f"{place}.json").content
    assert verify.stamp_said(taken.content)[0] == hashlib.sha256(about).hexdigest()
    assert client.get(f"/ledger/{hill.pk}/root-{root.number + 9}.tsr").status_code == 404
    told = client.get(f"/api/v1/roots/?mine={hill.pk}").json()["results"][0]
    assert (told["number"], told["stamp"]["tsa"]) == (root.number, stamp.tsa)
    assert b64decode(told["stamp"]["token"]) == taken.content
    assert told["statement"].encode() == about


def test_a_bundle_tells_of_no_stamp_that_does_not_lie_in_it(
    cast: Cast, hill: Mine, tsa: Authority, settings, tmp_path
):
    """What was stamped before the first act about its alarms says nothing about them."""
    settings.VAR = tmp_path / "var"
    signed(hill)
    tasks.stamp()
    with mine_scope(hill.pk):
        alarm = an_alarm(cast.lamp_hill)
        bundle = bundle_ask(mine=hill, alarms=[alarm.pk], purpose="inquiry", actor=cast.auditor)
        bundle_make(bundle_id=bundle.pk, mine_id=hill.pk)
        bundle.refresh_from_db()
    get_file(bundle.key, tmp_path / "taken.zip")
    with zipfile.ZipFile(tmp_path / "taken.zip") as archive:
        content = verify.json.loads(archive.read("bundle.json"))
        assert not [name for name in archive.namelist() if name.startswith("stamps/")]
    assert content["time_stamps"]["newest_stamped_root"] is None


def test_a_stamp_that_is_gone_is_missed(hill: Mine, tsa: Authority, monkeypatch):
    root = signed(hill)
    tasks.stamp()
    with mine_scope(hill.pk):
        monkeypatch.setattr(Stamp.objects, "filter", lambda **_: Stamp.objects.none())
        [fault] = stamp_faults(mine_id=hill.pk)
    assert fault == f"time stamp of link {root.number}: the record tells of it, and it is gone"


def test_a_bundle_takes_stamps_along_and_openssl_proves_them(
    cast: Cast, hill: Mine, tsa: Authority, settings, tmp_path
):
    settings.VAR = tmp_path / "var"
    with system_scope("test"):
        alarm = an_alarm(cast.lamp_hill)
    root = signed(hill)
    tasks.stamp()
    with mine_scope(hill.pk):
        bundle = bundle_ask(mine=hill, alarms=[alarm.pk], purpose="inquiry", actor=cast.auditor)
        bundle_make(bundle_id=bundle.pk, mine_id=hill.pk)
        bundle.refresh_from_db()
    taken, folder = tmp_path / "taken.zip", tmp_path / "open"
    get_file(bundle.key, taken)
    with zipfile.ZipFile(taken) as archive:
        archive.extractall(folder)
    assert list(verify.bundle_faults(verify.Bundle(folder))) == []
    content = verify.json.loads((folder / "bundle.json").read_text())
    assert content["time_stamps"] == {
        "newest_stamped_root": root.number,
        "own_root": "not stamped when this was packed",
    }
    name = f"stamps/root-{root.number}"
    told = subprocess.run(
        ["openssl", "ts", "-verify", "-in", f"{name}.tsr", "-data", f"{name}.json"]
        + ["-CAfile", tsa.folder / "ca.pem"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert "Verification: OK" in told.stdout, told
    assert f"openssl ts -verify -in {name.replace(str(root.number), 'N')}.tsr" in (
        (folder / "README.txt").read_text()
    )
    opened = verify.Bundle(folder)
    content = verify.json.loads(opened.read("bundle.json"))
    listed = {entry["path"]: entry for entry in content["files"]}
    roots = verify.json.loads(opened.read("roots.json"))["roots"]
    assert list(verify._stamp_faults(opened, listed, roots)) == []
    other = TimestampRequestBuilder(data=b"something else", hash_algorithm=HashAlgorithm.SHA256)
    # A stamp of something else, in a bundle that somebody signed anew with the mine's key.
    for reply in (tsa.stamp(other.build().as_bytes()), b"no stamp", b""):
        (folder / f"{name}.tsr").write_bytes(reply)
        faults = list(verify._stamp_faults(opened, listed, roots))
        assert faults == [f"{name}.tsr: is not about that root"]
    listed[f"{name}.json"]["sha256"] = "ab" * 32
    assert f"{name}.json: is not about that root" in list(
        verify._stamp_faults(opened, listed, roots)
    )
