"""Time stamps lie in a real backup, and one that was changed is found in the backup itself."""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.ledger import tasks
from apps.ledger.models import Root, Stamp
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import an_alarm, build_cast
from tests.ledger.authority import authority, needs_openssl, signed

pytestmark = needs_openssl


@pytest.fixture
def stamped(django_db_setup, django_db_blocker, settings, tmp_path):
    """A mine's record with two stamped roots, and a third that binds the acts about them."""
    (tmp_path / "tsa").mkdir()
    with django_db_blocker.unblock(), authority(tmp_path / "tsa") as tsa:
        settings.TSA_URL, settings.TSA_CA = tsa.url, tsa.ca
        try:
            with system_scope("the cast spans mines"):
                hill = build_cast().lamp_hill
            roots = []
            for number in range(2):
                with mine_scope(hill.mine.pk):
                    an_alarm(hill, situation=f"r1:{number}", rule=f"r{number}")
                roots.append(signed(hill.mine))
                tasks.stamp()
            signed(hill.mine)
            with mine_scope(hill.mine.pk):
                assert Stamp.objects.count() == 2
            yield roots
        finally:
            call_command("flush", interactive=False, verbosity=0, reset_sequences=False)


def spoil(root: Root, change: str, value: object) -> None:
    """Change a stamp's row as whoever rules the database can."""
    name = connection.settings_dict["NAME"]
    url = urlunsplit(urlsplit(os.environ["DATABASE_OWNER_URL"])._replace(path=f"/{name}"))
    with psycopg.connect(url) as owner:
        owner.execute("SELECT set_config('davy.system', 'on', true)")
        owner.execute("ALTER TABLE ledger_stamp DISABLE TRIGGER append_only")
        done = owner.execute(
            f"UPDATE ledger_stamp SET {change} = %s WHERE root_id = %s", [value, root.pk]
        )
        assert done.rowcount == 1
        owner.execute("ALTER TABLE ledger_stamp ENABLE TRIGGER append_only")


def backed_up(place: Path) -> str:
    place.mkdir()
    call_command("backup", str(place), verbosity=0)
    return str(next(place.iterdir()))


def test_a_stamp_that_was_changed_is_found_in_the_backup_itself(stamped, tmp_path, capsys):
    first, second = stamped
    call_command("backup", backed_up(tmp_path / "whole"), verify=True)
    assert "its ledger verifies" in capsys.readouterr().out
    with mine_scope(first.mine_id):
        token = bytearray(Stamp.objects.get(root=first).token)
        later = Stamp.objects.get(root=second).at - timedelta(days=30)
    token[-20] ^= 1  # in the authority's signature, which ends the answer
    spoil(first, "token", bytes(token))
    spoil(second, "at", later)
    with pytest.raises(CommandError):
        call_command("backup", backed_up(tmp_path / "spoilt"), verify=True)
    told = capsys.readouterr().err.splitlines()
    name = f"mine {first.mine_id}: time stamp of link"
    forged = "The time stamp is not signed under the certificates of DAVY_TSA_CA."
    assert f"{name} {first.number}: {forged}" in told
    assert f"{name} {second.number}: its row tells another time or name" in told
