"""Measures what is real: zone entries by day and darkened, and people in labelled pictures."""

from collections.abc import Callable, Sequence

from workers.accuracy import zones
from workers.accuracy.disturb import Change, darken, recode
from workers.accuracy.entry import Entry, Truth
from workers.accuracy.figures import Figure, events
from workers.accuracy.real import Film, films
from workers.accuracy.runner import frames_of, probed, run
from workers.media.decode import Frame
from workers.scene import Scene
from workers.vision.detector import Detector

# Seeds of the darkened films: noise and lamps differ.
DARK_SEEDS = (1, 2)
# People of vtest are some 60 to 140 px high at 640 wide; those at the far edge count too.
SMALLEST_PX = 25.0


def entries(
    detector: Detector, notes: list[str], change: Callable[[str], Change] | None = None
) -> list[Figure]:
    """Return the figures of zone entries in real films, bright, and darkened through H.264."""
    found: dict[str, list[zones.Score]] = {}
    for film in films():
        bare = Entry(film.name, "real", film.clip, Scene(), Truth())
        frames = [_narrow(f) for f in frames_of(bare, change=change(film.name) if change else None)]
        found.setdefault("bright", []).append(score(film, frames, detector, notes, "bright"))
        for seed in DARK_SEEDS:
            dark = darken(seed)
            low = [Frame(f.t, f.index, dark(f.bgr(), f.t)) for f in frames]
            low = recode(low, Scene().analysis_fps)
            found.setdefault("darkened", []).append(score(film, low, detector, notes, "darkened"))
    return [
        figure
        for regime, scores in found.items()
        for figure in events(f"real/zone entry/{regime}", scores)
    ]


def _narrow(frame: Frame) -> Frame:
    """Return a film's frame as a camera's second stream has it: 640 wide."""
    return Frame(frame.t, frame.index, frame.bgr(640))


def score(
    film: Film, frames: Sequence[Frame], detector: Detector, notes: list[str], regime: str
) -> zones.Score:
    """Run a film's frames and match its zones' entries; what went wrong is added to the notes."""
    aspect = frames[0].width / frames[0].height
    stays = [
        stay
        for probe in film.probes
        for stay in zones.stays(probe, film.people, aspect, smallest_px=SMALLEST_PX)
    ]
    done = run(probed(Scene(), film.probes), frames, detector)
    found = zones.score(stays, done.findings, done.seconds)
    for stay in found.missed:
        where = f"{stay.rule}, {stay.begin_s:.1f} to {stay.end_s:.1f} s"
        notes.append(f"{film.name}: missed {where} ({regime})")
    for rule, t in found.false_at:
        notes.append(
            f"{film.name}: raised {rule} at {t:.1f} s, with nobody's feet there ({regime})"
        )
    for rule, t in found.open_at:
        notes.append(
            f"{film.name}: {rule} is open still at {t:.1f} s, with nobody there ({regime})"
        )
    return found
