"""The state machine of a machine: whatever comes in whatever order, no state is jumped over."""

import random

import pytest

from workers.vision.belief import STATES, Belief

LEGAL = {
    ("UNKNOWN", "STOPPED"),
    ("UNKNOWN", "RUNNING"),
    ("STOPPED", "STARTING"),
    ("STARTING", "RUNNING"),
    ("STARTING", "STOPPED"),
    ("RUNNING", "COASTING"),
    ("COASTING", "RUNNING"),
    ("COASTING", "STOPPED"),
} | {(state, "UNKNOWN") for state in STATES}


def anything(seed, count=400):
    """Return samples as a bad day brings them: bursts, noise, gaps, clocks that go back."""
    rng = random.Random(seed)
    t, made = 100.0, []
    while len(made) < count:
        kind = rng.choice(["still", "moving", "noise", "blink"])
        step = rng.choice([1 / 30, 0.1, 0.2, 0.2, 0.2, 0.4, 1.0, 3.0])
        for k in range(rng.randint(1, 40)):
            moving = {"still": 0, "moving": 1, "blink": k % 4 < 2}.get(kind, rng.random() < 0.5)
            made.append((t, bool(moving)))
            t += step * rng.uniform(0.7, 1.3)
        t += rng.choice([0, 0, 0, 0.5, 3, 20, -0.5, -40])
        if rng.random() < 0.1:
            made.append((t, None))  # nothing could be judged
    return made


def take(belief, sample):
    t, moving = sample
    if moving is None:
        belief.doubt("dark")
    else:
        belief.add(t, moving)
    return belief.state


@pytest.mark.parametrize("seed", range(25))
def test_no_order_of_samples_and_gaps_jumps_over_a_state(seed):
    belief = Belief()
    before = belief.state
    for sample in anything(seed):
        state = take(belief, sample)
        assert state == before or (before, state) in LEGAL
        before = state


@pytest.mark.parametrize("seed", range(25))
def test_nothing_is_called_stopped_that_did_not_stand_still_for_three_seconds(seed):
    belief, seen, before = Belief(), [], "UNKNOWN"
    for sample in anything(seed):
        t, moving = sample
        if moving is None or (seen and not 0 < t - seen[-1][0] <= 4.0):
            seen = []
        if moving is not None:
            seen.append(sample)
        state = take(belief, sample)
        if state == "STOPPED" and before not in ("STOPPED", "STARTING"):
            recent = [m for at, m in seen if t - at <= 3.0 + 1e-6]
            assert t - seen[0][0] >= 3.0 - 1e-6
            assert len(recent) >= 3 or t - seen[-2][0] > 1.0  # at one picture a second or less
            assert sum(recent) <= 0.1 * len(recent) + 1e-9
        before = state


def test_one_look_after_three_seconds_of_not_seeing_is_no_proof_of_standing_still():
    belief = Belief()
    for k in range(20):
        belief.add(k / 5, True)
    assert belief.add(3.8 + 3.3, False) == "RUNNING"


@pytest.mark.parametrize("seed", range(20))
def test_a_belief_is_the_same_wherever_it_was_stored_and_loaded(seed):
    one, two = Belief(), Belief()
    rng = random.Random(seed)
    for sample in anything(seed, 200):
        take(one, sample)
        if rng.random() < 0.3:
            two = Belief.load(two.dump())
        take(two, sample)
        assert one.dump() == two.dump()


def test_what_it_remembers_stays_small():
    belief = Belief()
    for k in range(20_000):
        belief.add(k / 60, k % 7 == 0)
    assert len(belief.samples) < 60 * 10


def test_a_drum_with_one_mark_that_is_out_of_sight_for_two_seconds_keeps_running():
    belief, states = Belief(), []
    for k in range(300):
        t = k / 5
        states.append(belief.add(t, t % 4 < 2.0))
    assert set(states[30:]) <= {"RUNNING", "COASTING"}


def test_such_a_drum_is_believed_to_stand_later_than_another():
    belief = Belief()
    for k in range(100):
        belief.add(k / 5, k / 5 % 4 < 2.0)
    begin = 20.0
    stopped = next(t for k in range(60) if belief.add(t := begin + k / 5, False) == "STOPPED")
    assert 3.0 <= stopped - begin + 2.0 <= 6.0
