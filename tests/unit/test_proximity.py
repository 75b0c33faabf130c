"""Too close to a running machine: when it is raised, when not, and that it is raised once."""

import pytest
from engine_kit import person, run, scene, told
from hypothesis import assume, given, settings
from hypothesis import strategies as st


def test_a_person_in_the_zone_of_a_running_winch_raises_within_a_second():
    made = run(lambda i: [person(0.5)] if i >= 10 else [], 25, signals=[(0.0, "RUNNING")])
    [(state, level, t)] = told(made)
    assert (state, level) == ("raised", "danger")
    assert 2.0 <= t <= 3.0
    finding = made[0].findings[0]
    assert finding.why == "1 person in danger, winch-1 RUNNING (signal)"
    assert finding.severity == "critical"
    assert finding.values["persons"] == 1
    assert len(finding.boxes) == 1


def test_a_person_who_was_followed_into_the_zone_raises_after_the_dwell():
    made = run(lambda i: [person(min(0.5, 0.2 + 0.02 * i))], 40, signals=[(0.0, "RUNNING")])
    [(_, _, t)] = told(made)
    # The foot crosses the edge at frame 10, 2.0 s.
    assert 2.2 <= t <= 2.7


def test_nobody_is_in_danger_while_the_winch_stands():
    assert told(run(lambda i: [person(0.5)], 40, signals=[(0.0, "STOPPED")])) == []


def test_a_machine_of_unknown_state_counts_as_running():
    made = run(lambda i: [person(0.5)], 10)
    assert [(s, level) for s, level, _ in told(made)] == [("raised", "danger")]
    assert made[0].findings[0].why == "1 person in danger, winch-1 UNKNOWN"


@pytest.mark.parametrize("state", ["STARTING", "COASTING", "RUNNING", "UNKNOWN", "gibberish"])
def test_every_state_but_stopped_is_danger(state):
    assert told(run(lambda i: [person(0.5)], 15, signals=[(0.0, state)]))


def test_a_person_already_inside_is_in_danger_at_once_when_the_machine_starts():
    made = run(
        lambda i: [person(0.5)], 40, signals=[(0.0, "STOPPED"), (4.0, "RUNNING")],
        where=scene(dwell_s=2.0),
    )  # fmt: skip
    assert told(made) == [("raised", "danger", 4.0)]


def test_it_clears_two_seconds_after_the_person_left():
    made = run(lambda i: [person(0.5)] if i < 20 else [], 50)
    (_, _, raised), (state, _, cleared) = told(made)
    assert state == "cleared"
    assert raised < 1.0
    assert 5.8 <= cleared <= 6.6


def test_it_clears_two_seconds_after_the_machine_stopped():
    made = run(lambda i: [person(0.5)], 50, signals=[(0.0, "RUNNING"), (4.0, "STOPPED")])
    assert [s for s, *_ in told(made)] == ["raised", "cleared"]
    assert told(made)[1][2] == pytest.approx(5.8, abs=0.2)


def test_a_warning_grows_into_danger_within_one_situation():
    where = scene(warning_zone="near")
    made = run(lambda i: [person(0.3 if i < 15 else 0.5)], 30, where=where)
    findings = [f for a in made for f in a.findings]
    assert [(f.state, f.level, f.severity) for f in findings] == [
        ("raised", "warning", "medium"),
        ("raised", "danger", "critical"),
    ]
    assert findings[0].situation == findings[1].situation


def test_what_is_told_of_a_danger_stays_told_while_he_leaves_through_the_warning():
    where = scene(warning_zone="near")
    made = run(lambda i: [person(0.5 if i < 15 else 0.3)], 25, where=where)
    assert "in danger" in made[-1].open[0].why


def test_a_warning_alone_takes_its_own_dwell():
    made = run(lambda i: [person(0.3)], 30, where=scene(warning_zone="near"))
    [(_, level, t)] = told(made)
    assert level == "warning"
    assert 1.0 <= t <= 1.4


def test_one_operator_in_the_stand_is_authorised_and_a_second_is_not():
    where = scene(stand_zone="stand")
    assert told(run(lambda i: [person(0.56)], 30, where=where)) == []
    two = run(lambda i: [person(0.56), person(0.545, 0.7)], 30, where=where)
    assert two[0].findings[0].values["persons"] == 1


def test_an_operator_in_the_stand_does_not_hide_another_person_in_the_zone():
    made = run(lambda i: [person(0.56), person(0.44)], 30, where=scene(stand_zone="stand"))
    assert made[0].findings[0].values["persons"] == 1
    assert made[0].findings[0].boxes[0][0] < 0.4


def test_feet_that_are_cut_off_stand_on_the_bottom_edge():
    # Only a zone that reaches the bottom edge holds a person whose box ends there.
    cut = [person(0.5, foot=0.99)]
    assert told(run(lambda i: cut, 20)) == []
    assert told(run(lambda i: cut, 20, where=scene(warning_zone="near")))[0][1] == "warning"


def test_a_single_false_detection_raises_nothing():
    assert told(run(lambda i: [person(0.5)] if i % 10 == 3 else [], 60)) == []


def test_an_unsure_detection_alone_raises_nothing():
    assert told(run(lambda i: [person(0.5, score=0.3)], 60)) == []


@pytest.mark.parametrize("fps", [1, 0.5, 0.2, 25])
def test_at_any_rate_of_pictures_it_raises(fps):
    made = run(lambda i: [person(0.5)] if i >= 3 else [], 20, fps=fps)
    assert [(s, level) for s, level, _ in told(made)] == [("raised", "danger")]


@settings(max_examples=25, deadline=None)
@given(missed=st.sets(st.integers(5, 60), max_size=25), seed=st.integers(0, 1000))
def test_missed_detections_make_neither_a_second_situation_nor_an_early_clear(missed, seed):
    # Never more than two in a row.
    for i in sorted(missed):
        assume(not {i, i + 1, i + 2} <= missed)
    made = run(lambda i: [] if i in missed else [person(0.5 + 0.01 * ((i * seed) % 3))], 64)
    assert [s for s, *_ in told(made)] == ["raised"]


@settings(max_examples=25, deadline=None)
@given(
    steps=st.lists(st.sampled_from([-0.012, -0.006, 0.0, 0.006, 0.012]), min_size=40, max_size=70)
)
def test_a_person_walking_along_the_edge_makes_one_situation(steps):
    # Jitter around the zone's left edge after having been inside; never far outside.
    def people(i):
        if i < 8:
            return [person(0.45)]
        return [person(0.4 + steps[i % len(steps)])]

    states = [s for s, *_ in told(run(people, 70))]
    assert states == ["raised"]


@settings(max_examples=20, deadline=None)
@given(at=st.integers(8, 40), hidden=st.integers(0, 6), jump=st.floats(-0.05, 0.05))
def test_a_new_track_id_for_the_same_person_makes_no_second_situation(at, hidden, jump):
    def people(i):
        if i < at:
            return [person(0.5)]
        # Hidden for a moment, then back with a box of another size: the id may change.
        return [] if i < at + hidden else [person(0.5 + jump, height=0.22)]

    assert [s for s, *_ in told(run(people, 60))] == ["raised"]


@settings(max_examples=15, deadline=None)
@given(cross=st.integers(10, 30), gap=st.floats(0.0, 0.03))
def test_two_people_who_cross_in_the_zone_make_one_situation(cross, gap):
    def people(i):
        shift = 0.008 * (i - cross)
        return [person(0.5 + shift), person(0.5 - shift, 0.8 + gap)]

    assert [s for s, *_ in told(run(people, 40))].count("raised") == 1


def test_the_situation_is_the_same_whenever_it_is_computed():
    one = run(lambda i: [person(0.5)], 10)[0].findings[0]
    two = run(lambda i: [person(0.5)], 10, cuts=[3, 4], reload=True)
    assert [f.situation for a in two for f in a.findings] == [one.situation]
