"""Who is surely followed is looked at in a part of the picture; all else gets the whole of it."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from engine_kit import FPS, SIDE, Script, document, person, scene

from apps.cameras.frames import TimedDetector
from workers.engine import Chunk, State, analyse
from workers.media.decode import Frame, read_frames
from workers.scene import parse_scene
from workers.vision.batch import Batcher
from workers.vision.boxes import Box, overlap
from workers.vision.letterbox import Canvas
from workers.vision.load import load_detector
from workers.vision.shadow import Guarded, Shadowed

LOOP = Path(__file__).resolve().parents[2] / "workers" / "simulate" / "loops" / "winch-house"


class Glancer(Script):
    """The script's detector, which can look at a part: it gives who is in that part."""

    def __init__(self, people, lost=()):
        super().__init__(people)
        self.looks, self.lost = [], lost

    def detect(self, pictures):
        self.looks.append((number(pictures[0]), None))
        return super().detect(pictures)

    def glance(self, picture, part):
        self.looks.append((number(picture), part))
        if number(picture) in self.lost:
            return []
        return [box for box in self.people(number(picture)) if is_in(box, part)]

    @property
    def parts(self):
        return [index for index, part in self.looks if part is not None]

    @property
    def wholes(self):
        return [index for index, part in self.looks if part is None]


def number(picture):
    return int(picture[0, 0, 0]) + 256 * int(picture[0, 1, 0])


def is_in(box, part):
    x, y = (box.xyxy[0] + box.xyxy[2]) / 2, (box.xyxy[1] + box.xyxy[3]) / 2
    return part[0] <= x <= part[2] and part[1] <= y <= part[3]


def drawn(index, boxes):
    """Return a frame with noise in which people are bright blocks that sway."""
    picture = np.random.default_rng(index).integers(96, 104, (*SIDE, 3), dtype=np.uint8)
    for box in boxes:
        left, right = (round(v * SIDE[1]) for v in (box.xyxy[0], box.xyxy[2]))
        top, bottom = (round(v * SIDE[0]) for v in (box.xyxy[1], box.xyxy[3]))
        picture[top:bottom, left:right] = 180 + 30 * (index % 2)
    picture[0, 0], picture[0, 1] = index % 256, index // 256
    return Frame(index / FPS, index, picture)


def walker(index):
    return [person(0.12 + 0.006 * index, height=0.3)]


def watch(detector, frames, seen=None, cuts=(), reload=False, where=None, **options):
    """Analyse so many frames; seen: who is in the picture at an index, as a rule the script's."""
    state, made = None, []
    edges = [0, *cuts, frames]
    for turn, (a, b) in enumerate(zip(edges, edges[1:], strict=False)):
        shown = [drawn(i, (seen or detector.people)(i)) for i in range(a, b)]
        chunk = Chunk(turn, a / FPS, (b - a) / FPS, shown)
        made.append(analyse(where or scene(), state, chunk, detector=detector, **options))
        state = made[-1].state
        if reload:
            state = State.load(state.dump())
    return made


def boxes_of(made):
    return [(d["t"], d["boxes"]) for one in made for d in one.detections]


def test_between_two_whole_pictures_who_is_followed_is_looked_at_in_a_part():
    glancer = Glancer(walker)
    found = boxes_of(watch(glancer, 40))
    assert found == boxes_of(watch(Script(walker), 40))
    assert len(glancer.parts) > 20
    # The whole picture at least every 0.6 s: every third frame.
    assert max(np.diff(glancer.wholes)) <= 3
    for index, part in glancer.looks:
        if part is not None:
            assert is_in(walker(index)[0], part)
            assert (part[2] - part[0]) * (part[3] - part[1]) < 0.4


@pytest.mark.parametrize("options", [{"weak": True}, {"gate": False}])
def test_who_asks_for_every_box_or_every_frame_gets_whole_pictures(options):
    glancer = Glancer(walker)
    watch(glancer, 40, **options)
    assert glancer.parts == []


def test_where_vehicles_are_followed_they_may_be_anywhere():
    drawn = document()
    corners = [[0.3, 0.4], [0.7, 0.4], [0.95, 0.95], [0.05, 0.95]]
    drawn["ground"] = {"image": corners, "metres": [[0, 9], [4, 9], [4, 0], [0, 0]]}
    limit = {"kind": "rope", "limit_m_s": 2.0}
    road = {"id": "road", "type": "vehicle_motion", "zone": "near", "params": limit}
    drawn["rules"].append(road)
    glancer = Glancer(walker)
    watch(glancer, 30, where=parse_scene(drawn))
    assert glancer.wholes
    assert glancer.parts == []


@pytest.mark.parametrize("reload", [False, True])
def test_a_recording_cut_otherwise_is_looked_at_in_the_same_parts(reload):
    whole, cut = Glancer(walker), Glancer(walker)
    found = boxes_of(watch(whole, 30))
    assert boxes_of(watch(cut, 30, cuts=(7, 13, 14, 22), reload=reload)) == found
    assert cut.looks == whole.looks


def test_who_comes_in_elsewhere_moving_is_seen_in_the_same_picture():
    alone = Glancer(walker)
    watch(alone, 40)
    # In a picture of which only a part would have been looked at.
    comes = next(index for index in alone.parts if index > 25)

    def two(index):
        return walker(index) + ([person(0.85, height=0.3)] if index >= comes else [])

    found = dict(boxes_of(watch(Glancer(two), 40)))
    first = min(t for t, boxes in found.items() if len(boxes) == 2)
    assert first == pytest.approx(comes / FPS)


def test_who_stood_unseen_without_moving_is_found_within_six_tenths_of_a_second():
    def two(index):
        return walker(index) + ([person(0.85, height=0.3)] if index >= 26 else [])

    glancer = Glancer(two)
    found = dict(boxes_of(watch(glancer, 40, seen=walker)))
    first = min(t for t, boxes in found.items() if len(boxes) == 2)
    assert 26 / FPS <= first <= 26 / FPS + 0.6


def test_a_hint_of_somebody_else_keeps_the_whole_picture():
    def hinted(index):
        return [*walker(index), person(0.85, height=0.3, score=0.3)]

    glancer = Glancer(hinted)
    watch(glancer, 40, seen=walker)
    assert glancer.parts == []


def test_who_is_not_found_in_the_part_is_looked_for_in_the_whole_at_once():
    lost = tuple(range(15, 30))
    glancer = Glancer(walker, lost)
    found = boxes_of(watch(glancer, 40))
    assert set(glancer.parts) & set(lost)
    assert found == boxes_of(watch(Script(walker), 40))


def test_who_falls_gets_the_whole_picture():
    alone = Glancer(walker)
    watch(alone, 40)
    falls = next(index for index in alone.parts if index > 25)

    def faller(index):
        [box] = walker(index)
        x1, y1, x2, y2 = box.xyxy
        return [replace(box, xyxy=(x1, y2 - 0.22, x2, y2))] if index >= falls else [box]

    glancer = Glancer(faller)
    watch(glancer, falls + 1)
    assert glancer.looks[-1] == (falls, None)


@pytest.mark.parametrize(
    ("score", "wide"), [(0.35, 0.12), (0.8, 0.7)], ids=["hardly seen", "fills the picture"]
)
def test_who_is_hardly_seen_or_fills_the_picture_gets_the_whole_of_it(score, wide):
    def large(index):
        # Found surely at first, or nobody would be followed.
        x, sure = 0.36 + 0.006 * index, score if index > 5 else 0.8
        return [Box("person", (x - wide / 2, 0.1, x + wide / 2, 0.9), sure)]

    glancer = Glancer(large)
    watch(glancer, 30)
    assert len(glancer.wholes) > 20
    assert [index for index in glancer.parts if index > 16] == []


def test_a_box_that_the_rim_of_the_part_cuts_is_left_out():
    class Cut(Glancer):
        """Sees half of something at the rim of every part."""

        def glance(self, picture, part):
            half = Box("person", (part[2] - 0.08, part[1] + 0.1, part[2], part[3] - 0.1), 0.6)
            return [*super().glance(picture, part), half]

    glancer = Cut(walker)
    found = boxes_of(watch(glancer, 30))
    assert glancer.parts
    assert all(len(boxes) == 1 for _, boxes in found)


def test_a_part_is_cut_in_whole_steps_so_that_the_networks_grid_lies_as_on_the_whole():
    canvas = Canvas(np.zeros((256, 416, 3), np.uint8), 416, 234)
    cut = canvas.cut((0.3, 0.2, 0.5, 0.7), 32)
    assert (cut.left, cut.top) == (96, 32)
    assert cut.pixels.shape[:2] == (192 - 32, 224 - 96)
    assert (cut.width, cut.height) == (416, 234)
    corner = canvas.cut((0.9, 0.9, 1.0, 1.0), 32)
    assert (corner.left + corner.pixels.shape[1], corner.top + corner.pixels.shape[0]) == (416, 256)


def test_the_network_finds_in_a_part_what_it_finds_in_the_whole_picture():
    detector = load_detector()
    pairs = 0
    for frame in list(read_frames(LOOP / "sub.mp4"))[240:330:15]:
        picture = frame.bgr(416)
        for one in detector.detect([picture])[0]:
            if one.label != "person" or one.score < 0.5:
                continue
            x1, y1, x2, y2 = one.xyxy
            part = (max(0, x1 - 0.1), max(0, y1 - 0.17), min(1, x2 + 0.1), min(1, y2 + 0.17))
            found = detector.glance(picture, part)
            same = max(b.score for b in found if overlap(b.xyxy, one.xyxy) >= 0.85)
            assert same == pytest.approx(one.score, abs=0.1)
            pairs += 1
    assert pairs >= 6


@pytest.mark.parametrize(
    ("whose", "name", "value"),
    [("runner", "device", "cuda"), ("runner", "fixed", True), ("contract", "square", True),
     ("contract", "output", "boxes")],
)  # fmt: skip
def test_a_network_that_wants_pictures_of_one_size_offers_no_part(monkeypatch, whose, name, value):
    detector = load_detector().bright
    changed = {"runner": SimpleNamespace(device="cpu", fixed=False), "contract": detector.contract}
    if whose == "runner":
        setattr(changed["runner"], name, value)
    else:
        changed["contract"] = replace(detector.contract, **{name: value})
    for key, one in changed.items():
        monkeypatch.setattr(detector, key, one)
    assert detector.glance(drawn(0, []).bgr(), (0.2, 0.2, 0.6, 0.8)) is None


def test_whoever_needs_whole_pictures_offers_no_glance():
    eye = Glancer(walker)
    for detector in (Batcher(eye), Shadowed(eye, eye), Guarded(eye, eye)):
        assert getattr(detector, "glance", None) is None
        watch(detector, 20, seen=walker)
    assert eye.parts == []


def test_the_clock_of_a_chunk_counts_glances_too():
    eye = Glancer(walker)
    timed = TimedDetector(eye)
    watch(timed, 20, seen=walker)
    assert eye.parts
    assert TimedDetector(Script(walker)).glance(drawn(0, []).bgr(), (0, 0, 1, 1)) is None
