"""A blind camera over a running machine, what other systems tell, and a light that is ignored."""

from dataclasses import asdict
from itertools import groupby

import pytest
from engine_kit import Script, roadway
from hazard_kit import Film, person, scene

from workers.engine import Chunk, analyse
from workers.media.decode import Frame
from workers.scene import SceneError
from workers.simulate.faults import spoil
from workers.state import InputState, State

WINCH = {"machines": [{"id": "winch-1", "source": "signal"}]}
GAS = {"id": "gas", "kind": "number", "unit": "%", "stale_s": 5}
BUTTON = {"id": "button", "kind": "event"}
LIGHT = {"id": "light", "kind": "state", "states": ["ON", "OFF"]}


def test_a_light_that_can_never_be_on_is_refused_and_a_stored_one_works_in_whatever_case():
    light = LIGHT | {"states": ["off", "on"]}
    about = {"params": {"light": "light"}, "rule": {"zone": "danger"}, "inputs": [light]}
    with pytest.raises(SceneError) as caught:
        scene("warning_light_ignored", **about)
    text = "needs an input with the states ON, found off, on"
    assert str(caught.value) == f"rules[0].params.light: {text}"
    film = Film(scene("warning_light_ignored", stored=True, **about))
    film.tell("light", "Off")
    assert film.run(30, [person(0.5)]) == []
    film.tell("light", "On")
    assert [f.level for f in film.run(30, [person(0.5)])] == ["danger"]


def test_a_light_that_only_flashes_is_taken():
    light = LIGHT | {"states": ["FLASHING", "OFF"]}
    params, rule = {"light": "light"}, {"zone": "danger"}
    scene("warning_light_ignored", params=params, rule=rule, inputs=[light])


def blind(**params):
    return Film(
        scene("camera_blind_on_hazard", params=params, rule={"machine": "winch-1"}, **WINCH)
    )


@pytest.mark.parametrize("state", ["RUNNING", "STARTING", "UNKNOWN"])
@pytest.mark.parametrize("sight", [{"visibility": 0.2}, {"faults": ("blocked",)}])
def test_fifteen_seconds_of_blindness_over_a_machine_that_may_run_are_an_alarm(state, sight):
    film = blind()
    assert film.run(14.8, machines={"winch-1": state}, **sight) == []
    [found] = film.run(1, machines={"winch-1": state}, **sight)
    assert (found.level, found.severity) == ("danger", "high")


def test_blindness_over_a_standing_machine_and_sight_over_a_running_one_are_none():
    film = blind()
    assert film.run(30, machines={"winch-1": "STOPPED"}, visibility=0.1) == []
    assert film.run(30, machines={"winch-1": "RUNNING"}) == []


def test_short_blindness_again_and_again_is_none():
    film = blind()
    for _ in range(5):
        film.run(10, machines={"winch-1": "RUNNING"}, visibility=0.1)
        film.run(4, machines={"winch-1": "RUNNING"})
    assert film.findings == []


def test_one_clear_picture_now_and_then_begins_no_time_anew():
    film = blind()
    for _ in range(5):
        film.run(5, machines={"winch-1": "RUNNING"}, visibility=0.1)
        film.frame(machines={"winch-1": "RUNNING"})
        film.run(5, machines={"winch-1": "RUNNING"}, visibility=0.1)
        film.frame(machines={"winch-1": "STOPPED"}, visibility=0.1)
    assert [f.state for f in film.findings] == ["raised"]


def test_a_suspicion_counts_from_when_it_began_and_not_from_when_it_was_told():
    film = blind()
    running = {"winch-1": "RUNNING"}
    film.run(20, machines=running)
    [found] = film.run(15.2, machines=running, doubts={"hazy": 20.0})
    assert (round(found.t, 1), found.values["fault"]) == (35.0, "hazy")


def test_a_suspicion_that_is_dropped_raises_nothing():
    film = blind()
    for _ in range(6):
        begun = film.t
        film.run(12, machines={"winch-1": "RUNNING"}, doubts={"blurred": begun})
        film.run(4, machines={"winch-1": "RUNNING"})
    assert film.findings == []


def test_a_machine_that_starts_before_a_blind_camera_is_told_fifteen_seconds_later():
    film = blind()
    film.run(60, machines={"winch-1": "STOPPED"}, faults=("blocked",), doubts={"blocked": 0.0})
    assert film.run(14.8, machines={"winch-1": "RUNNING"}, faults=("blocked",)) == []
    assert len(film.run(1, machines={"winch-1": "RUNNING"}, faults=("blocked",))) == 1


def test_without_a_machine_there_is_always_something_to_see():
    film = Film(scene("camera_blind_on_hazard"))
    assert film.run(14.8, visibility=0.1) == []
    [found] = film.run(1, visibility=0.1)
    assert found.why == "nobody can see (visibility), for 15 s"
    assert [f.state for f in film.run(7)] == ["cleared"]


def test_a_rule_that_is_out_of_its_schedule_leaves_a_blind_camera_alone():
    nights = {"schedule": [{"from": "22:00", "to": "06:00"}]}
    noon = 1_700_481_600.0
    assert Film(scene("camera_blind_on_hazard", rule=nights)).run(
        60, visibility=0.1, wall_s=noon
    ) == []  # fmt: skip


@pytest.mark.parametrize("name", ["frozen", "dark", "hazy", "blurred", "blocked", "moved"])
def test_whatever_blinds_a_real_picture_is_told_within_sixteen_seconds(name):
    where = scene("camera_blind_on_hazard", zones=[])
    frames = roadway(60)
    spoilt = spoil(frames, name, 30.0, 60.0, seed=3)
    state, found = None, []
    for second, group in groupby(spoilt, key=lambda pair: int(pair[0])):
        pictures = [Frame(t, round(t * 2), picture) for t, picture in group]
        result = analyse(
            where, state, Chunk(second, second, 1.0, pictures), detector=Script(lambda _: []), fps=2
        )
        state = result.state
        found += [f for f in result.findings if f.type == "camera_blind_on_hazard"]
    assert [f.state for f in found] == ["raised"]
    # Fifteen seconds, and up to three until a calm picture is compared again.
    assert 44.9 <= found[0].t <= 48.1


def heard(source, **params):
    return Film(scene("external_event", params={"input": source["id"], **params}, inputs=[source]))


def test_a_number_alarms_from_its_bound_and_its_silence_is_told():
    film = heard(GAS, above=1.0, stale_is_alarm=10)
    film.tell("gas", "0.4")
    assert film.run(4) == []
    film.tell("gas", "1.0")
    [found] = film.run(1)
    assert (found.level, found.why) == ("danger", "gas: 1.0")
    film.tell("gas", "0.3")
    assert [f.state for f in film.run(1)] == ["cleared"]
    assert [f.level for f in film.run(30)] == ["warning"]


@pytest.mark.parametrize("said", ["much", "nan", None])
def test_a_source_that_says_nothing_readable_is_told_as_silent(said):
    film = heard({**GAS, "stale_s": 600}, above=1.0, stale_is_alarm=10)
    if said:
        film.tell("gas", said)
    assert film.run(9) == []
    assert [f.level for f in film.run(3)] == ["warning"]


def test_silence_ends_no_danger():
    film = heard(GAS, above=1.0)
    film.tell("gas", "2.0")
    film.run(120)
    assert [f.state for f in film.findings] == ["raised"]
    assert "silent" in film.state.rules["r1"].why
    film.tell("gas", "0.2")
    film.run(1)
    assert [f.state for f in film.findings] == ["raised", "cleared"]


def test_a_button_that_nobody_pressed_is_not_silent():
    assert heard(BUTTON).run(300) == []


@pytest.mark.parametrize(
    ("source", "params", "path"),
    [
        (GAS, {}, "params.above"),
        (LIGHT, {}, "params.states"),
        (LIGHT, {"states": "ON, GREEN"}, "params.states"),
    ],
)
def test_what_could_never_raise_it_is_refused(source, params, path):
    with pytest.raises(SceneError) as caught:
        heard(source, **params)
    assert caught.value.path == f"rules[0].{path}"


def test_an_event_holds_for_its_time_and_a_second_one_goes_on():
    film = heard(BUTTON, hold_s=4)
    film.tell("button", "pressed")
    film.run(3)
    film.tell("button", "pressed")
    film.run(3)
    assert [f.state for f in film.findings] == ["raised"]
    film.run(2)
    assert [f.state for f in film.findings] == ["raised", "cleared"]


def test_an_event_whose_report_comes_late_is_told_once_with_its_age():
    film = heard(BUTTON, hold_s=10)
    film.run(20)
    for _ in range(4):  # what stands is told again with every chunk
        film.tell("button", "pressed", 5.0)
        film.run(5)
    assert film.told() == [("raised", "danger", 20.0), ("cleared", "danger", 30.2)]
    assert film.findings[0].why == "button: pressed, by its sender's clock 15 s ago"
    film.tell("button", "pressed", 6.0)
    assert [f.state for f in film.run(1)] == ["raised"], "another report is another event"


def test_a_late_event_whose_report_is_stale_already_is_told():
    film = heard({**BUTTON, "stale_s": 5}, hold_s=10)
    film.run(20)
    film.tell("button", "pressed", 9.0)
    film.run(30)
    assert [f.state for f in film.findings] == ["raised", "cleared"]


def test_an_event_in_a_gap_is_told_after_it_and_not_again_after_the_next():
    film = heard(BUTTON, hold_s=10)
    film.run(5)
    for gap_s in (60, 30):
        film.state.last_t = film.t
        film.t += gap_s
        film.state.forget(gap_s)
        film.tell("button", "pressed", 20.0)
        film.run(15)
    assert [f.state for f in film.findings] == ["raised", "cleared"]


def test_each_of_several_events_is_told_that_were_reported_within_a_gap():
    film = heard(BUTTON, hold_s=10)
    film.run(20)
    film.tell("button", "man down, incline 3", 22)
    film.tell("button", "tested", 24)
    film.gap(10)
    film.run(30)
    assert [f.state for f in film.findings] == ["raised", "cleared"]
    said = film.findings[0].why
    assert "button: man down, incline 3, by its sender's clock 8 s ago" in said
    assert "button: tested, by its sender's clock 6 s ago" in said


def test_each_of_several_events_is_told_that_were_reported_between_two_pictures():
    film = heard(BUTTON, hold_s=10)
    film.run(20)
    film.tell("button", "man down", 20.05)
    film.tell("button", "tested", 20.15)
    film.run(30)
    assert [f.state for f in film.findings] == ["raised", "cleared"]
    assert film.findings[0].why == "button: man down, button: tested"


def test_an_event_that_is_reported_after_a_newer_one_is_told_once():
    film = heard(BUTTON, hold_s=10)
    film.run(20)
    newest_s = film.t
    film.tell("button", "tested")
    film.run(60)
    for _ in range(3):  # a late one may be handed on again for a while
        film.tell("button", "man down", 15)
        film.tell("button", "tested", newest_s)
        film.run(20)
    assert film.told() == [
        ("raised", "danger", 20.0), ("cleared", "danger", 30.2),
        ("raised", "danger", 80.0), ("cleared", "danger", 90.0),
    ]  # fmt: skip
    assert film.findings[2].why == "button: man down, by its sender's clock 65 s ago"


def test_an_event_is_told_once_though_the_clock_is_set_back_and_passes_its_time_again():
    film = heard(BUTTON, hold_s=3)
    film.t = 10_000.0
    film.run(5)
    film.tell("button", "pressed", 10_004.0)
    film.run(10)
    film.gap(-30.0)
    film.run(25)
    film.tell("button", "pressed", 10_004.0)
    film.run(10)
    assert [f.state for f in film.findings] == ["raised", "cleared"]


def test_events_of_a_memory_that_knew_only_the_newest_are_not_told_again():
    film = heard(BUTTON, hold_s=10)
    film.run(20)
    film.tell("button", "pressed", 20.0)
    film.run(20)
    kept = asdict(film.state.inputs["button"])
    del kept["events"]
    film.state.inputs["button"] = InputState.load(kept)
    film.tell("button", "pressed", 20.0)
    film.run(5)
    assert [f.state for f in film.findings] == ["raised", "cleared"]
    film.tell("button", "pressed", 30)
    assert [f.state for f in film.run(1)] == ["raised"]


@pytest.mark.parametrize("fps", [2, 5])
def test_a_state_that_lasts_from_one_picture_to_the_next_is_told(fps):
    where = scene("external_event", params={"input": "light", "states": "ON", "clear_s": 5},
                  inputs=[LIGHT])  # fmt: skip
    film = Film(where, fps=fps)
    film.tell("light", "OFF")
    film.run(20)
    film.tell("light", "ON", 22.02)
    film.tell("light", "OFF", 22.15)
    film.run(30)
    assert [f.state for f in film.findings] == ["raised", "cleared"]
    assert film.findings[0].why == "light: ON"


def test_a_state_that_was_over_within_a_gap_is_told_with_how_long_ago_it_was():
    film = heard(LIGHT, states="ON")
    film.tell("light", "OFF")
    film.run(20)
    film.tell("light", "ON", 25)
    film.tell("light", "OFF", 85)
    film.gap(100)
    film.run(5)
    assert [f.state for f in film.findings] == ["raised", "cleared"]
    assert film.findings[0].why == "light: ON, that was 35 s ago, while no picture came"


def test_a_danger_within_a_gap_is_told_though_its_source_is_silent_now():
    film = heard({**LIGHT, "stale_s": 20}, states="ON", stale_is_alarm=30)
    film.tell("light", "OFF")
    film.run(60)
    assert [f.level for f in film.findings] == ["warning"]
    film.tell("light", "ON", 61)
    film.tell("light", "OFF", 62)
    film.gap(60)
    film.run(1)
    assert [f.level for f in film.findings] == ["warning", "danger"]


def test_an_event_of_more_than_an_hour_ago_is_not_told():
    film = heard(BUTTON, hold_s=10)
    film.t = 10_000
    film.run(5)
    film.tell("button", "pressed", film.t - 3610)
    assert film.run(20) == []
    film.tell("button", "pressed", film.t - 3590)
    assert [f.state for f in film.run(1)] == ["raised"]


def test_an_event_that_may_have_been_told_is_not_told_again_when_the_memory_is_lost():
    film = heard(BUTTON, hold_s=10)
    film.run(20)
    film.tell("button", "pressed", 5.0)
    film.run(15)
    assert [f.state for f in film.findings] == ["raised", "cleared"]
    film.state = State()
    film.tell("button", "pressed", 5.0)
    assert film.run(20) == []
    film.tell("button", "pressed", film.t - 12)
    assert [f.state for f in film.run(1)] == ["raised"]


def test_bounds_that_leave_nothing_are_refused():
    with pytest.raises(SceneError) as caught:
        heard(GAS, above=1.0, below=2.0)
    assert caught.value.path == "rules[0].params.above"
    with pytest.raises(SceneError, match="is missing"):
        Film(scene("external_event"))


def lit(**params):
    where = scene(
        "warning_light_ignored",
        params={"light": "light", **params},
        rule={"zone": "danger"},
        inputs=[LIGHT],
    )
    return Film(where)


def test_people_who_stay_under_the_light_are_an_alarm_and_those_who_leave_are_none():
    film = lit()
    film.tell("light", "OFF")
    assert film.run(30, [person(0.5)]) == []
    film.tell("light", "ON")
    assert film.run(12, [person(0.5)]) == []
    assert film.run(10) == []
    assert film.run(14, [person(0.5)]) == []
    assert [f.state for f in film.run(2, [person(0.5)])] == ["raised"]


def test_who_is_hidden_now_and_then_stays_under_the_light():
    film = lit()
    film.tell("light", "ON")
    for k in range(4):
        film.run(12.4, [person(0.5, track=1 + k)])
        film.run(1.6)
    assert [f.state for f in film.findings] == ["raised"]
    passers = lit()
    passers.tell("light", "ON")
    for k in range(20):
        passers.run(4, lambda i, k=k: [person(0.3 + 0.02 * i, track=k)])
        passers.run(1)
    assert passers.findings == []


def test_a_light_of_unknown_state_counts_as_on():
    assert [f.level for f in lit().run(17, [person(0.5)])] == ["danger"]


def test_a_new_track_and_a_missed_detection_start_nothing_anew():
    film = lit(leave_s=5)
    film.tell("light", "ON")
    film.run(10, lambda i: [] if i % 7 == 3 else [person(0.5, track=1 + i // 9)])
    assert [f.state for f in film.findings] == ["raised"]
