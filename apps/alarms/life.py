"""An alarm's life as one table: from which state, by what, under which facts, to which state.

The states are those of ISA-18.2 (domain.md section 7). A critical alarm that is over and answered
stays latched until somebody says what was found. Shelved, suppressed and out of service are one
kind of state: the alarm is known and asks nobody; `silences.py` says when they begin and end.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = [
    "ASKING",
    "CAUSES",
    "Cause",
    "ENDS",
    "Facts",
    "NotAllowed",
    "SILENCED",
    "STATES",
    "Silenced",
    "State",
    "TABLE",
    "next_state",
]


class State(models.TextChoices):
    """Where an alarm stands."""

    UNACKNOWLEDGED = "unacknowledged", _("not answered")
    ACKNOWLEDGED = "acknowledged", _("answered, still there")
    RETURNED = "returned", _("over, not answered")
    LATCHED = "latched", _("over and answered, not yet reset")
    SHELVED = "shelved", _("shelved")
    SUPPRESSED = "suppressed", _("suppressed by a permit")
    OUT_OF_SERVICE = "out_of_service", _("out of service")
    CLOSED = "closed", _("over and answered")


class Silenced(models.TextChoices):
    """Why a rule asks nobody for a while; each is also the state of its alarms."""

    SHELVED = State.SHELVED.value, _("shelved")
    SUPPRESSED = State.SUPPRESSED.value, _("suppressed by a permit")
    OUT_OF_SERVICE = State.OUT_OF_SERVICE.value, _("out of service")


class Cause(models.TextChoices):
    """What can happen to an alarm."""

    RAISED = "raised", _("Raised")
    AGAIN = "again", _("Happened again")
    WORSE = "escalated", _("Became worse")
    EASED = "eased", _("Became less")
    RISEN = "risen", _("Became worse again")
    JOINED = "joined", _("More people came")
    CLEARED = "cleared", _("Over")
    UNWATCHED = "unwatched", _("No longer watched")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    RESET = "reset", _("Reset")
    SILENCED = "silenced", _("Asks nobody for a while")
    ASKS_AGAIN = "asks_again", _("Asks again")
    FALSE = "judged_false", _("Called a false alarm")
    CALLED = "called", _("Called")
    ASSIGNED = "assigned", _("Assigned")
    NOTED = "noted", _("Noted")
    TOLD = "told", _("Passed on, because nobody answered")
    UNCALLED = "uncalled", _("Noted only: no route takes this step, nobody was called")
    CHATTERING = "chattering", _("Comes and goes")


STATES = tuple(state.value for state in State)
CAUSES = tuple(cause.value for cause in Cause)
SILENCED = tuple(kind.value for kind in Silenced)
# It was seen to be over, or the rule ended and nobody watches any more.
ENDS = (Cause.CLEARED.value, Cause.UNWATCHED.value)
# Somebody has to answer; nobody else's answer, and no time, takes that away.
ASKING = (State.UNACKNOWLEDGED.value, State.RETURNED.value)

NEW = ""
SAME = "(same)"
AS_SILENCED = "(as silenced)"
U, A, R = State.UNACKNOWLEDGED.value, State.ACKNOWLEDGED.value, State.RETURNED.value
L, C = State.LATCHED.value, State.CLOSED.value


class NotAllowed(Exception):
    """This cannot happen to an alarm in this state."""


@dataclass(frozen=True)
class Facts:
    """What the table asks about besides the state.

    over: the situation has ended; answered: somebody answered its latest occurrence; latches: it
    is critical; silenced: the kind of silence that is in force and holds for this severity, or "".
    """

    over: bool = False
    answered: bool = False
    latches: bool = False
    silenced: str = ""


@dataclass(frozen=True)
class Row:
    """One row: the first whose states, cause and facts fit says where the alarm goes."""

    froms: tuple[str, ...]
    cause: str
    to: str
    when: Mapping[str, bool]


def _row(froms: tuple[str, ...] | str, cause: Cause, to: str, **when: bool) -> Row:
    return Row((froms,) if isinstance(froms, str) else froms, cause.value, to, when)


def _answer(cause: Cause) -> tuple[Row, ...]:
    """Answering by name: the same whether the alarm is called true or false."""
    return (
        _row(U, cause, A),
        _row(R, cause, L, latches=True),
        _row(R, cause, C),
    )


def _on(cause: Cause) -> tuple[Row, ...]:
    """More of what is open: whoever answered is asked anew."""
    return (
        _row((U, A), cause, U),
        _row(SILENCED, cause, AS_SILENCED, silenced=True),
        _row(SILENCED, cause, U),
    )


def _end(cause: Cause) -> tuple[Row, ...]:
    """The end of what an alarm is about: the same whether that was seen or not."""
    return (
        _row(U, cause, R),
        _row(A, cause, L, latches=True),
        _row(A, cause, C),
        _row(SILENCED, cause, SAME),
    )


TABLE: tuple[Row, ...] = (
    # What the engine tells.
    _row(NEW, Cause.RAISED, AS_SILENCED, silenced=True),
    _row(NEW, Cause.RAISED, U),
    _row((U, A, R), Cause.AGAIN, U),
    _row(SILENCED, Cause.AGAIN, AS_SILENCED, silenced=True),
    _row(SILENCED, Cause.AGAIN, U),
    *_on(Cause.RISEN),
    *_on(Cause.JOINED),
    _row(SILENCED, Cause.WORSE, AS_SILENCED, silenced=True),
    _row((U, A, R, *SILENCED), Cause.WORSE, U),
    # That it became less answers nothing.
    _row((U, A, *SILENCED), Cause.EASED, SAME),
    *_end(Cause.CLEARED),
    *_end(Cause.UNWATCHED),
    # What people do.
    *_answer(Cause.ACKNOWLEDGED),
    *_answer(Cause.FALSE),
    _row((A, L, C), Cause.FALSE, SAME),
    _row(L, Cause.RESET, C),
    # Its camera is off: nobody watches it any more, so that a person says how it stands.
    _row(A, Cause.RESET, C, over=True),
    _row(STATES, Cause.CALLED, SAME),
    _row(STATES, Cause.ASSIGNED, SAME),
    _row(STATES, Cause.NOTED, SAME),
    # A silence takes what is there; what is over and not answered still asks.
    _row((U, A, *SILENCED), Cause.SILENCED, AS_SILENCED, over=False, silenced=True),
    _row(SILENCED, Cause.ASKS_AGAIN, AS_SILENCED, silenced=True),
    _row(SILENCED, Cause.ASKS_AGAIN, U, over=False),
    _row(SILENCED, Cause.ASKS_AGAIN, R, answered=False),
    _row(SILENCED, Cause.ASKS_AGAIN, L, latches=True),
    _row(SILENCED, Cause.ASKS_AGAIN, C),
    # What time and counting bring.
    _row((U, R), Cause.TOLD, SAME),
    _row((U, R), Cause.UNCALLED, SAME),
    _row(STATES, Cause.CHATTERING, SAME),
)


def next_state(state: str, cause: str, facts: Facts) -> str:
    """Return the state after something happened; raises NotAllowed where the table has no row."""
    known = {name: bool(value) for name, value in asdict(facts).items()}
    for row in TABLE:
        if state not in row.froms or cause != row.cause:
            continue
        if any(known[name] != wanted for name, wanted in row.when.items()):
            continue
        if row.to == SAME:
            return state
        return facts.silenced if row.to == AS_SILENCED else row.to
    raise NotAllowed(f"{cause} cannot happen to an alarm that is {state or 'not there'}")
