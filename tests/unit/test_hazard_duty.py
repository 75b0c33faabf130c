"""Posts, permits and barriers: what must be there, and stands as it should."""

import pytest
from hazard_kit import Film, person, scene
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.scene import SceneError
from workers.told import LATE

WINCH = {"machines": [{"id": "winch-1", "source": "signal"}]}
PERMIT = {"id": "permit", "kind": "state", "states": ["OPEN", "CLOSED"], "stale_s": 600}
GATES = [{"id": name, "kind": "state", "states": ["OPEN", "CLOSED"], "stale_s": 300}
         for name in ("gate", "second")]  # fmt: skip
MODE = {"id": "mode", "kind": "state", "states": ["GOODS", "MAN_RIDING"]}


def lacks(kind, states, *, stored=False, **params):
    """Return a scene whose rule names an input of these states."""
    given = {"id": "one", "kind": "state", "states": states}
    rule = {"zone": "danger"}
    return scene(kind, params=params, rule=rule, inputs=[given, *GATES], stored=stored)


@pytest.mark.parametrize(
    ("kind", "name", "more", "states", "needed"),
    [
        ("permit_camera_ready", "work_permit", {}, ["open", "closed"], "OPEN"),
        ("barrier_state", "barrier", {}, ["open", "closed"], "OPEN, CLOSED"),
        ("barrier_state", "barrier", {}, ["CLOSED", "AJAR"], "OPEN, CLOSED"),
        ("barrier_state", "other", {"barrier": "gate"}, ["UP", "DOWN"], "OPEN, CLOSED"),
        ("barrier_state", "mode", {"barrier": "gate"}, ["goods", "man_riding"], "MAN_RIDING"),
    ],
)
def test_an_input_without_the_states_that_decide_is_refused_and_a_stored_one_is_loaded(
    kind, name, more, states, needed
):
    with pytest.raises(SceneError) as caught:
        lacks(kind, states, **more, **{name: "one"})
    text = f"needs an input with the states {needed}, found {', '.join(states)}"
    assert str(caught.value) == f"rules[0].params.{name}: {text}"
    lacks(kind, states, stored=True, **more, **{name: "one"})


def test_a_barrier_that_is_a_number_is_refused():
    numbers = [{"id": "gate", "kind": "number"}]
    with pytest.raises(SceneError, match="OPEN, CLOSED, found number"):
        scene("barrier_state", params={"barrier": "gate"}, inputs=numbers)


@pytest.mark.parametrize("stored", [False, True])
def test_a_barrier_and_its_mode_are_understood_in_whatever_case(stored):
    gates, mode = GATES, MODE
    if stored:
        gates = [gate | {"states": ["open", "closed"]} for gate in GATES]
        mode = MODE | {"states": ["goods", "man_riding"]}
    params = {"barrier": "gate", "other": "second", "mode": "mode"}
    film = Film(scene("barrier_state", params=params, inputs=[*gates, mode], stored=stored))
    for name in ("gate", "second"):
        film.tell(name, "Closed")
    film.tell("mode", "goods")
    assert film.run(10) == []
    film.tell("mode", "man_riding")
    [found] = film.run(10)
    assert "must be OPEN" in found.why
    for name in ("gate", "second"):
        film.tell(name, "open")
    assert [f.state for f in film.run(10)] == ["cleared"]


def post(machine=True, **params):
    rule = {"zone": "danger"} | ({"machine": "winch-1"} if machine else {})
    return Film(scene("post_absence", params=params, rule=rule, **WINCH))


@pytest.mark.parametrize("state", ["RUNNING", "UNKNOWN"])
def test_a_driver_who_leaves_a_running_winch_is_an_alarm_after_five_seconds(state):
    film = post()
    film.run(3, [person(0.5)], machines={"winch-1": state})
    assert film.run(4.8, machines={"winch-1": state}) == []
    assert [f.level for f in film.run(1, machines={"winch-1": state})] == ["danger"]


def test_a_driver_who_leaves_a_standing_winch_has_a_minute_and_is_only_warned_of():
    film = post()
    film.run(3, [person(0.5)], machines={"winch-1": "STOPPED"})
    assert film.run(59, machines={"winch-1": "STOPPED"}) == []
    assert [f.level for f in film.run(2, machines={"winch-1": "STOPPED"})] == ["warning"]
    assert [f.level for f in film.run(1, machines={"winch-1": "RUNNING"})] == ["danger"]


def test_a_post_that_nobody_can_see_is_not_known_to_be_manned():
    film = post()
    film.run(3, [person(0.5)], machines={"winch-1": "RUNNING"})
    found = film.run(7, [person(0.5)], machines={"winch-1": "RUNNING"}, faults=("blocked",))
    assert [f.level for f in found] == ["danger"]


@settings(max_examples=30, deadline=None)
@given(st.sets(st.integers(5, 95), max_size=30))
def test_missed_detections_unman_no_post(missed):
    film = post()
    singles = {i for i in missed if i - 1 not in missed}

    def there(i):
        return [] if i in singles else [person(0.5, track=1 + i // 40)]

    assert film.run(20, there, machines={"winch-1": "RUNNING"}) == []


def test_a_time_that_is_longer_while_it_runs_is_refused():
    with pytest.raises(SceneError) as caught:
        post(running_s=90)
    assert caught.value.path == "rules[0].params.running_s"


def permitted():
    where = scene(
        "permit_camera_ready",
        params={"work_permit": "permit"},
        rule={"zone": "danger"},
        zones=[{"id": "danger", "polygon": [[0.4, 0.5], [0.6, 0.5], [0.6, 1.0], [0.4, 1.0]]}],
        inputs=[PERMIT],
    )
    return Film(where)


@pytest.mark.parametrize("state", ["CLOSED", None])
def test_work_without_a_permit_is_an_alarm_after_half_a_minute(state):
    film = permitted()
    if state:
        film.tell("permit", state)
    assert film.run(29, [person(0.5)]) == []
    assert [f.level for f in film.run(2, [person(0.5)])] == ["danger"]


def test_work_under_a_permit_that_may_be_open_is_told_anew_once_when_it_is_closed():
    film = permitted()
    film.run(40, [person(0.5)])
    film.run(3, faults=("blocked",))
    film.run(3, [person(0.5)])
    film.tell("permit", "CLOSED")
    film.run(40, [person(0.5)])
    told = [(f.state, f.values.get("unsure", False)) for f in film.findings]
    assert told == [("raised", True), ("raised", False)]
    assert film.findings[0].situation == film.findings[1].situation


def test_permitted_work_and_somebody_who_walks_by_are_none():
    film = permitted()
    film.tell("permit", "OPEN")
    assert film.run(100, [person(0.5)]) == []
    film.tell("permit", "CLOSED")
    assert film.run(20, [person(0.5)]) == []
    assert film.run(30) == []


def hidden(film, seconds, gap_s, there):
    """Let somebody be hidden for gap_s again and again; each time his track is another one."""
    for k in range(4):
        film.run(seconds, [person(*there, track=1 + k)])
        film.run(gap_s)
    return [f.state for f in film.findings]


@pytest.mark.parametrize("there", [(0.5, 0.8), (0.5, 1.0)], ids=["amid", "at the lower edge"])
def test_who_is_hidden_now_and_then_goes_on_working_without_a_permit(there):
    film = permitted()
    film.tell("permit", "CLOSED")
    assert hidden(film, 25, 1.6, there) == ["raised"]


def test_people_who_walk_through_one_after_the_other_do_not_work_there():
    film = permitted()
    film.tell("permit", "CLOSED")
    for k in range(20):
        film.run(4, lambda i, k=k: [person(0.3 + 0.02 * i, track=k)])
        film.run(1)
    assert film.findings == []


def test_work_without_a_permit_stays_told_until_the_place_was_seen_empty_for_a_while():
    film = permitted()
    film.tell("permit", "CLOSED")
    film.run(32, [person(0.5)])
    film.run(9)
    assert [f.state for f in film.findings] == ["raised"]
    assert film.state.rules["r1"].why == "nobody was seen to leave danger"
    film.run(2)
    assert [f.state for f in film.findings] == ["raised", "cleared"]


@pytest.mark.parametrize("sight", [{"visibility": 0.2}, {"faults": ("blurred",)}])
def test_an_open_permit_whose_camera_does_not_see_is_an_alarm(sight):
    film = permitted()
    film.tell("permit", "OPEN")
    assert film.run(29.8, **sight) == []
    assert [f.level for f in film.run(1, **sight)] == ["danger"]


def barrier(**params):
    given = {"barrier": "gate", "mode": "mode", **params}
    return Film(scene("barrier_state", params=given, inputs=[*GATES, MODE]))


def test_a_barrier_open_for_a_train_is_none_and_one_that_stays_open_is_an_alarm():
    film = barrier()
    for state, seconds in (("CLOSED", 10), ("OPEN", 25), ("CLOSED", 10)):
        film.tell("gate", state)
        assert film.run(seconds) == []
    film.tell("gate", "OPEN")
    assert film.run(29) == []
    [found] = film.run(3)
    assert "must be CLOSED" in found.why


def test_the_same_picture_has_the_opposite_verdict_while_people_ride():
    film = barrier()
    film.tell("mode", "MAN_RIDING")
    film.tell("gate", "OPEN")
    assert film.run(60) == []
    film.tell("gate", "CLOSED")
    assert [f.state for f in film.run(7)] == ["raised"]


@pytest.mark.parametrize("silent", ["lost", LATE])
def test_that_nobody_knows_for_a_second_puts_no_open_barrier_right(silent):
    film = barrier()
    for _ in range(30):
        for said, seconds in (("OPEN", 10), (silent, 2)):
            film.tell("gate", said)
            film.run(seconds)
    assert [(f.state, round(f.t)) for f in film.findings] == [("raised", 30)]
    film.tell("gate", "CLOSED")
    assert [f.state for f in film.run(5)] == ["cleared"]


def test_a_barrier_that_is_due_while_nobody_knows_is_told_as_it_was_last_known():
    film = barrier(grace_s=15)
    film.tell("gate", "OPEN")
    film.run(25)
    film.tell("gate", "lost")
    [found] = film.run(10)
    assert (round(found.t), found.values["state"]) == (30, None)
    assert found.why == "gate was last OPEN, and is not known to be CLOSED for 30 s"


@pytest.mark.parametrize("grace_s", [5, 15])
@pytest.mark.parametrize(("stands", "wanted"), [("OPEN", "CLOSED"), ("CLOSED", "OPEN")])
def test_a_mode_that_falls_silent_now_and_then_puts_no_barrier_right(stands, wanted, grace_s):
    film = barrier(man_riding=wanted, grace_s=grace_s)
    film.tell("gate", stands)
    for _ in range(20):
        for said, seconds in (("MAN_RIDING", 10), ("lost", 4)):
            film.tell("mode", said)
            film.run(seconds)
    assert [(f.state, round(f.t)) for f in film.findings] == [("raised", grace_s)]


@pytest.mark.parametrize("tag", ["gate", "mode"])
def test_a_gap_in_the_pictures_puts_right_no_barrier_that_nobody_knows_of_any_more(tag):
    film = barrier(man_riding="OPEN", grace_s=30)
    film.tell("mode", "MAN_RIDING")
    film.tell("gate", "CLOSED")
    film.run(20)
    film.tell(tag, "lost")
    film.run(2)
    film.gap(2.4)
    film.run(20)
    assert [(f.state, round(f.t)) for f in film.findings] == [("raised", 30)]


def test_a_mode_that_falls_silent_while_the_barrier_stands_right_is_goods():
    film = barrier(man_riding="OPEN")
    film.tell("mode", "MAN_RIDING")
    film.tell("gate", "OPEN")
    film.run(60)
    film.tell("mode", "lost")
    assert film.run(29) == []
    [found] = film.run(2)
    assert "must be CLOSED" in found.why


def test_a_barrier_has_time_to_follow_a_mode_that_wants_the_same_sooner():
    film = barrier(man_riding="CLOSED")
    film.tell("mode", "GOODS")
    film.tell("gate", "OPEN")
    film.run(20)
    film.tell("mode", "MAN_RIDING")
    assert film.run(4.8) == []
    assert [f.state for f in film.run(1)] == ["raised"]
    told = barrier(man_riding="CLOSED")
    told.tell("mode", "GOODS")
    told.tell("gate", "OPEN")
    told.run(40)
    told.tell("mode", "MAN_RIDING")
    told.run(10)
    assert [f.state for f in told.findings] == ["raised"]


def test_two_barriers_open_together_are_an_alarm_within_a_second():
    film = barrier(other="second")
    film.tell("gate", "OPEN")
    film.tell("second", "CLOSED")
    assert film.run(5) == []
    film.tell("second", "OPEN")
    [found] = film.run(2)
    assert found.why == "gate and second are open together"


def test_a_barrier_of_which_nobody_knows_is_an_alarm():
    assert [f.state for f in barrier().run(7)] == ["raised"]


def test_two_barriers_of_which_nobody_knows_have_the_time_to_be_told():
    film = barrier(other="second")
    assert film.run(4.8) == []
    [found] = film.run(1)
    assert found.why == "nobody knows whether gate and second are open together"
    other = barrier(other="second")
    other.run(1.6)
    for name in ("gate", "second"):
        other.tell(name, "CLOSED")
    assert other.run(10) == []
    other.tell("gate", "OPEN")
    other.tell("second", "lost")
    assert other.run(3) == []
    other.tell("second", "CLOSED")
    assert other.run(10) == []


def test_two_open_barriers_stay_told_when_nobody_knows_of_one_any_more():
    film = barrier(other="second")
    for name in ("gate", "second"):
        film.tell(name, "OPEN")
    film.run(2)
    film.tell("second", "lost")
    film.run(20)
    assert [f.state for f in film.findings] == ["raised"]
    assert "nobody knows" in film.state.rules["r1"].why
    film.tell("second", "CLOSED")
    assert [f.state for f in film.run(5)] == ["cleared"]


def test_a_barrier_is_not_compared_with_itself():
    with pytest.raises(SceneError) as caught:
        barrier(other="gate")
    assert caught.value.path == "rules[0].params.other"


def test_a_short_visit_to_an_empty_post_ends_no_alarm():
    film = post()
    film.run(10, machines={"winch-1": "STOPPED"})
    film.run(60, machines={"winch-1": "STOPPED"})
    film.run(1, [person(0.5)], machines={"winch-1": "STOPPED"})
    film.run(20, machines={"winch-1": "STOPPED"})
    assert [f.state for f in film.findings] == ["raised"]
    film.run(6, [person(0.5)], machines={"winch-1": "STOPPED"})
    assert [f.state for f in film.findings] == ["raised", "cleared"]


def test_a_blocked_camera_ends_no_alarm_about_work_without_a_permit():
    film = permitted()
    film.tell("permit", "CLOSED")
    film.run(32, [person(0.5)])
    film.run(60, faults=("blocked",))
    assert [f.state for f in film.findings] == ["raised"]
    film.run(7)
    assert [f.state for f in film.findings] == ["raised", "cleared"]


def test_one_good_picture_now_and_then_makes_no_camera_ready():
    film = permitted()
    film.tell("permit", "OPEN")
    for _ in range(4):
        film.run(20, faults=("blocked",))
        film.frame()
    assert [f.state for f in film.findings] == ["raised"]
