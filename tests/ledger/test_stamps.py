"""Signed roots get their time from an authority outside, which is a real one here."""

from datetime import timedelta

import pytest
import time_machine
from cryptography.x509 import load_pem_x509_certificates
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.ledger import stamping, tasks, verify
from apps.ledger.authority import TsaAwayError, TsaError, check
from apps.ledger.models import Root, Stamp, StampFailure
from apps.ledger.stamping import root_stamp, roots_unstamped, stamp_faults, stamped
from apps.mines.models import Mine
from apps.tenancy.scope import mine_scope
from tests.cast import Cast, an_alarm
from tests.ledger.authority import Authority, authority_made, needs_openssl, signed

pytestmark = needs_openssl


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
