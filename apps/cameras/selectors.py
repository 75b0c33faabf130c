"""Reads of cameras."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from apps.cameras.models import AHEAD, Analysis, Camera, Chunk, Stream, StreamState
from apps.natural import natural
from apps.rules.selectors import guarded, is_guarded, scene_document, scene_in_force
from apps.sentences import kept

__all__ = [
    "camera_health",
    "camera_tile_data",
    "cameras",
    "cameras_waiting",
    "is_overloaded",
    "is_stale",
    "picture_blind",
    "unrecorded_since",
]

# Older than this a camera's newest analysed second is no view of the present.
STALE = timedelta(seconds=10)
# So long after chunks were left out nobody believes that all of a camera is seen.
LEFT_OUT = timedelta(minutes=1)
# The analysed stream comes for so long and the evidence stream does not. Shorter is a camera that
# starts anew and opens its streams one after the other, within two minutes; and nobody is less
# watched meanwhile.
UNRECORDED = timedelta(minutes=3)
# Faults of the picture that make it useless, the one to name first; others are told, not BLIND.
BLINDING = ("blocked", "frozen", "moved", "dark", "overexposed", "glare", "blurred", "hazy")
# Below this visibility the picture cannot be trusted to show a person.
SEES = 0.5


def cameras_waiting() -> list[int]:
    """List cameras with waiting chunks and nobody at work on them, who waited longest first.

    Needs a system scope.
    """
    free = Q(camera__analysis__lease_until=None) | Q(
        camera__analysis__lease_until__lt=timezone.now()
    )
    rows = Chunk.objects.filter(free, state=Chunk.State.NEW, camera__enabled=True)
    longest = rows.values("camera_id").annotate(since=Min("indexed_at"))
    return [row["camera_id"] for row in longest.order_by("since", "camera_id")]


def cameras() -> QuerySet[Camera]:
    """List the cameras in scope with what their tiles show."""
    return (
        Camera.objects.select_related("mine", "area", "analysis")
        .prefetch_related("streams")
        .annotate(guarded=guarded())
        .order_by("mine__name", natural("area__name"), natural("name"))
    )


def camera_health(camera: Camera) -> dict[str, Any]:
    """Return the camera's streams, analysis and one word: protecting, idle, blind, or off.

    `blind` means that nobody should believe that this camera watches anything now; `because`
    says why. `idle` is one that sees, and has no rule that raises alarms.
    """
    analysis = getattr(camera, "analysis", None) or Analysis(camera=camera)
    streams = {row.stream: row for row in camera.streams.all()}
    watched = streams.get(camera.analysed_stream)
    because = _blind_because(camera, analysis, watched)
    if not camera.enabled:
        word, because = "off", ""
    elif because:
        word = "blind"
    elif _is_guarded(camera):
        word = "protecting"
    else:
        word, because = "idle", "unruled"
    return {
        "state": word,
        "because": because,
        "streams": [
            {
                "stream": row.stream,
                "state": row.state,
                "reason": kept(row.reason),
                "since": row.since.isoformat(),
                "codec": row.codec,
                "width": row.width,
                "height": row.height,
                "fps": row.fps,
                "last_chunk_at": _iso(row.last_chunk_at),
                "duplicate_chunks": row.duplicate_chunks,
            }
            for row in sorted(streams.values(), key=lambda row: row.stream)
        ],
        "analysed_until": _iso(analysis.analysed_until),
        "lag_s": analysis.lag_s,
        "visibility": analysis.visibility,
        "faults": [*analysis.faults, *_unrecorded(camera)],
        "machines": analysis.machine_states,
        "bad_chunks": analysis.bad_chunks,
        "last_error": kept(analysis.last_error),
        "shed_chunks": analysis.shed_chunks,
        "rate": analysis.rate,
        "scene_version": analysis.scene_version,
    }


def _unrecorded(camera: Camera) -> list[dict[str, Any]]:
    since = unrecorded_since(camera)
    fault = {"fault": "unrecorded", "about": ""}
    return [{**fault, "since": since.timestamp()}] if camera.enabled and since else []


def unrecorded_since(camera: Camera) -> datetime | None:
    """Return since when a camera that is seen lacks its evidence stream; None where it does not.

    Measured by the analysed stream's chunks, which wait with the others where rows are late. A
    camera of which nothing comes is lost, and told as that.
    """
    streams = {row.stream: row for row in camera.streams.all()}
    watched, main = streams.get(camera.analysed_stream), streams.get(Stream.MAIN)
    if watched is None or watched is main or watched.state != StreamState.State.RECORDING:
        return None
    last = main.last_chunk_at if main is not None else None
    since = max(watched.since, last) if last is not None else watched.since
    until = watched.last_chunk_at or timezone.now()
    return since if until - since >= UNRECORDED else None


def _is_guarded(camera: Camera) -> bool:
    """Tell whether a rule of the camera raises alarms; lists have asked for all of them at once."""
    found = getattr(camera, "guarded", None)
    return is_guarded(scene_document(scene_in_force(camera=camera))) if found is None else found


def _blind_because(camera: Camera, analysis: Analysis, watched: StreamState | None) -> str:
    """Return the first reason not to trust the camera: a code that pages put into words."""
    if watched is None:
        return "starting"
    if watched.state != StreamState.State.RECORDING:
        return watched.state
    if is_stale(analysis):
        return "stale"
    if is_overloaded(analysis):
        return "overloaded"
    return picture_blind(analysis)


def is_stale(analysis: Analysis) -> bool:
    """Tell whether what was analysed last is no view of the present."""
    until = analysis.analysed_until
    return until is None or not -AHEAD <= timezone.now() - until <= STALE


def is_overloaded(analysis: Analysis) -> bool:
    """Tell whether some of the camera's last minute was left out: this machine is too slow."""
    at = analysis.skipped_at
    return at is not None and -AHEAD <= timezone.now() - at <= LEFT_OUT


def picture_blind(analysis: Analysis) -> str:
    """Return why the analysed picture itself shows nothing to rely on, or nothing."""
    there = {row["fault"] for row in analysis.faults}
    for fault in BLINDING:
        if fault in there:
            return fault
    if analysis.visibility is not None and analysis.visibility < SEES:
        return "unseen"
    return ""


def camera_tile_data(camera: Camera) -> dict[str, Any]:
    """Return what the desk's tile of a camera shows; the picture itself has its own address."""
    return {
        "id": camera.pk,
        "mine": camera.mine_id,
        "mine_name": camera.mine.name,
        "timezone": camera.mine.timezone,
        "area": camera.area.name,
        "name": camera.name,
        "enabled": camera.enabled,
        "health": camera_health(camera),
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
