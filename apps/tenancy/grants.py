"""What the application's database role may do; set by the owner after every migration."""

from typing import Any

from django.db import connection

__all__ = ["APPLICATION_ROLE", "grant_to_application"]

APPLICATION_ROLE = "davy_app"
APPEND_ONLY = (
    "audit_auditentry",
    "alarms_alarmtransition",
    "alarms_handover",
    "alarms_takeover",
    "evidence_clipaccess",
    "ledger_link",
    "ledger_root",
    "ledger_stamp",
    "ledger_stampfailure",
)


def grant_to_application(**kwargs: Any) -> None:
    """Grant reading and writing of rows, never of the tables themselves."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user = (SELECT tableowner FROM pg_tables"
            " WHERE schemaname = 'public' AND tablename = 'django_migrations'),"
            " EXISTS (SELECT FROM pg_roles WHERE rolname = %s)",
            [APPLICATION_ROLE],
        )
        owner, role_exists = cursor.fetchone()
        if not owner or not role_exists:
            return
        cursor.execute(
            f"GRANT USAGE ON SCHEMA public TO {APPLICATION_ROLE};"
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public"
            f" TO {APPLICATION_ROLE};"
            f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APPLICATION_ROLE};"
            f"REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {APPLICATION_ROLE};"
        )
        tables = set(connection.introspection.table_names(cursor))
        for table in APPEND_ONLY:
            if table in tables:
                cursor.execute(f"REVOKE UPDATE, DELETE ON {table} FROM {APPLICATION_ROLE}")
