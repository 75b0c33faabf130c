"""Reads a camera's gauges and wet floors into readings, and faults where they cannot be read."""

from workers.failing import Failing
from workers.hazards.base import LevelView
from workers.media.decode import Frame
from workers.report import Reading
from workers.scene import Gauge, Scene
from workers.state import State
from workers.vision.anchor import Anchor
from workers.vision.gauge import MIN_SPAN_PX, Level
from workers.vision.health import Change
from workers.vision.scale import scale_of
from workers.vision.wet import Floor
from workers.words import sentence

# While the picture may be an old one, or of another place, what it shows is no present water.
UNSEEN = ("frozen", "blocked", "moved")
# A level is written when it has changed by half a centimetre, a share by two hundredths.
LEVEL_CHANGE_M = 0.005
SHARE_CHANGE = 0.02


def forget_gauges(scene: Scene, state: State) -> None:
    """Drop the memory of gauges that the scene no longer has."""
    levels = {gauge.id for gauge in scene.gauges if gauge.zone is None}
    floors = {gauge.id for gauge in scene.gauges if gauge.zone is not None}
    state.gauges = {name: level for name, level in state.gauges.items() if name in levels}
    state.floors = {name: floor for name, floor in state.floors.items() if name in floors}


def accept_marks(state: State) -> None:
    """Take marks and floors to be right in the view as it is now: a person says so.

    A dry floor is learnt anew: what lies where it was drawn is another part of the world.
    """
    for level in state.gauges.values():
        level.anchor = Anchor()
    state.floors.clear()


def level_view(memory: Level | Floor, t: float) -> LevelView:
    """Return a gauge's value as rules see it: what cannot be read now is None, never the last."""
    pace = memory.pace
    blind_s = 0.0 if pace.blind_t is None else max(0.0, t - pace.blind_t)
    return LevelView(pace.value, 0.0 if pace.value is None else 1.0, pace.read_t, blind_s)


def read_gauges(
    scene: Scene, state: State, frame: Frame, failing: Failing
) -> tuple[list[Reading], list[Change]]:
    """Read each gauge that is due: once a second of video, and in each still."""
    people = [track.box for track in state.tracker.tracks if track.confirmed]
    readings: list[Reading] = []
    changes: list[Change] = []
    for gauge in scene.gauges:
        if gauge.zone is None:
            memory: Level | Floor = state.gauges.setdefault(gauge.id, Level())
        else:
            memory = state.floors.setdefault(gauge.id, Floor())
        due = memory.is_due(frame.t) if isinstance(memory, Level) else memory.pace.is_due(frame.t)
        if frame.name is not None or due:
            _read(scene, state, frame, gauge, memory, people, readings, changes, failing)
    return readings, changes


def _read(
    scene: Scene,
    state: State,
    frame: Frame,
    gauge: Gauge,
    memory: Level | Floor,
    people: list[list[float]],
    readings: list[Reading],
    changes: list[Change],
    failing: Failing,
) -> None:
    t, still = frame.t, frame.name is not None
    doubts = state.health.doubts()
    unseen_since = min((doubts[fault] for fault in UNSEEN if fault in doubts), default=None)
    value, sure, fails = None, 0.0, ""
    if isinstance(memory, Level):
        change, kind = LEVEL_CHANGE_M, "level_m"
    else:
        change, kind = SHARE_CHANGE, "wet_share"
    if unseen_since is not None:
        memory.pace.note(None, t, since_t=unseen_since)
    else:
        try:
            value, sure = _look(scene, state, frame, gauge, memory, people)
        except Exception as error:  # noqa: BLE001
            fails = failing.note(gauge.id, gauge.name, error)
            memory.pace.note(None, t)
        changes += failing.tell(state.health, gauge.id, t, fails)
    if memory.pace.tell(value, t, change, always=still):
        shown = None if value is None else round(value, 4)
        readings.append(Reading(f"{gauge.id}.{kind}", t, shown, round(sure, 3), "video"))
    changes += state.health.judge(
        "gauge_unreadable",
        value is None,
        t,
        _why_unread(frame, gauge),
        about=gauge.id,
        since_t=memory.pace.blind_t,
    )


def _look(
    scene: Scene,
    state: State,
    frame: Frame,
    gauge: Gauge,
    memory: Level | Floor,
    people: list[list[float]],
) -> tuple[float | None, float]:
    """Return a gauge's value in this frame, None where it cannot be read, and how sure it is."""
    t, now, name = frame.t, state.health.scenery.knock.way, f"gauge:{gauge.id}"
    if isinstance(memory, Level):
        still = frame.name is not None
        way = state.laid.since(name, [point for point, _ in gauge.points], now)
        written = state.health.scenery.written
        sight = memory.look(
            frame.luma, gauge.points, people, t, still=still, way=way, written=written
        )
        return sight.value, sight.confidence
    zone = scene.polygons[gauge.zone or ""]
    way = state.laid.since(name, zone, now)
    share = memory.look(frame.luma, zone, people, t, brought=frame.brought, way=way)
    return share.value, share.confidence


def _why_unread(frame: Frame, gauge: Gauge) -> str:
    if gauge.zone is not None:
        return sentence("the floor is not seen")
    span_px = scale_of(gauge.points, frame.width, frame.height).span_px
    least_px = MIN_SPAN_PX
    if span_px < least_px:
        return sentence(
            f"{span_px:.0f} pixels between the gauge's marks are too few: {least_px} are needed"
        )
    return sentence("the water line cannot be found")
