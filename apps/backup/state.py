"""What tells one database's state from another's: migrations, rows by table, its guards."""

from typing import Any

__all__ = ["Cut", "guards_of", "migrations_of", "rows_of", "sequences_behind", "tables_of"]


class Cut(Exception):  # noqa: N818
    """A table's rows cannot all be seen; a backup would be cut without a word."""


def tables_of(cursor: Any) -> list[str]:
    """List the tables; Cut where row-level security would hide rows from a backup."""
    cursor.execute(
        "SELECT c.relname, NOT c.relrowsecurity OR EXISTS (SELECT FROM pg_policies p"
        "  WHERE p.schemaname = 'public' AND p.tablename = c.relname AND p.policyname = 'system')"
        " FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace"
        " AND c.relkind IN ('r', 'p') ORDER BY c.relname"
    )
    rows = cursor.fetchall()
    if cut := [table for table, whole in rows if not whole]:
        raise Cut(f"Row-level security would hide rows of {', '.join(cut)}: there is no policy.")
    return [table for table, _whole in rows]


def rows_of(cursor: Any, table: str) -> int:
    """Count a table's rows."""
    cursor.execute(f'SELECT count(*) FROM "{table}"')
    return int(cursor.fetchone()[0])


def migrations_of(cursor: Any) -> list[str]:
    """List what was migrated."""
    cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY app, name")
    return [name for (name,) in cursor.fetchall()]


def guards_of(cursor: Any) -> list[str]:
    """List policies, triggers and forced row-level security by name: what a restore must bring."""
    cursor.execute(
        "SELECT 'policy ' || tablename || '.' || policyname FROM pg_policies"
        " WHERE schemaname = 'public'"
        " UNION ALL SELECT 'trigger ' || c.relname || '.' || t.tgname || ' ' || t.tgenabled::text"
        " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace"
        " UNION ALL SELECT 'forced ' || relname FROM pg_class WHERE relforcerowsecurity"
        " AND relrowsecurity AND relnamespace = 'public'::regnamespace"
    )
    return sorted(name for (name,) in cursor.fetchall())


def sequences_behind(cursor: Any) -> list[str]:
    """List the sequences whose next number a row has already."""
    cursor.execute(
        "SELECT c.relname, a.attname, pg_get_serial_sequence(quote_ident(c.relname), a.attname)"
        " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
        " AND a.attidentity <> ''"
    )
    behind = []
    for table, column, sequence in cursor.fetchall():
        cursor.execute(
            f'SELECT coalesce(max("{column}"), 0) >= (SELECT last_value + is_called::int'
            f' FROM {sequence}) FROM "{table}"'
        )
        if cursor.fetchone()[0]:
            behind.append(f"{table}.{column}")
    return behind
