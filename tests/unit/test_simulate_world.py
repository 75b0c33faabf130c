"""The synthetic mine's people and machines move as their data say; no graphics are needed."""

import numpy as np
import pytest

from workers.simulate.motion import CYCLE_M, Walk
from workers.simulate.optics import camera_matrix, project
from workers.simulate.people import BODIES, Pose, body
from workers.simulate.scene import Person, Step
from workers.simulate.scenes import LOOPS, WINCH_HOUSE
from workers.simulate.truth import frame_truth, scene_document
from workers.simulate.world import drum_speed, drum_turns, static_mesh, winch_drum


def standing(**changes: float) -> Pose:
    """Make a pose with some values changed."""
    base = {"x": 0.0, "y": 0.0, "heading": 0.0, "phase": 0.0, "stride": 0.0, "bend": 0.0}
    return Pose(**{**base, "sway": 0.0, **changes})


def test_the_drum_follows_its_phases_and_ends_a_loop_where_it_began() -> None:
    winch = WINCH_HOUSE.winch
    assert winch is not None
    assert [drum_speed(winch, t)[0] for t in (0, 2.9, 3.5, 4, 17.9, 18.5, 20, 39)] == [
        "STOPPED",
        "STOPPED",
        "STARTING",
        "RUNNING",
        "RUNNING",
        "COASTING",
        "STOPPED",
        "STOPPED",
    ]
    steps = [drum_speed(winch, t)[1] * 0.001 for t in np.arange(0, 40, 0.001)]
    assert drum_turns(winch, 40.0) == pytest.approx(sum(steps), abs=1e-3)
    assert drum_turns(winch, 40.0) == pytest.approx(5, abs=1e-6)


def test_at_five_frames_a_second_a_running_spoke_never_lands_on_the_next_one() -> None:
    winch = WINCH_HOUSE.winch
    assert winch is not None
    moved = (drum_turns(winch, 10.2) - drum_turns(winch, 10.0)) * 360 % 60
    assert 10 < moved < 50


@pytest.mark.parametrize("name", ["lean", "tall", "stout"])
def test_a_body_is_a_small_file_and_a_person_of_common_height(name: str) -> None:
    assert (BODIES / f"{name}.npz").stat().st_size <= 400_000
    figure = body(name, (1.0, 1.0, 1.0), 0).pose(standing(), 0.0)
    height = np.ptp(figure.vertices[:, 2])
    assert 1.65 < height < 2.0
    assert np.ptp(figure.vertices[:, 0]) < 0.9


def test_a_person_stands_on_the_ground_where_it_is_put_even_on_a_slope() -> None:
    man = body("lean", (1.0, 1.0, 1.0), 0)
    for bend, stride, phase in ((0, 0, 0), (0.5, 0, 0), (0, 1, 1.0), (0, 1, 4.0)):
        pose = standing(x=1.5, y=6.0, bend=bend, stride=stride, phase=phase, heading=0.7)
        figure = man.pose(pose, 0.0)
        assert figure.vertices[:, 2].min() == pytest.approx(0, abs=1e-6)
        assert np.abs(figure.feet[:, :2].mean(axis=0) - (1.5, 6.0)).max() < 0.25
        lifted = man.pose(pose, -0.25)
        assert np.allclose(
            lifted.vertices[:, 2], figure.vertices[:, 2] - 0.25 * figure.vertices[:, 1], atol=1e-5
        )


def test_a_person_faces_where_it_walks() -> None:
    man = body("lean", (1.0, 1.0, 1.0), 0)
    for heading in (0.0, 1.0, np.pi, -2.0):
        aim = man.pose(standing(heading=heading), 0.0).lamp_aim
        assert np.arctan2(aim[0], aim[1]) == pytest.approx(
            np.arctan2(np.sin(heading), np.cos(heading)), abs=0.2
        ) or abs(heading) == pytest.approx(np.pi)


def test_the_step_is_tied_to_the_way_walked() -> None:
    walk = Walk(Person("a", "lean", (Step(0, 0, 0), Step(10, 0, 12.0))))
    a, b = walk.pose(4.0), walk.pose(5.0)
    assert (b.phase - a.phase) / (2 * np.pi) * CYCLE_M == pytest.approx(b.y - a.y, rel=0.02)
    assert a.stride == pytest.approx(1.09, abs=0.05) and abs(a.heading) < 1e-6


def test_a_path_whose_times_do_not_grow_is_refused() -> None:
    with pytest.raises(ValueError, match="a: the path's times must grow"):
        Walk(Person("a", "lean", (Step(1, 0, 0), Step(1, 0, 1))))


@pytest.mark.parametrize("name", LOOPS)
def test_every_loop_has_a_valid_scene_and_nobody_outside_its_time(name: str) -> None:
    loop = LOOPS[name]
    matrix = camera_matrix(loop.view, 16 / 9)
    document = scene_document(loop, matrix)
    assert document["version"] == 1 and len(document["zones"]) == len(loop.zones)
    assert bool(document["rules"]) == loop.armed
    for person in loop.people:
        walk = Walk(person)
        assert not walk.present(walk.end + 0.1)
    truth = frame_truth(loop, matrix, 0, 10, [])
    assert truth["people"] == [] and truth["t"] == 0


def test_the_camera_puts_far_points_near_the_vanishing_point() -> None:
    matrix = camera_matrix(WINCH_HOUSE.view, 16 / 9)
    near, far = project(matrix, np.array([[1.5, 6.0, 0.0], [1.5, 40.0, 0.0]]))
    assert near[1] > far[1] > 0 and abs(far[0] - 0.5) < abs(near[0] - 0.5)
    assert np.isnan(project(matrix, np.array([[0.0, -5.0, 0.0]]))).all()


def test_meshes_are_closed_arrays_without_holes_in_their_numbers() -> None:
    assert WINCH_HOUSE.winch is not None
    for mesh in (static_mesh(WINCH_HOUSE), winch_drum(WINCH_HOUSE.winch)):
        assert mesh.faces.max() < len(mesh.position)
        assert np.isfinite(mesh.vertices()).all()
