"""Refuses a database role for which row-level security would not hold."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection


@register(Tags.database)
def application_role_is_fenced(databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Run by `manage.py check --database default` before the demo or a container serves."""
    if not databases:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, EXISTS (SELECT FROM pg_tables"
            " WHERE schemaname = 'public' AND tableowner = current_user)"
            " FROM pg_roles WHERE rolname = current_user"
        )
        superuser, bypass, owner = cursor.fetchone()
    if superuser or bypass:
        return [
            Error(
                "The application's database role ignores row-level security.",
                hint="DATABASE_URL must name a role without SUPERUSER and BYPASSRLS.",
                id="davy.E001",
            )
        ]
    if owner:
        return [
            Error(
                "The application's database role owns tables.",
                hint="Migrate as the owner (DATABASE_OWNER_URL) and serve as davy_app.",
                id="davy.E002",
            )
        ]
    return []
