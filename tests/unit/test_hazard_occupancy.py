"""How many people are in a place: too many, too few, hand-over, tags."""

import pytest
from hazard_kit import Film, person, scene
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.scene import SceneError

HANDOVER = {"id": "handover", "kind": "state", "states": ["OPEN", "CLOSED"]}
SHIFTS = [{"id": "early", "from": "06:00", "to": "14:00"},
          {"id": "repair", "from": "22:00", "to": "06:00"}]  # fmt: skip
# The zone is four metres wide and nine deep.
GROUND = {"image": [[0.4, 0.5], [0.6, 0.5], [0.6, 0.95], [0.4, 0.95]],
          "metres": [[0, 9], [4, 9], [4, 0], [0, 0]]}  # fmt: skip
NOON, NIGHT = 1_700_481_600.0, 1_700_438_400.0
TAGS = {"id": "tags", "kind": "number", "stale_s": 30}


def place(fps=2.0, ground=False, **params):
    where = scene(
        "occupancy", params=params, rule={"zone": "danger"}, inputs=[HANDOVER, TAGS],
        shifts=SHIFTS, timezone="UTC", **({"ground": GROUND} if ground else {}),
    )  # fmt: skip
    return Film(where, fps=fps)


def crowd(number):
    return [person(0.42 + 0.02 * k, 0.6 + 0.03 * (k % 8), track=k) for k in range(number)]


def test_one_too_many_for_half_a_minute_is_an_alarm_and_a_visitor_is_none():
    film = place(limit=4)
    film.run(20, crowd(4))
    film.run(20, crowd(5))
    film.run(20, crowd(4))
    assert film.findings == []
    found = film.run(45, crowd(5))
    assert [f.why for f in found] == ["5 people in danger, allowed 4"]


@pytest.mark.parametrize(("window_s", "fps"), [(10, 2.0), (10, 5.0), (4, 5.0), (0, 2.0)])
def test_the_time_counts_from_when_the_last_one_came_not_from_when_the_median_told(window_s, fps):
    film = place(fps=fps, limit=4, window_s=window_s)
    film.run(20, crowd(4))
    begun = film.t
    [found] = film.run(40, crowd(5))
    assert 29.5 <= found.t - begun <= 30.5
    alone = place(fps=fps, at_least=2, alone_s=20, window_s=window_s)
    alone.run(20, crowd(2))
    begun = alone.t
    [found] = alone.run(30, crowd(1))
    assert 19.5 <= found.t - begun <= 20.5


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from([3, 4, 4, 4, 5, 4, 4]), min_size=80, max_size=160))
def test_miscounts_by_one_that_do_not_last_raise_nothing(numbers):
    singles = [n if i % 3 == 1 else 4 for i, n in enumerate(numbers)]
    film = place(limit=4)
    film.run(len(singles) / 2, lambda i: crowd(singles[i]))
    assert film.findings == []


def test_a_lone_worker_is_told_after_two_minutes_and_an_empty_place_never():
    film = place(at_least=2)
    film.run(60)
    film.run(115, crowd(1))
    assert film.findings == []
    assert [(f.level, f.severity) for f in film.run(15, crowd(1))] == [("alone", "medium")]
    assert [f.state for f in film.run(30, crowd(2))] == ["cleared"]


def test_a_hand_over_raises_the_limit_for_two_hours_at_most():
    film = place(fps=0.1, limit=4, handover="handover", handover_limit=8, window_s=60, over_s=60)
    film.tell("handover", "OPEN")
    film.run(7100, crowd(7))
    assert film.findings == []
    assert [f.level for f in film.run(400, crowd(7))] == ["danger"]


def test_one_who_is_seen_is_a_person_and_not_people():
    film = place(tags="tags")
    for _ in range(9):
        film.tell("tags", "5")
        film.run(10, crowd(1))
    assert [f.why for f in film.findings] == ["1 person seen in danger, 5 tags"]


def test_a_mismatch_with_the_tags_is_a_warning_and_old_tags_are_told_as_unknown():
    film = place(tags="tags")
    for _ in range(9):
        film.tell("tags", "5")
        film.run(10, crowd(3))
    assert [f.level for f in film.findings] == ["mismatch"]
    assert film.findings[0].why == "3 people seen in danger, 5 tags"
    other = place(tags="tags")
    other.tell("tags", "5")
    assert other.run(85, crowd(3)) == []
    assert [r.value for r in other.readings if r.name == "r1.tags"][-1] == "UNKNOWN"
    [found] = other.run(10, crowd(3))
    assert (found.level, found.severity) == ("unknown", "low")
    other.tell("tags", "3")
    assert [f.state for f in other.run(15, crowd(3))] == ["cleared"]


def test_a_blind_camera_tells_of_no_lone_worker_and_ends_no_alarm():
    film = place(at_least=2, limit=3)
    assert film.run(200, crowd(1), faults=("blocked",)) == []
    film.run(45, crowd(5))
    assert film.open == "danger"
    film.run(60, faults=("blocked",))
    assert film.open == "danger"


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({}, "params.limit"),
        ({"limit": 2, "at_least": 3}, "params.at_least"),
        ({"limit": 9, "handover": "handover"}, "params.handover_limit"),
        (
            {"limit": 9, "handover_times": [{"shift": "early"}], "handover_limit": 9},
            "params.handover_times",
        ),
        ({"limit": 3, "empty_s": 60}, "params.at_least"),
        ({"crowd": 1}, "params.crowd"),
        ({"crowd": 4}, "params.crowd"),
        (
            {"limit": 3, "shift_limits": [{"shift": "none", "limit": 2}]},
            "params.shift_limits[0].shift",
        ),
        (
            {"limit": 3, "shift_limits": [{"shift": "early", "limit": 0}]},
            "params.shift_limits[0].limit",
        ),
        ({"at_least": 3, "shift_limits": [{"shift": "early", "limit": 2}]}, "params.at_least"),
        ({"limit": 3, "handover": "tags", "handover_limit": 5}, "params.handover"),
        ({"tags": "handover"}, "params.tags"),
    ],
)
def test_numbers_that_contradict_each_other_are_refused(params, path):
    with pytest.raises(SceneError) as caught:
        place(**params)
    assert caught.value.path == f"rules[0].{path}"


def test_a_second_of_blindness_does_not_begin_the_time_anew():
    film = place(at_least=2)
    film.run(110, crowd(1))
    film.run(1, crowd(1), faults=("blocked",))
    assert [f.level for f in film.run(15, crowd(1))] == ["alone"]


def test_a_place_that_must_be_manned_and_is_empty_is_told():
    film = place(at_least=2, empty_s=60)
    assert film.run(58) == []
    [found] = film.run(5)
    assert (found.level, found.values["persons"]) == ("alone", 0)
    assert "needed 2" in found.why
    assert [f.state for f in film.run(30, crowd(2))] == ["cleared"]


def test_who_leaves_a_lone_post_begins_no_time_anew_and_a_blind_camera_sees_no_empty_place():
    film = place(at_least=2, empty_s=100)
    film.run(80, crowd(1))
    assert [(f.t, f.level) for f in film.run(50)] == [(120, "alone")]  # nobody saw him leave
    blind = place(at_least=1, empty_s=30)
    assert blind.run(300, faults=("blocked",)) == []


def goes(film, seconds, number):
    """Let so many be there, and whoever was there before be seen outside."""
    gone = [person(0.8, track=k) for k in range(number, 2)]
    film.run(1, [*crowd(number), *gone])
    film.run(seconds - 1, crowd(number))


def test_nobody_at_all_has_a_time_of_its_own_that_begins_when_the_last_one_leaves():
    film = place(at_least=2, empty_s=60)
    for seconds, number in ((60, 2), (70, 1), (57, 0)):
        goes(film, seconds, number)
    assert film.findings == []
    film.run(5)
    [found] = film.findings
    assert 58 <= found.t - 130 <= 62
    assert found.why == f"0 people in danger for {found.t - 130:.0f} s, needed 2"


def test_who_comes_into_an_empty_place_is_too_few_only_after_his_own_time():
    film = place(at_least=2, empty_s=600)
    for seconds, number in ((60, 2), (110, 0), (115, 1)):
        goes(film, seconds, number)
    assert film.findings == []
    [found] = film.run(10, crowd(1))
    assert 118 <= found.t - 170 <= 122
    assert found.why == "1 person in danger for 120 s, needed 2"


def test_a_lone_worker_who_goes_in_and_out_is_told_after_both_times_together():
    film = place(at_least=2, empty_s=60)
    goes(film, 60, 2)
    for _ in range(2):
        goes(film, 50, 1)
        goes(film, 30, 0)
    goes(film, 15, 1)
    assert film.findings == []
    [found] = film.run(10, crowd(1))
    assert 178 <= found.t - 60 <= 182
    assert found.why == "fewer than 2 people in danger for 180 s"


def test_too_few_stay_told_when_the_last_one_leaves_and_one_comes_back():
    film = place(at_least=2, empty_s=60)
    for seconds, number in ((130, 1), (40, 0), (40, 1)):
        goes(film, seconds, number)
    assert [f.state for f in film.findings] == ["raised"]


@pytest.mark.parametrize("turns", [False, True])
def test_a_gap_in_the_pictures_begins_no_time_of_an_empty_place_anew(turns):
    film = place(at_least=2, empty_s=60)
    if turns:
        for seconds, number in ((60, 1), (30, 0), (50, 1)):
            goes(film, seconds, number)
    goes(film, 30, 0)
    film.gap(2.0)
    film.run(26 if not turns else 6)
    assert film.findings == []
    film.run(8)
    assert [f.level for f in film.findings] == ["alone"]


def test_the_limit_of_the_shift_holds_and_the_lowest_where_the_time_is_not_known():
    limits = [{"shift": "early", "limit": 2}, {"shift": "repair", "limit": 6}]
    for wall_s, raised in ((NOON, True), (NIGHT, False), (None, True)):
        film = place(limit=4, shift_limits=limits)
        assert bool(film.run(60, crowd(5), wall_s=wall_s)) == raised
    between = place(limit=4, shift_limits=limits)
    assert between.run(60, crowd(3), wall_s=NOON + 4 * 3600) == []


def test_a_hand_over_by_the_clock_raises_the_limit_and_an_unknown_time_raises_none():
    times = [{"from": "11:30", "to": "12:30"}]
    film = place(limit=3, handover_times=times, handover_limit=8)
    assert film.run(60, crowd(7), wall_s=NOON) == []
    assert [f.level for f in film.run(60, crowd(7), wall_s=NOON + 3600)] == ["danger"]
    other = place(limit=3, handover_times=times, handover_limit=8)
    assert [f.level for f in other.run(60, crowd(7))] == ["danger"]


def test_a_crowd_is_told_by_metres_on_the_ground_and_the_same_people_apart_are_none():
    # In the picture those far away stand closer together: on the ground they do not.
    close = [person(0.5 + 0.01 * k, 0.9, track=k) for k in range(4)]
    apart = [person(0.42 + 0.16 * (k % 2), 0.9 - 0.3 * (k // 2), track=k) for k in range(4)]
    film = place(ground=True, crowd=4, crowd_m=1.5)
    assert film.run(60, apart) == []
    assert [(f.level, f.severity) for f in film.run(45, close)] == [("crowded", "low")]
    assert film.state.rules["r1"].values["crowd"] == 4


def test_too_many_do_not_stay_told_because_the_tags_differ():
    film = place(limit=4, tags="tags")
    for second in range(200):
        if second % 10 == 0:
            film.tell("tags", "9")
        film.run(1, crowd(5 if second < 60 else 3))
    told = [(f.state, f.level) for f in film.findings]
    assert told == [("raised", "danger"), ("cleared", "danger"), ("raised", "mismatch")]


@settings(max_examples=15, deadline=None)
@given(
    missed=st.sets(st.integers(0, 399), max_size=120),
    switch=st.integers(1, 399),
    edge=st.lists(st.sampled_from([-0.01, 0.0, 0.01]), min_size=400, max_size=400),
)
def test_a_lone_worker_who_flickers_at_the_edge_is_one_alarm(missed, switch, edge):
    film = place(at_least=2)
    singles = {i for i in missed if i - 1 not in missed and i - 2 not in missed}

    def there(i):
        if i in singles and i > 4:
            return []
        return [person(0.5 if i < 4 else 0.405 + edge[i], track=1 if i < switch else 2)]

    film.run(200, there)
    assert [(f.state, f.level) for f in film.findings] == [("raised", "alone")]
    assert film.findings[0].t <= 122


@settings(max_examples=10, deadline=None)
@given(swap=st.integers(1, 99))
def test_two_who_cross_are_two_whatever_their_tracks(swap):
    film = place(at_least=2, limit=2)

    def there(i):
        a, b = (1, 2) if i < swap else (3, 4)
        x = 0.42 + 0.16 * (i % 100) / 100
        return [person(x, track=a), person(1 - x, 0.82, track=b)]

    assert film.run(200, there) == []


def test_a_lone_worker_who_is_hidden_for_seconds_is_told_and_stays_told():
    film = place(at_least=2)
    for _ in range(6):
        film.run(92, crowd(1))
        film.run(8)
    assert [(f.state, f.t) for f in film.findings] == [("raised", 120.0)]


def test_a_lone_worker_who_vanishes_in_the_zone_is_told_and_for_how_long_nobody_has_seen_him():
    film = place(at_least=2)
    film.run(60, crowd(1))
    [found] = film.run(80)
    assert (found.t, found.level, found.values["hidden"]) == (120.0, "alone", 1)
    assert found.why == "not seen to leave danger: 1, last seen 60 s ago, needed 2"
    assert film.run(220) == []
    assert "last seen 300 s ago" in film.state.rules["r1"].why
    assert [f.state for f in film.run(20)] == ["cleared"]


@pytest.mark.parametrize("way", [(0.5, 0.7), (0.9, 0.98)], ids=["outside", "over the edge"])
def test_a_lone_worker_who_was_seen_to_leave_is_gone(way):
    film = place(at_least=2)
    film.run(130, crowd(1))
    assert film.open == "alone"
    film.run(20, lambda i: [person(way[min(i, 1)], track=0)] if i < 2 else [])
    assert [f.state for f in film.findings] == ["raised", "cleared"]


def test_a_lone_worker_out_of_sight_stays_told_over_a_gap():
    film = place(at_least=2)
    film.run(130, crowd(1))
    film.run(30)
    film.state.last_t = film.t
    film.t += 3
    film.state.forget(3)
    film.run(60)
    assert [f.state for f in film.findings] == ["raised"]


def test_who_passes_through_and_is_lost_on_the_way_is_not_alone():
    film = place(at_least=2)
    for k in range(5):
        film.run(8, lambda i, k=k: [person(0.3 + 0.02 * i, track=k)])
        film.run(60)
    assert film.findings == []


@settings(max_examples=15, deadline=None)
@given(lost=st.lists(st.integers(0, 140), max_size=3, unique=True), gap=st.integers(1, 12))
def test_two_whom_the_tracker_loses_and_who_both_leave_are_never_one_alone(lost, gap):
    film = place(at_least=2)

    def there(i):
        ways = ((0.42, 0.001), (0.58, -0.001))
        people = []
        for who, (x, speed) in enumerate(ways):
            since = max((one for one in lost if one % 2 == who and i > one), default=None)
            if since is not None and i <= since + gap:
                continue
            track = 10 * who + sum(1 for one in lost if one % 2 == who and i > one)
            people.append(person(x + speed * min(i, 150), 0.75 + 0.1 * who, track=track))
            if i >= 150:  # both walk out, one to each side
                people[-1] = person(0.5 + (0.2 - 0.4 * who), 0.75, track=track)
        return people if i < 160 else []

    assert film.run(260, there) == []
