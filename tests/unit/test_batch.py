"""Many threads share a detector: each gets its own boxes, in its own order."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from workers.vision.batch import Batcher
from workers.vision.boxes import Box
from workers.vision.shadow import Shadowed


class Fake:
    """A detector whose one box's score says which picture it saw."""

    name, input_px = "fake@1", 416

    def __init__(self, cost_s=0.0):
        self.batches = []
        self.cost_s = cost_s
        self.busy = threading.Lock()

    def detect(self, pictures):
        assert self.busy.acquire(blocking=False), "two threads run the network at once"
        try:
            self.batches.append(len(pictures))
            if any(p[0, 0, 0] == 255 for p in pictures):
                raise ValueError("no picture")
            time.sleep(self.cost_s)
            return [[Box("person", (0, 0, 1, 1), float(p[0, 0, 0]) / 255)] for p in pictures]
        finally:
            self.busy.release()


def picture(number):
    return np.full((4, 4, 3), number, np.uint8)


def numbers(found):
    return [round(boxes[0].score * 255) for boxes in found]


def test_each_thread_gets_its_own_answers_in_its_own_order():
    fake = Fake(cost_s=0.002)
    shared = Batcher(fake, wait_ms=20)
    together = threading.Barrier(8)

    def camera(first):
        together.wait()
        got = []
        for round_ in range(20):
            wanted = [first * 25 + (round_ + i) % 25 for i in range(1 + round_ % 3)]
            got.append(numbers(shared.detect([picture(n) for n in wanted])) == wanted)
        return all(got)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(camera, range(8)))
    pictures = 8 * sum(1 + r % 3 for r in range(20))
    assert sum(fake.batches) == pictures
    assert len(fake.batches) < 8 * 20 / 2  # they did share
    assert max(fake.batches) <= 32


def test_a_batch_is_never_larger_than_asked_unless_one_caller_is():
    fake = Fake(cost_s=0.01)
    shared = Batcher(fake, wait_ms=50, most=4)
    together = threading.Barrier(6)

    def camera(first):
        together.wait()
        return numbers(shared.detect([picture(first), picture(first + 1)]))

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(camera, range(0, 60, 10))) == [[n, n + 1] for n in range(0, 60, 10)]
    assert max(fake.batches) <= 4
    assert numbers(shared.detect([picture(n) for n in range(9)])) == list(range(9))


def test_one_camera_alone_waits_no_longer_than_said():
    shared = Batcher(Fake(), wait_ms=5)
    began = time.monotonic()
    for n in range(10):
        assert numbers(shared.detect([picture(n)])) == [n]
    assert time.monotonic() - began < 2
    assert shared.detect([]) == []


def test_one_bad_picture_is_its_own_cameras_fault():
    fake = Fake()
    shared = Batcher(fake, wait_ms=200, most=3)
    together = threading.Barrier(3)

    def camera(number):
        together.wait()
        try:
            return numbers(shared.detect([picture(number)]))
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(camera, (7, 255, 9))) == [[7], "no picture", [9]]


class Script:
    """A detector that says the same each time."""

    name, input_px = "script@1", 416

    def __init__(self, *boxes, error=None):
        self.boxes = list(boxes)
        self.error = error
        self.calls = 0

    def detect(self, pictures):
        self.calls += 1
        if self.error:
            raise self.error
        return [self.boxes for _ in pictures]


def person(x, score=0.8):
    return Box("person", (x, 0.2, x + 0.1, 0.6), score)


def test_a_shadow_sees_a_share_of_the_frames_and_changes_no_answer():
    first = Script(person(0.1), person(0.5), Box("car", (0, 0, 1, 1), 0.9))
    shadow = Script(person(0.11), person(0.8), person(0.3, score=0.1))
    both = Shadowed(first, shadow, every=5)
    for _ in range(12):
        assert both.detect([picture(1)]) == [first.boxes]
    assert shadow.calls == 2
    counts = both.counts
    assert (counts.frames, counts.both, counts.ours_only, counts.theirs_only) == (2, 2, 2, 2)
    assert counts.errors == 0


def test_the_share_holds_over_short_chunks():
    seen, shown = 0, 0
    for _ in range(10):
        both = Shadowed(Script(), Script(), every=5, seen=seen)
        both.detect([picture(1)])
        seen, shown = both.seen, shown + both.counts.frames
    assert shown == 2


@pytest.mark.parametrize("error", [ValueError("wrong shape\nhere"), MemoryError()])
def test_a_shadow_that_fails_is_counted_and_harms_nothing(error):
    first = Script(person(0.1))
    both = Shadowed(first, Script(error=error), every=1)
    assert both.detect([picture(1)]) == [first.boxes]
    assert both.counts.errors == 1
    assert both.error in ("wrong shape here", "MemoryError")


class Ended(BaseException):
    """A worker that is told to stop."""


def asked(shared, *wanted):
    """Ask for pictures at once, a thread each that may hang; return answers and errors."""
    answers = []

    def ask(number):
        try:
            answers.append(shared.detect([picture(number)]))
        except BaseException as error:
            answers.append(error)

    threads = [threading.Thread(target=ask, args=(n,), daemon=True) for n in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(answers) == len(wanted), "somebody waits for ever"
    return answers


@pytest.mark.parametrize("while_waiting", [True, False])
def test_who_leads_and_is_ended_leaves_the_lead_to_the_next(monkeypatch, while_waiting):
    fake = Fake()
    shared = Batcher(fake, wait_ms=1)

    def ended(*given):
        raise Ended

    with monkeypatch.context() as stop:
        if while_waiting:
            stop.setattr(shared, "_count", ended)
        else:
            stop.setattr(fake, "detect", ended)
        with pytest.raises(Ended):
            shared.detect([picture(1)])
    assert numbers(*asked(shared, 2)) == [2]


def test_whose_pictures_were_taken_along_by_one_who_is_ended_is_told(monkeypatch):
    fake = Fake()
    shared = Batcher(fake, wait_ms=1000, most=2)
    monkeypatch.setattr(fake, "detect", lambda pictures: (_ for _ in ()).throw(Ended))
    told = asked(shared, 1, 2)
    assert {type(error) for error in told} == {Ended, RuntimeError}
