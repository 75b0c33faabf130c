"""A clip's labels: one that names nothing would be left out, and nobody would hear of it."""

import copy

import pytest

from workers.accuracy.entry import check_times, parse_truth, shipped
from workers.accuracy.labels import LabelError, check
from workers.scene import parse_scene

SQUARE = [[0.1, 0.5], [0.5, 0.5], [0.5, 0.9], [0.1, 0.9]]
SCENE = parse_scene(
    {
        "version": 1,
        "zones": [{"id": "danger", "polygon": SQUARE}, {"id": "store", "polygon": SQUARE}],
        "machines": [{"id": "winch-1", "source": "signal"}],
        "gauges": [
            {
                "id": "sump",
                "points": [
                    {"xy": [0.5, 0.8], "m": 0.1},
                    {"xy": [0.5, 0.6], "m": 0.5},
                    {"xy": [0.5, 0.4], "m": 0.9},
                ],
            }
        ],
        "rules": [
            {"id": "r", "type": "restricted_entry", "zone": "danger"},
            {"id": "belt", "type": "external_event", "params": {"input": "button"}},
        ],
        "inputs": [{"id": "button", "kind": "event"}],
    }
)
RIGHT = {
    "regime": "dim",
    "events": [
        {"zone": "danger", "t": 12.4, "to_s": 19.0, "alarm": True},
        {"zone": "store", "t": 12.4, "to_s": 19.0, "alarm": False},
        {"rule": "belt", "t": 1.0, "to_s": 3.0},
        {"rule": "r", "t": 30.0, "to_s": 33.0},
    ],
    "machines": [{"id": "winch-1", "phases": [[0, "STOPPED"], [8.5, "RUNNING"]]}],
    "levels": {"sump": [[0, 1.32], [60, 1.35]]},
    "levels_hidden": {"sump": [[20, 31]]},
    "faults": [{"fault": "blurred", "from_s": 30, "to_s": 60}],
    "frames_truth": [{"t": 0.0, "people": [{"box": [0.1, 0.2, 0.3, 0.9], "visible": 1}]}],
}


def test_labels_that_mean_something_are_taken():
    check(RIGHT, SCENE)
    truth = parse_truth(RIGHT, SCENE)
    assert [(stay.rule, stay.begin_s, stay.end_s) for stay in truth.stays if stay.sure] == [
        ("r", 12.4, 19.0),
        ("r", 30.0, 33.0),
        ("belt", 1.0, 3.0),
    ]
    assert truth.hidden == {"sump": ((20.0, 31.0),)}


@pytest.mark.parametrize(
    ("key", "wrong", "words"),
    [
        ("event", [], "truth: unknown event"),
        ("events", [{"zone": "danger", "t": 1, "to_s": 2, "alert": True}], "unknown alert"),
        ("events", [{"zone": "dangr", "t": 1, "to_s": 2}], "no 'dangr'; there are: danger, store"),
        ("events", [{"rule": "r9", "t": 1, "to_s": 2}], "no 'r9'; there are: r, belt"),
        ("events", [{"rule": "r", "zone": "store", "t": 1, "to_s": 2}], "r does not watch store"),
        ("events", [{"zone": "store", "t": 1, "to_s": 2}], "no rule watches store"),
        ("events", [{"t": 1, "to_s": 2}], "neither its zone nor its rule"),
        ("events", [{"zone": "danger", "t": 2}], "no to_s"),
        ("events", [{"zone": "danger", "t": 5, "to_s": 2}], "from 5 to 2 s"),
        ("events", [{"zone": "danger", "t": 1, "to_s": 2, "alarm": "no"}], "must be true or false"),
        ("machines", [{"id": "winch-9", "phases": [[0, "RUNNING"]]}], "no 'winch-9'"),
        ("machines", [{"id": "winch-1", "phases": [[0, "ON"]]}], "no 'ON'"),
        ("machines", [{"id": "winch-1", "phases": []}], "at least 1"),
        ("levels", {"pond": [[0, 1.0], [9, 1.0]]}, "no 'pond'; there are: sump"),
        ("levels", {"sump": [[0, 1.0]]}, "at least 2"),
        ("levels", {"sump": [[9, 1.0], [0, 1.0]]}, "do not rise"),
        ("levels_hidden", {"pond": [[0, 1.0]]}, "levels_hidden: no 'pond'"),
        ("faults", [{"fault": "blured", "from_s": 1, "to_s": 2}], "no 'blured'"),
        ("frames_truth", [{"t": 0, "people": [{"bx": [0, 0, 1, 1]}]}], "unknown bx"),
        ("frames_truth", [{"t": 0, "people": [{"box": [0.3, 0, 0.1, 1]}]}], "left, top, right"),
    ],
)
def test_a_label_that_names_nothing_is_refused_in_words(key, wrong, words):
    with pytest.raises(LabelError, match=words):
        check({**copy.deepcopy(RIGHT), key: wrong}, SCENE)


def test_every_label_that_ships_means_something_and_lies_within_its_clip():
    entries = shipped()
    assert len(entries) > 40
    check_times(entries)
