"""Reads and fuses the state of a scene's machines, into readings and what there is to tell."""

from collections.abc import Callable, Iterable

from workers.failing import Failing
from workers.hazards.base import MachineView
from workers.media.decode import Frame
from workers.report import Reading
from workers.scene import Machine, Scene
from workers.state import State
from workers.vision.fusion import MachineState
from workers.vision.health import Change
from workers.vision.machine import VideoReader
from workers.vision.region import Boxes

__all__ = ["forget_machines", "read_machines"]


def forget_machines(scene: Scene, state: State) -> None:
    """Drop the memory of machines that the scene no longer has; begin that of new ones."""
    named = {machine.id for machine in scene.machines}
    state.machines = {k: v for k, v in state.machines.items() if k in named}
    for machine in named:
        state.machines.setdefault(machine, MachineState())


def read_machines(
    scene: Scene,
    state: State,
    frame: Frame,
    people: Boxes,
    speaker: Callable[[str], str],
    failing: Failing,
) -> tuple[dict[str, MachineView], list[Reading], list[Change]]:
    """Read every machine; a reading is written at the start and at each change.

    speaker: returns the rule that tells that a machine's signal and picture disagree, or "".
    """
    views: dict[str, MachineView] = {}
    readings: list[Reading] = []
    changes: list[Change] = []
    t = frame.t
    for machine in scene.machines:
        memory = state.machines[machine.id]
        changes += _look(machine, memory, state, frame, people, failing)
        told, source, confidence = memory.fuse(machine.source, t, machine.stale_s)
        says = None if machine.source == "video" else memory.says(t, machine.stale_s)
        shows = None if machine.source == "signal" else memory.video.state
        # What nobody knows, nobody has seen or said.
        known_by = "" if told == "UNKNOWN" else source
        views[machine.id] = MachineView(
            told, known_by, says, shows, memory.signal_t, memory.disagree_t
        )
        why = memory.why(source) if told == "UNKNOWN" else ""
        if memory.shown != (told, why):
            memory.shown = (told, why)
            sure = round(confidence, 2)
            readings.append(Reading(f"{machine.id}.state", t, told, sure, source, why or None))
        rule = speaker(machine.id)
        changes += memory.tell(state.health, machine.id, machine.name, t, rule, machine.source)
    return views, readings, changes


def _look(
    machine: Machine,
    memory: MachineState,
    state: State,
    frame: Frame,
    people: Boxes,
    failing: Failing,
) -> Iterable[Change]:
    """Read a machine from the picture; one that fails is UNKNOWN, and begins anew."""
    if machine.source == "signal" or machine.roi is None:
        return []
    t, why = frame.t, ""
    name, health = f"machine:{machine.id}", state.health
    way = state.laid.since(name, machine.roi, health.scenery.knock.way)
    try:
        memory.video.read(
            frame.luma, machine.roi, people, t, machine.look, machine.colour, frame.crop,
            health.moved, way, health.scenery.written,
        )  # fmt: skip
    except Exception as error:  # noqa: BLE001
        why = failing.note(machine.id, machine.name, error)
        memory.video = VideoReader()
    return failing.tell(state.health, machine.id, t, why)
