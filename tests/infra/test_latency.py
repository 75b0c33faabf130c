"""The figures of the check and the bench are right where the answer is known."""

from __future__ import annotations

import pytest

from infra.latency import clock_entry, entry_frames, loop_of, unix_s

TRUTH = {
    "fps": 10,
    "frames": 200,
    "events": [
        {"type": "zone_entry", "zone": "danger", "t": 4.0, "alarm": True},
        {"type": "zone_entry", "zone": "warning", "t": 3.0, "alarm": True},
        {"type": "zone_entry", "zone": "danger", "t": 12.0, "alarm": False},
    ],
}


def test_only_entries_that_must_alarm_count() -> None:
    assert entry_frames(TRUTH) == [40]
    assert entry_frames(TRUTH, "warning") == [30]


@pytest.mark.parametrize(
    ("before", "entry"),
    [(1_000_004.0, 1_000_004.0), (1_000_005.5, 1_000_004.0), (1_000_003.9, 999_984.0)],
)
def test_the_last_entry_before_a_moment_is_found_by_the_clock(before: float, entry: float) -> None:
    assert clock_entry(TRUTH, before) == pytest.approx(entry)


def test_a_camera_with_a_phase_sees_it_that_much_earlier() -> None:
    assert clock_entry(TRUTH, 1_000_003.0, phase_s=1.5) == pytest.approx(1_000_002.5)


def test_a_loop_without_alarms_has_no_entry() -> None:
    assert clock_entry({**TRUTH, "events": []}, 1_000_000.0) is None


def test_names_and_times_are_read() -> None:
    assert loop_of("rtsp://127.0.0.1:9/winch-house/main?phase=1") == "winch-house"
    assert unix_s("1970-01-01T00:01:00+00:00") == 60
