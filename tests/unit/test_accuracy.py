"""The bank's own arithmetic: a wrong scorer would call a worse product better."""

import json
import math

import numpy as np
import pytest

from workers.accuracy import (
    boxes,
    disturb,
    figures,
    interval,
    long,
    readings,
    real,
    report,
    zones,
)
from workers.accuracy.entry import BankError, Fault, Person, Stay, read_bank, read_entry
from workers.engine import Finding, Reading


def person(x, foot, *, tall=0.3, visible=1.0):
    return Person((x - 0.05, foot - tall, x + 0.05, foot), visible)


def finding(rule, t, state="raised", level="danger", situation="s1", kind="proximity"):
    return Finding(rule, kind, state, situation, level, "high", t, [], "", {})


LEFT = zones.Probe("left", ((0.0, 0.4), (0.4, 0.4), (0.4, 1.0), (0.0, 1.0)))


def walk(*places, step_s=0.2, visible=1.0):
    return [(i * step_s, [person(x, 0.8, visible=visible)]) for i, x in enumerate(places)]


def test_a_person_who_walks_in_and_out_makes_one_sure_stay():
    stays = zones.stays(LEFT, walk(*[0.7] * 5, *[0.2] * 10, *[0.7] * 5), 16 / 9)
    [sure] = [stay for stay in stays if stay.sure]
    assert (sure.begin_s, sure.end_s) == pytest.approx((1.0, 2.8))


def test_somebody_hardly_visible_or_at_the_edge_may_be_raised_or_not():
    hidden = zones.stays(LEFT, walk(*[0.2] * 10, visible=0.3), 16 / 9)
    edge = zones.stays(LEFT, walk(*[0.405] * 10), 16 / 9)
    brief = zones.stays(LEFT, walk(0.7, 0.2, 0.2, 0.7), 16 / 9)
    for stays in (hidden, edge, brief):
        assert stays
        assert not any(stay.sure for stay in stays)


def test_an_entry_is_raised_late_missed_or_false_by_its_time():
    stays = [Stay("left", 2.0, 5.0), Stay("left", 20.0, 25.0), Stay("left", 40.0, 41.0, sure=False)]
    raised = [
        finding("left", 2.4, situation="a"),
        finding("left", 7.0, "cleared", situation="a"),
        finding("left", 12.0, situation="b"),
        finding("left", 14.0, "cleared", situation="b"),
        finding("left", 40.5, situation="c"),
        finding("left", 43.0, "cleared", situation="c"),
    ]
    score = zones.score(stays, raised, 60.0)
    assert score.entries == 2
    assert score.hits == 1
    assert score.delays == pytest.approx([0.4])
    assert score.missed == (stays[1],)
    assert score.false_at == (("left", 12.0),)


def test_a_situation_that_never_ends_hits_only_the_stay_that_it_was_raised_for():
    stays = [Stay("left", 2.0, 5.0), Stay("left", 20.0, 25.0)]
    score = zones.score(stays, [finding("left", 2.4)], 60.0)
    assert score.missed == (stays[1],)
    assert (score.ends, score.open_at) == (1, (("left", 9.0),))


def test_a_situation_that_was_open_long_before_anybody_came_is_false():
    score = zones.score([Stay("left", 20.0, 25.0)], [finding("left", 0.0)], 60.0)
    assert (score.hits, score.false_at) == (0, (("left", 0.0),))


def test_stays_that_follow_each_other_within_the_time_to_end_share_a_situation():
    stays = [Stay("left", 2.0, 5.0), Stay("left", 6.0, 6.0, sure=False), Stay("left", 9.5, 12.0)]
    told = [finding("left", 2.4), finding("left", 14.0, "cleared")]
    score = zones.score(stays, told, 60.0)
    assert (score.hits, score.missed, score.false_at) == (2, (), ())
    assert (score.ends, score.open_at) == (1, ())


def test_a_danger_that_is_raised_anew_in_an_open_situation_hits_the_stay_of_its_time():
    stays = [Stay("left", 2.0, 5.0), Stay("left", 20.0, 25.0)]
    told = [finding("left", 2.4), finding("left", 20.5), finding("left", 27.0, "cleared")]
    score = zones.score(stays, told, 60.0)
    assert score.delays == pytest.approx([0.4, 0.5])
    stepped = [finding("left", 7.0, level="warning"), *told]
    assert zones.score(stays, stepped, 60.0).open_at == ()


def test_who_cannot_see_ends_nothing_where_the_light_is_hard_or_the_camera_spoilt():
    stays, told = [Stay("left", 2.0, 5.0)], [finding("left", 2.4)]
    said = [Reading("left.sight", 3.0, "BLIND"), Reading("left.sight", 50.0, "SEES")]

    def open_at(regime, faults=()):
        blind = zones.blindness({"left"}, said, faults, regime, 60.0)
        return zones.score(stays, told, 60.0, blind=blind).open_at

    assert open_at("very_dark") == (("left", 54.0),)
    assert open_at("bright") == (("left", 9.0),)
    assert open_at("bright", [Fault("blocked", 4.0, 30.0)]) == (("left", 34.0),)


def test_a_rule_has_its_own_time_to_end_and_none_where_it_may_go_on_with_a_warning():
    stays = [Stay("slow", 2.0, 5.0)]
    told = [finding("slow", 2.4), finding("slow", 14.0, "cleared")]
    assert zones.score(stays, told, 60.0, clear_s={"slow": 10.0}).open_at == ()
    assert zones.score(stays, told, 60.0).open_at == (("slow", 9.0),)
    assert zones.score(stays, told, 60.0, clear_s={"slow": None}).ends == 0


def test_a_warning_is_no_alarm():
    score = zones.score([Stay("r", 1.0, 3.0)], [finding("r", 1.2, level="warning")], 10.0)
    assert score.hits == 0


def picture(people, found, clip="a"):
    return boxes.Picture(clip, 360.0, tuple(people), np.array(found, float).reshape(-1, 5))


def test_precision_is_full_when_every_person_is_found_once_and_falls_with_false_boxes():
    there = person(0.3, 0.9)
    right = [*there.box, 0.9]
    wrong = [0.7, 0.1, 0.8, 0.5, 0.95]
    assert boxes.ap50([boxes.mark(picture([there], [right]))]) == pytest.approx(100)
    assert boxes.ap50([boxes.mark(picture([there], [right, wrong]))]) == pytest.approx(50)
    assert boxes.ap50([boxes.mark(picture([there], []))]) == 0
    assert boxes.recall_at_90([boxes.mark(picture([there], [right, wrong]))]) == 0


def test_people_of_another_height_or_hardly_visible_count_neither_way():
    small, large = person(0.2, 0.5, tall=0.1), person(0.6, 0.9, tall=0.5)
    hidden = person(0.8, 0.9, visible=0.2)
    found = [[*p.box, 0.9] for p in (small, large, hidden)]
    for band, asked in (("25-50", 1), (">100", 1), ("50-100", 0)):
        marks = boxes.mark(picture([small, large, hidden], found), band)
        assert marks.asked == asked
        assert marks.right.all()


def test_a_second_box_on_one_person_is_false():
    there = person(0.3, 0.9)
    marks = boxes.mark(picture([there], [[*there.box, 0.9], [*there.box, 0.8]]))
    assert list(marks.right) == [True, False]


def test_intervals_are_those_of_the_books():
    assert interval.wilson(95, 100) == pytest.approx((88.8, 97.8), abs=0.1)
    assert interval.wilson(0, 0) == (0, 100)
    # None seen: the rule of three, exactly 3.69 for two sides.
    assert interval.poisson(0, 1.0) == pytest.approx((0, 3.689), abs=0.01)
    assert interval.poisson(5, 1.0) == pytest.approx((1.623, 11.668), abs=0.01)
    low, high = interval.bootstrap(list(range(100)), lambda drawn: float(np.mean(drawn)))
    assert 42 < low < 47 < 52 < high < 57


def test_a_machine_is_right_by_the_second_and_its_switches_are_timed():
    phases = [(0.0, "STOPPED"), (10.0, "RUNNING"), (20.0, "STOPPED")]
    said = [
        Reading("w.state", 3.0, "STOPPED"), Reading("w.state", 11.0, "RUNNING"),
        Reading("w.state", 23.4, "STOPPED"),
    ]  # fmt: skip
    score = readings.Machines()
    readings.machine(score, "w", phases, said, 30.0)
    assert score.right == score.total
    assert score.to_running == pytest.approx([1.0])
    assert score.to_stopped == pytest.approx([3.4])
    blind = readings.Machines()
    readings.machine(blind, "w", phases, said[:1], 30.0)
    assert blind.right < 0.7 * blind.total
    assert blind.to_running == pytest.approx([10.0])


WATER = [(0.0, 1.0), (40.0, 1.4)]


def asked(said, **how):
    score = readings.Levels()
    told = [Reading("g.level_m", float(t), metres) for t, metres in said]
    readings.level(score, "g", WATER, told, **how)
    return score


def test_the_level_that_stands_is_compared_with_the_line_between_two_labels():
    score = asked([(t, 1.01 + 0.01 * t) for t in range(41)])
    assert score.errors == pytest.approx([0.01] * 41)
    assert score.read == score.seconds == 37


def test_one_right_reading_and_silence_is_not_read():
    score = asked([(0, 1.0)])
    assert (score.read, score.seconds) == (8, 37)
    assert asked([]).read == 0


def test_a_level_that_is_told_again_while_the_water_moves_away_is_wrong():
    assert max(asked([(t, 1.0 + 0.01 * t) for t in range(0, 41, 10)]).errors) > 0.07


def test_to_hold_a_level_that_nobody_can_see_is_wrong_and_to_say_so_is_right():
    hidden = {"hidden": [(20.0, 40.0)]}
    right = [(t, 1.0 + 0.01 * t) for t in range(20)]
    honest = asked([*right, (22, None)], **hidden)
    assert (honest.unknown, honest.hidden, honest.read, honest.seconds) == (17, 17, 16, 16)
    held = asked([*right, *((t, 1.19) for t in range(20, 41, 5))], **hidden)
    assert (held.unknown, held.hidden) == (0, 17)
    assert len(held.errors) == 20


def test_who_says_early_that_a_spoilt_picture_shows_no_level_is_not_counted_as_unread():
    right = [(t, 1.0 + 0.01 * t) for t in range(16)]
    spoilt = {"faults": [Fault("blocked", 15.0, 40.0)], "hidden": [(20.0, 40.0)]}
    score = asked([*right, (16, None)], **spoilt)
    assert score.read == score.seconds == 11


def test_a_first_reading_after_a_spoilt_picture_has_its_time_too():
    right = [(t, 1.0 + 0.01 * t) for t in (*range(10), *range(24, 41))]
    score = asked([*right[:10], (11, None), *right[10:]], faults=[Fault("blocked", 10.0, 20.0)])
    assert score.read == score.seconds == 6 + 17


def test_a_camera_fault_is_found_by_its_name_and_false_where_there_is_none():
    told = [
        finding("camera", 4.0, level="blurred", kind=readings.HEALTH),
        finding("camera", 50.0, level="glare", kind=readings.HEALTH),
    ]
    score = readings.Health()
    readings.health(score, [Fault("blurred", 1.0, 20.0), Fault("dark", 30.0, 40.0)], told, 60.0)
    assert score.found == {"blurred": [3.0]}
    assert score.missed == {"dark": 1}
    assert score.false_at == [("glare", 50.0)]


def test_the_page_holds_every_figure_with_its_interval(tmp_path):
    shown = figures.events("rendered/zone entry/dim", [zones.Score(4, (0.2, 0.4), (), (), 0.5)])
    page = report.Page(shown, {}, ["Detector: none"], ["clip: missed"], [], ["2 h computed"])
    report.write(tmp_path, page)
    text = (tmp_path / "accuracy.md").read_text()
    for words in ("## rendered: zone entry", "dim, event recall", "clip: missed", "2 h computed"):
        assert words in text
    assert report.last_hours(tmp_path) == ["2 h computed"]
    kept = json.loads((tmp_path / "accuracy.json").read_text())["figures"]
    assert len(kept) == len(shown)
    assert not any(
        isinstance(v, float) and math.isnan(v) for f in kept.values() for v in f.values()
    )


def test_a_mine_labels_its_own_clips_with_a_few_lines(tmp_path):
    clip = tmp_path / "gate"
    clip.mkdir()
    scene = {
        "version": 1,
        "zones": [{"id": "danger", "polygon": [[0, 0], [1, 0], [1, 1]]}],
        "machines": [{"id": "w", "source": "signal"}],
        "rules": [{"id": "r", "type": "proximity_while_running", "zone": "danger", "machine": "w"}],
    }
    (clip / "scene.json").write_text(json.dumps(scene))
    events = [
        {"zone": "danger", "t": 1.0, "to_s": 4.0},
        {"zone": "danger", "t": 9.0, "to_s": 9.5, "alarm": False},
    ]
    (clip / "truth.json").write_text(json.dumps({"regime": "dust", "events": events}))
    with pytest.raises(BankError, match="clip.mp4"):
        read_entry(clip, "own")
    (clip / "clip.mp4").write_bytes(b"")
    [entry] = read_bank(tmp_path, "own")
    assert entry.regime == "dust"
    assert entry.truth.stays == (Stay("r", 1.0, 4.0),)
    assert entry.truth.people is None
    assert entry.truth.faults is None
    (clip / "truth.json").write_text(json.dumps({"regime": "foggy"}))
    with pytest.raises(BankError, match="foggy"):
        read_entry(clip, "own")


@pytest.mark.parametrize(
    "text", ["[]", "{", '{"frames_truth": [{"t": 0}]}', '{"events": 5, "faults": [1]}']
)
def test_a_broken_label_is_named_not_crashed_on(tmp_path, text):
    (tmp_path / "clip.mp4").write_bytes(b"")
    (tmp_path / "truth.json").write_text(text)
    with pytest.raises(BankError, match="truth.json"):
        read_entry(tmp_path, "own")


def test_light_is_changed_by_its_seed_and_by_nothing_else():
    picture = np.full((90, 160, 3), 120, np.uint8)
    for change in (disturb.darken, disturb.fresh, disturb.retake):
        one, same, other = change(3)(picture, 0.4), change(3)(picture, 0.4), change(4)(picture, 0.4)
        assert np.array_equal(one, same)
        assert not np.array_equal(one, other)
        assert one.shape == picture.shape
    # 12 % of the linear light is 38 % of the display's; the lamps stand apart.
    assert np.median(disturb.darken(3)(picture, 0.0)) == pytest.approx(0.38 * 120, abs=6)
    again = disturb.retake(5)(picture, 0.0)
    assert abs(float(again.mean()) - 120) < 4.5
    assert 1 < float(again.std()) < 4


def test_boxes_of_one_walker_are_linked_over_gaps_and_lone_ones_dropped():
    rows = [
        [frame, -1, 100 + 4 * frame, 200, 40, 100, 1] for frame in range(1, 30) if frame % 7 != 3
    ]
    rows.append([12, -1, 600, 50, 40, 100, 1])
    people = real.linked(np.array(rows, float))
    assert [len(there) for _, there in people] == [1] * 29
    x1 = people[9][1][0].box[0] * 768
    assert x1 == pytest.approx(100 + 4 * 10, abs=1)


def test_a_false_alarm_beside_somebody_whose_feet_are_hidden_is_told_apart():
    zone = ((0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6))
    tall = Person((0.45, 0.4, 0.55, 0.7))  # his feet are 0.1 below the zone, a third of his height
    far = Person((0.45, 0.5, 0.55, 0.8))
    people = ((1.0, (tall,)), (2.0, (far,)), (3.0, ()))
    assert [long._beside(people, zone, t, 16 / 9) for t in (1.1, 2.1, 3.1)] == [True, False, False]
    assert not long._beside((), zone, 1.0, 16 / 9)
    said = long._false("all clips", long.Hours(hours=2.0, false=5, beside=4))
    assert "5 false alarms, per camera-day 60.0" in said
    assert "of the other 1 there are 12.0 a camera-day" in said
    assert "of the other" not in long._false("all clips", long.Hours(hours=2.0, false=5))
