"""The record of a mine is chained, signed, and cannot be changed without a trace."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import StringIO
from threading import Barrier
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
import time_machine
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import DatabaseError, close_old_connections, connection, transaction

from apps.audit.models import AuditEntry
from apps.audit.services import record
from apps.cameras.secrets import unlock
from apps.ledger import tasks
from apps.ledger.models import Link, Root, SigningKey
from apps.ledger.selectors import ledger_faults, newest_root, unsealed
from apps.ledger.services import USE, key_rotate, ledger_seal, root_sign
from apps.mines.models import Mine, Organisation
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast
from tests.ledger.chaining import chaining


@pytest.fixture
def hill(cast: Cast):
    """Lamp Hill in scope, with a record that begins now."""
    with mine_scope(cast.lamp_hill.mine.pk):
        ledger_seal(mine_id=cast.lamp_hill.mine.pk)
        yield cast.lamp_hill.mine


def act(mine: Mine, number: int) -> None:
    record(action="test.act", subject="row", mine_id=mine.pk, part="test", detail={"no": number})


def faults(mine: Mine) -> list[str]:
    return list(ledger_faults(mine_id=mine.pk))


def test_every_act_gets_its_place_once_and_the_chain_holds(hill: Mine):
    before = Link.objects.count()
    for number in range(5):
        act(hill, number)
    assert ledger_seal(mine_id=hill.pk) == 5
    assert ledger_seal(mine_id=hill.pk) == 0
    numbers = list(Link.objects.values_list("number", flat=True))
    assert numbers == list(range(1, before + 6))
    assert faults(hill) == []


def test_each_mine_has_a_chain_of_its_own(cast: Cast):
    for place in (cast.lamp_hill, cast.deep_vale):
        with mine_scope(place.mine.pk):
            act(place.mine, 1)
    tasks.seal()
    for place in (cast.lamp_hill, cast.deep_vale):
        with mine_scope(place.mine.pk):
            assert Link.objects.order_by("number").first().number == 1
            assert set(Link.objects.values_list("mine", flat=True)) == {place.mine.pk}
            assert faults(place.mine) == []


def test_a_mine_that_cannot_be_chained_keeps_no_other_from_it(cast: Cast, monkeypatch):
    def fails(*, mine_id: int) -> int:
        if mine_id == cast.lamp_hill.mine.pk:
            raise ZeroDivisionError("nobody thought of this")
        return ledger_seal(mine_id=mine_id)

    monkeypatch.setattr(tasks, "ledger_seal", fails)
    with pytest.raises(ExceptionGroup):
        tasks.seal()
    with mine_scope(cast.deep_vale.mine.pk):
        assert Link.objects.exists()


def test_an_act_whose_transaction_took_long_is_chained_by_the_day(hill: Mine, cast: Cast):
    act(hill, 1)
    late = AuditEntry.objects.latest("pk")
    act(hill, 2)
    with time_machine.travel(datetime.now(UTC) - timedelta(hours=1), tick=False):
        Link.objects.create(
            mine=hill,
            number=Link.objects.count() + 1,
            entry=AuditEntry.objects.latest("pk"),
            digest="0" * 64,
            hash="0" * 64,
        )
    assert late.pk < AuditEntry.objects.latest("pk").pk
    assert ledger_seal(mine_id=hill.pk) == 0
    assert ledger_seal(mine_id=hill.pk, thorough=True) == 1
    assert Link.objects.filter(entry=late).exists()


def test_the_chain_is_signed_once_in_the_mines_day(cast: Cast):
    mine = cast.lamp_hill.mine
    with time_machine.travel(datetime(2026, 3, 1, 12, tzinfo=UTC), tick=False) as clock:
        for hours, count in ((0, 1), (1, 1), (24, 2), (25, 2)):
            clock.move_to(datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(hours=hours))
            with mine_scope(mine.pk):
                act(mine, hours)
            tasks.sign()
            with mine_scope(mine.pk):
                assert Root.objects.count() == count, hours
    with mine_scope(mine.pk):
        assert newest_root(mine_id=mine.pk).previous == Root.objects.first().signature
        # The act of the last hour is chained by nobody here, and that is told.
        assert [fault for fault in faults(mine) if "was never chained" not in fault] == []
        assert len(faults(mine)) == 1


def test_signing_what_is_signed_changes_nothing(hill: Mine):
    assert Link.objects.exists()
    first = root_sign(mine_id=hill.pk)
    # The key that was made for it is an act itself, and stands in the chain after it.
    ledger_seal(mine_id=hill.pk)
    second = root_sign(mine_id=hill.pk)
    assert second.number == first.number + 1
    assert root_sign(mine_id=hill.pk) == second


def test_a_new_key_signs_from_then_on_and_old_roots_still_hold(hill: Mine):
    root_sign(mine_id=hill.pk)
    key_rotate(mine=hill)
    act(hill, 1)
    ledger_seal(mine_id=hill.pk)
    root_sign(mine_id=hill.pk)
    old, new = SigningKey.objects.order_by("pk")
    assert old.retired_at is not None and new.retired_at is None
    assert {root.key_id for root in Root.objects.all()} == {old.pk, new.pk}
    assert faults(hill) == []
    stated = AuditEntry.objects.filter(action="ledger.key_made").values_list("detail", flat=True)
    assert {detail["public"] for detail in stated} == {old.public, new.public}
    private = unlock(new.private_box, use=USE)
    assert private and private not in new.private_box


def test_a_key_that_nobody_can_open_any_more_is_followed_by_a_new_one(hill: Mine, settings):
    root_sign(mine_id=hill.pk)
    signed = newest_root(mine_id=hill.pk).number
    settings.FIELD_KEY = Fernet.generate_key().decode()
    act(hill, 1)
    key_rotate(mine=hill)
    ledger_seal(mine_id=hill.pk)
    root = root_sign(mine_id=hill.pk)
    old, new = SigningKey.objects.order_by("pk")
    assert (old.retired_at is not None, root.key) == (True, new)
    told = AuditEntry.objects.filter(action="ledger.key_made").order_by("-pk").first().detail
    assert told == {"public": new.public, "lost": old.public, "lost_signed_until": signed}
    assert faults(hill) == []


def test_a_mine_whose_key_nobody_can_open_keeps_no_other_from_being_signed(
    cast: Cast, settings, caplog
):
    first, other = sorted((cast.lamp_hill.mine, cast.deep_vale.mine), key=lambda mine: mine.pk)
    with mine_scope(first.pk):
        ledger_seal(mine_id=first.pk)
        lost = root_sign(mine_id=first.pk)
    settings.FIELD_KEY = Fernet.generate_key().decode()
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2), tick=False):
        tasks.sign()
    with mine_scope(first.pk):
        assert newest_root(mine_id=first.pk) == lost
    with mine_scope(other.pk):
        assert newest_root(mine_id=other.pk) is not None
    assert f"the record of mine {first.pk} was not signed" in caplog.text


def test_the_command_names_the_mine_it_cannot_sign_and_goes_on(cast: Cast, settings, capsys):
    first, other = sorted((cast.lamp_hill.mine, cast.deep_vale.mine), key=lambda mine: mine.pk)
    with mine_scope(first.pk):
        ledger_seal(mine_id=first.pk)
        root_sign(mine_id=first.pk)
    settings.FIELD_KEY = Fernet.generate_key().decode()
    with pytest.raises(CommandError, match="Not all done"):
        call_command("ledger", "sign")
    told = capsys.readouterr()
    assert f"{first.name}: A secret was locked with another DAVY_FIELD_KEY." in told.err
    assert f"{other.name}: " in told.out
    settings.FIELD_KEY = "not-a-key"
    with pytest.raises(CommandError, match="Not all done"):
        call_command("ledger", "rotate")
    assert "DAVY_FIELD_KEY is no key" in capsys.readouterr().err


def test_there_is_no_mine_0(cast: Cast):
    with pytest.raises(CommandError, match="There is no mine 0"):
        call_command("ledger", "rotate", mine=0)


@pytest.mark.parametrize("model", [Link, Root])
@pytest.mark.parametrize("verb", ["UPDATE {} SET hash = ''", "DELETE FROM {}"])
def test_the_application_cannot_change_links_or_roots(hill: Mine, model, verb: str):
    root_sign(mine_id=hill.pk)
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(verb.format(model._meta.db_table))


def as_the_databases_master(*statements: str) -> None:
    """Change rows as somebody who rules the whole database could."""
    url = urlsplit(os.environ["DATABASE_OWNER_URL"])
    address = urlunsplit(url._replace(path=f"/{connection.settings_dict['NAME']}"))
    with psycopg.connect(address) as server:
        server.execute("SELECT set_config('davy.system', 'on', true)")
        for table in ("audit_auditentry", "ledger_link", "ledger_root"):
            server.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
        for statement in statements:
            server.execute(statement)
        for table in ("audit_auditentry", "ledger_link", "ledger_root"):
            server.execute(f"ALTER TABLE {table} ENABLE TRIGGER append_only")


@pytest.fixture
def pit(transactional_db: None) -> Mine:
    """A mine with a committed record of twelve acts, the first eight of them signed."""
    with system_scope("test"):
        mine = Mine.objects.create(
            organisation=Organisation.objects.create(name="Pit", slug="pit"), name="Pit"
        )
    with mine_scope(mine.pk):
        for number in range(8):
            act(mine, number)
        ledger_seal(mine_id=mine.pk)
        root_sign(mine_id=mine.pk)
        for number in range(8, 11):
            act(mine, number)
        ledger_seal(mine_id=mine.pk)
        assert (Link.objects.count(), faults(mine)) == (12, [])
    return mine


NUMBERED = "(SELECT entry_id FROM ledger_link WHERE number = {})"


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        (
            ["UPDATE audit_auditentry SET detail = '{}' WHERE id = " + NUMBERED.format(3)],
            "ledger: the act of link 3 was changed",
        ),
        (["DELETE FROM ledger_link WHERE number = 5"], "ledger: link 5 is missing"),
        (["DELETE FROM ledger_link WHERE number < 3"], "ledger: link 1 to 2 is missing"),
        (
            ["DELETE FROM ledger_link WHERE number > 7"],
            "ledger: it ends at link 7, before the last signed root",
        ),
        (
            ["UPDATE ledger_link SET digest = repeat('a', 64) WHERE number = 9"],
            "ledger: the act of link 9 was changed",
        ),
        (
            ["UPDATE ledger_root SET hash = repeat('a', 64)"],
            "root of link 8: the signature is wrong",
        ),
    ],
)
def test_even_the_databases_master_leaves_a_trace(pit: Mine, statements, told: str):
    as_the_databases_master(*statements)
    with mine_scope(pit.pk):
        assert told in faults(pit)
    said = StringIO()
    with pytest.raises(CommandError, match="does not hold"):
        call_command("ledger", "verify", stderr=said)
    assert f"Pit: {told}" in said.getvalue()


def test_a_chain_cut_back_to_an_earlier_root_is_found_by_a_later_one_kept_elsewhere(pit: Mine):
    with mine_scope(pit.pk):
        kept = root_sign(mine_id=pit.pk)
    given = f"--root={kept.number}:{kept.hash}"
    call_command("ledger", "verify", given, mine=pit.pk)
    as_the_databases_master(
        "DELETE FROM ledger_root WHERE number > 8",
        "DELETE FROM ledger_link WHERE number > 8",
        "DELETE FROM audit_auditentry WHERE id NOT IN (SELECT entry_id FROM ledger_link)",
        "SET CONSTRAINTS ALL IMMEDIATE",
    )
    call_command("ledger", "verify", mine=pit.pk)  # by itself nothing tells
    said = StringIO()
    with pytest.raises(CommandError, match="does not hold"):
        call_command("ledger", "verify", given, mine=pit.pk, stderr=said)
    assert "kept root of link 12: the ledger has no such link" in said.getvalue()
    with mine_scope(pit.pk):
        for number in range(4):
            act(pit, number)
        ledger_seal(mine_id=pit.pk)
    with pytest.raises(CommandError, match="does not hold"):
        call_command("ledger", "verify", given, mine=pit.pk, stderr=said)
    assert "kept root of link 12: the ledger has another hash there" in said.getvalue()


@pytest.mark.parametrize("given", ["12", "12:ab", "x:" + "a" * 64, ":" + "a" * 64])
def test_a_root_that_cannot_be_read_is_refused(pit: Mine, given: str):
    with pytest.raises(CommandError, match="NUMBER:HASH"):
        call_command("ledger", "verify", f"--root={given}", mine=pit.pk)


def test_the_command_says_that_everything_holds_and_how_much_is_signed(pit: Mine):
    said = StringIO()
    call_command("ledger", "verify", stdout=said)
    assert said.getvalue() == "Pit: 12 acts hold, 8 of them are signed\n"


def test_who_needs_the_whole_record_chained_waits_for_whoever_chains(cast: Cast):
    mine = cast.lamp_hill.mine
    with mine_scope(mine.pk), chaining(mine.pk) as waited:
        act(mine, 1)
        assert ledger_seal(mine_id=mine.pk) == 0  # the beat leaves it to the other
        while ledger_seal(mine_id=mine.pk, thorough=True):
            pass
        assert not unsealed(mine_id=mine.pk, thorough=True).exists()
    assert waited.is_set()


def test_two_that_chain_at_once_do_the_work_once(pit: Mine):
    with mine_scope(pit.pk):
        for number in range(20):
            act(pit, number)
    together = Barrier(2)

    def chain(_: int) -> int:
        try:
            together.wait(10)
            with mine_scope(pit.pk):
                return ledger_seal(mine_id=pit.pk)
        finally:
            close_old_connections()
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(chain, range(2)))
    with mine_scope(pit.pk):
        assert sum(done) == 20
        assert faults(pit) == []
