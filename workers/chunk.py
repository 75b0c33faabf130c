"""What goes into one step of the engine's fold, and what comes out of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from workers.laid import Layout
from workers.media.decode import Frame
from workers.report import Finding, Reading
from workers.state import State


@dataclass(frozen=True)
class Signal:
    """A machine's state or an input's value, as told by somebody else; t on the chunk's clock.

    state: or workers.told.LATE, that a late report says otherwise than the one of this time.
    """

    t: float
    machine: str
    state: str


@dataclass(frozen=True)
class Chunk:
    """A second or two of video with the signals of that time.

    signals: of machines and of the scene's inputs. accept_view: a person said that the camera was
    moved on purpose; what it shows now is usual. epoch_s: Unix time at the chunk's clock's zero,
    None where nobody knows the time of day; timezone: the mine's, unless the scene names one.
    """

    sequence: int
    start_s: float
    duration_s: float
    frames: Iterable[Frame]
    signals: Sequence[Signal] = ()
    accept_view: bool = False
    epoch_s: float | None = None
    timezone: str = "UTC"


@dataclass
class Analysis:
    """What one chunk gave. `fault` says in words what of the chunk could not be read.

    failing: the rules, machines and gauges that failed in it, by id, in words; traces: where;
    where: how what is drawn lay in the last picture; None of a chunk that was seen before.
    """

    state: State
    readings: list[Reading] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    open: list[Finding] = field(default_factory=list)
    detections: list[dict[str, Any]] = field(default_factory=list)
    frames: int = 0
    analysed: int = 0
    detector_frames: int = 0
    fault: str | None = None
    failing: dict[str, str] = field(default_factory=dict)
    traces: dict[str, str] = field(default_factory=dict)
    where: Layout | None = None
