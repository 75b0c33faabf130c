"""Many sockets, one look: all desks together ask the database as often as one does."""

import asyncio
import json
from dataclasses import replace

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Membership
from apps.live import looks
from apps.live.looks import Reader, look
from apps.live.services import emit
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast, build_cast

pytestmark = pytest.mark.django_db(transaction=True)


def reader_of(person, cursor: int = 0) -> Reader:
    client = Client()
    client.force_login(person)
    return Reader(person.pk, client.cookies["sessionid"].value, "en", cursor)


@sync_to_async
def prepare() -> tuple[Cast, Reader, Reader]:
    with system_scope("test"):
        cast = build_cast()
    for place in (cast.lamp_hill, cast.deep_vale):
        with mine_scope(place.mine.pk):
            emit(mine_id=place.mine.pk, kind=f"of.{place.mine.name}", payload={})
    return cast, reader_of(cast.operator), reader_of(cast.stranger)


def queries_of(*readers: Reader) -> int:
    with CaptureQueriesContext(connection) as asked:
        looks._read(set(readers))
    return len(asked)


async def test_desks_of_one_mine_ask_as_often_as_one_desk():
    cast, chen, _ = await prepare()

    @sync_to_async
    def count() -> tuple[int, int]:
        people = (cast.admin, cast.auditor, cast.integrator, cast.operator)
        return queries_of(chen), queries_of(chen, *(reader_of(person) for person in people))

    one, five = await count()
    assert one == five


async def test_who_looks_together_sees_only_his_own_mines():
    cast, chen, stranger = await prepare()
    found = await asyncio.gather(*(look(reader) for reader in (chen, stranger, chen)))
    kinds = [[json.loads(event)["kind"] for event in one.events] for one in found]
    assert [of[-1] for of in kinds] == ["of.Lamp Hill", "of.Deep Vale", "of.Lamp Hill"]
    assert "of.Deep Vale" not in kinds[0] + kinds[2] and "of.Lamp Hill" not in kinds[1]
    assert found[0].mine_ids.isdisjoint(found[1].mine_ids)


async def test_one_who_was_removed_or_signed_out_hears_nothing_and_the_others_do():
    cast, chen, stranger = await prepare()

    @sync_to_async
    def remove() -> None:
        with system_scope("test"):
            Membership.objects.filter(user=cast.operator).delete()

    await remove()
    gone = replace(stranger, session_key="no-such-session")
    first, other, third = await asyncio.gather(look(chen), look(gone), look(stranger))
    assert (first.events, other, bool(third.events)) == ([], None, True)
