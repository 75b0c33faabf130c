"""An alarm's words call things by the names that the mine gave them; rules go by ids."""

from hazard_kit import SQUARE, Film, person, scene

from workers.called import called, in_words

MARKS = [{"xy": [0.5, 0.9], "m": 0.0}, {"xy": [0.5, 0.1], "m": 2.0}]


def test_what_has_a_name_is_called_by_it_in_the_words_that_people_read():
    where = scene(
        "proximity_while_running",
        rule={"zone": "danger", "machine": "winch-1"},
        zones=[{"id": "danger", "name": "绞车：滚筒", "polygon": SQUARE}],
        machines=[{"id": "winch-1", "source": "signal", "name": "主井绞车"}],
    )
    [found] = Film(where).run(3, [person(0.5)])
    assert [given for _, given in found.values["phrases"]] == [
        {"zone": "绞车：滚筒"},
        {"machine": "主井绞车", "state": "UNKNOWN", "source": "signal"},
    ]
    assert found.why == "1 person in danger, winch-1 UNKNOWN (signal)"
    assert (found.values["zone"], found.values["machine"]) == ("danger", "winch-1")


def test_a_gauge_and_a_sensor_that_tell_of_one_level_are_both_called_by_name():
    sump = scene(
        "water_level",
        params={"gauge": "g", "sensor": "s"},
        gauges=[{"id": "g", "name": "Staff", "points": MARKS}],
        inputs=[{"id": "s", "kind": "number", "unit": "m", "name": "Probe"}],
    )
    said = in_words({"gauge": "g + s", "level": "1.2"}, called(sump))
    assert said == {"gauge": "Staff + Probe", "level": "1.2"}
    assert in_words({"gauge": "g + t"}, called(sump)) == {"gauge": "Staff + t"}
