"""What is logged while PostgreSQL is away: one line, and not forty for each try."""

import logging
import threading
import time

from django.db import Error

from apps.passing import is_passing

__all__ = ["Outage", "over"]

log = logging.getLogger(__name__)
# An outage that goes on is told of again, whatever else may be silent.
AGAIN_S = 60.0
_TRIES = ("error connecting", "reconnection attempt")
_DISCARDED = "discarding closed connection"  # and replaced: the next line tells what is wrong


class Outage(logging.Filter):
    """Lets the first line about an outage through, without its traceback, and one a minute."""

    _lock = threading.Lock()
    _began_s: float | None = None
    _told_s = 0.0
    _left_out = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a line is to be written; asked twice of one line, it answers alike.

        Django sets logging up once more where a process sets it up twice, and a logger then has two
        of these.
        """
        if getattr(record, "of_outage", False):
            return True
        error = _error_of(record)
        if error is None and not (record.name == "psycopg.pool" and _is_try(record)):
            return True
        now = time.monotonic()
        with Outage._lock:
            if str(record.msg).startswith(_DISCARDED):
                Outage._left_out += 1
                return False
            if Outage._began_s is None:
                Outage._began_s = now
            elif now - Outage._told_s < AGAIN_S:
                Outage._left_out += 1
                return False
            Outage._told_s = now
        record.of_outage = True
        if record.exc_info and error is not None:
            record.msg, record.args = f"{record.getMessage()}: {error}", ()
            record.exc_info = record.exc_text = None
        return True


def over() -> None:
    """Say that PostgreSQL answers again, where something was said of its absence."""
    with Outage._lock:
        began_s, Outage._began_s = Outage._began_s, None
        left_out, Outage._left_out = Outage._left_out, 0
    if began_s is not None:
        away_s = time.monotonic() - began_s
        log.warning("PostgreSQL answers after %.0f s; %s lines were left out", away_s, left_out)


def _is_try(record: logging.LogRecord) -> bool:
    return str(record.msg).startswith((*_TRIES, _DISCARDED))


def _error_of(record: logging.LogRecord) -> BaseException | None:
    """Return the error of a line, if it is that the database does not answer."""
    arguments = record.args if isinstance(record.args, tuple) else ()
    raised = record.exc_info[1] if record.exc_info else None
    for error in (raised, *arguments):
        if not isinstance(error, Error) or not is_passing(error):
            continue
        state = getattr(error.__cause__, "sqlstate", None)
        if state is None or state.startswith(("08", "57P")):
            return error
    return None
