"""Signed roots get their time from an authority outside, which is a real one here."""

import hashlib
import subprocess
import zipfile
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from cryptography.x509 import load_pem_x509_certificates
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from apps.audit.models import AuditEntry
from apps.backup import proof
from apps.bundles.services import bundle_ask, bundle_make
from apps.evidence.storage import get_file
from apps.ledger import stamping, tasks, verify
from apps.ledger.authority import TsaAwayError, TsaError, check
from apps.ledger.models import Root, Stamp, StampFailure
from apps.ledger.services import ledger_seal, root_sign
from apps.ledger.stamping import root_stamp, roots_unstamped, stamp_faults, stamped
from apps.mines.models import Mine
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast, an_alarm
from tests.ledger.authority import Authority, authority, authority_made, needs_openssl

pytestmark = needs_openssl


@pytest.fixture
def tsa(tmp_path, settings) -> Iterator[Authority]:
    folder = tmp_path / "tsa"
    folder.mkdir()
    with authority(folder) as here:
        settings.TSA_URL, settings.TSA_CA = here.url, here.ca
        yield here


@pytest.fixture
def hill(cast: Cast) -> Mine:
    return cast.lamp_hill.mine


def signed(mine: Mine) -> Root:
    """Sign the mine's record as it stands now."""
    with mine_scope(mine.pk):
        ledger_seal(mine_id=mine.pk)
        root = root_sign(mine_id=mine.pk)
    assert root is not None
    return root


def reasons(mine: Mine) -> list[str]:
    with mine_scope(mine.pk):
        assert not Stamp.objects.exists()
        return list(StampFailure.objects.values_list("reason", flat=True))


def test_a_root_gets_one_stamp_that_is_told_in_the_record(hill: Mine, tsa: Authority):
    root = signed(hill)
    tasks.stamp()
    tasks.stamp()
    assert tsa.asked == 1
    with mine_scope(hill.pk):
        stamp = Stamp.objects.get(root=root)
        assert stamp.tsa == "Test TSA"
        assert abs(stamp.at - root.at) < timedelta(seconds=60)
        act = AuditEntry.objects.get(action="ledger.stamped")
        assert act.detail == {"root": root.number, "tsa": "Test TSA", "at": stamp.at.isoformat()}
        assert list(stamp_faults(mine_id=hill.pk)) == []


def test_nobody_is_asked_unless_the_settings_name_an_authority(
    hill: Mine, tsa: Authority, settings
):
    signed(hill)
    settings.TSA_URL = ""
    tasks.stamp()
    assert tsa.asked == 0
    assert reasons(hill) == []


def test_two_who_ask_about_one_root_keep_one_stamp(hill: Mine, tsa: Authority, monkeypatch):
    root = signed(hill)
    asks = stamping.ask

    def overtaken(*args, **kwargs):
        monkeypatch.setattr(stamping, "ask", asks)
        assert root_stamp(root_id=root.pk, mine_id=hill.pk) is not None
        return asks(*args, **kwargs)

    monkeypatch.setattr(stamping, "ask", overtaken)
    assert root_stamp(root_id=root.pk, mine_id=hill.pk) is None
    assert tsa.asked == 2
    with mine_scope(hill.pk):
        assert Stamp.objects.count() == 1
        assert AuditEntry.objects.filter(action="ledger.stamped").count() == 1


def test_while_the_authority_is_away_roots_are_signed_and_it_is_asked_less_and_less(
    hill: Mine, tsa: Authority
):
    tsa.there = False
    begin = timezone.now() - timedelta(hours=3)
    with time_machine.travel(begin, tick=False) as clock:
        root = signed(hill)
        tried = []
        for minute in range(70):
            clock.move_to(begin + timedelta(minutes=minute, seconds=1))
            before = tsa.asked
            with mine_scope(hill.pk):
                due = [one.pk for one in roots_unstamped(mine_id=hill.pk)]
            if due:
                with pytest.raises(TsaAwayError):
                    root_stamp(root_id=root.pk, mine_id=hill.pk)
            tried += [minute] * (tsa.asked - before)
        assert tried == [0, 1, 3, 7, 15, 31, 63]
        assert set(reasons(hill)) == {"The time stamp authority answered 503."}
        with mine_scope(hill.pk):
            assert AuditEntry.objects.filter(action="ledger.stamp_failed").count() == 1
        later = signed(hill)
        assert later.number > root.number
    tsa.there = True
    tasks.stamp()
    with mine_scope(hill.pk):
        assert set(Stamp.objects.values_list("root", flat=True)) == {root.pk, later.pk}


def test_a_stamp_from_before_its_root_waits_until_the_clocks_agree(hill: Mine, tsa: Authority):
    # The authority has a clock of its own, which nobody moves.
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False) as clock:
        signed(hill)
        tasks.stamp()
        assert reasons(hill) == ["The time stamp is older than the root: one of the clocks is off."]
        clock.shift(timedelta(minutes=-2))
        tasks.stamp()
        assert tsa.asked == 2


def test_an_authority_that_nobody_reaches_is_asked_once_a_sweep(cast: Cast, tsa: Authority):
    signed(cast.lamp_hill.mine)
    with mine_scope(cast.deep_vale.mine.pk):
        an_alarm(cast.deep_vale)
    signed(cast.deep_vale.mine)
    tsa.there = False
    tasks.stamp()
    assert tsa.asked == 1


def test_a_root_of_last_week_is_not_asked_about(hill: Mine, tsa: Authority):
    with time_machine.travel(timezone.now() - timedelta(days=8), tick=False):
        signed(hill)
    tasks.stamp()
    assert tsa.asked == 0


def other_digest(hill: Mine):
    """Change what a question is about, on its way to the authority."""
    with mine_scope(hill.pk):
        root = Root.objects.select_related("key").get()
    digest = verify.hashlib.sha256(stamped(root)).digest()

    def change(query: bytes) -> bytes:
        assert digest in query
        return query.replace(digest, bytes(32))

    return change


def test_a_stamp_of_something_else_is_refused(hill: Mine, tsa: Authority):
    signed(hill)
    tsa.question = other_digest(hill)
    tasks.stamp()
    assert reasons(hill) == ["The time stamp is about something else."]


def test_an_answer_to_an_earlier_question_is_refused(hill: Mine, tsa: Authority):
    root = signed(hill)
    old: list[bytes] = []
    tsa.answer = lambda reply: (old.append(reply), old[0])[1]
    with mine_scope(hill.pk):
        content = stamped(Root.objects.select_related("key").get())
    stamping.ask(content, not_before=root.at, authorities=stamping.authorities())
    tasks.stamp()
    assert reasons(hill) == ["The time stamp answers another question."]


def test_a_stamp_that_another_ca_vouches_for_is_refused(
    hill: Mine, tsa: Authority, settings, tmp_path
):
    signed(hill)
    settings.TSA_CA = authority_made(tmp_path)
    tasks.stamp()
    assert reasons(hill) == ["The time stamp is not signed under the certificates of DAVY_TSA_CA."]


def test_a_stamp_with_one_changed_byte_never_holds(hill: Mine, tsa: Authority):
    root = signed(hill)
    with mine_scope(hill.pk):
        content = stamped(root)
    good = stamping.ask(content, not_before=root.at, authorities=stamping.authorities())
    trusted = load_pem_x509_certificates(tsa.ca.encode())
    for at in range(0, len(good.token), 7):
        bad = bytearray(good.token)
        bad[at] ^= 1
        try:
            said = check(bytes(bad), content, authorities=trusted)
        except TsaError:
            continue
        # What nothing signs, such as the words of the status: the time and the name are the same.
        assert (said.at, said.tsa) == (good.at, good.tsa), at


@pytest.mark.parametrize("answer", [b"", b"<html>sign in first</html>", b"\x30\x03\x02\x01\x02"])
def test_what_is_no_stamp_is_told_in_words(hill: Mine, tsa: Authority, answer: bytes):
    signed(hill)
    tsa.answer = lambda reply: answer
    tasks.stamp()
    assert reasons(hill) == ["The answer is no time stamp."]


def test_an_authority_that_refuses_is_told_with_its_status(hill: Mine, tsa: Authority):
    signed(hill)
    # It knows SHA-256 alone; the question's algorithm becomes SHA-512's on the way.
    sha = "6086480165030402"
    tsa.question = lambda query: query.replace(bytes.fromhex(sha + "01"), bytes.fromhex(sha + "03"))
    tasks.stamp()
    assert reasons(hill) == ["The time stamp authority refused (status 2)."]


def test_an_address_where_nobody_is_counts_as_away(hill: Mine, tsa: Authority, settings):
    signed(hill)
    settings.TSA_URL = "http://127.0.0.1:1/tsa"
    tasks.stamp()
    assert reasons(hill) == [
        "The time stamp authority could not be reached (ConnectionRefusedError)."
    ]


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
