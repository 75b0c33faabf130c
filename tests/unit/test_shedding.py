"""A machine that is too slow looks at the present; one that was away catches up what it missed."""

from datetime import UTC, datetime, timedelta
from statistics import median
from typing import NamedTuple

import pytest

from apps.cameras.shedding import KEPT, Backlog, looked

START = datetime(2026, 3, 4, tzinfo=UTC)
TURN_S = 1.5


class Run(NamedTuple):
    """What became of the seconds of all cameras: (at, how late) of each that was analysed."""

    analysed: list[tuple[float, float]]
    given_up: int
    gaps: int

    def late_s(self, since_s: float) -> list[float]:
        return [late for at, late in self.analysed if at >= since_s]


def run(cost_s: float, *, cameras: int = 1, away_s: float = 0.0, for_s: float = 900.0) -> Run:
    """Let one processor analyse cameras that bring a chunk a second, from `away_s` on."""
    queues: list[list[int]] = [[] for _ in range(cameras)]
    before: list[Backlog | None] = [None] * cameras
    skipped_s = [float("-inf")] * cameras
    analysed, given_up, gaps, recorded, t = [], 0, 0, 0, away_s

    def record() -> None:
        nonlocal recorded
        while recorded + 1 <= t:
            for queue in queues:
                queue.append(recorded)
            recorded += 1

    while t < for_s:
        record()
        if not any(queues):
            t = recorded + 1.0
            continue
        # Whose oldest chunk waits longest has its turn.
        n = min((n for n in range(cameras) if queues[n]), key=lambda n: queues[n][0])
        until = t + TURN_S
        while queues[n] and t < until:
            before[n], slow = looked(
                before[n],
                len(queues[n]),
                START + timedelta(seconds=t),
                slow=t - skipped_s[n] <= 60,
            )
            if slow:
                skipped_s[n] = t
                given_up, gaps = given_up + len(queues[n]) - KEPT, gaps + 1
                queues[n] = queues[n][-KEPT:]
            chunk = queues[n].pop(0)
            t += cost_s
            analysed.append((t, t - chunk - 1))
            record()
    return Run(analysed, given_up, gaps)


@pytest.mark.parametrize("cost_s", [1.05, 1.3, 2.0, 3.0])
def test_a_machine_that_is_too_slow_looks_at_the_present(cost_s: float):
    done = run(cost_s)
    assert median(done.late_s(60)) < 10
    assert max(done.late_s(60)) < 12
    assert len(done.analysed) >= 890 / cost_s, "and it is never idle"
    assert done.given_up / done.gaps > 5, "what is left out is left out in one piece"


@pytest.mark.parametrize("away_s", [20.0, 60.0, 110.0])
@pytest.mark.parametrize(("cost_s", "cameras"), [(0.45, 1), (0.15, 3), (0.02, 20)])
def test_a_machine_that_was_away_and_is_fast_enough_catches_up_all_that_it_missed(
    cost_s: float, cameras: int, away_s: float
):
    done = run(cost_s, cameras=cameras, away_s=away_s)
    assert (done.given_up, done.gaps) == (0, 0)
    assert max(done.late_s(2 * away_s + 30)) < 5


@pytest.mark.parametrize("cost_s", [1.0, 1.3])
def test_a_machine_that_was_away_and_is_too_slow_is_at_the_present_in_seconds(cost_s: float):
    done = run(cost_s, away_s=60)
    assert max(done.late_s(90)) < 12


def test_many_cameras_on_a_machine_for_half_of_them_are_all_looked_at_as_they_are():
    done = run(0.2, cameras=10)
    assert max(done.late_s(60)) < 12
    assert median(done.late_s(60)) < 10


def test_a_queue_that_no_longer_grows_is_worked_off_and_not_thrown_away():
    """So many seconds late at the lowest rate is no blindness, and leaves nothing out."""
    later = START + timedelta(seconds=20)
    assert looked(Backlog(7, START), 7, later, slow=False) == (Backlog(7, later), False)


def test_a_clock_that_is_set_back_begins_the_look_anew():
    earlier = START - timedelta(hours=1)
    assert looked(Backlog(9, START), 9, earlier, slow=False) == (Backlog(9, earlier), False)
