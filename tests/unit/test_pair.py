"""Two networks by light: which one looks, in which order answers come, and who is named."""

import numpy as np
import pytest

from tests.unit.test_catalogue import ENTRY
from workers.models import ModelError, find, read_catalogue
from workers.vision.batch import Batcher
from workers.vision.boxes import Box
from workers.vision.pair import Pair, mean_luma, name_at
from workers.vision.shadow import Guarded, Shadowed


class Eye:
    """Answers with its own name as the label and the picture's first value as the score."""

    def __init__(self, name):
        self.name, self.input_px, self.labels, self.score = name, 416, ("person",), 0.35
        self.runner, self.calls = None, 0

    def detect(self, pictures):
        self.calls += 1
        return [[Box(self.name, (0, 0, 1, 1), float(p.flat[0]))] for p in pictures]


def grey(level):
    return np.full((9, 16, 3), level, np.uint8)


@pytest.fixture
def pair():
    return Pair(Eye("bright"), Eye("dark"), 50)


def test_each_picture_goes_to_the_network_for_its_light_and_answers_keep_their_order(pair):
    found = pair.detect([grey(v) for v in (200, 10, 50, 49)])
    assert [(b.label, b.score) for [b] in found] == [
        ("bright", 200), ("dark", 10), ("bright", 50), ("dark", 49),
    ]  # fmt: skip
    assert (pair.bright.calls, pair.dark.calls) == (1, 1)
    assert pair.detect([]) == []


def test_the_choice_depends_on_nothing_but_the_picture(pair):
    for level in (200, 10, 200, 10):
        assert pair.name_at(grey(level)) == ("dark" if level < 50 else "bright")


def test_luma_weighs_colours_and_a_picture_without_pixels_is_not_dark():
    blue = np.zeros((4, 4, 3), np.uint8)
    blue[..., 0] = 200
    assert mean_luma(blue) == pytest.approx(22.8)
    assert mean_luma(np.zeros((0, 9, 3), np.uint8)) == 255


def test_every_wrapper_names_the_network_that_looked(pair):
    spare = Eye("spare")
    for eye in (pair, Batcher(pair), Shadowed(pair, spare), Guarded(pair, spare)):
        assert name_at(eye, grey(10)) == "dark"
        assert name_at(eye, grey(200)) == "bright"
    assert name_at(spare, grey(10)) == "spare"


def test_the_network_for_the_dark_could_stand_in_for_the_default():
    entry, partner = find(), find("miner-dark")
    assert partner.labels == entry.labels
    assert not (partner.light or entry.light)


@pytest.mark.parametrize("more", ['dark = "none"\ndark_below = 50', 'dark = "ours"'])
def test_a_partner_that_is_not_there_is_refused(more):
    with pytest.raises(ModelError, match="model ours: dark: no other model"):
        read_catalogue(ENTRY.format(sha256="0" * 64, more=more))
