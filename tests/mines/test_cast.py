"""The cast of the tests, which the services make once and each test has anew."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction

from apps.accounts.models import ApiToken
from apps.tenancy.scope import system_scope
from tests.again import instances_in, odd_keys, rows_left
from tests.cast import NOON, Cast, build_cast, make_cast

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")
BY_LOT = {"key_id", "digest", "password"}

pytestmark = pytest.mark.django_db


def left_by(build: Callable[[], Cast]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the rows that a cast leaves, and what its members hold, but for times and lots.

    Two that write the same rows in the same order give them the same keys here.
    """
    with odd_keys(), system_scope("test"), transaction.atomic():
        cast = build()
        rows = {table: json.loads(TIME.sub("then", text)) for table, text in rows_left().items()}
        transaction.set_rollback(True)
    for row in (row for table in rows.values() for row in table):
        for name in BY_LOT & row.keys():
            row[name] = "by lot"
    members = [
        {
            name: "then" if isinstance(value, datetime) else value
            for name, value in vars(member).items()
            if name != "_state" and name not in BY_LOT
        }
        | {"knows": sorted(member._state.fields_cache)}
        for member in instances_in(cast, {}).values()
    ]
    return rows, members


def test_the_cast_is_what_the_services_make():
    build_cast_once()  # a pattern made within would begin at the same keys
    (made, members), (written, others) = left_by(make_cast), left_by(build_cast)
    assert {"audit_auditentry", "live_event", "cameras_analysis", "rules_scene"} <= made.keys()
    assert written == made
    assert others == members


def build_cast_once() -> tuple[set[tuple[str, int]], set[str]]:
    """Return a cast's keys and tokens; its rows are gone again."""
    with system_scope("test"), transaction.atomic():
        cast = build_cast()
        transaction.set_rollback(True)
    keys = {(row._meta.label, row.pk) for row in instances_in(cast, {}).values()}
    return keys, {cast.token, cast.foreign_token}


def test_no_two_casts_share_a_key_or_a_token():
    (keys, tokens), (others, other_tokens) = build_cast_once(), build_cast_once()
    assert len(keys) == len(others) and not keys & others
    assert len(tokens | other_tokens) == 4


def test_a_test_that_stops_the_clock_has_a_cast_of_that_time():
    with time_machine.travel(NOON, tick=False), system_scope("test"):
        cast = build_cast()
        cast.lamp_hill.camera.refresh_from_db()
        tokens = list(ApiToken.objects.order_by("pk").values_list("created_at", flat=True))
    for at in (*tokens, cast.lamp_hill.camera.created_at, cast.operator.date_joined):
        assert NOON - timedelta(milliseconds=1) < at <= NOON
    assert tokens == sorted(set(tokens)), "still one after the other"
