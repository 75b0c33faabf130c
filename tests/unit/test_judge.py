"""What all rules share: modes, schedules, permits, conditions, confirmation, blindness."""

import engine_kit
import pytest
from hazard_kit import Film, person, scene

from workers.scene import SceneError, parse_scene

KIND = "proximity_while_running"
WINCH = {"machines": [{"id": "winch-1", "source": "signal"}]}
PERMIT = {"id": "permit", "kind": "state", "states": ["OPEN", "CLOSED"], "stale_s": 60}
MONDAY_NOON = 1_700_481_600.0  # 2023-11-20 12:00 UTC


def film(inputs=(), **rule):
    where = scene(
        KIND, rule={"zone": "danger", "machine": "winch-1", **rule}, inputs=list(inputs), **WINCH
    )
    return Film(where)


def test_a_rule_that_is_off_raises_nothing():
    one = film(mode="off")
    assert one.run(5, [person(0.5)]) == []


def test_a_rule_in_shadow_tells_that_it_is():
    [found] = film(mode="shadow").run(5, [person(0.5)])
    assert (found.state, found.mode) == ("raised", "shadow")


@pytest.mark.parametrize(("wall_s", "raised"), [(MONDAY_NOON, True), (MONDAY_NOON - 7200, False)])
def test_outside_of_its_schedule_a_rule_raises_nothing(wall_s, raised):
    one = film(schedule=[{"days": ["mon"], "from": "11:30", "to": "13:00"}])
    assert bool(one.run(3, [person(0.5)], wall_s=wall_s)) == raised


def test_a_span_over_midnight_belongs_to_the_day_it_began_on():
    one = film(schedule=[{"days": ["sun"], "from": "22:00", "to": "06:00"}])
    assert one.run(3, [person(0.5)], wall_s=MONDAY_NOON - 8 * 3600)  # Monday 04:00
    two = film(schedule=[{"days": ["mon"], "from": "22:00", "to": "06:00"}])
    assert not two.run(3, [person(0.5)], wall_s=MONDAY_NOON - 8 * 3600)


def test_from_midnight_to_midnight_is_the_whole_day_in_either_writing():
    for begin, end in (("00:00", "24:00"), ("24:00", "00:00")):
        span = {"days": ["mon"], "from": begin, "to": end}
        assert film(schedule=[span]).run(3, [person(0.5)], wall_s=MONDAY_NOON)
        assert not film(schedule=[span]).run(3, [person(0.5)], wall_s=MONDAY_NOON + 24 * 3600)


def test_where_the_time_of_day_is_unknown_a_schedule_is_in_force():
    assert film(schedule=[{"from": "00:00", "to": "00:01"}]).run(3, [person(0.5)])


def test_an_open_permit_exempts_and_an_old_one_does_not():
    one = film([PERMIT], permit="permit")
    one.tell("permit", "OPEN")
    assert one.run(30, [person(0.5)]) == []
    assert one.run(60, [person(0.5)])  # the permit was told a minute ago: nobody knows


@pytest.mark.parametrize("said", ["open", " Open "])
def test_a_state_is_understood_in_whatever_case(said):
    for rule in ({"permit": "permit"}, {"when": {"not": {"input": "permit", "is": ["OPEN"]}}}):
        one = film([PERMIT], **rule)
        one.tell("permit", said)
        assert one.run(3, [person(0.5)]) == []
    two = film([PERMIT | {"states": ["Open", "OPEN"]}], when={"input": "permit", "is": ["OPEN"]})
    two.tell("permit", "Open")
    assert two.run(3, [person(0.5)]) == [], "a state that there is, is that one"


@pytest.mark.parametrize(
    ("when", "raised"),
    [
        ({"input": "permit", "is": ["OPEN"]}, False),
        ({"not": {"input": "permit", "is": ["OPEN"]}}, True),
        ({"any": [{"input": "permit", "is": ["OPEN"]}, {"input": "other", "is": ["A"]}]}, True),
        ({"all": [{"input": "permit", "is": ["OPEN"]}, {"input": "other", "is": ["A"]}]}, False),
        ({"rule": "r1-other", "open": True}, None),
    ],
)
def test_conditions_join_and_doubt_leaves_a_rule_in_force(when, raised):
    other = {"id": "other", "kind": "state", "states": ["A", "B"]}
    if raised is None:
        with pytest.raises(SceneError, match="no rule"):
            film([PERMIT, other], when=when)
        return
    one = film([PERMIT, other], when=when)
    one.tell("permit", "CLOSED")
    assert bool(one.run(3, [person(0.5)])) == raised


def test_a_situation_is_not_over_while_nobody_can_see():
    one = film()
    one.run(3, [person(0.5)])
    assert one.run(30, visibility=0.05) == []
    [over] = one.run(3)
    assert over.state == "cleared"
    assert [r.value for r in one.readings if r.name == "r1.sight"] == ["BLIND", "SEES"]


def test_of_five_frames_three_must_say_so():
    one = film(confirm=[3, 5])
    assert one.run(6, lambda i: [person(0.5)] if i % 5 < 2 else []) == []
    assert one.run(6, [person(0.5)])


def test_a_condition_must_last():
    one = film(sustain_s=2.0)
    assert one.run(1.6, [person(0.5)]) == []
    assert one.run(1.0, [person(0.5)])


def test_the_same_person_does_not_raise_again_while_it_cools_down_and_another_does():
    one = film(cooldown_s=60)
    one.run(3, [person(0.5)])
    one.run(4)
    assert one.run(4, [person(0.5)]) == []
    one.run(4)
    assert one.run(4, [person(0.5, track=2)])


def test_a_number_that_does_not_change_is_written_on_once_the_clock_is_set_back():
    one = Film(scene("occupancy", rule={"zone": "danger"}, params={"limit": 5}), start_s=9000)
    one.run(60, [person(0.5)])
    one.gap(-3600)
    one.readings = []
    one.run(60, [person(0.5)])
    assert [r.name for r in one.readings] == ["r1.people"] * 6


def test_a_rule_of_a_type_that_is_not_known_is_kept_and_protects_nothing():
    document = {"version": 1, "rules": [{"id": "new", "type": "gas_cloud", "params": {"ppm": 3}}]}
    where = parse_scene(document)
    assert where.rules == ()
    assert where.unknown[0].raw == document["rules"][0]


@pytest.mark.parametrize("is_open", [True, False])
def test_a_rule_that_asks_about_one_of_a_type_that_is_not_known_is_in_force(is_open):
    one = engine_kit.document()
    one["rules"][0]["when"] = {"rule": "new", "open": is_open}
    one["rules"].append({"id": "new", "type": "gas_cloud"})
    there = [engine_kit.person(0.5)]
    assert engine_kit.told(engine_kit.run(lambda _: there, 20, where=parse_scene(one)))


@pytest.mark.parametrize(
    ("rule", "path", "words"),
    [
        ({"schedule": []}, "rules[0].schedule", "has no time in it"),
        ({"schedule": [{"from": "08:00", "to": "08:00"}]}, "rules[0].schedule[0].to", "no time"),
        ({"schedule": [{"from": "8", "to": "09:00"}]}, "rules[0].schedule[0].from", "such as"),
        ({"schedule": [{"shift": "late"}]}, "rules[0].schedule[0].shift", 'no shift "late"'),
        ({"when": {"rule": "r1", "open": True}}, "rules[0].when", "depends on itself"),
        ({"when": {}}, "rules[0].when", "needs one of all"),
        ({"permit": "nothing"}, "rules[0].permit", 'no input "nothing"'),
        ({"confirm": [4, 3]}, "rules[0].confirm[0]", "must not be more"),
        ({"mode": "maybe"}, "rules[0].mode", "must be one of armed"),
        ({"wears": ["hat"]}, "rules[0].wears[0]", "must be one of helmet"),
    ],
)
def test_what_contradicts_itself_is_refused_with_its_path(rule, path, words):
    with pytest.raises(SceneError) as caught:
        film(**rule)
    assert caught.value.path == path
    assert words in caught.value.message


def test_reasons_carry_their_words_and_values_apart():
    [found] = film().run(3, [person(0.5)])
    assert found.why == "1 person in danger, winch-1 UNKNOWN (signal)"
    assert found.values["phrases"][0] == ["1 person in %(zone)s", {"zone": "danger"}]


def test_what_to_do_is_one_text_or_one_for_each_language():
    both = {"en": "Stop the winch.", "zh-hans": "停绞车。"}
    [found] = film(action=both).run(1, [person(0.5)])
    assert found.values["action"] == both
    for wrong in ({}, {"fr": "Halte."}, {"en": 3}, 3):
        with pytest.raises(SceneError) as error:
            film(action=wrong)
        assert error.value.path.startswith("rules[0].action")
