"""Helmets and vests: what is told of a person, when, and for how long."""

from dataclasses import dataclass

import numpy as np
import pytest

from workers.state import State
from workers.train import ppe_measure
from workers.vision import ppe
from workers.vision.boxes import Box
from workers.vision.ppe import Look, Reader, Votes, Wardrobe, judge, upper

PERSON = (0.4, 0.2, 0.5, 0.8)


@dataclass
class Scenery:
    width: int = 640
    height: int = 360

    def crop(self, left: int, top: int, right: int, bottom: int) -> np.ndarray:
        return np.zeros((bottom - top, right - left, 3), np.uint8)


class Network:
    """Finds the same boxes in every picture, and counts the pictures."""

    name = "stub"
    input_px = 128

    def __init__(self, boxes: list[Box]) -> None:
        self.boxes = boxes
        self.looks = 0

    def detect(self, pictures) -> list[list[Box]]:
        self.looks += len(pictures)
        return [self.boxes for _ in pictures]


def head(label: str, score: float, *, y: float = 75.0, high: float = 30.0, x: float = 290.0) -> Box:
    return Box(label, (x - 12, y, x + 12, y + high), score)


def test_a_helmet_and_a_bare_head_are_told_apart() -> None:
    with_one = judge([head("helmet", 0.8, high=15)], PERSON, 640, 360)
    without = judge([head("bare_head", 0.7)], PERSON, 640, 360)
    assert with_one.helmet == pytest.approx(0.8)
    assert without.helmet == pytest.approx(-0.7)
    assert with_one.vest is None
    assert without.head is not None
    assert without.head[1] == pytest.approx(75 / 360)


def test_a_neighbours_vest_in_the_window_is_not_taken_for_ones_own() -> None:
    # The window is a fifth of the person's width wider on both sides: 244 to 333 pixels.
    own = Box("no_vest", (262, 115, 314, 185), 0.5)
    neighbours = Box("vest", (312, 115, 333, 185), 0.7)
    assert judge([own, neighbours], PERSON, 640, 360).vest == pytest.approx(-0.5)
    assert judge([neighbours], PERSON, 640, 360).vest is None


def test_heads_under_20_pixels_and_of_neighbours_are_not_judged() -> None:
    small = judge([head("bare_head", 0.9, high=19)], PERSON, 640, 360)
    neighbour = judge([head("bare_head", 0.9, x=350)], PERSON, 640, 360)
    # A helmet 12 high sits on a head of 20.
    shell = judge([head("helmet", 0.9, high=12.2)], PERSON, 640, 360)
    assert small.helmet is None
    assert neighbour.helmet is None
    assert shell.helmet is not None


def test_the_helmet_of_who_stands_before_somebody_is_not_his() -> None:
    own = head("bare_head", 0.5)
    before_him = head("helmet", 0.9, y=130, high=15, x=300)
    at_his_shoulder = head("helmet", 0.9, y=80, high=15, x=318)
    for other in (before_him, at_his_shoulder):
        look = judge([other, own], PERSON, 640, 360)
        assert look.helmet == pytest.approx(-0.5)
        assert look.head is not None
        assert look.head[1] == pytest.approx(75 / 360)


def test_a_person_too_small_is_not_even_looked_at() -> None:
    network = Network([head("helmet", 0.9)])
    far = (0.4, 0.4, 0.42, 0.55)
    assert Reader(network, shadow=True).look(Scenery(), far) == Look(None, None)
    assert network.looks == 0


def test_the_window_holds_head_and_breast_and_stays_in_the_picture() -> None:
    left, top, right, bottom = upper((0.9, 0.0, 1.0, 0.9), 640, 360) or (0, 0, 0, 0)
    assert (top, right) == (0, 640)
    assert left < 0.9 * 640
    assert 0.4 * 324 < bottom < 0.7 * 324
    # Who crouches is as wide as high: all of the box is looked at.
    assert upper((0.4, 0.4, 0.6, 0.7), 640, 360)[3] == pytest.approx(252, abs=2)


def test_no_value_before_three_looks_agree() -> None:
    votes = Votes()
    for t in range(2):
        votes.add(Look(0.9, None), t)
    assert votes.told()["helmet"] == {"value": None, "score": 0.0}
    votes.add(Look(0.9, None), 2)
    assert votes.told()["helmet"] == {"value": True, "score": 0.9}
    assert votes.told()["vest"]["value"] is None


def test_looks_that_disagree_leave_it_open_and_the_latest_five_decide() -> None:
    votes = Votes()
    for t, value in enumerate((0.9, -0.8, 0.8, -0.9)):
        votes.add(Look(value, value), t)
    assert votes.told()["helmet"]["value"] is None
    for t in range(4, 9):
        votes.add(Look(-0.9, -0.9), t)
    assert votes.told()["helmet"] == {"value": False, "score": 0.9}
    assert len(votes.vest) == ppe.LOOKS


def test_each_person_is_looked_at_once_a_second() -> None:
    network = Network([])
    wardrobe = Wardrobe()
    reader = Reader(network, shadow=True)
    for i in range(25):
        wardrobe.see(reader, Scenery(), {1: PERSON, 2: PERSON}, i * 0.2)
    assert network.looks == 2 * 5
    # A clock that goes back must not stop the looks.
    wardrobe.see(reader, Scenery(), {1: PERSON}, 1.0)
    assert network.looks == 11


def test_who_has_left_is_forgotten_and_the_state_keeps_the_rest() -> None:
    state = State()
    reader = Reader(Network([]), shadow=True)
    state.wardrobe.see(reader, Scenery(), {1: PERSON, 2: PERSON}, 3.0)
    state.wardrobe.votes[1].add(Look(0.51234, -0.4), 4.0)
    state.wardrobe.keep({1})
    again = State.load(state.dump())
    assert list(again.wardrobe.votes) == [1]
    assert again.wardrobe.votes[1] == Votes(4.0, [0.512], [-0.4])


def test_a_state_from_before_helmets_is_still_read() -> None:
    state = State(sequence=7)
    document = state.dump()
    assert State.load(document).sequence == 7
    assert Wardrobe.load([]).votes == {}


@pytest.mark.parametrize(
    ("mean", "worn"), [(0.3, ("helmet",)), (0.2, ()), (-0.1, ()), (-0.2, ("bare_head",))]
)
def test_hair_is_believed_sooner_than_a_helmet_as_the_network_is_surer_of_helmets(mean, worn):
    assert Votes(0.0, [mean] * 3, []).worn() == worn
    # Of vests it is as unsure either way.
    assert Votes(0.0, [], [mean] * 3).worn() == (("vest",) if mean > 0.25 else ())


def test_figures_count_a_helmet_called_bare_and_forgive_heads_too_small() -> None:
    truth = [
        (0, np.array((0.1, 0.1, 0.2, 0.2)), 40.0),
        (1, np.array((0.5, 0.5, 0.6, 0.6)), 40.0),
        (1, np.array((0.8, 0.8, 0.82, 0.82)), 8.0),
    ]
    found = [
        Box("bare_head", (0.1, 0.1, 0.2, 0.2), 0.9),
        Box("bare_head", (0.5, 0.5, 0.6, 0.6), 0.8),
        Box("bare_head", (0.8, 0.8, 0.82, 0.82), 0.95),
    ]
    made = ppe_measure.figures([(truth, found, 400)])
    assert made["ap50"]["helmet"] == 0
    # The head too small is no false alarm; the helmet taken for hair is one.
    assert made["ap50"]["bare_head"] == pytest.approx(50, abs=1)
    assert made["confusion"]["helmet"] == {"helmet": 0, "bare_head": 1, "nothing": 0}
    assert made["confusion"]["bare_head"] == {"helmet": 0, "bare_head": 1, "nothing": 0}


def test_a_head_in_two_windows_is_one_head_where_it_stands_in_the_picture() -> None:
    twins = [Box("person", PERSON, 0.9), Box("person", (0.402, 0.2, 0.502, 0.8), 0.8)]
    alone = [Box("person", PERSON, 0.9), Box("person", (0.0, 0.0, 0.02, 0.05), 0.9)]
    head = Network([Box("helmet", (0.4, 0.2, 0.6, 0.4), 0.7)])
    picture = np.zeros((360, 640, 3), np.uint8)
    [found] = ppe_measure.Windows(head, Network(alone)).detect([picture])
    left, top, right, bottom = upper(PERSON, 640, 360) or (0, 0, 0, 0)
    expected = ((left + 0.4 * (right - left)) / 640, (top + 0.2 * (bottom - top)) / 360)
    assert [box.xyxy[:2] for box in found] == [pytest.approx(expected)]
    assert head.looks == 1  # who is too small is not looked at
    [found] = ppe_measure.Windows(head, Network(twins)).detect([picture])
    assert head.looks == 3
    assert len(found) == 1
