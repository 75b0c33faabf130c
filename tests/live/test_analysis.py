"""Chunks through the engine into alarms, on the winch, with the real network and database."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.alarms.models import Alarm, Snapshot
from apps.alarms.timing import stages_said
from apps.cameras import analysis, shedding, tasks
from apps.cameras.analysis import drain
from apps.cameras.models import Analysis, Camera, Chunk
from apps.cameras.selectors import camera_health
from apps.cameras.tiles import tile_of
from apps.rules.services import scene_publish
from apps.signals.services import report_receive
from apps.tenancy.scope import mine_scope
from tests.cast import Cast
from tests.live.watched import alarms, drain_all, fed, state_of
from tests.loops import Loop
from workers.media.ring import Ring

pytestmark = pytest.mark.live


def test_a_person_at_the_running_winch_is_one_alarm_and_at_the_standing_one_none(
    ring: Ring, camera: Camera, winch: Loop, start
):
    # They wait all at once, so that people are looked for more seldom.
    fed(ring, camera, winch.chunks, start)
    assert drain_all(camera) == len(winch.chunks)
    danger = [alarm for alarm in alarms(camera) if alarm.level == "danger"]
    assert len(danger) == 1
    assert danger[0].count == 1
    entered = start + timedelta(seconds=winch.entry_s())
    seen = max(alarm.last_seen_at for alarm in danger)
    with mine_scope(camera.mine_id):
        steps = list(danger[0].transitions.all())
        escalated = [s.at for s in steps if s.cause in ("raised", "escalated")][-1]
        jpeg = bytes(Snapshot.objects.get(alarm=danger[0]).jpeg)
    assert timedelta(0) <= escalated - entered <= timedelta(seconds=1.5)
    assert seen < start + timedelta(seconds=winch.entry_s(alarm=False))
    assert danger[0].cleared_at is not None
    assert danger[0].unwatched == ""
    assert jpeg.startswith(b"\xff\xd8")
    assert state_of(camera).machine_states
    assert tile_of(camera.pk) is not None


def test_the_same_chunks_rung_again_change_nothing(ring: Ring, camera: Camera, winch: Loop, start):
    rows = fed(ring, camera, winch.chunks[:14], start)
    drain_all(camera)
    before, found = state_of(camera), [(a.pk, a.last_seen_at) for a in alarms(camera)]
    assert found
    with mine_scope(camera.mine_id):
        Chunk.objects.filter(pk__in=[row.pk for row in rows]).update(state=Chunk.State.NEW)
    drain_all(camera)
    assert [(a.pk, a.last_seen_at) for a in alarms(camera)] == found
    assert bytes(state_of(camera).state) == bytes(before.state)


def test_a_danger_that_is_seen_and_stands_in_no_open_alarm_is_raised(
    ring: Ring, camera: Camera, winch: Loop, start
):
    """Its alarm was left to another camera, and is over, while this one was switched off."""
    fed(ring, camera, winch.chunks[7:11], start)
    drain_all(camera)
    with mine_scope(camera.mine_id):
        there = Alarm.objects.get(camera=camera, cleared_at=None)
        ended = {"situation": "", "state": "closed", "cleared_at": there.last_seen_at}
        Alarm.objects.filter(pk=there.pk).update(**ended)
    later = start + timedelta(seconds=4)
    fed(ring, camera, winch.chunks[11:12], later, first=5)
    drain_all(camera)
    anew = alarms(camera)[-1]
    assert (anew.state, anew.situation, anew.cleared_at) == (
        "unacknowledged", there.situation, None,
    )  # fmt: skip
    assert (anew.severity, anew.why) == (there.severity, there.why)


def test_an_alarm_says_how_long_each_stage_took(ring: Ring, camera: Camera, winch: Loop, start):
    fed(ring, camera, winch.chunks[7:12], start)
    drain_all(camera)
    alarm = alarms(camera)[0]
    took = [alarm.stages[stage] for stage in ("written_s", "picked_s", "judged_s", "rung_s")]
    assert took == sorted(took)
    assert 0 < alarm.stages["decoding_s"] < took[2] - took[1]
    assert 0 < alarm.stages["detecting_s"] < took[2] - took[1] - alarm.stages["decoding_s"]
    said = [seconds for _, seconds in stages_said(alarm)]
    assert said[0] == took[0]
    assert all(seconds >= 0 for seconds in said)
    assert sum(said) == pytest.approx(took[-1])


def test_two_workers_at_once_let_one_in(ring: Ring, camera: Camera, winch: Loop, start):
    fed(ring, camera, winch.chunks[:2], start)
    with mine_scope(camera.mine_id):
        Analysis.objects.filter(camera=camera).update(
            lease_token="another", lease_until=timezone.now() + timedelta(minutes=5)
        )
    assert drain(camera.pk) == 0
    with mine_scope(camera.mine_id):
        Analysis.objects.filter(camera=camera).update(
            lease_until=timezone.now() - timedelta(seconds=1)
        )
    assert drain(camera.pk) == 2


def test_who_waited_longest_comes_next_so_that_a_new_camera_gets_its_turn(
    ring: Ring, camera: Camera, cast: Cast, winch: Loop, start, monkeypatch
):
    """Of many bells for the first camera the next one already serves the second."""
    monkeypatch.setattr(analysis, "TURN_S", 0.05)
    rung: list[str] = []
    monkeypatch.setattr(tasks.analyse, "delay", rung.append)
    other = cast.deep_vale.camera
    fed(ring, camera, winch.chunks[:1], start)
    fed(ring, other, winch.chunks[:2], start, stream="main")
    fed(ring, camera, winch.chunks[1:3], start, first=2)

    tasks.analyse("1/sub/1")
    assert (state_of(camera).sequence, waits(other)) == (1, 2)
    tasks.analyse("1/sub/2")
    assert (state_of(camera).sequence, state_of(other).sequence) == (1, 1)
    tasks.analyse("1/sub/3")
    assert (state_of(camera).sequence, state_of(other).sequence) == (1, 2)
    assert rung == ["again"] * 3


def test_a_bell_goes_on_to_the_next_camera_where_another_worker_is_at_the_first(
    ring: Ring, camera: Camera, cast: Cast, winch: Loop, start, monkeypatch
):
    monkeypatch.setattr(tasks.analyse, "delay", lambda key: None)
    other = cast.deep_vale.camera
    fed(ring, camera, winch.chunks[:1], start)
    fed(ring, other, winch.chunks[:1], start, stream="main")
    first = tasks.cameras_waiting
    monkeypatch.setattr(tasks, "cameras_waiting", lambda: held(camera, first()))
    tasks.analyse("1/sub/1")
    assert (waits(camera), waits(other)) == (1, 0)


def test_a_camera_whose_scene_cannot_be_read_takes_no_other_camera_s_turn(
    ring: Ring, camera: Camera, cast: Cast, winch: Loop, start, monkeypatch, caplog
):
    """Its chunk is the one that waited longest, so that every bell begins with it."""
    monkeypatch.setattr(tasks.analyse, "delay", lambda key: None)
    honest, other = analysis.scene_in_force, cast.deep_vale.camera

    def refusing(*, camera: Camera):
        if camera.pk != other.pk:
            raise ValueError("a scene that a newer version refuses")
        return honest(camera=camera)

    monkeypatch.setattr(analysis, "scene_in_force", refusing)
    fed(ring, camera, winch.chunks[:1], start)
    fed(ring, other, winch.chunks[:1], start, stream="main")
    tasks.analyse("1/sub/1")
    assert (waits(camera), waits(other)) == (1, 0)
    assert "a newer version refuses" in caplog.text
    for _ in range(3):
        tasks.analyse("1/sub/1")
    assert waits(camera) == 0
    assert state_of(camera).last_error == "sub/1: its analysis failed three times"


def held(camera: Camera, found: list[int]) -> list[int]:
    """Let another worker take the camera after the list of those that wait was made."""
    Analysis.objects.update_or_create(
        camera=camera,
        mine_id=camera.mine_id,
        defaults={"lease_token": "other", "lease_until": timezone.now() + timedelta(seconds=9)},
    )
    return found


def waits(camera: Camera) -> int:
    with mine_scope(camera.mine_id):
        return Chunk.objects.filter(camera=camera, state=Chunk.State.NEW).count()


def test_a_holder_that_lost_its_lease_writes_nothing(
    ring: Ring, camera: Camera, winch: Loop, start, monkeypatch: pytest.MonkeyPatch
):
    fed(ring, camera, winch.chunks[:1], start)
    honest = analysis.engine.analyse

    def slow(*args, **kwargs):
        result = honest(*args, **kwargs)
        with mine_scope(camera.mine_id):
            Analysis.objects.filter(camera=camera).update(lease_token="another")
        return result

    monkeypatch.setattr(analysis.engine, "analyse", slow)
    assert drain(camera.pk) == 0
    assert state_of(camera).sequence == -1


def test_a_broken_chunk_is_skipped_counted_and_named(
    ring: Ring, camera: Camera, winch: Loop, start
):
    rows = fed(ring, camera, winch.chunks[:4], start)
    ring.path(rows[1].path).write_bytes(b"no video at all")
    ring.path(rows[2].path).unlink()
    drain_all(camera)
    state = state_of(camera)
    assert state.sequence == 4
    assert state.bad_chunks == 2
    assert "sub/3" in state.last_error
    with mine_scope(camera.mine_id):
        assert list(Chunk.objects.order_by("sequence").values_list("state", flat=True)) == [
            "done", "bad", "bad", "done",
        ]  # fmt: skip


def test_a_chunk_that_kills_its_worker_is_set_aside_after_three_tries(
    ring: Ring, camera: Camera, winch: Loop, start
):
    rows = fed(ring, camera, winch.chunks[:2], start)
    with mine_scope(camera.mine_id):
        Chunk.objects.filter(pk=rows[0].pk).update(attempts=analysis.MOST_ATTEMPTS)
    drain_all(camera)
    with mine_scope(camera.mine_id):
        assert list(Chunk.objects.order_by("sequence").values_list("state", flat=True)) == [
            "bad", "done",
        ]  # fmt: skip


def test_a_memory_that_makes_every_analysis_fail_is_begun_anew_and_said(
    ring: Ring, camera: Camera, winch: Loop, start, monkeypatch
):
    fed(ring, camera, winch.chunks[:12], start)
    drain_all(camera)
    [alarm] = [a for a in alarms(camera) if a.level == "danger"]
    assert alarm.cleared_at is None
    analyse = analysis.engine.analyse

    def failing(scene, state, chunk, **more):
        if state.tracker.tracks:
            raise IndexError("poisoned")
        return analyse(scene, state, chunk, **more)

    monkeypatch.setattr(analysis.engine, "analyse", failing)
    fed(ring, camera, winch.chunks[12:13], start + timedelta(seconds=12), first=13)
    for _ in range(2):
        with pytest.raises(IndexError):
            drain(camera.pk)
    assert drain(camera.pk) == 1
    state = state_of(camera)
    assert (state.sequence, state.bad_chunks) == (13, 0)
    assert "failed twice" in state.last_error
    # The situation is known by its name, so that the alarm goes on and ends.
    monkeypatch.undo()
    drain_all(camera)
    later = start + timedelta(seconds=13)
    fed(ring, camera, winch.chunks[13:], later, first=14)
    drain_all(camera)
    assert [a.pk for a in alarms(camera) if a.level == "danger"] == [alarm.pk]
    assert next(a for a in alarms(camera) if a.pk == alarm.pk).cleared_at is not None


def test_an_event_that_is_reported_after_a_newer_one_was_told_raises_its_alarm_once(
    ring: Ring, camera: Camera, winch: Loop, start
):
    def say(value: str, second: float) -> None:
        with mine_scope(camera.mine_id):
            at = start + timedelta(seconds=second)
            report_receive(mine=camera.mine, key="sos", value=value, at=at)

    rule = {"id": "sos", "type": "external_event", "params": {"input": "sos", "hold_s": 0.5}}
    document = {"version": 1, "inputs": [{"id": "sos", "kind": "event"}], "rules": [rule]}
    with mine_scope(camera.mine_id):
        scene_publish(camera=camera, document=document, disarm=True, reason="test")
    say("tested", 1.2)
    fed(ring, camera, winch.chunks[:3], start)
    drain_all(camera)
    say("man down", 0.6)
    fed(ring, camera, winch.chunks[3:7], start + timedelta(seconds=3), first=4)
    drain_all(camera)
    assert [alarm.why for alarm in alarms(camera) if alarm.rule == "sos"][-1] == "sos: man down"
    with mine_scope(camera.mine_id):
        steps = [step for one in alarms(camera) for step in one.transitions.all()]
    assert len([step for step in steps if step.cause in ("raised", "again")]) == 2


def test_an_alarm_is_told_however_long_its_reason_is(
    ring: Ring, camera: Camera, winch: Loop, start
):
    rule = {"id": "sos", "type": "external_event", "params": {"input": "sos", "hold_s": 5}}
    document = {"version": 1, "inputs": [{"id": "sos", "kind": "event"}], "rules": [rule]}
    said = [f"{n} {'a man is down '.ljust(98, '.')}" for n in range(1, 6)]
    with mine_scope(camera.mine_id):
        scene_publish(camera=camera, document=document, disarm=True, reason="test")
        for n, value in enumerate(said, 1):
            at = start + timedelta(seconds=n / 4)
            report_receive(mine=camera.mine, key="sos", value=value, at=at)
    fed(ring, camera, winch.chunks[:4], start)
    drain_all(camera)
    [alarm] = [one for one in alarms(camera) if one.rule == "sos"]
    assert all(value in alarm.why for value in said)
    with mine_scope(camera.mine_id):
        assert set(Chunk.objects.values_list("state", "attempts")) == {("done", 1)}


def test_a_rule_that_fails_is_told_and_keeps_no_chunk_from_being_analysed(
    ring: Ring, camera: Camera, winch: Loop, start, monkeypatch, caplog
):
    def fails(*given):
        raise ZeroDivisionError("nobody thought of this")

    monkeypatch.setattr(
        "workers.hazards.proximity_while_running.ProximityWhileRunning.evaluate", fails
    )
    fed(ring, camera, winch.chunks[:8], start)
    assert drain_all(camera) == 8
    state = state_of(camera)
    assert (state.bad_chunks, [fault["fault"] for fault in state.faults]) == (0, ["part_fails"])
    assert "ZeroDivisionError" in state.last_error
    assert [alarm.level for alarm in alarms(camera)] == ["part_fails"]
    assert "nobody thought of this" in caplog.text
    assert caplog.text.count("r1 fails:") <= 6  # until the fault is told


def test_a_backlog_is_analysed_at_a_lower_rate_and_said(
    ring: Ring, camera: Camera, winch: Loop, start
):
    fed(ring, camera, winch.chunks[:8], start)
    looks = []
    while analysis.drain(camera.pk):
        row = state_of(camera)
        looks.append((row.sequence, row.rate))
    assert 0 < state_of(camera).shed_chunks < 8
    # Its turns end between chunks, so the rate is seen after some of them only.
    assert all(rate == shedding.rate_for(8 - sequence + 1) for sequence, rate in looks)
    assert state_of(camera).rate == {}
    with mine_scope(camera.mine_id):
        assert camera_health(camera)["rate"] == {}


def test_a_camera_that_is_looked_at_more_seldom_says_so(
    ring: Ring, camera: Camera, winch: Loop, start
):
    fed(ring, camera, winch.chunks[:6], start)
    lease = "token"
    with mine_scope(camera.mine_id):
        Analysis.objects.update_or_create(
            camera=camera, defaults={"mine_id": camera.mine_id, "lease_token": lease}
        )
    assert analysis._one(camera, lease)
    with mine_scope(camera.mine_id):
        assert camera_health(camera)["rate"] == {"fps": 3.0, "look_s": 0.6}
    assert state_of(camera).shed_chunks == 1


def test_five_cameras_on_two_slow_processors_keep_up():
    """Each second brings each a chunk; a turn takes what the measured stages cost, eight times."""
    decode_s, look_s, watch_s, slow = 0.008, 0.014, 0.004, 8
    backlog, free = [0] * 5, [0.0, 0.0]
    worst = 0
    for _second in range(300):
        backlog = [count + 1 for count in backlog]
        free = [max(0.0, at - 1.0) for at in free]
        while min(free) < 1.0 and max(backlog):
            camera = backlog.index(max(backlog))
            rate = shedding.rate_for(backlog[camera])
            fps = rate.get("fps", 5.0)
            looks = min(fps, 1 / rate["look_s"]) if "look_s" in rate else fps
            free[free.index(min(free))] += slow * (decode_s + looks * look_s + fps * watch_s)
            backlog[camera] -= 1
        worst = max(worst, *backlog)
    assert shedding.SHED_FROM <= worst <= shedding.SELDOM_FROM + 2


def test_chunks_of_a_long_outage_are_skipped_counted_and_named(
    ring: Ring, camera: Camera, winch: Loop, start
):
    fed(ring, camera, winch.chunks[:3], start - timedelta(minutes=5))
    fed(ring, camera, winch.chunks[3:5], start, first=4)
    assert drain_all(camera) == 2
    state = state_of(camera)
    assert state.bad_chunks == 3
    assert "3 chunks waited too long" in state.last_error
