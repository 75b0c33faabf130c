"""The fence between mines: the ORM's half and PostgreSQL's half, each on its own."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction
from django_scopes.exceptions import ScopeError

from apps.accounts.models import ApiToken, Membership
from apps.alarms.answers import alarm_acknowledge
from apps.alarms.handover import handover_sign, handover_take
from apps.alarms.models import Alarm, AlarmTransition, Handover, Takeover
from apps.audit.models import AuditEntry
from apps.cameras.models import Camera
from apps.mines.models import Area, Mine, Organisation
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast, an_alarm

TENANT_MODELS = [
    model
    for model in apps.get_models()
    if model in (Mine, Organisation, Membership)
    or any(field.name == "mine" for field in model._meta.get_fields())
]


def rows(table: str) -> int:
    """Count a table's rows past the ORM."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


def test_there_are_tenant_models_to_look_at():
    assert {Camera, Alarm, AuditEntry, ApiToken, Area} <= set(TENANT_MODELS)


@pytest.mark.django_db
@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model._meta.db_table)
def test_every_tenant_table_is_fenced_even_for_its_owner(model: type[models.Model]):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass",
            [model._meta.db_table],
        )
        assert cursor.fetchone() == (True, True)


@pytest.mark.django_db
def test_the_application_role_owns_nothing_and_bypasses_nothing():
    call_command("check", databases=["default"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "model",
    [m for m in TENANT_MODELS if m is not Organisation],
    ids=lambda model: model._meta.db_table,
)
def test_a_query_outside_a_scope_raises(model: type[models.Model]):
    with pytest.raises(ScopeError):
        list(model._default_manager.all())


def test_postgresql_alone_hides_the_other_mines_rows(cast: Cast):
    with system_scope("test"):
        an_alarm(cast.lamp_hill)
        an_alarm(cast.deep_vale)
        assert rows("alarms_alarm") == 2
    with mine_scope(cast.deep_vale.mine.pk):
        assert [rows(t) for t in ("alarms_alarm", "cameras_camera", "mines_mine")] == [1, 1, 1]
    assert rows("alarms_alarm") == 0, "no scope, no rows"


def test_the_orm_alone_hides_the_other_mines_rows(cast: Cast):
    with system_scope("test"):
        import django_scopes

        # PostgreSQL would show everything here.
        with django_scopes.scope(mine=[cast.deep_vale.mine.pk]):
            assert [camera.mine_id for camera in Camera.objects.all()] == [cast.deep_vale.mine.pk]


def test_writing_into_another_mine_is_refused_by_postgresql(cast: Cast):
    with (
        pytest.raises(DatabaseError, match="row-level security"),
        mine_scope(cast.deep_vale.mine.pk),
    ):
        Area.objects.create(mine=cast.lamp_hill.mine, name="smuggled")


def test_an_inner_scope_gives_the_outer_one_back(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        with system_scope("test"):
            assert rows("mines_mine") == 2
        assert rows("mines_mine") == 1


@pytest.mark.django_db(transaction=True)
def test_a_pooled_connection_carries_no_scope_to_the_next_transaction():
    with system_scope("test"):
        organisation = Organisation.objects.create(name="North", slug="north")
        Mine.objects.create(organisation=organisation, name="Hill")
        assert rows("mines_mine") == 1
    assert rows("mines_mine") == 0


@pytest.mark.parametrize("model", [AuditEntry, AlarmTransition, Handover, Takeover])
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_the_record_cannot_be_changed(cast: Cast, model: type[models.Model], verb: str):
    with system_scope("test"):
        alarm = an_alarm(cast.lamp_hill)
        alarm_acknowledge(alarm=alarm, actor=cast.operator)
        handover = handover_sign(mine=cast.lamp_hill.mine, actor=cast.operator)
        handover_take(handover=handover, actor=cast.admin)
        entries = model._default_manager.all()
        assert entries.exists()
        sql = "SET mine_id = NULL" if verb == "update" else ""
        statement = f"{verb} {'FROM' if verb == 'delete' else ''} {model._meta.db_table} {sql}"
        with (
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
