"""Vehicles of a scene: where they are to be followed, and the work of one frame."""

from collections.abc import Sequence

from workers.hazards import registry
from workers.laid import Layout
from workers.media.decode import Frame
from workers.scene import Scene
from workers.state import State
from workers.vision.boxes import Box
from workers.vision.vehicles import Roads, Vehicle, Vehicles


def roads_of(scene: Scene, where: Layout) -> Roads | None:
    """Return where a scene's rules ask for vehicles; None where none does, and it costs nothing.

    where: how what is drawn lies in the picture now.
    """
    kinds = registry()
    asking = [r for r in scene.rules if r.mode != "off" and kinds[r.type].uses_vehicles]
    zones = tuple({r.zone: where.drawn[r.zone] for r in asking if r.zone is not None}.values())
    if not zones or where.ground is None:
        return None
    # A drum that turns drives nowhere; a car's own region is where it does.
    cars = {machine.id for machine in scene.machines if machine.look == "car"}
    hidden = [region for name, region in where.regions.items() if name not in cars]
    return Roads(zones, where.ground, (*hidden, *where.masks))


def follow_vehicles(
    state: State, roads: Roads | None, frame: Frame, boxes: list[Box] | None,
    people: Sequence[Sequence[float]], *, glare: bool,
) -> tuple[Vehicle, ...]:  # fmt: skip
    """Follow the vehicles of one frame; boxes: None where the detector did not look."""
    if roads is None:
        state.vehicles = None
        return ()
    if state.vehicles is None:
        state.vehicles = Vehicles()
    vehicles, t = state.vehicles, frame.t
    vehicles.see(boxes, t, frame.width / frame.height)
    vehicles.move(frame.luma, roads, people, t, glare=glare)
    if vehicles.found(t):
        state.gate.found(t)
    return tuple(vehicles.follow(t, state.step_s))
