"""What an older version still does while a new one has changed the database already."""

import pytest
from django.db import connection

# Columns of tables that older versions write and do not know of.
NEWER = [
    ("alarms_witness", "level"),
    ("alarms_witness", "step"),
    ("cameras_camera", "main_box"),
    ("cameras_camera", "sub_box"),
    ("ledger_signingkey", "handover"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("table", "column"), NEWER)
def test_what_an_older_version_leaves_out_of_a_row_the_database_fills_in(table: str, column: str):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_default FROM information_schema.columns "
            "WHERE table_name = %s AND column_name = %s",
            [table, column],
        )
        [(default,)] = cursor.fetchall()
    assert default is not None
