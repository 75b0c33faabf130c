"""A gap in the pictures: what is true before and after it is told, at most the gap later."""

from dataclasses import replace

import pytest
from hazard_kit import FPS, Film, person, scene, vehicle
from vehicle_kit import road

from workers.gap import BACK, KEPT, RUNS, WAITS, over_gap
from workers.hazards import registry
from workers.hazards.base import Still

LOST_S = 2.4
WINCH = {"machines": [{"id": "winch", "source": "signal"}]}
GATE = {"id": "a", "kind": "state", "states": ["OPEN", "CLOSED", "ON", "OFF"]}
SUMP = {"id": "sump", "points": [{"xy": [0.3, 0.9], "m": 0.0}, {"xy": [0.3, 0.1], "m": 2.0}]}
STEPS = [
    {"id": "begin", "needs": {"input": "a", "is": ["OPEN"]}},
    {"id": "end", "needs": {"machine": "winch", "running": True}},
]
BUSY = {"id": "busy", "needs": {"zone": "danger", "at_least": 1}, "hold_s": 20}


def film(kind, *, zone=True, machine=False, fps=FPS, **about):
    rule = {**({"zone": "danger"} if zone else {}), **({"machine": "winch"} if machine else {})}
    return Film(scene(kind, rule=rule, **about), fps=fps)


def there(track, t):
    return {"people": [person(0.5, track=track)]}


def with_winch(track, t):
    return {**there(track, t), "machines": {"winch": "RUNNING"}}


def two(track, t):
    return {"people": [person(0.45, track=2 * track), person(0.55, track=2 * track + 1)]}


def bare(track, t):
    return {"people": [person(0.5, track=track, wears=("bare_head",))]}


def crossing(track, t):
    return {"people": [person(0.47 if t < 5 else 0.53, track=track)]}


def still(track, t):
    him = person(0.5, track=track)
    return {"people": [him], "still": {track: Still(him.box, 0.0, 0.0, walked=True)}}


def standing(track, t):
    return {"vehicles": [vehicle(0.5, 0.5, track=track)], "machines": {"winch": "RUNNING"}}


def pumping(track, t):
    return {"levels": {"sump": 0.5}, "machines": {"winch": "RUNNING"}}


def nothing(track, t):
    return {"machines": {"winch": "STOPPED"}}


# By type: a film in which what it tells of is true from the beginning, what inputs say from then
# on, and what a frame shows, by the track that people and vehicles have until the next gap.
TRUE = {
    "barrier_state": (
        lambda: film("barrier_state", zone=False, inputs=[GATE], params={"barrier": "a"}),
        {"a": "OPEN"}, nothing,
    ),
    "camera_blind_on_hazard": (
        lambda: film("camera_blind_on_hazard", zone=False, params={"blind_s": 20}),
        {}, lambda track, t: {"visibility": 0.1},
    ),
    "conveyor_person": (
        lambda: film("conveyor_person", machine=True, params={"dwell_s": 20}, **WINCH),
        {}, with_winch,
    ),
    "external_event": (
        lambda: film("external_event", zone=False, inputs=[GATE],
                     params={"input": "a", "states": "OPEN"}),
        {}, nothing,
    ),
    "line_crossing": (
        lambda: film("line_crossing", zone=False, params={"line": "gate"},
                     lines=[{"id": "gate", "points": [[0.5, 0.4], [0.5, 1.0]]}]),
        {}, crossing,
    ),
    "loitering": (lambda: film("loitering"), {}, there),
    "motionless_person": (
        lambda: film("motionless_person", zone=False, params={"still_s": 60}, fps=2), {}, still,
    ),
    "occupancy": (lambda: film("occupancy", params={"at_least": 2, "alone_s": 60}), {}, there),
    "permit_camera_ready": (
        lambda: film("permit_camera_ready", inputs=[GATE], params={"work_permit": "a"}),
        {"a": "CLOSED"}, there,
    ),
    "post_absence": (lambda: film("post_absence"), {}, nothing),
    "ppe": (lambda: film("ppe", params={"window_s": 20}), {}, bare),
    "procedure_sequence": (
        lambda: film("procedure_sequence", zone=False, inputs=[GATE], **WINCH,
                     params={"steps": STEPS, "forbidden": [{**BUSY, "from": "begin"}]}),
        {"a": "OPEN"}, lambda track, t: {**there(track, t), **nothing(track, t)},
    ),
    "proximity_while_running": (
        lambda: film("proximity_while_running", machine=True, params={"dwell_s": 20}, **WINCH),
        {}, with_winch,
    ),
    "restricted_entry": (lambda: film("restricted_entry", params={"dwell_s": 20}), {}, there),
    "signal_mismatch": (
        lambda: film("signal_mismatch", zone=False, inputs=[GATE, {**GATE, "id": "b"}],
                     params={"input": "a", "other_input": "b", "apart_s": 20}),
        {"a": "OPEN", "b": "CLOSED"}, nothing,
    ),
    "slope_mutual_exclusion": (
        lambda: film("slope_mutual_exclusion", machine=True, params={"dwell_s": 20}, **WINCH),
        {}, with_winch,
    ),
    "vehicle_motion": (lambda: road(stopped_s=20), {}, standing),
    "warning_light_ignored": (
        lambda: film("warning_light_ignored", inputs=[GATE], params={"light": "a"}),
        {"a": "ON"}, there,
    ),
    "water_level": (
        lambda: film("water_level", zone=False, gauges=[SUMP],
                     params={"gauge": "sump", "full_m": 2.0, "notice_s": 20}),
        {}, lambda track, t: {"levels": {"sump": None}},
    ),
    "water_rise": (
        lambda: film("water_rise", zone=False, machine=True, gauges=[SUMP], fps=1,
                     inputs=[{"id": "amps", "kind": "number", "unit": "A"}], **WINCH,
                     params={"gauge": "sump", "no_effect_min": 1, "current": "amps"}),
        {"amps": "0"}, pumping,
    ),
    "wet_area": (
        lambda: film("wet_area", zone=False, params={"gauge": "floor"},
                     gauges=[{"id": "floor", "zone": "danger"}]),
        {}, lambda track, t: {"levels": {"floor": 0.5}},
    ),
}  # fmt: skip


def raised_s(kind, gaps=(), lost_s=LOST_S):
    """Return when the rule raised, with pictures lost at such times, and how long the gaps were."""
    make, told, shows = TRUE[kind]
    world, lost, track = make(), 0.0, 1
    for name, value in told.items():
        world.tell(name, value)
    gaps = sorted(gaps)
    while world.t < 900:
        if gaps and world.t - lost >= gaps[0] and world.t > 0:
            gaps.pop(0)
            world.gap(lost_s)
            track, lost = track + 1, lost + lost_s + world.step_s
        if any(f.state == "raised" for f in world.frame(**shows(track, world.t))):
            return world.findings[0].t, lost
    return None, lost


def test_every_type_has_a_film_in_which_it_is_true():
    assert sorted(TRUE) == sorted(registry())


@pytest.mark.parametrize("kind", sorted(TRUE))
@pytest.mark.parametrize("shares", [(0.5,), (0.1, 0.4, 0.9)])
def test_what_is_true_all_the_time_is_told_at_most_the_gaps_later(kind, shares):
    usual_s, _ = raised_s(kind)
    assert usual_s is not None
    told_s, lost_s = raised_s(kind, [share * usual_s for share in shares])
    assert told_s is not None
    assert usual_s - 1e-6 <= told_s <= usual_s + lost_s + 0.1


NEED_NO_EYES = ["barrier_state", "camera_blind_on_hazard", "external_event", "post_absence"]


@pytest.mark.parametrize("kind", NEED_NO_EYES)
@pytest.mark.parametrize("lost_s", [2.4, 20.0, 600.0])
def test_what_needs_no_eyes_counts_the_time_of_the_gap(kind, lost_s):
    usual_s, _ = raised_s(kind)
    told_s, _ = raised_s(kind, [10.0], lost_s)
    # A second after the gap somebody at a post may not be believed yet.
    assert told_s == pytest.approx(max(usual_s, 10.0 + lost_s), abs=1.3)


@pytest.mark.parametrize("kind", ["loitering", "occupancy", "restricted_entry", "conveyor_person"])
def test_after_a_gap_of_many_minutes_nobody_has_stayed(kind):
    usual_s, _ = raised_s(kind)
    told_s, _ = raised_s(kind, [0.5 * usual_s], 100.0)
    assert told_s >= 0.5 * usual_s + 100.0 + 0.9 * usual_s


def test_a_gap_makes_nobody_absent_who_sat_at_the_post_before_and_after():
    post = film("post_absence", machine=True, params={"running_s": 1, "absent_s": 60}, **WINCH)
    running = {"machines": {"winch": "RUNNING"}}
    for track in range(1, 6):
        post.run(10, [person(0.5, track=track)], **running)
        post.gap(20.0 if track == 3 else LOST_S)
        post.run(0.6, **running)  # whoever is there is not believed yet
    post.run(1, [person(0.5, track=9)], **running)
    assert post.findings == []
    post.gap(LOST_S)
    post.run(1.4, **running)
    assert [f.level for f in post.findings] == ["danger"]


def test_a_car_that_was_hauled_on_within_a_gap_has_not_crept():
    car = road()
    for track, place in ((1, 0.5), (2, 0.58)):
        for _ in range(40):
            car.frame(vehicles=[vehicle(0.5, place, track=track)], machines={"winch": "STOPPED"})
        car.gap(LOST_S)
    assert [f.level for f in car.findings if f.level == "runaway"] == []


def test_hauling_that_began_before_the_slope_was_seen_empty_stays_told_over_a_gap():
    slope = film("slope_mutual_exclusion", machine=True, **WINCH)
    slope.run(5, [person(0.5)], machines={"winch": "STOPPED"})
    slope.run(4, machines={"winch": "RUNNING"})
    slope.gap(LOST_S)
    slope.run(6, machines={"winch": "RUNNING"})
    assert [(f.state, f.level) for f in slope.findings] == [("raised", "warning")]


def test_a_man_who_fell_just_before_a_gap_is_told_as_fallen():
    man = film("motionless_person", zone=False, fps=2)

    def show(seconds, track, since, high, wide):
        him = person(0.5, 0.85, track=track, height=high)
        him = replace(him, box=(0.5 - wide / 2, 0.85 - high, 0.5 + wide / 2, 0.85))
        for _ in range(round(seconds * 2)):
            at = man.t if since is None else since
            man.frame([him], still={track: Still(him.box, at, 0.0, walked=True)})

    show(3, 1, None, 0.4, 0.12)
    show(1, 1, None, 0.13, 0.24)
    fell_s = man.t
    show(10, 1, fell_s, 0.13, 0.24)
    man.gap(LOST_S)
    show(26, 2, fell_s, 0.13, 0.24)  # as the window that is watched goes on
    assert [f.level for f in man.findings] == ["fallen"]
    assert man.findings[0].t <= fell_s + 30 + LOST_S + 1


@pytest.mark.parametrize("back_s", [0.5, 30.0, 3600.0])
def test_a_clock_that_is_set_back_leaves_the_time_of_what_needs_no_eyes(back_s):
    gate = film("barrier_state", zone=False, inputs=[GATE], params={"barrier": "a"})
    gate.t = 10_000.0
    gate.tell("a", "OPEN")
    gate.run(20)
    gate.gap(-back_s)
    gate.run(9)
    assert gate.findings == []
    gate.run(2)
    assert [f.state for f in gate.findings] == ["raised"]


# A machine's clock that is set by its time server is mostly set by seconds.
BACK_S = -2.9


@pytest.mark.parametrize("gap_s", [LOST_S, BACK_S, -9.0])
def test_a_lone_worker_out_of_sight_is_told_though_the_clock_is_set_back_a_little(gap_s):
    zone = film("occupancy", params={"at_least": 2}, fps=2)
    zone.run(60, [person(0.5)])
    zone.run(30)
    zone.gap(gap_s)
    zone.run(60)
    assert [f.level for f in zone.findings] == ["alone"]
    assert zone.findings[0].t == pytest.approx(120 + gap_s, abs=1)


@pytest.mark.parametrize("gap_s", [1.2, BACK_S, -9.0])
def test_who_crosses_a_line_is_told_though_the_clock_is_set_back_a_little(gap_s):
    gate = TRUE["line_crossing"][0]()
    for track, places in ((1, range(40, 50)), (2, range(51, 60))):
        for place in places:
            gate.frame([person(place / 100, track=track)])
        if track == 1:
            gate.gap(gap_s)
    assert [f.state for f in gate.findings] == ["raised"]


def test_how_water_rose_is_known_though_the_clock_is_set_back_a_little():
    def told(back_s):
        sump = film("water_rise", zone=False, gauges=[SUMP], fps=0.5,
                    params={"gauge": "sump", "limit_m": 1.0})  # fmt: skip
        for frame in range(1800):
            if back_s and frame % 300 == 299:
                sump.gap(back_s)
            sump.frame(levels={"sump": 0.3 + 0.6 * frame / 1800 + 0.003 * (frame % 7 % 2)})
        return [(f.level, round(f.t)) for f in sump.findings if f.state == "raised"]

    usual, back = told(0), told(BACK_S)
    assert [level for level, _ in usual] == [level for level, _ in back] != []
    assert all(b <= u + 2 for (_, u), (_, b) in zip(usual, back, strict=True))


def test_what_is_kept_goes_back_with_a_clock_by_the_times_in_it_and_not_by_an_hour():
    him = {"t": 50.0, "seen": 48.0, "foot": [0.5, 0.8], "in_s": 20.0}
    how = {"people.*.t": BACK, "people.*.seen": BACK}

    def left(gap_s):
        return over_gap({"people": {"1": dict(him)}}, how, gap_s)

    assert left(-3.0) == {"people": {"1": {**him, "t": 47.0, "seen": 45.0}}}
    assert left(3.0) == left(3600.0) == {"people": {"1": him}}
    assert left(-3600.0) == {}


def test_what_is_kept_runs_on_or_waits_is_said_by_path():
    memory = {"told": [1.0], "wrong": 5.0, "stays": {"danger": [3.0, 4.0]}, "mode": "GOODS"}
    how = {"told": KEPT, "wrong": RUNS, "stays.*.*": WAITS, "mode": RUNS}

    def left(gap_s):
        return over_gap({**memory, "stays": {"danger": [3.0, 4.0]}, "else": 1.0}, how, gap_s)

    moved = {"danger": [5.0, 6.0]}
    assert left(2.0) == {**memory, "stays": moved}
    assert left(600.0) == {k: v for k, v in memory.items() if k != "stays"}
    assert left(-2.0) == {"wrong": 3.0, "mode": "GOODS", "stays": {"danger": [1.0, 2.0]}}


def test_a_sustained_condition_is_not_begun_anew_by_a_short_gap():
    world = Film(scene("restricted_entry", rule={"zone": "danger", "sustain_s": 20}))
    world.run(15, [person(0.5)])
    world.gap(LOST_S)
    world.run(7, [person(0.5, track=2)])
    assert [f.state for f in world.findings] == ["raised"]
