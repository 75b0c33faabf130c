"""Scenarios of every hazard type: what it must tell, must not tell, and must say it cannot see.

Those that play in two lit clips are run here; `make accuracy` runs them all and compares.
"""

from collections import defaultdict
from dataclasses import replace

import pytest

from workers.accuracy.entry import BankError
from workers.accuracy.outcome import PROMPT_S, Outcome, figures, judge
from workers.accuracy.runner import Remembering
from workers.accuracy.scenario import (
    FOLDER,
    TELLS,
    Hazard,
    Scenario,
    asks_for_people,
    play,
    read,
    scenarios,
)
from workers.hazards import registry
from workers.models import ModelError
from workers.report import Finding
from workers.scene import Scene, parse_scene
from workers.vision.load import load_detector

# Their pictures are looked at once, whichever rules are tried on them.
CLIPS = ("winch-house", "winch-two", "empty-bright", "empty-dim")
ALL = scenarios()
QUICK = [one for one in ALL if one.clip in CLIPS and not one.changes]


@pytest.fixture(scope="module")
def eyes():
    try:
        return defaultdict(lambda: Remembering(load_detector()))
    except ModelError as error:
        pytest.skip(f"the detector's weights are not here: {error}")


@pytest.mark.parametrize("kind", sorted(registry()))
def test_every_hazard_type_has_a_true_a_near_a_blind_and_a_messy_scene(kind):
    assert {one.tells for one in ALL if one.type == kind} == set(TELLS)


@pytest.mark.parametrize("one", QUICK, ids=[f"{one.type}: {one.name}" for one in QUICK])
def test_a_scenario_is_told_in_time_once_and_nothing_else_is(one, eyes):
    outcome = judge(one, play(one, eyes[one.clip]))
    assert not outcome.notes


def test_people_are_looked_for_where_a_machine_is_read_from_the_picture_whatever_the_rules():
    drum = {"id": "winch", "roi": [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4]]}
    rule = {"id": "r", "type": "signal_mismatch", "machine": "winch"}

    def scene(source):
        params = {"poll_s": 1.0} if source == "signal" else {}
        machine = drum | {"source": source}
        rules = [rule | {"params": params}]
        return parse_scene({"version": 1, "machines": [machine], "rules": rules})

    assert asks_for_people(scene("both"))
    assert not asks_for_people(scene("signal"))


def scenario(**parts):
    scene = parse_scene(
        {
            "version": 1,
            "zones": [{"id": "z", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}],
            "rules": [{"id": "r", "type": "loitering", "zone": "z"}],
        }
    )
    return Scenario("loitering", "made up", "true", "none", scene, **parts)


def raised(t, situation="r@1", level="danger", persons=1):
    values = {"persons": persons}
    return Finding("r", "loitering", "raised", situation, level, "low", t, [], "why", values)


def done(*findings, readings=()):
    from workers.accuracy.runner import Run

    return Run(findings=list(findings), readings=list(readings))


STAY = Hazard("r", "danger", at_s=10.0, to_s=20.0, dwell_s=3.0)


def test_an_alarm_in_its_time_is_a_hit_and_its_delay_counts_from_the_dwell():
    outcome = judge(scenario(expect=(STAY,)), done(raised(13.4)))
    assert (outcome.expected, outcome.delays, outcome.false) == (1, [pytest.approx(0.4)], 0)
    assert not outcome.notes


def test_a_second_alarm_for_the_same_hazard_is_false():
    outcome = judge(scenario(expect=(STAY,)), done(raised(13.4), raised(18.0, "r@2")))
    assert (outcome.raises, outcome.false) == (2, 1)


@pytest.mark.parametrize(
    ("persons", "situation", "false"),
    [([1, 2], "r@1", 0), ([1, 3], "r@1", 1), ([2, 2], "r@1", 1), ([1, 2], "r@2", 1)],
    ids=["joined", "more than are there", "as many as before", "another situation"],
)
def test_an_alarm_that_is_told_anew_because_somebody_joined_is_none_of_its_own(
    persons, situation, false
):
    two = replace(STAY, persons=2)
    first, anew = raised(13.4, persons=persons[0]), raised(18.0, situation, persons=persons[1])
    outcome = judge(scenario(expect=(two,)), done(first, anew))
    assert (len(outcome.delays), outcome.raises, outcome.false) == (1, 1 + false, false)


def test_an_alarm_before_or_after_its_hazard_is_false_and_the_hazard_missed():
    for t in (9.0, 21.5):
        outcome = judge(scenario(expect=(STAY,)), done(raised(t)))
        assert (outcome.delays, outcome.false) == ([], 1)
        assert len(outcome.notes) == 2


def test_a_doubtful_moment_may_be_raised_or_not():
    for findings in ((), (raised(13.0),)):
        outcome = judge(scenario(unsure=(STAY,)), done(*findings))
        assert (outcome.raises, outcome.false, outcome.notes) == (0, 0, [])


def test_a_late_alarm_is_found_but_not_in_time():
    outcome = judge(scenario(expect=(STAY,)), done(raised(13.0 + PROMPT_S + 0.5)))
    by_name = {figure.name: figure.value for figure in figures({"loitering": outcome})}
    assert by_name["scenarios/loitering/events found"] == 100
    assert by_name["scenarios/loitering/raised in time"] == 0
    assert by_name["scenarios/loitering/alarms that are true"] == 100


def test_nothing_expected_and_nothing_raised_gives_no_figure():
    assert figures({"loitering": Outcome()}) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[[scenario]]\nname = "x"\ntells = "maybe"\nclip = "c"\n[scenario.scene]\n', "tells must"),
        ('[[scenario]]\nname = "x"\ntells = "true"\nclip = "c"\nspeed = 1\n', "unknown speed"),
        ('[[scenario]]\nname = "x"\n', "KeyError"),
        (
            '[[scenario]]\nname = "x"\ntells = "true"\nclip = "c"\n'
            '[scenario.scene]\nrules = [{id = "r", type = "loitering"}]\n',
            "zone",
        ),
        ("scenario = 1 2", "loitering.toml"),
    ],
)
def test_a_scenario_that_is_wrong_is_refused_with_its_place(tmp_path, text, why):
    path = tmp_path / "loitering.toml"
    path.write_text(text)
    with pytest.raises(BankError, match=why):
        read(path)


def test_a_file_that_is_named_after_no_hazard_is_refused(tmp_path):
    path = tmp_path / "dragons.toml"
    path.write_text("")
    with pytest.raises(BankError, match="no hazard type"):
        read(path)


def test_scenarios_are_files_of_the_package():
    assert FOLDER.is_dir()
    assert isinstance(ALL[0].scene, Scene)
