"""The table of an alarm's life: what leads where, and what no road leads to."""

from itertools import product

import pytest

from apps.alarms.life import (
    ASKING,
    CAUSES,
    SILENCED,
    STATES,
    TABLE,
    Cause,
    Facts,
    NotAllowed,
    next_state,
)

ALL_FACTS = [
    Facts(over, answered, latches, silenced)
    for over, answered, latches, silenced in product(
        (False, True), (False, True), (False, True), ("", "shelved")
    )
]


def roads():
    """Every step the table allows: from, cause, facts, to."""
    for state, cause, facts in product(("", *STATES), CAUSES, ALL_FACTS):
        try:
            yield state, cause, facts, next_state(state, cause, facts)
        except NotAllowed:
            continue


ROADS = list(roads())


def test_every_row_of_the_table_is_used():
    used = {(state, cause) for state, cause, _, _ in ROADS}
    assert used == {(state, row.cause) for row in TABLE for state in row.froms}


def test_every_state_can_be_reached_and_left_except_the_closed_one():
    reached, wave = set(), {""}
    while wave:
        reached |= wave
        wave = {to for frm, _, _, to in ROADS if frm in reached} - reached
    assert reached - {""} == set(STATES) - {
        "suppressed",
        "out_of_service",
    }  # shelved in their stead
    assert {to for frm, _, _, to in ROADS if frm == "closed"} == {"closed"}


def test_a_critical_alarm_closes_only_by_a_reset():
    closing = {cause for frm, cause, facts, to in ROADS
               if to == "closed" and frm != "closed" and facts.latches}  # fmt: skip
    assert closing == {Cause.RESET}


def test_nothing_stops_asking_except_an_answer_or_a_silence():
    quiet = {cause for frm, cause, _, to in ROADS if frm in ASKING and to not in ASKING}
    assert quiet == {Cause.ACKNOWLEDGED, Cause.FALSE, Cause.SILENCED}


def test_what_is_over_and_not_answered_is_never_silenced():
    assert not [to for frm, _, _, to in ROADS if frm == "returned" and to in SILENCED]


def test_a_silence_that_does_not_hold_for_this_severity_takes_nothing_in():
    assert not [to for frm, _, facts, to in ROADS
                if to in SILENCED and frm not in SILENCED and not facts.silenced]  # fmt: skip


def test_the_end_of_a_silence_asks_again_for_what_nobody_answered():
    for over in (False, True):
        state = next_state("shelved", Cause.ASKS_AGAIN, Facts(over=over))
        assert state == ("returned" if over else "unacknowledged")
    answered = Facts(over=True, answered=True)
    assert next_state("shelved", Cause.ASKS_AGAIN, answered) == "closed"


def test_what_is_not_in_the_table_is_refused():
    with pytest.raises(NotAllowed, match="reset cannot happen to an alarm that is returned"):
        next_state("returned", Cause.RESET, Facts(over=True))
