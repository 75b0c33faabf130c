"""Rows that were made once through the services, and are written again for each test.

Each time they get keys and times of their own, as if the services had made them just then: what
one test leaves under a key in a cache, a queue or a folder is never found by another.
"""

import os
import pickle
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit, urlunsplit

import psycopg
import time_machine
from django.apps import apps
from django.db import DJANGO_VERSION_PICKLE_KEY, connection, models, transaction
from django.utils import timezone

__all__ = ["THEN", "TIME", "Pattern", "instances_in", "odd_keys", "rows_left"]

Made = TypeVar("Made")

# While a pattern is made, keys and times are such as nothing else looks like; a mine's key is also
# a lock's, which takes 32 bits.
FIRST_KEY, KEYS_OF_A_TABLE = 2_100_000_000, 100_000
THEN = datetime(2222, 2, 22, tzinfo=UTC)
KEY = re.compile(r"(?<![\w.])21\d{8}(?![\w.])")
TIME = re.compile(r"2222-02-22T[\d:.]+\+00:00")


class Pattern(Generic[Made]):
    """What `make` returned, and every row that it left, to be had again by `again`.

    `make` runs once, in a savepoint that is rolled back; it needs a system scope, as `again` does.
    What it does besides rows happens that once only. `first` is what it returned, without rows.
    """

    def __init__(self, make: Callable[[], Made]) -> None:
        with odd_keys(), time_machine.travel(THEN), transaction.atomic():
            self.first = make()
            self._made = pickle.dumps(self.first)
            self._rows = rows_left()
            transaction.set_rollback(True)
        sequences = _sequences()
        text = self._text = " ".join(self._rows.values())
        self._keys = sorted({int(key) for key in KEY.findall(text)})
        self._sequences = [sequences[(key - FIRST_KEY) // KEYS_OF_A_TABLE] for key in self._keys]
        self._times = sorted({datetime.fromisoformat(time) for time in TIME.findall(text)})

    def again(self, words: Mapping[str, str] | None = None) -> Made:
        """Write the rows under new keys, as made just now, and return what `make` did.

        `words` replaces what else must differ each time, such as a secret's digest.
        """
        words = words or {}
        assert all(word in self._text for word in words), "a word that is in no row"
        keys = dict(zip(self._keys, self._new_keys(), strict=True))
        now, last = timezone.now(), len(self._times) - 1
        times = {
            then: now - timedelta(microseconds=last - place)  # still one after the other
            for place, then in enumerate(self._times)
        }

        def written(rows: str) -> str:
            rows = KEY.sub(lambda found: str(keys[int(found[0])]), rows)
            rows = TIME.sub(lambda found: times[datetime.fromisoformat(found[0])].isoformat(), rows)
            for old, new in words.items():
                rows = rows.replace(old, new)
            return rows.replace("'", "''")

        with connection.cursor() as cursor:
            cursor.execute(
                ";".join(
                    f"INSERT INTO {table} SELECT *"
                    f" FROM json_populate_recordset(NULL::{table}, '{written(rows)}')"
                    for table, rows in self._rows.items()
                )
            )
        made: Made = pickle.loads(self._made)
        for row in instances_in(made, {}).values():
            held = vars(row)  # a key set as an attribute would forget the row that it names
            del held[DJANGO_VERSION_PICKLE_KEY]  # which only a row out of a pickle has
            for name, value in held.items():
                if isinstance(value, datetime) and value.year == THEN.year:
                    held[name] = times[value]
                elif isinstance(value, int) and value in keys:
                    held[name] = keys[value]
        return made

    def _new_keys(self) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval(sequence::regclass) FROM unnest(%s::text[]) AS sequence",
                [self._sequences],
            )
            return [key for (key,) in cursor.fetchall()]


def _tables() -> list[type[models.Model]]:
    """Return the models whose rows have a number for a key; nothing made here has another."""
    every = apps.get_models(include_auto_created=True)
    numbered = (models.AutoField, models.BigAutoField)
    return [model for model in every if isinstance(model._meta.pk, numbered)]


def _sequences() -> list[str]:
    """Return what numbers each table's rows, in the order of `_tables`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_serial_sequence(name, 'id') FROM unnest(%s::text[]) AS name",
            [[model._meta.db_table for model in _tables()]],
        )
        return [sequence for (sequence,) in cursor.fetchall()]


@contextmanager
def odd_keys() -> Iterator[None]:
    """Let each table number its rows from a place of its own, meanwhile; only an owner may."""
    sequences = _sequences()
    parts = urlsplit(os.environ["DATABASE_OWNER_URL"])
    database = f"/{connection.settings_dict['NAME']}"
    with psycopg.connect(urlunsplit(parts._replace(path=database)), autocommit=True) as owner:
        before = [
            (*owner.execute(f"SELECT last_value, is_called FROM {name}").fetchone(), name)
            for name in sequences
        ]
        move = "SELECT setval(%s, %s, %s)"
        for place, name in enumerate(sequences):
            owner.execute(move, [name, FIRST_KEY + place * KEYS_OF_A_TABLE, False])
        try:
            yield
        finally:
            for value, called, name in before:
                owner.execute(move, [name, value, called])


def rows_left() -> dict[str, str]:
    """Return by table, as JSON, the rows whose keys are above all others."""
    rows = {}
    with connection.cursor() as cursor:
        for table in (model._meta.db_table for model in _tables()):
            cursor.execute(
                f"SELECT json_agg(row ORDER BY id)::text FROM {table} AS row WHERE id >= %s",
                [FIRST_KEY],
            )
            (found,) = cursor.fetchone()
            if found:
                rows[table] = found
    return rows


def instances_in(thing: Any, found: dict[int, models.Model]) -> dict[int, models.Model]:
    """Return the rows in a dataclass, and those that they know, each once."""
    if isinstance(thing, models.Model) and id(thing) not in found:
        found[id(thing)] = thing
        for known in thing._state.fields_cache.values():
            instances_in(known, found)
    elif is_dataclass(thing):
        for field in fields(thing):
            instances_in(getattr(thing, field.name), found)
    return found
