"""A cursor over several mines: an event that commits late is never stepped over."""

import threading

import pytest
from django.db import connection

from apps.live.models import Event
from apps.live.services import emit
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import build_cast

pytestmark = pytest.mark.django_db(transaction=True)


def test_events_become_visible_in_the_order_of_their_ids():
    with system_scope("test"):
        cast = build_cast()
    first, second = cast.lamp_hill.mine.pk, cast.deep_vale.mine.pk
    emitted, go = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with mine_scope(first):
                emit(mine_id=first, kind="slow", payload={})
                emitted.set()
                go.wait(timeout=10)
        finally:
            connection.close()

    def quick() -> None:
        try:
            with mine_scope(second):
                emit(mine_id=second, kind="quick", payload={})
        finally:
            connection.close()

    threads = [threading.Thread(target=slow), threading.Thread(target=quick)]
    threads[0].start()
    assert emitted.wait(timeout=10)
    threads[1].start()
    threads[1].join(timeout=0.5)
    with system_scope("test"):
        seen = list(Event.objects.filter(kind__in=["slow", "quick"]).values_list("kind", flat=True))
    assert seen == [], "the quick one waits for the slow one, whose id is lower"
    go.set()
    for thread in threads:
        thread.join(timeout=10)
    with system_scope("test"):
        rows = Event.objects.filter(kind__in=["slow", "quick"]).order_by("pk")
        assert list(rows.values_list("kind", flat=True)) == ["slow", "quick"]
