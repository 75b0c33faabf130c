"""People who do not move: falls, stillness, sleep, doubt, and what ends an alarm."""

import numpy as np
import pytest
from engine_kit import Script
from hazard_kit import Film, person, scene
from hypothesis import given, settings
from hypothesis import strategies as st
from test_stillness import picture

from workers.engine import Chunk, analyse
from workers.hazards.base import Person, Still
from workers.media.decode import Frame
from workers.scene import SceneError, parse_scene
from workers.vision.boxes import Box


def lying(x=0.5, foot=0.85, *, track=1, high=0.13):
    """Return somebody who lies across the picture."""
    return Person(track, (x - 0.12, foot - high, x + 0.12, foot), (x, foot), 0.8, 0.0, False)


class World(Film):
    """A film that knows how still each person is: who is named in `moves` moved just now."""

    def __init__(self, fps=2.0, rule=None, **params):
        super().__init__(scene("motionless_person", params=params, rule=rule), fps=fps)
        self.since: dict[int, float] = {}
        self.walked: set[int] = set()

    def go(self, seconds, people, moves=(), *, unseen=(), hidden=(), **about):
        """Judge so many seconds; unseen: lost people whose windows stayed the same."""
        found = []
        for index in range(round(seconds / self.step_s)):
            there = people(index) if callable(people) else people
            boxes = {p.track: p.box for p in (*there, *unseen)}
            self.since = {k: v for k, v in self.since.items() if k in boxes}
            for number in boxes:
                if number in moves or number not in self.since:
                    self.since[number] = self.t
            still = {
                k: Still(
                    box, self.since[k], 0.8 if k in moves else 0.0, k in self.walked,
                    seen=k not in {p.track for p in unseen}, hidden=k in hidden,
                )
                for k, box in boxes.items()
            }  # fmt: skip
            found += self.frame(tuple(there), still=still, **about)
        return found

    def enter(self, number=1):
        """Let somebody walk in."""
        self.walked.add(number)
        self.go(3, lambda i: [person(0.35 + 0.025 * i, 0.8, track=number)], moves=(number,))


def fallen(**params):
    world = World(**params)
    world.enter()
    world.go(1, [lying()], moves=(1,))
    return world


def test_thirty_seconds_without_movement_after_a_fall_are_an_alarm():
    world = fallen()
    assert world.go(29, [lying()]) == []
    [found] = world.go(3, [lying()])
    assert (found.level, found.severity) == ("fallen", "high")
    assert found.t <= 4 + 30 + 1


def twitching(world, seconds, share, every_s):
    """Let somebody who fell move a little now and then; share: of the looks of ten seconds."""
    found, begun = [], world.t
    for index in range(round(seconds / world.step_s)):
        if index % round(every_s / world.step_s) == 0:
            world.since[1] = world.t
        box = lying().box
        still = Still(box, world.since[1], share, True, shifted_s=begun)
        found += world.frame((lying(),), still={1: still})
    return found


def test_who_fell_and_moves_a_hand_now_and_then_is_told_and_who_is_busy_on_the_floor_is_none():
    hurt = fallen()
    [found] = twitching(hurt, 40, 0.1, 5)
    assert (found.level, round(found.t)) == ("fallen", 34)
    assert found.why[0] == "f" and "does not get up" in found.why
    assert twitching(hurt, 60, 0.1, 5) == []
    busy = fallen()
    assert twitching(busy, 120, 0.6, 1) == []


def end_on(*, track=1):
    """Return somebody who lies along the line of sight: his box is no wider than high."""
    return Person(track, (0.54, 0.51, 0.62, 0.69), (0.58, 0.69), 0.5, 0.0, False)


@pytest.mark.parametrize("fps", [2.0, 5.0])
def test_who_falls_along_the_line_of_sight_is_told_though_his_box_stays_upright(fps):
    world = World(fps)
    world.walked.add(1)
    standing = Person(1, (0.56, 0.26, 0.65, 0.70), (0.60, 0.70), 0.6, 0.0, False)
    half_way = Person(1, (0.55, 0.40, 0.64, 0.70), (0.60, 0.70), 0.6, 0.0, False)
    world.go(3, [standing], moves=(1,))
    world.go(1, lambda i: [half_way if i < fps / 2 else end_on()], moves=(1,))
    [found] = world.go(40, [end_on()])
    assert found.level == "fallen"
    assert found.t <= 4 + 30 + 1


def test_who_falls_and_gets_up_or_keeps_moving_is_none():
    world = fallen()
    world.go(20, [lying()])
    world.go(60, [person(0.5, 0.8)], moves=(1,))
    other = fallen()
    other.go(120, [lying()], moves=(1,))
    assert world.findings == other.findings == []


def test_lying_down_slowly_and_crouching_are_no_falls():
    world = World()
    world.enter()
    # From standing to lying in five seconds, then a rest of two minutes.
    world.go(5, lambda i: [_between(i / 10)], moves=(1,))
    world.go(120, [lying()])
    crouch = World()
    crouch.enter()
    crouch.go(120, [person(0.5, 0.8, height=0.24)])
    assert world.findings == crouch.findings == []


def _between(share):
    high, wide = 0.4 - 0.27 * share, 0.12 + 0.12 * share
    return Person(1, (0.5 - wide / 2, 0.8 - high, 0.5 + wide / 2, 0.8), (0.5, 0.8), 0.8, 0, False)


def test_stepping_behind_a_wall_is_no_fall():
    # The head stays where it was; what is below is hidden.
    world = World()
    world.enter()
    hidden = Person(1, (0.44, 0.4, 0.56, 0.52), (0.5, 0.52), 0.8, 0.0, False)
    assert world.go(120, [hidden]) == []


def test_walking_out_of_the_picture_is_no_fall():
    world = World()
    world.enter()
    world.go(3, lambda i: [_sinking(0.6 + 0.08 * i)])
    assert world.state.rules["r1"].memory["people"]["1"].get("fell") is None


def _sinking(top):
    return Person(1, (0.4, min(top, 0.9), 0.56, 1.0), (0.48, 1.0), 0.8, 0.0, False)


def test_one_bad_box_is_no_fall():
    world = World()
    world.enter()
    world.go(60, lambda i: [lying() if i == 20 else person(0.5, 0.8)])
    assert world.state.rules["r1"].memory["people"]["1"]["fell"] is None


def test_a_fall_that_costs_the_track_its_number_is_a_fall():
    world = World()
    world.enter()
    world.walked.add(2)
    world.go(1, [])
    world.go(1, [lying(0.52, 0.84, track=2)], moves=(2,))
    assert [f.level for f in world.go(31, [lying(0.52, 0.84, track=2)])] == ["fallen"]


def test_falling_towards_the_camera_leaves_a_short_box():
    world = World()
    world.enter()
    short = Person(1, (0.45, 0.66, 0.55, 0.85), (0.5, 0.85), 0.8, 0.0, False)
    world.go(1, [short], moves=(1,))
    assert [f.level for f in world.go(32, [short])] == ["fallen"]


def test_five_minutes_without_movement_are_an_alarm_whatever_the_posture():
    world = World()
    world.enter()
    assert world.go(298, [person(0.5, 0.8)]) == []
    assert [f.level for f in world.go(4, [person(0.5, 0.8)])] == ["still"]


def test_somebody_who_works_where_he_stands_is_none():
    world = World(asleep_s=120)
    world.enter()
    for _ in range(12):
        world.go(58, [person(0.5, 0.8)])
        world.go(1, [person(0.5, 0.8)], moves=(1,))
    assert world.findings == []


def test_at_a_post_two_minutes_in_one_posture_are_a_warning_and_then_worse():
    world = World(asleep_s=120)
    world.enter()
    assert world.go(118, [person(0.5, 0.8)]) == []
    assert [(f.level, f.severity) for f in world.go(4, [person(0.5, 0.8)])] == [
        ("asleep", "medium")
    ]
    assert [f.level for f in world.go(185, [person(0.5, 0.8)])] == ["still"]


def test_who_is_hidden_or_lost_is_not_still():
    world = World()
    world.enter()
    assert world.go(600, [person(0.5, 0.8)], hidden=(1,)) == []
    other = World()
    other.enter()
    assert other.go(600, []) == []


def test_who_is_lost_while_lying_still_lies_there():
    world = fallen()
    world.go(10, [lying()])
    assert [f.level for f in world.go(25, [], unseen=[lying()])] == ["fallen"]
    assert world.findings[0].values["in_view"] == [False]
    world.go(600, [], unseen=[lying()])
    assert [f.state for f in world.findings] == ["raised"]


def test_an_alarm_whose_person_vanishes_stays_for_two_minutes_and_then_ends():
    world = fallen()
    world.go(32, [lying()])
    world.go(118, [])
    assert [f.state for f in world.findings] == ["raised"]
    world.go(10, [])
    assert [f.state for f in world.findings] == ["raised", "cleared"]


@pytest.mark.parametrize("how", ["moves", "stands", "leaves"])
def test_moving_standing_up_or_being_seen_elsewhere_ends_it(how):
    world = fallen(rule={"zone": "danger"})
    world.go(32, [lying()])
    assert world.open == "fallen"
    if how == "moves":
        world.go(8, [lying()], moves=(1,))
    elif how == "stands":
        world.go(10, [person(0.5, 0.8)])
    else:
        world.go(8, [lying(0.8)])
    assert [f.state for f in world.findings] == ["raised", "cleared"]


def test_one_twitch_ends_nothing():
    world = fallen()
    world.go(32, [lying()])
    for _ in range(5):
        world.since[1] = world.t
        world.go(20, [lying()])
    assert [f.state for f in world.findings] == ["raised"]


def test_what_never_walked_is_told_as_a_doubt_once_and_not_for_ever():
    world = World(fps=1)
    assert [(f.level, f.severity) for f in world.go(305, [lying()])] == [("doubt", "low")]
    world.go(615, [lying()])
    assert [f.state for f in world.findings] == ["raised", "cleared"]
    world.go(4000, [lying()])
    # Neither does a new track of the same thing tell it again, nor a gap in the pictures.
    world.go(400, [lying(track=2)])
    world.state.forget(10.0)
    world.go(400, [lying(track=3)])
    assert len(world.findings) == 2


def test_a_doubt_about_another_place_is_told():
    world = World(fps=1)
    world.go(1000, [lying(0.3)])
    world.go(305, [lying(0.3), lying(0.8, track=2)])
    assert [f.state for f in world.findings] == ["raised", "cleared", "raised"]


def test_blindness_and_a_frozen_picture_make_nobody_still_and_end_nothing():
    world = World()
    world.enter()
    world.go(600, [person(0.5, 0.8)], faults=("frozen",))
    world.go(250, [person(0.5, 0.8)])
    world.go(600, [person(0.5, 0.8)], doubts={"frozen": 0.0})
    assert world.findings == []
    world.go(55, [person(0.5, 0.8)])
    assert [f.level for f in world.findings] == ["still"]
    world.go(600, [], faults=("blocked",))
    assert [f.state for f in world.findings] == ["raised"]


def test_a_gap_in_the_pictures_ends_no_alarm_and_the_person_found_after_it_is_the_same():
    world = fallen()
    world.go(32, [lying()])
    world.gap(20.0)
    world.go(30, [])
    world.go(60, [lying(0.51, track=5)])
    assert [f.state for f in world.findings] == ["raised"]
    world.go(8, [lying(0.51, track=5)], moves=(5,))
    assert [f.state for f in world.findings] == ["raised", "cleared"]
    gone = fallen()
    gone.go(32, [lying()])
    gone.gap(20.0)
    gone.go(130, [])
    assert [f.state for f in gone.findings] == ["raised", "cleared"]


@settings(max_examples=12, deadline=None)
@given(
    missed=st.sets(st.integers(10, 150), max_size=60),
    wobble=st.lists(st.sampled_from([-0.012, 0.0, 0.012]), min_size=160, max_size=160),
    switch=st.integers(10, 150),
)
def test_misses_jitter_and_a_new_track_make_one_alarm_in_time(missed, wobble, switch):
    world = fallen()
    raised = []
    for i in range(160):
        number = 1 if i < switch else 2
        if i == switch:
            world.since[2] = world.since.get(1, world.t)  # as the windows hand it on
            world.walked.add(2)
        body = lying(0.5 + wobble[i], 0.85 + wobble[-i - 1], track=number)
        gone = i in missed or i == switch
        raised += world.go(0.5, [] if gone else [body], unseen=[body] if gone else [])
    assert [f.level for f in raised] == ["fallen"]
    assert raised[0].t <= 4 + 30 + 1.5


@settings(max_examples=10, deadline=None)
@given(step=st.integers(0, 60))
def test_helpers_who_pass_before_him_end_nothing_and_raise_nothing(step):
    world = fallen()
    world.go(32, [lying()])
    world.walked.add(2)

    def pass_by(i):
        return [lying(), person(0.2 + 0.01 * (i + step) % 0.6, 0.9, track=2)]

    world.go(30, pass_by, moves=(2,), hidden=(1,))
    world.go(30, [lying()])
    assert [f.state for f in world.findings] == ["raised"]


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({"asleep_s": 400}, "params.asleep_s"),
        ({"fall_s": 0}, "params.fall_s"),
        ({"still_s": 5}, "params.still_s"),
    ],
)
def test_times_that_make_no_sense_are_refused(params, path):
    with pytest.raises(SceneError) as caught:
        World(**params)
    assert caught.value.path == f"rules[0].{path}"


def test_the_whole_engine_tells_of_a_figure_that_walks_falls_and_lies_and_not_of_a_sign():
    document = {
        "version": 1, "analysis_fps": 5,
        "rules": [{"id": "r1", "type": "motionless_person", "params": {"fall_s": 10}}],
    }  # fmt: skip
    where, state, found, fps = parse_scene(document), None, [], 5
    rng = np.random.default_rng(3)

    def place(i):
        """The figure walks to the right for six seconds, falls within one, and lies."""
        x = 0.2 + 0.01 * min(i, 30)
        if i < 30:
            return [x, 0.3, x + 0.1, 0.8]
        share = min(1.0, (i - 30) / 5)
        return [x - 0.1 * share, 0.3 + 0.35 * share, x + 0.1 + 0.1 * share, 0.8]

    def seen(i):
        noisy = [v + float(rng.normal(0, 0.005)) for v in place(i)]
        sign = [0.85 + float(rng.normal(0, 0.005)), 0.2, 0.92, 0.5]
        # The detector loses who lies there for good after five seconds.
        boxes = [Box("person", tuple(sign), 0.7)]
        return boxes + ([Box("person", tuple(noisy), 0.8)] if i < 60 else [])

    for second in range(25):
        frames = []
        for i in range(second * fps, (second + 1) * fps):
            luma = picture(i, place(i) if i < 36 else place(36))
            frames.append(Frame(i / fps, i, np.stack([luma] * 3, axis=-1)))
        numbers = iter(range(second * fps, (second + 1) * fps))
        detector = Script(lambda _, numbers=numbers: seen(next(numbers)))
        result = analyse(
            where, state, Chunk(second, second, 1.0, frames), detector=detector, gate=False
        )
        state = result.state
        found += [f for f in result.findings if f.rule == "r1"]
    assert [f.level for f in found] == ["fallen"]
    assert 16.0 <= found[0].t <= 19.0
