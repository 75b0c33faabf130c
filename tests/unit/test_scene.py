"""Every fault of a scene document is refused with its path and a sentence."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.geometry import crosses_itself, distance_inside
from workers.hazards import registry
from workers.hazards.params import describe
from workers.scene import SceneError, load_scene, parse_scene


def good():
    """Return the scene document of the design, as it is documented."""
    return {
        "version": 1,
        "analysis_fps": 5,
        "zones": [
            {"id": "danger", "polygon": [[0.42, 0.30], [0.78, 0.30], [0.80, 0.92], [0.40, 0.92]]}
        ],
        "machines": [
            {
                "id": "winch-1",
                "kind": "winch",
                "source": "video",
                "roi": [[0.5, 0.1], [0.7, 0.1], [0.7, 0.3], [0.5, 0.3]],
                "unknown_is": "running",
            }
        ],
        "gauges": [
            {
                "id": "sump-a",
                "points": [{"xy": [0.31, 0.85], "m": 0.0}, {"xy": [0.31, 0.20], "m": 1.5}],
            }
        ],
        "ground": {
            "image": [[0.1, 0.9], [0.9, 0.9], [0.7, 0.4], [0.3, 0.4]],
            "metres": [[0, 0], [6, 0], [6, 20], [0, 20]],
        },
        "masks": [],
        "rules": [
            {
                "id": "r1",
                "type": "proximity_while_running",
                "zone": "danger",
                "machine": "winch-1",
                "severity": "critical",
                "params": {"dwell_s": 0.3},
            }
        ],
    }


def test_the_documented_scene_is_read_whole():
    scene = parse_scene(good())
    assert scene.analysis_fps == 5
    assert scene.zones[0].polygon[0] == (0.42, 0.30)
    assert scene.machines[0].roi is not None
    assert scene.gauges[0].points[1] == ((0.31, 0.20), 1.5)
    assert scene.ground is not None
    assert scene.rules[0].params.dwell_s == 0.3
    assert scene.rules[0].params.clear_s == 2.0


def test_a_scene_with_nothing_in_it_is_a_scene():
    assert parse_scene({"version": 1}).rules == ()


def put(document, path, value):
    """Set a value deep in a document; a path's last part may be a new key."""
    *way, last = path
    for step in way:
        document = document[step]
    if value is DELETE:
        del document[last]
    else:
        document[last] = value


DELETE = object()
BOW = [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["version"], 2, "version: must be 1, found 2"),
        (["version"], DELETE, "version: is missing"),
        (["colour"], 1, "colour: unknown key; there are: version, analysis_fps, zones"),
        (["analysis_fps"], 0, "analysis_fps: must be from 0.1 to 60, found 0"),
        (["analysis_fps"], True, "analysis_fps: must be a number, found true"),
        (["analysis_fps"], float("nan"), "analysis_fps: must be a number, found NaN"),
        (["analysis_fps"], 10**400, "analysis_fps: must be from 0.1 to 60, found 1000"),
        (["zones"], {}, "zones: must be a list, found {}"),
        (["zones", 0], 5, "zones[0]: must be an object, found 5"),
        (["zones", 0, "id"], "", "zones[0].id: must be a text of 1 to 100 letters"),
        (["zones", 0, "id"], 7, "zones[0].id: must be a text of 1 to 100 letters, found 7"),
        (["zones", 0, "polygon"], [[0, 0], [1, 1]], "zones[0].polygon: needs 3 to 100 points"),
        (["zones", 0, "polygon"], BOW, "zones[0].polygon: crosses itself"),
        (["zones", 0, "polygon", 2], [0.5], "zones[0].polygon[2]: must be [x, y], found [0.5]"),
        (["zones", 0, "polygon", 2, 0], 1.2, "zones[0].polygon[2][0]: must be from 0 to 1"),
        (["zones", 0, "polygon", 2, 0], "a", 'zones[0].polygon[2][0]: must be a number, found "a"'),
        (
            ["zones", 0, "polygon"],
            [[0, 0], [0.5, 0.5], [1, 1]],
            "zones[0].polygon: encloses no area",
        ),
        (["zones", 0, "shape"], 1, "zones[0].shape: unknown key; there are: id, polygon, name"),
        (["machines", 0, "source"], "radio", "machines[0].source: must be one of signal, video"),
        (["machines", 0, "roi"], DELETE, 'machines[0].roi: needed where the source is "video"'),
        (
            ["machines", 0, "unknown_is"],
            "stopped",
            "machines[0].unknown_is: must be one of running",
        ),
        (["machines", 0, "stale_s"], -1, "machines[0].stale_s: must be from 0.1"),
        (["machines", 0, "kind"], "boat", "machines[0].kind: must be one of winch"),
        (["gauges", 0, "points"], [], "gauges[0].points: needs at least two points"),
        (["gauges", 0, "points", 1, "m"], 0.0, "gauges[0].points[1]: equals gauges[0].points[0]"),
        (
            ["gauges", 0, "points", 1, "xy"],
            [0.31, 1.2],
            "gauges[0].points[1].xy[1]: must be from 0",
        ),
        (
            ["gauges", 0, "points", 1, "xy"],
            [0.31, 0.84],
            "gauges[0].points: the first and the last",
        ),
        (
            ["gauges", 0, "points"],
            [{"xy": [0.3, y], "m": m} for y, m in ((0.9, 0), (0.5, 2), (0.1, 1))],
            "gauges[0].points[2].m: the metres must rise, or fall",
        ),
        (
            ["gauges", 0, "points"],
            [{"xy": [0.3, y], "m": m} for y, m in ((0.9, 0), (0.1, 1), (0.5, 2))],
            "gauges[0].points[2].xy: the points are not in order",
        ),
        (
            ["gauges", 0, "points"],
            [{"xy": [0.3, y], "m": m} for y, m in ((0.2, 0), (0.9, 1.5))],
            "gauges[0].points: the mark that is higher up in the picture must have more metres",
        ),
        (["ground", "image"], [[0, 0], [1, 0], [1, 1]], "ground.image: needs four points"),
        (["ground", "metres"], [[0, 0]] * 4, "ground.metres: the four points must enclose"),
        (["ground", "metres"], [[0, 0], [6, 0], [0, 20], [6, 20]], "ground.metres: the four"),
        (["ground", "metres"], [[0, 0], [3, 0], [6, 0], [0, 9]], "ground.metres: three of"),
        (
            ["ground", "image"],
            [[0.1, 0.9], [0.5, 0.9], [0.9, 0.9], [0.5, 0.4]],
            "ground.image: three of the four",
        ),
        (
            ["ground", "image"],
            [[0.1, 0.9], [0.9, 0.9], [0.5, 0.6], [0.45, 0.2]],
            "ground.image: the horizon would run between",
        ),
        (
            ["ground", "image"],
            [[0.4, 0.6], [0.6, 0.6], [0.9, 0.2], [0.1, 0.2]],
            "ground.image: the floor would end at a horizon below it",
        ),
        (["rules", 0, "zone"], "dangr", 'rules[0].zone: no zone "dangr"'),
        (["rules", 0, "zone"], DELETE, "rules[0].zone: needed by proximity_while_running"),
        (["rules", 0, "machine"], "winch-2", 'rules[0].machine: no machine "winch-2"'),
        (["rules", 0, "machine"], None, "rules[0].machine: needed by proximity_while_running"),
        (["rules", 0, "type"], ["x"], "rules[0].type: no hazard type"),
        (["rules", 0, "severity"], "huge", "rules[0].severity: must be one of critical, high"),
        (["rules", 0, "params", "dwell"], 1, "rules[0].params.dwell: unknown key; there are"),
        (["rules", 0, "params", "dwell_s"], -1, "rules[0].params.dwell_s: must be from 0 to 60"),
        (["rules", 0, "params", "dwell_s"], "1", "rules[0].params.dwell_s: must be a number"),
        (["rules", 0, "params", "stand_zone"], "x", 'rules[0].params.stand_zone: no zone "x"'),
        (["rules", 0, "params", "authorised_max"], 1.5, "authorised_max: must be a whole number"),
        (["rules", 0, "params"], [], "rules[0].params: must be an object, found []"),
        (["masks"], [[[0, 0], [1, 1]]], "masks[0]: needs 3 to 100 points, found 2"),
        (["timezone"], "Mars/Olympus", 'timezone: no time zone "Mars/Olympus"'),
    ],
)
def test_a_fault_is_refused_with_its_path(path, value, message):
    document = good()
    put(document, path, value)
    with pytest.raises(SceneError) as caught:
        parse_scene(document)
    assert message in str(caught.value)
    assert str(caught.value) == f"{caught.value.path}: {caught.value.message}"


@pytest.mark.parametrize("ends", [((0.2, 0.5), (0.8, 0.6)), ((0.8, 0.5), (0.2, 0.6))])
def test_a_gauge_that_lies_in_the_picture_may_rise_to_either_side(ends):
    document = good()
    document["gauges"][0]["points"] = [{"xy": list(xy), "m": m} for m, xy in enumerate(ends)]
    assert parse_scene(document).gauges[0].points[1][1] == 1.0


def test_a_gauge_with_swapped_marks_that_was_taken_before_stops_no_analysis():
    document = good()
    document["gauges"][0]["points"] = [{"xy": [0.3, 0.2], "m": 0}, {"xy": [0.3, 0.9], "m": 1}]
    assert parse_scene(document, stored=True).gauges


def test_every_fault_is_told_at_once_and_what_only_follows_from_one_is_not():
    document = good()
    document["zones"][0]["polygon"] = [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]
    document["ground"]["metres"] = [[0, 0]] * 4
    document["rules"][0] |= {"params": {"dwell_s": -1, "dwel": 2}, "mode": "armd"}
    document["rules"].append({**good()["rules"][0], "id": "r2", "machine": "winch-9"})
    with pytest.raises(SceneError) as caught:
        parse_scene(document)
    # Rule r1's zone is there, with a fault of its own: that it is missing is not said.
    assert [fault.path for fault in caught.value.faults] == [
        "zones[0].polygon",
        "ground.metres",
        "rules[0].params.dwel",
        "rules[0].params.dwell_s",
        "rules[0].mode",
        "rules[1].machine",
    ]
    assert caught.value.path == "zones[0].polygon"


def test_two_things_with_one_id_are_refused():
    document = good()
    document["zones"].append(document["zones"][0])
    with pytest.raises(SceneError, match=r'zones\[1\]\.id: "danger" is already the id of zones'):
        parse_scene(document)


@pytest.mark.parametrize("document", [None, [], "scene", 3])
def test_what_is_no_object_is_no_scene(document):
    with pytest.raises(SceneError, match="scene: must be an object"):
        parse_scene(document)


def test_a_scene_file_that_is_broken_says_where(tmp_path):
    path = tmp_path / "scene.json"
    path.write_text('{"version": 1,\n "zones": [}')
    with pytest.raises(SceneError, match="line 2 column 12: not JSON"):
        load_scene(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SceneError, match="not a text file"):
        load_scene(path)
    path.write_text("[" * 100_000)
    with pytest.raises(SceneError):
        load_scene(path)
    with pytest.raises(SceneError, match="cannot be read"):
        load_scene(tmp_path / "none.json")


def test_a_scene_file_with_a_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "scene.json"
    path.write_text(json.dumps(good()), encoding="utf-8-sig")
    assert load_scene(path) == parse_scene(good())


def test_a_polygon_closed_by_its_first_point_is_taken():
    document = good()
    document["zones"][0]["polygon"].append(document["zones"][0]["polygon"][0])
    assert len(parse_scene(document).zones[0].polygon) == 4


def test_a_side_that_runs_back_over_another_crosses():
    assert crosses_itself([(0, 0), (0.8, 0), (0.4, 0), (0.4, 0.5)])
    assert not crosses_itself([(0, 0), (0.4, 0), (0.8, 0), (0.4, 0.5)])


@given(x=st.floats(0, 1), y=st.floats(0, 1))
def test_inside_and_outside_agree_with_the_plain_definition(x, y):
    square = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))
    away = min(x - 0.25, 0.75 - x, y - 0.25, 0.75 - y)
    if abs(away) > 1e-5:
        assert (distance_inside(square, (x, y), 1.0) >= 0) == (away > 0)


def test_every_hazard_describes_its_parameters():
    for name, hazard in registry().items():
        assert hazard.type == name
        assert hazard.__doc__
        for item in describe(hazard.params):
            assert item["help"] and item["label"]
            assert "parse" not in item
