"""Which faults of the database pass by themselves: the moment was wrong, not what was asked."""

from django.db import Error, InterfaceError, OperationalError

__all__ = ["is_passing"]

# SQLSTATE classes: connection, rolled back for another's sake (deadlock, serialization), out of
# disk, memory or connections, cancelled or shutting down, the system underneath.
_CLASSES = ("08", "40", "53", "57", "58")
# Takes no writes (a standby), was idle for too long, a lock was not had in time.
_STATES = ("25006", "25P03", "55P03")


def is_passing(error: BaseException) -> bool:
    """Tell whether the database may take the very same later; else it is about what was asked."""
    if not isinstance(error, Error):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    if state is None:  # the server said nothing any more: the connection broke, or there is none
        return isinstance(error, OperationalError | InterfaceError)
    return state.startswith(_CLASSES) or state in _STATES
