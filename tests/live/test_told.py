"""What the engine is told of by others: controllers' signals, procedures' inputs, permits."""

from datetime import timedelta

import pytest

from apps.alarms.selectors import silences
from apps.cameras.models import Camera
from apps.rules.services import scene_publish
from apps.signals.services import report_receive, signal_receive
from apps.tenancy.scope import mine_scope
from tests.cast import Cast
from tests.live.watched import alarms, drain_all, fed, state_of
from tests.loops import Loop
from workers.media.ring import Ring

pytestmark = pytest.mark.live


def test_a_signal_decides_for_a_machine_that_is_told_of(
    ring: Ring, cast: Cast, camera: Camera, winch: Loop, start
):
    scene = dict(winch.scene)
    scene["machines"] = [{**machine, "source": "signal"} for machine in scene["machines"]]
    with mine_scope(camera.mine_id):
        scene_publish(camera=camera, document=scene)
        signal_receive(machine=cast.lamp_hill.machine, state="STOPPED", at=start)
    fed(ring, camera, winch.chunks[:16], start)
    drain_all(camera)
    assert alarms(camera) == [], "the controller says that it stands"


@pytest.mark.parametrize("behind", [timedelta(0), timedelta(hours=1)], ids=["twice", "late"])
def test_a_machine_that_is_said_to_stand_and_to_run_counts_as_running(
    ring: Ring, cast: Cast, camera: Camera, winch: Loop, start, behind: timedelta
):
    scene = dict(winch.scene)
    scene["machines"] = [{**machine, "source": "signal"} for machine in scene["machines"]]
    with mine_scope(camera.mine_id):
        scene_publish(camera=camera, document=scene)
        signal_receive(machine=cast.lamp_hill.machine, state="STOPPED", at=start)
        signal_receive(machine=cast.lamp_hill.machine, state="RUNNING", at=start - behind)
    fed(ring, camera, winch.chunks[:16], start)
    drain_all(camera)
    assert ("UNKNOWN" if behind else "RUNNING") in alarms(camera)[-1].why
    late = [fault["about"] for fault in state_of(camera).faults if fault["fault"] == "signal_late"]
    assert late == (["winch-1"] if behind else [])


def test_a_machine_that_nobody_hears_of_counts_as_running(
    ring: Ring, camera: Camera, winch: Loop, start
):
    scene = dict(winch.scene)
    scene["machines"] = [{**machine, "source": "signal"} for machine in scene["machines"]]
    with mine_scope(camera.mine_id):
        scene_publish(camera=camera, document=scene)
    fed(ring, camera, winch.chunks[:16], start)
    drain_all(camera)
    assert "UNKNOWN" in alarms(camera)[-1].why


def test_a_procedures_strip_is_shown_while_it_goes_on_and_stands_on_its_alarm(
    ring: Ring, camera: Camera, winch: Loop, start
):
    names = {"bell": ["SILENT", "RINGS"], "gate": ["OPEN", "SHUT"], "haulage": ["OFF", "ON"]}
    steps = [
        {"id": name, "needs": {"input": name, "is": [states[1]]}} for name, states in names.items()
    ]
    rule = {"id": "steps", "name": "Haulage", "type": "procedure_sequence"}
    document = {
        "version": 1,
        "inputs": [{"id": key, "kind": "state", "states": one} for key, one in names.items()],
        "rules": [{**rule, "params": {"steps": steps}}],
    }

    def told(second: float, **values: str) -> None:
        for name, value in values.items():
            at = start + timedelta(seconds=second)
            report_receive(mine=camera.mine, key=name, value=value, at=at)

    with mine_scope(camera.mine_id):
        scene_publish(camera=camera, document=document, reason="test", disarm=True)
        told(0, **{name: states[0] for name, states in names.items()})
        told(1, bell="RINGS")
        told(3.5, haulage="ON")
    fed(ring, camera, winch.chunks[:3], start)
    drain_all(camera)
    shown = state_of(camera).shown["steps"]
    assert [step["state"] for step in shown["steps"]] == ["done", "now", "waiting"]
    assert shown["name"] == "Haulage" and shown["ended_t"] is None
    at = (start + timedelta(seconds=1)).timestamp()
    assert abs(shown["steps"][0]["t"] - at) < 0.5
    fed(ring, camera, winch.chunks[3:5], start + timedelta(seconds=3), first=4)
    drain_all(camera)
    [alarm] = alarms(camera)
    assert [step["state"] for step in alarm.values["steps"]] == ["done", "skipped", "done"]
    assert state_of(camera).shown["steps"]["ended_t"] is not None


def test_a_rule_that_an_open_permit_holds_back_is_listed_until_the_permit_closes(
    ring: Ring, camera: Camera, winch: Loop, start
):
    rule = winch.scene["rules"][0]
    permit = {"id": "permit-1", "kind": "state", "states": ["OPEN", "CLOSED"]}
    document = {
        **winch.scene,
        "inputs": [permit],
        "rules": [{**rule, "permit": "permit-1"}, *winch.scene["rules"][1:]],
    }
    with mine_scope(camera.mine_id):
        scene_publish(camera=camera, document=document, reason="test")
        for after_s, value in ((-1, "OPEN"), (3, "CLOSED")):
            at = start + timedelta(seconds=after_s)
            report_receive(mine=camera.mine, key="permit-1", value=value, at=at)
    listed = []
    for begin, end in ((0, 2), (2, 6)):
        at = start + timedelta(seconds=begin)
        fed(ring, camera, winch.chunks[begin:end], at, first=begin + 1)
        drain_all(camera)
        with mine_scope(camera.mine_id):
            listed.append([(row.rule, row.kind, row.reason) for row in silences()])
    assert listed == [[(rule["id"], "suppressed", "permit-1")], []]


def test_what_was_told_while_chunks_were_lost_counts_in_its_own_time(
    ring: Ring, camera: Camera, winch: Loop, start
):
    names = {"bell": ["SILENT", "RINGS"], "gate": ["OPEN", "SHUT"]}
    steps = [
        {"id": name, "needs": {"input": name, "is": [states[1]]}} for name, states in names.items()
    ]
    document = {
        "version": 1,
        "inputs": [{"id": key, "kind": "state", "states": one} for key, one in names.items()],
        "rules": [{"id": "steps", "type": "procedure_sequence", "params": {"steps": steps}}],
    }
    with mine_scope(camera.mine_id):
        scene_publish(camera=camera, document=document, reason="test", disarm=True)
        for second, key, value in (
            (0, "bell", "SILENT"), (0, "gate", "OPEN"), (3, "bell", "RINGS"), (5, "bell", "SILENT")
        ):  # fmt: skip
            at = start + timedelta(seconds=second)
            report_receive(mine=camera.mine, key=key, value=value, at=at)
    fed(ring, camera, winch.chunks[:1], start)
    drain_all(camera)
    fed(ring, camera, winch.chunks[1:2], start + timedelta(seconds=8), first=2)
    drain_all(camera)
    shown = state_of(camera).shown["steps"]["steps"]
    assert [step["state"] for step in shown] == ["done", "now"]
    assert abs(shown[0]["t"] - (start + timedelta(seconds=3)).timestamp()) < 0.5
