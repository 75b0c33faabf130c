"""Row-level security for tenant tables, as a migration operation."""

from django.db import migrations

__all__ = ["append_only", "protect"]

IDS = "string_to_array(nullif(current_setting('davy.{name}', true), ''), ',')::bigint[]"
MINES = IDS.format(name="mine_ids")
ORGANISATIONS = IDS.format(name="organisation_ids")
USER = "nullif(current_setting('davy.user_id', true), '')::bigint"
SYSTEM = "current_setting('davy.system', true) = 'on'"


def protect(table: str, rows: str = f"mine_id = ANY ({MINES})") -> migrations.RunSQL:
    """Let a transaction see only rows that match `rows` (by default: of its own mines).

    FORCE makes the owner obey as well. The second policy is the one visible way past the first.
    """
    return migrations.RunSQL(
        f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY scope ON {table} USING ({rows}) WITH CHECK ({rows});
        CREATE POLICY system ON {table} USING ({SYSTEM}) WITH CHECK ({SYSTEM});
        """,
        f"""
        DROP POLICY system ON {table};
        DROP POLICY scope ON {table};
        ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
        """,
    )


def append_only(table: str) -> migrations.RunSQL:
    """Refuse UPDATE and DELETE on a table, whoever asks."""
    return migrations.RunSQL(
        f"""
        CREATE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$;
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION {table}_is_append_only();
        """,
        f"DROP TRIGGER append_only ON {table}; DROP FUNCTION {table}_is_append_only();",
    )
