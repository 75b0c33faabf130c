"""Somebody hardly seen is cut out of the picture and looked at larger."""

import numpy as np
import pytest

from workers.media.decode import Frame
from workers.vision import light
from workers.vision.boxes import Box
from workers.vision.closer import closer

SEEN = light.Light(90, 0, 0, 40)


class Finder:
    """A detector that finds what is white in a picture, as a person of a score."""

    name, input_px = "finder", 416

    def __init__(self, score, label="person"):
        self.score, self.label, self.sizes = score, label, []

    def detect(self, pictures):
        found = []
        for picture in pictures:
            high, wide = picture.shape[:2]
            self.sizes.append((wide, high))
            rows, columns = np.nonzero(picture[..., 0] > 200)
            box = (columns.min() / wide, rows.min() / high,
                   (columns.max() + 1) / wide, (rows.max() + 1) / high)  # fmt: skip
            found.append([Box(self.label, box, self.score)])
        return found


def scene(x1, y1, x2, y2, size=(640, 360)):
    picture = np.full((size[1], size[0], 3), 60, np.uint8)
    picture[y1:y2, x1:x2] = 255
    box = Box("person", (x1 / size[0], y1 / size[1], x2 / size[0], y2 / size[1]), 0.42)
    return Frame(0.0, 0, picture), box


@pytest.mark.parametrize(
    "corners",
    [(300, 150, 330, 220), (0, 0, 20, 50), (600, 290, 640, 360), (200, 20, 360, 360)],
    ids=["middle", "corner", "cut off", "tall"],
)
def test_the_person_is_found_again_wherever_the_cut_out_lies(corners):
    frame, box = scene(*corners)
    finder = Finder(0.7)
    assert closer(finder, frame, SEEN, box) == 0.7
    [(wide, high)] = finder.sizes
    assert wide <= 640 and high <= 360
    assert wide < 260 or corners == (200, 20, 360, 360)


def test_somebody_elsewhere_in_the_cut_out_proves_nothing():
    frame, box = scene(300, 150, 330, 220)
    beside = Box("person", tuple(v + 0.06 for v in box.xyxy), 0.42)
    assert closer(Finder(0.7), frame, SEEN, beside) == 0.0


@pytest.mark.parametrize(("score", "label"), [(0.1, "person"), (0.9, "car")])
def test_what_is_as_weak_as_any_rock_or_no_person_proves_nothing(score, label):
    frame, box = scene(300, 150, 330, 220)
    assert closer(Finder(score, label), frame, SEEN, box) == 0.0
