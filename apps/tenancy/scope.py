"""Whose rows the running code may see: a scope is a database transaction tied to some mines.

Two fences stand behind each other. The ORM refuses a query outside a scope (django-scopes) and
filters inside one; PostgreSQL's row-level security filters again by settings that live only as
long as the transaction (`SET LOCAL`), so a pooled connection cannot carry them to the next user.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import django_scopes
from django.db import connection, transaction

__all__ = ["Scope", "current_scope", "mine_scope", "system_scope", "user_scope"]


@dataclass(frozen=True)
class Scope:
    """What one stretch of work may see; an empty scope sees nothing."""

    mine_ids: frozenset[int] = frozenset()
    organisation_ids: frozenset[int] = frozenset()
    user_id: int | None = None
    system: str = ""


_current: ContextVar[Scope | None] = ContextVar("davy_scope", default=None)


def current_scope() -> Scope | None:
    """Return the scope in force, or None outside of any."""
    return _current.get()


def _apply(scope: Scope) -> None:
    """Tell PostgreSQL the scope, for the rest of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('davy.mine_ids', %s, true),"
            " set_config('davy.organisation_ids', %s, true),"
            " set_config('davy.user_id', %s, true),"
            " set_config('davy.system', %s, true)",
            [
                ",".join(map(str, sorted(scope.mine_ids))),
                ",".join(map(str, sorted(scope.organisation_ids))),
                str(scope.user_id or ""),
                "on" if scope.system else "",
            ],
        )


@contextmanager
def _enter(scope: Scope) -> Iterator[Scope]:
    outer = _current.get()
    nested = connection.in_atomic_block
    orm: AbstractContextManager[None] = (
        django_scopes.scopes_disabled()
        if scope.system
        else django_scopes.scope(mine=sorted(scope.mine_ids))
    )
    with transaction.atomic(), orm:
        _apply(scope)
        token = _current.set(scope)
        try:
            yield scope
        finally:
            _current.reset(token)
            # A released savepoint keeps its settings: hand the outer transaction back its own.
            if nested and not connection.needs_rollback:
                _apply(outer or Scope())


def mine_scope(
    *mine_ids: int, organisation_ids: frozenset[int] = frozenset(), user_id: int | None = None
) -> AbstractContextManager[Scope]:
    """Open a transaction that sees these mines and nothing else."""
    return _enter(Scope(frozenset(mine_ids), organisation_ids, user_id))


def user_scope(user_id: int) -> AbstractContextManager[Scope]:
    """Open a transaction that sees only a user's own memberships."""
    return _enter(Scope(user_id=user_id))


def system_scope(reason: str) -> AbstractContextManager[Scope]:
    """Open a transaction that sees every mine; the reason is for whoever greps for these."""
    return _enter(Scope(system=reason))
