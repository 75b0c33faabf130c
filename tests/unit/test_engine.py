"""The engine is a fold: how a recording is cut, and whether state is stored, changes nothing."""

import subprocess
import sys

import numpy as np
import pytest
from engine_kit import FPS, SIDE, Script, document, frame, person, run, scene, told
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.engine import Chunk, Signal, State, analyse
from workers.media.decode import Frame
from workers.media.errors import MediaError
from workers.scene import parse_scene
from workers.state import InputState
from workers.vision.boxes import Box
from workers.vision.fusion import MachineState


def walker(index):
    """Walk through the zone from left to right within 5 s, then come back."""
    x = 0.1 + 0.16 * index / FPS if index < 25 else 0.9 - 0.16 * (index - 25) / FPS
    return [person(x)] if 0.05 < x < 0.95 else []


def sorted_by_kind(made):
    return (
        [f for a in made for f in a.findings],
        [r for a in made for r in a.readings if r.name != "visibility"],
        [d for a in made for d in a.detections],
    )


@settings(max_examples=12, deadline=None)
@given(cuts=st.lists(st.integers(1, 49), max_size=6), reload=st.booleans())
def test_cutting_a_recording_differently_and_storing_the_state_changes_no_finding(cuts, reload):
    signals = [(0.0, "RUNNING"), (4.1, "STOPPED"), (8.0, "RUNNING")]
    whole = run(walker, 50, signals=signals)
    cut = run(walker, 50, signals=signals, cuts=cuts, reload=reload)
    assert sorted_by_kind(cut) == sorted_by_kind(whole)
    assert told(whole)


def test_the_same_chunk_twice_changes_nothing_and_finds_nothing():
    made = run(walker, 20, cuts=[10])
    state = made[-1].state
    before = state.dump()
    again = analyse(
        scene(),
        state,
        Chunk(1, 2.0, 2.0, [frame(i) for i in range(10, 20)]),
        detector=Script(walker),
    )
    assert again.state.dump() == before
    assert again.findings == again.readings == []
    assert again.analysed == 0
    assert [f.situation for f in again.open] == [f.situation for f in made[-1].open]


def test_the_state_that_was_given_is_left_as_it_was():
    state = run(walker, 10)[-1].state
    before = state.dump()
    chunk = Chunk(7, 2.0, 1.0, [frame(i) for i in range(10, 15)])
    analyse(scene(), state, chunk, detector=Script(walker))
    assert state.dump() == before


def test_a_situation_is_open_with_its_latest_boxes_until_it_is_cleared():
    made = run(lambda i: [person(0.5)] if i < 20 else [], 40, cuts=[10, 20, 35])
    assert [len(a.open) for a in made] == [1, 1, 0, 0]
    first, last = made[0].open[0], made[1].open[0]
    assert first.situation == last.situation == made[0].findings[0].situation
    assert last.t > first.t
    assert last.boxes


def test_a_gap_in_time_drops_tracks_but_not_the_open_situation():
    where = scene()
    state = run(lambda i: [person(0.5)], 10, where=where)[-1].state
    later = [frame(i, start_s=100.0) for i in range(1)]
    gap = analyse(
        where,
        state,
        Chunk(1, 100.0, 0.2, later),
        detector=Script(lambda i: [person(0.5)]),
        gate=False,
    )
    assert gap.detections[0]["boxes"][0]["track"] is None
    assert [f.level for f in gap.findings] == ["lost", "lost"]
    assert len(gap.open) == 1
    seen = [frame(i, start_s=100.0) for i in range(1, 15)]
    there = Script(lambda i: [person(0.5)])
    after = analyse(where, gap.state, Chunk(2, 100.2, 2.8, seen), detector=there)
    assert after.findings == []
    gone = [frame(i, start_s=100.0) for i in range(15, 40)]
    last = analyse(where, after.state, Chunk(3, 103, 5, gone), detector=Script(lambda i: []))
    assert [f.state for f in last.findings] == ["cleared"]


def test_a_clock_that_is_set_back_goes_on_being_watched():
    where = scene()
    state = run(lambda i: [], 10, where=where, start_s=1000.0)[-1].state
    back = [frame(i, start_s=900.0) for i in range(10)]
    there = Script(lambda i: [person(0.5)])
    after = analyse(where, state, Chunk(1, 900.0, 2.0, back), detector=there)
    assert after.analysed == 10
    assert [f.state for f in after.findings] == ["raised"]


def test_another_analysis_rate_takes_effect_at_once():
    state = run(lambda i: [], 10, fps=5)[-1].state
    rest = [frame(i, fps=10) for i in range(20, 30)]
    after = analyse(scene(), state, Chunk(1, 2.0, 1.0, rest), detector=Script(lambda i: []), fps=2)
    assert after.analysed == 2


def test_a_rule_that_left_the_scene_clears_its_situation_and_says_why():
    state = run(lambda i: [person(0.5)], 10)[-1].state
    bare = parse_scene({**document(), "rules": []})
    after = analyse(bare, state, Chunk(1, 2.0, 1.0, [frame(10)]), detector=Script(lambda i: []))
    assert [(f.rule, f.state, f.why) for f in after.findings] == [("r1", "cleared", "rule removed")]
    assert after.open == []


ENDS = {
    "the rule was switched off": {"mode": "off"},
    "permit work is open": {"permit": "work"},
    "its condition does not hold": {"when": {"input": "work", "is": ["CLOSED"]}},
    "the rule is of another type now": {"type": "restricted_entry", "machine": None, "params": {}},
}


@pytest.mark.parametrize("why", ENDS)
def test_a_rule_that_ends_says_that_nobody_watches_any_more_and_not_that_it_is_over(why: str):
    state = run(lambda i: [person(0.5)], 10)[-1].state
    raw = document()
    rule = {key: value for key, value in (raw["rules"][0] | ENDS[why]).items() if value is not None}
    work = {"id": "work", "kind": "state", "states": ["OPEN", "CLOSED"]}
    after = analyse(
        parse_scene({**raw, "inputs": [work], "rules": [rule]}),
        state,
        Chunk(1, 2.0, 1.0, [frame(10)], [Signal(1.9, "work", "OPEN")]),
        detector=Script(lambda i: [person(0.5)]),
    )
    [ended] = [f for f in after.findings if f.state == "cleared"]
    assert (ended.why, ended.values["unwatched"]) == (why, why)


def test_a_danger_that_is_seen_to_end_is_over_and_was_watched():
    results = run(lambda i: [person(0.5)] if i < 10 else [], 40)
    [ended] = [f for one in results for f in one.findings if f.state == "cleared"]
    assert ended.why.startswith("no longer so for")
    assert "unwatched" not in ended.values


def test_a_machine_state_is_told_at_the_start_and_at_every_change():
    made = run(lambda i: [], 20, signals=[(1.0, "stopped"), (2.0, "RUNNING"), (3.0, "RUNNING")])
    states = [(r.t, r.value) for a in made for r in a.readings if r.name == "winch-1.state"]
    assert states == [(0.0, "UNKNOWN"), (1.0, "STOPPED"), (2.0, "RUNNING")]


def test_visibility_is_told_once_a_chunk():
    made = run(lambda i: [], 20, cuts=[5, 10])
    assert [sum(r.name == "visibility" for r in a.readings) for a in made] == [1, 1, 1]


def test_a_state_of_another_version_gives_a_fresh_one_and_says_so():
    import json
    import zlib

    old = zlib.compress(json.dumps({"version": 99}).encode())
    assert "99" in State.load(old).note
    assert State.load(old).sequence == -1
    assert "could not be read" in State.load(b"nonsense").note
    assert State.restart(b"nonsense", "anew").note == "anew"


def test_a_state_with_twenty_people_and_two_machines_stays_under_20_kB():
    more = document()
    more["machines"] += [
        {"id": f"m{i}", "source": "video", "roi": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]}
        for i in range(2)
    ]
    crowd = [person(0.05 + 0.045 * k, 0.9 if k % 2 else 0.5, 0.3) for k in range(20)]
    state = run(lambda i: crowd, 20, where=parse_scene(more))[-1].state
    assert len(state.tracker.tracks) == 20
    assert len(state.dump()) < 20_000


def test_live_times_in_unix_seconds_give_the_same_findings():
    near = told(run(walker, 40))
    far = told(run(walker, 40, start_s=1_700_000_000.4))
    assert [(s, level) for s, level, _ in far] == [(s, level) for s, level, _ in near]
    assert [t - 1_700_000_000.4 for *_, t in far] == pytest.approx([t for *_, t in near], abs=0.01)


def test_frames_that_end_in_an_error_are_analysed_as_far_as_they_go():
    def frames():
        yield from (frame(i) for i in range(5))
        raise MediaError("the chunk is cut off")

    result = analyse(scene(), None, Chunk(0, 0.0, 2.0, frames()), detector=Script(walker))
    assert result.analysed == 5
    assert result.fault == "the chunk is cut off"
    assert result.state.sequence == 0


def test_signals_for_unknown_machines_are_left_alone():
    chunk = Chunk(0, 0.0, 1.0, [frame(0)], [Signal(0.0, "belt-9", "RUNNING")])
    result = analyse(scene(), None, chunk, detector=Script(lambda i: []))
    assert [r.name for r in result.readings] == ["winch-1.state", "visibility"]


def test_more_frames_than_the_scene_wants_are_thinned_by_time():
    made = analyse(
        scene(),
        None,
        Chunk(0, 0.0, 2.0, [frame(i, fps=30) for i in range(60)]),
        detector=Script(lambda i: []),
    )
    assert made.frames == 60
    assert made.analysed == 10


def test_without_motion_the_detector_rests_and_looks_now_and_then():
    still = Script(lambda i: [])
    result = analyse(
        scene(), None, Chunk(0, 0.0, 20.0, [frame(0) for _ in range(1)]), detector=still
    )
    assert result.detector_frames == 1

    class Same:
        """A hundred frames of one picture."""

        def __iter__(self):
            for i in range(100):
                one = frame(0)
                one.t = i / FPS
                yield one

    result = analyse(scene(), None, Chunk(0, 0.0, 20.0, Same()), detector=still)
    assert result.analysed == 100
    assert 10 <= result.detector_frames <= 22


def test_a_masked_place_shows_nobody():
    masked = document()
    masked["masks"] = [[[0.3, 0.2], [0.7, 0.2], [0.7, 1], [0.3, 1]]]
    made = run(lambda i: [person(0.5)], 20, where=parse_scene(masked))
    assert told(made) == []


def test_where_people_are_looked_for_more_seldom_everything_else_is_watched_as_before():
    detector, seen = Script(lambda number: [person(0.5)]), []
    where = scene()
    state = None
    for number in range(4):
        chunk = Chunk(number, number * 1.0, 1.0, [frame(number * FPS + i) for i in range(FPS)])
        made = analyse(where, state, chunk, detector=detector, gate=False, look_s=0.6)
        state = made.state
        assert made.analysed == FPS
        seen += [one["t"] for one in made.detections]
    gaps = [b - a for a, b in zip(seen, seen[1:], strict=False)]
    assert min(gaps) >= 0.6 - 1e-6 and max(gaps) <= 0.8
    assert [f.level for f in made.open] == ["danger"]


def test_a_worker_process_has_no_threads_of_opencv_that_wait_busily():
    script = "import cv2, workers.engine; print(cv2.getNumThreads())"
    made = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert made.stdout.strip() == "1", made.stderr


def test_a_clock_that_is_set_back_goes_on_taking_what_other_systems_tell():
    where = scene()
    state = run(lambda i: [], 10, where=where, signals=[(0.5, "STOPPED")], start_s=4600.0)[-1].state
    there, raised = Script(lambda i: [person(0.5)]), []
    for number, start in enumerate((1000.0, 1002.0), 1):
        told_now = [Signal(start + 0.5, "winch-1", "RUNNING")]
        back = [frame(i, start_s=1000.0) for i in range(number * 10 - 10, number * 10)]
        made = analyse(where, state, Chunk(number, start, 2.0, back, told_now), detector=there)
        state, raised = made.state, raised + [f.state for f in made.findings]
    assert state.machines["winch-1"].signal == "RUNNING"
    assert raised == ["raised"]


def test_what_was_told_keeps_its_age_when_the_clock_is_set_back():
    one = MachineState(signal="STOPPED", signal_t=4590.0, waiting=[(4605.0, "RUNNING")])
    one.add_signal(1001.0, "COASTING")
    one.set_back(4600.0, 3600.0)
    assert one.signal_t == 990.0
    assert one.waiting == [(1001.0, "COASTING"), (1005.0, "RUNNING")]
    permit = InputState("OPEN", 4590.0, 4000.0, [(1001.0, "CLOSED"), (4605.0, "OPEN")])
    permit.set_back(4600.0, 3600.0)
    assert (permit.at_s, permit.since_s) == (990.0, 400.0)
    assert permit.waiting == [(1001.0, "CLOSED"), (1005.0, "OPEN")]


@pytest.mark.parametrize("gap_s", [120.0, -86400.0])
def test_a_gap_that_ends_in_the_dark_keeps_an_alarm_open_no_longer_than_nobody_sees(gap_s):
    def dark(index, start_s):
        night = np.random.default_rng(index).integers(14, 18, (*SIDE, 3), dtype=np.uint8)
        night[0, 0], night[0, 1] = index % 256, index // 256
        return Frame(start_s + index / FPS, index, night)

    there = Script(lambda i: [person(0.5)] if i < 20 else [])
    where, state, start_s = scene(), None, 0.0
    blocks = [
        [frame(i) for i in range(20)],
        [dark(i, 0.0) for i in range(20, 120)],
        [dark(i, gap_s) for i in range(120, 145)],
        [frame(i, start_s=gap_s) for i in range(145, 200)],
    ]
    for number, frames in enumerate(blocks):
        start_s = frames[0].t
        chunk = Chunk(number, start_s, len(frames) / FPS, frames)
        state = analyse(where, state, chunk, detector=there, gate=False).state
        assert (state.rules["r1"].level is None) == (number == 3)


@pytest.mark.parametrize("bottom", [0.985, 0.99, 0.995, 1.0])
def test_a_zone_that_ends_just_above_the_edge_holds_those_whose_feet_the_edge_cuts(bottom):
    drawn = document()
    drawn["zones"][0]["polygon"] = [[0.4, 0.5], [0.6, 0.5], [0.6, bottom], [0.4, bottom]]
    made = run(lambda i: [person(0.5, foot=1.0)], 10, where=parse_scene(drawn))
    assert [level for _, level, *_ in told(made)] == ["danger"]


@pytest.mark.parametrize("heights_a_s", [0.8, 1.2, 1.5])
@pytest.mark.parametrize(("fps", "look_s"), [(3, 0.6), (3, 0.0), (2, 0.0), (1, 0.0)])
def test_who_walks_across_is_followed_at_few_looks_a_second(heights_a_s, fps, look_s):
    aspect, high = SIDE[1] / SIDE[0], 0.3
    wide = 0.4 * high / aspect

    def walker(index):
        x = 0.05 + heights_a_s * high / aspect * index / fps
        box = Box("person", (x - wide / 2, 0.8 - high, x + wide / 2, 0.8), 0.8)
        return [box] if x < 0.95 else []

    road = document()
    road["zones"][0]["polygon"] = [[0, 0.5], [1, 0.5], [1, 0.95], [0, 0.95]]
    road["analysis_fps"] = fps
    where, state, levels = parse_scene(road), None, []
    for number in range(6):
        frames = [frame(i, fps) for i in range(number * 4, number * 4 + 4)]
        chunk = Chunk(number, frames[0].t, 4 / fps, frames)
        detector = Script(walker)
        made = analyse(where, state, chunk, detector=detector, fps=fps, look_s=look_s, gate=False)
        state = made.state
        levels += [f.level for f in made.findings if f.state == "raised" and f.rule == "r1"]
    assert levels == ["danger"]


@pytest.mark.parametrize("each_s", [2.4, 2.5, 4.0])
def test_pictures_that_come_in_short_bursts_are_a_slow_stream_in_which_people_are_found(each_s):
    # A lossy link: of each group of pictures only the first two can be read.
    begins = [round(k * each_s, 3) for k in range(int(24 / each_s))]
    times = [t for begin in begins for t in (begin, round(begin + 0.2, 3))]
    state, findings = None, []
    for number, t in enumerate(times):
        still = frame(number)
        still.t = t
        signals = [Signal(t, "winch-1", "RUNNING")]
        chunk = Chunk(number, t, 0.2, [still], signals)
        made = analyse(scene(), state, chunk, detector=Script(lambda _: [person(0.5)]), gate=False)
        state = State.load(made.state.dump())
        findings += made.findings
    assert [f.state for f in findings] == ["raised"]
    assert findings[0].t <= 2 * each_s + 0.2
