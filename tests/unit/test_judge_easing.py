"""A danger that is over while a lesser one goes on: what is told follows, and can rise again."""

import json
import zlib
from collections.abc import Callable

import pytest
from hazard_kit import SQUARE, Film, person, scene
from hypothesis import given, settings
from hypothesis import strategies as st
from test_hazard_motionless import World, lying

from workers.accuracy.zones import _situations
from workers.state import RuleState, State

NEAR = [[0.2, 0.45], [0.8, 0.45], [0.8, 0.99], [0.2, 0.99]]
RUNNING = {"winch-1": "RUNNING"}
IN_DANGER, IN_WARNING = person(0.5), person(0.3)


def winch(*, clear_s: float = 2.0, fps: float = 5.0, **rule) -> Film:
    """Return a winch with a warning zone around its danger zone; no time has to be served."""
    params = {"warning_zone": "near", "dwell_s": 0, "warning_dwell_s": 0, "clear_s": clear_s}
    where = scene(
        "proximity_while_running",
        params=params,
        rule={"zone": "danger", "machine": "winch-1", **rule},
        zones=[{"id": "danger", "polygon": SQUARE}, {"id": "near", "polygon": NEAR}],
        machines=[{"id": "winch-1", "source": "signal"}],
    )
    return Film(where, fps=fps)


def told(film: Film) -> list[tuple[str, str]]:
    return [(f.state, f.level) for f in film.findings]


def now(film: Film) -> RuleState:
    return film.state.rules["r1"]


def test_what_is_told_of_a_danger_stays_told_while_people_leave_through_the_warning():
    film = winch()
    film.run(3, [IN_DANGER], machines=RUNNING)
    film.run(1.8, [IN_WARNING], machines=RUNNING)
    assert (film.open, now(film).why) == ("danger", "1 person in danger, winch-1 RUNNING (signal)")
    film.run(3, machines=RUNNING)
    assert told(film) == [("raised", "danger"), ("cleared", "danger")]


def test_a_danger_that_is_over_is_told_no_more_while_the_warning_goes_on():
    film = winch()
    film.run(3, [IN_DANGER], machines=RUNNING)
    [eased] = film.run(600, [IN_WARNING], machines=RUNNING)
    assert (eased.state, eased.level, eased.severity) == ("eased", "warning", "medium")
    assert eased.situation == film.findings[0].situation
    assert eased.t == pytest.approx(2.8 + 2.0)
    assert now(film).why == "1 person in near, winch-1 RUNNING (signal)"
    assert now(film).boxes == [[0.24, 0.4, 0.36, 0.8]]
    assert now(film).values["zone"] == "near"


def test_the_next_who_walks_into_the_danger_is_raised_anew():
    film = winch()
    film.run(3, [IN_DANGER], machines=RUNNING)
    film.run(60, [IN_WARNING], machines=RUNNING)
    [again] = film.run(20, [IN_WARNING, person(0.55, track=2)], machines=RUNNING)
    assert (again.state, again.level) == ("raised", "danger")
    assert [f.values["step"] for f in film.findings] == [1, 2, 3]
    assert len({f.situation for f in film.findings}) == 1


def test_a_level_that_goes_up_and_down_within_clear_s_is_raised_once():
    film = winch(clear_s=10)
    for _ in range(10):
        film.run(3, [IN_DANGER], machines=RUNNING)
        film.run(8, [IN_WARNING], machines=RUNNING)
    assert told(film) == [("raised", "danger")]


def test_a_rule_that_is_over_late_keeps_its_words_as_long():
    film = winch(clear_s=120)
    film.run(3, [IN_DANGER], machines=RUNNING)
    film.run(118, [IN_WARNING], machines=RUNNING)
    assert film.open == "danger"
    film.run(4, [IN_WARNING], machines=RUNNING)
    assert film.open == "warning"


def test_a_danger_is_not_over_while_nobody_can_see_and_over_a_gap():
    film = winch()
    film.run(3, [IN_DANGER], machines=RUNNING)
    film.run(1, [IN_WARNING], machines=RUNNING)
    film.run(30, machines=RUNNING, visibility=0.05)
    film.state.forget(30)
    film.t += 30
    film.run(0.6, [IN_WARNING], machines=RUNNING)
    assert film.open == "danger"
    film.run(1.4, [IN_WARNING], machines=RUNNING)
    assert film.open == "warning"


def test_a_danger_that_an_earlier_version_kept_open_is_over_after_its_time_too():
    film = winch()
    film.run(3, [IN_DANGER], machines=RUNNING)
    kept = json.loads(zlib.decompress(film.state.dump()))
    del kept["rules"]["r1"]["so_t"], kept["rules"]["r1"]["step"]
    film.state = State.load(zlib.compress(json.dumps(kept).encode()))
    assert film.open == "danger"
    film.run(1.8, [IN_WARNING], machines=RUNNING)
    assert film.open == "danger"
    film.run(1, [IN_WARNING], machines=RUNNING)
    assert film.open == "warning"
    film.run(1, [IN_DANGER], machines=RUNNING)
    assert told(film)[-1] == ("raised", "danger")


def test_while_it_cools_the_same_people_are_shown_in_danger_and_raise_it_not():
    film = winch(cooldown_s=60)
    film.run(3, [IN_DANGER], machines=RUNNING)
    film.run(10, [IN_WARNING], machines=RUNNING)
    assert film.run(3, [IN_DANGER], machines=RUNNING) == []
    assert (film.open, now(film).values["step"]) == ("danger", 3)
    film.run(10, [IN_WARNING], machines=RUNNING)
    film.run(10, machines=RUNNING)
    assert film.run(3, [IN_DANGER], machines=RUNNING) == [], "nor once all was over"
    [other] = film.run(3, [person(0.5, track=2)], machines=RUNNING)
    assert other.state == "raised"


def held(**rule) -> Film:
    """Return a winch with one man whose second danger is held: the first ended at 4.8 s."""
    film = winch(cooldown_s=60, **rule)
    film.run(3, [IN_DANGER], machines=RUNNING)
    film.run(10, [IN_WARNING], machines=RUNNING)
    assert film.run(5, [IN_DANGER], machines=RUNNING) == []
    assert (film.open, now(film).held) == ("danger", "warning")
    return film


def test_who_joins_a_danger_that_is_held_is_told_at_once_and_once():
    film = held()
    both = [IN_DANGER, person(0.55, track=2)]
    [joined] = film.run(600, both, machines=RUNNING)
    assert (joined.state, joined.level, joined.t) == ("raised", "danger", pytest.approx(18))
    assert (joined.values["step"], "held" in joined.values) == (4, False)


def test_a_danger_that_is_held_is_told_when_the_cooldown_is_over_and_it_goes_on():
    film = held()
    [late] = film.run(3600, [IN_DANGER], machines=RUNNING)
    assert (late.state, late.level, late.t) == ("raised", "danger", pytest.approx(64.8))


def test_a_danger_that_was_held_and_is_over_makes_the_cooldown_no_longer():
    film = held()
    for _ in range(5):
        film.run(6, [IN_WARNING], machines=RUNNING)
        film.run(6, [IN_DANGER], machines=RUNNING)
    raised = [f.t for f in film.findings if f.state == "raised"]
    assert raised == [0.0, pytest.approx(64.8)]


def test_a_danger_that_is_held_is_told_once_the_clock_is_set_back():
    film = held()
    film.gap(-3600)
    assert [f.state for f in film.run(3, [IN_DANGER], machines=RUNNING)] == ["raised"]


def test_what_cools_goes_on_cooling_over_a_state_of_the_form_before():
    film = winch(cooldown_s=60)
    film.run(3, [IN_DANGER], machines=RUNNING)
    film.run(10, [IN_WARNING], machines=RUNNING)
    kept = json.loads(zlib.decompress(film.state.dump()))
    rule = kept["rules"]["r1"]
    del rule["held"]
    [(level, (t, tracks))] = rule.pop("over").items()
    rule["closed"] = [t, level, tracks]
    film.state = State.load(zlib.compress(json.dumps(kept).encode()))
    assert (film.state.note, film.open) == ("", "warning")
    assert film.run(3, [IN_DANGER], machines=RUNNING) == []
    assert [f.state for f in film.run(1, [person(0.5, track=2)], machines=RUNNING)] == ["raised"]


def sump(cooldown_s: float) -> tuple[Film, Callable[[float, int], list[str]]]:
    """Return a sump, and what sets its level for so many seconds and says what that raised."""
    film = Film(scene("water_level", params={"sensor": "s", "full_m": 1.0, "clear_s": 10},
                      rule={"cooldown_s": cooldown_s},
                      inputs=[{"id": "s", "kind": "number", "unit": "m"}]), fps=1)  # fmt: skip

    def at(level: float, seconds: int) -> list[str]:
        found = []
        for second in range(seconds):
            if second % 5 == 0:
                film.tell("s", f"{level:.2f}")
            found += film.frame()
        return [one.level for one in found if one.state == "raised"]

    return film, at


def test_water_that_stays_high_is_told_when_the_cooldown_is_over():
    film, at = sump(cooldown_s=600)
    assert at(0.95, 60) == ["emergency"]
    assert at(0.75, 100) == []
    assert at(0.95, 7200) == ["emergency"]
    assert film.findings[-1].t == pytest.approx(79 + 600)


def test_a_lesser_level_that_goes_up_and_down_keeps_no_worse_one_quiet():
    film, at = sump(cooldown_s=600)
    at(0.95, 60)
    for _ in range(3):
        at(0.75, 200)
        at(0.55, 200)
    assert at(0.95, 30) == ["emergency"]
    assert len(now(film).over) == 2


def test_a_lesser_level_that_was_over_last_keeps_no_worse_one_quiet():
    _, at = sump(cooldown_s=300)
    at(0.95, 60)
    at(0.75, 400)
    at(0.1, 60)
    assert at(0.75, 20) == ["alarm"], "it was over, and nobody can say that it is the same"
    at(0.1, 20)
    assert at(0.95, 20) == ["emergency"]


def test_a_rise_that_was_held_and_became_less_is_still_told_to_nobody():
    film, at = sump(cooldown_s=600)
    at(0.95, 60)
    at(0.45, 60)
    assert at(0.95, 60) == []
    assert at(0.75, 60) == []
    assert (film.open, now(film).held) == ("alarm", "advisory")
    assert at(0.75, 600) == ["alarm"]


def test_a_rise_in_an_open_situation_waits_for_no_confirmation_and_for_its_dwell():
    film = winch(confirm=[5, 5], sustain_s=2)
    film.run(4, [IN_DANGER], machines=RUNNING)
    film.run(10, [IN_WARNING], machines=RUNNING)
    film.run(0.2, [IN_DANGER], machines=RUNNING)
    assert told(film) == [("raised", "danger"), ("eased", "warning"), ("raised", "danger")]


def test_a_belt_that_starts_again_under_its_rider_is_raised_again():
    film = Film(scene("conveyor_person", rule={"zone": "danger", "machine": "belt-1"},
                      machines=[{"id": "belt-1", "source": "signal"}]))  # fmt: skip
    film.run(5, [person(0.5)], machines={"belt-1": "RUNNING"})
    film.run(60, [person(0.5)], machines={"belt-1": "STOPPED"})
    assert now(film).why == "riding on danger: 1, belt-1 STOPPED (signal)"
    film.run(10, [person(0.5)], machines={"belt-1": "RUNNING"})
    assert told(film) == [("raised", "danger"), ("eased", "warning"), ("raised", "danger")]


def test_a_second_fall_is_told_beside_a_thing_that_never_moves():
    world, thing = World(fps=2), person(0.15, 0.6, track=7)
    world.go(305, [thing])
    for track, x in ((1, 0.5), (2, 0.7)):
        world.walked.add(track)
        walk = [person(x - 0.15 + 0.025 * i, 0.8, track=track) for i in range(6)]
        world.go(3, lambda i, walk=walk: [thing, walk[i]], moves=(track,))
        world.go(1, [thing, lying(x, track=track)], moves=(track,))
        world.go(40, [thing, lying(x, track=track)])
        up = [person(x, 0.8, track=track)] * 10
        world.go(5, lambda i, up=up: [thing, up[i]], moves=(track,))
        away = [person(x + 0.04 * i, 0.8, track=track) for i in range(10)]
        world.go(5, lambda i, away=away: [thing, away[i]], moves=(track,))
        world.go(60, [thing])
        assert world.open == "doubt"
    assert [(f.state, f.level) for f in world.findings] == [
        ("raised", "doubt"),
        ("raised", "fallen"), ("eased", "doubt"),
        ("raised", "fallen"), ("eased", "doubt"),
    ]  # fmt: skip


def test_water_that_was_pumped_down_and_rises_again_is_told_again():
    film = Film(scene("water_level", params={"sensor": "s"},
                      inputs=[{"id": "s", "kind": "number", "unit": "m"}]), fps=1)  # fmt: skip

    def flow(begin: float, end: float, seconds: int) -> None:
        for second in range(seconds):
            if second % 10 == 0:
                film.tell("s", f"{begin + (end - begin) * second / seconds:.3f}")
            film.frame()

    flow(0.3, 0.95, 1500)
    flow(0.95, 0.95, 300)
    assert film.open == "emergency"
    flow(0.95, 0.45, 1500)
    flow(0.45, 0.45, 60)
    assert (film.open, now(film).values["fill_pct"]) == ("advisory", 45.0)
    flow(0.45, 0.95, 1500)
    assert told(film)[-3:] == [("raised", "warning"), ("raised", "alarm"), ("raised", "emergency")]


def test_the_bank_counts_a_danger_that_eased_and_rose_as_two():
    film = winch()
    film.run(3, [IN_DANGER], machines=RUNNING)
    film.run(10, [IN_WARNING], machines=RUNNING)
    film.run(3, [IN_DANGER], machines=RUNNING)
    spans = _situations(film.findings, 16.0)
    assert spans == [(0.0, pytest.approx(4.8)), (pytest.approx(13.0), 16.0)]


LEVELS = {"none": (), "warning": (IN_WARNING,), "danger": (IN_DANGER,)}
ORDER = [None, "warning", "danger"]


@settings(deadline=None, max_examples=40)
@given(
    acts=st.lists(
        st.tuples(st.sampled_from(["none", "warning", "danger", "blind"]), st.integers(1, 6)),
        max_size=12,
    )
)
def test_in_any_order_what_is_told_was_so_within_clear_s_and_every_rise_is_raised(acts):
    """A second a frame. Nobody's time runs while the camera is blind.

    Where nothing is so there is nothing else to tell: all is over clear_s after anything was so.
    """
    film, clear_s = winch(clear_s=3, fps=1), 3
    last: dict[str, int] = {}  # by level: how many seen seconds ago it was so
    shown = None
    for what, seconds in acts:
        for _ in range(seconds):
            blind = what == "blind"
            found = film.frame(
                () if blind else LEVELS[what],
                machines=RUNNING,
                visibility=0.05 if blind else 1.0,
            )
            if not blind:
                last = {level: age + 1 for level, age in last.items()} | {what: 0}
            level = film.open
            if not blind:
                assert ORDER.index(level) >= ORDER.index(None if what == "none" else what)
            told = [level] if what in LEVELS and LEVELS[what] else ["warning", "danger"]
            ages = [last[one] for one in told if one in last]
            assert level is None or min(ages) < clear_s, "told of what is over"
            changed = [] if level == shown else ["cleared"] if level is None else [
                "raised" if ORDER.index(level) > ORDER.index(shown) else "eased"
            ]  # fmt: skip
            assert [one.state for one in found] == changed
            shown = level
    assert State.load(film.state.dump()).rules == film.state.rules
