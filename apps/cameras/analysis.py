"""Takes a camera's waiting chunks through the engine, in order, one holder at a time.

Bells may be lost, doubled or late. What holds instead: a lease row per camera (one conditional
update wins it), the chunk's stream and number in the checkpoint (an old chunk changes nothing) and
one transaction for checkpoint, chunk, readings and alarms together. A holder that dies leaves a
lease that ends in seconds; a holder that wakes too late finds another token and writes nothing.
"""

import logging
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import Error, models, transaction
from django.utils import timezone

from apps.alarms.easing import alarm_ease
from apps.alarms.models import Alarm
from apps.alarms.services import alarm_clear, alarm_raise, alarm_see
from apps.alarms.silences import permits_follow
from apps.alarms.timing import Stages
from apps.cameras.frames import LastFrame, TimedDetector, still
from apps.cameras.health import LOST_RULE, alarm_rule
from apps.cameras.memory import MOST_ATTEMPTS, state_before
from apps.cameras.models import Analysis, Camera, Chunk
from apps.cameras.selectors import picture_blind
from apps.cameras.shedding import rate_for
from apps.cameras.tiles import keep_tile
from apps.cameras.waiting import LEASE, next_chunk, set_aside, take_back, take_back_owed
from apps.detectors.loading import Look, default_detector, look_for, own_models_of
from apps.evidence.boxes import boxes_kept
from apps.evidence.sightings import sightings_keep
from apps.live.services import emit
from apps.passing import is_passing
from apps.playback.services import motion_keep
from apps.readings.services import readings_keep
from apps.rules.masks import masks_carry
from apps.rules.models import Scene
from apps.rules.selectors import scene_document, scene_in_force
from apps.rules.services import rule_shadow
from apps.rules.slopes import counts_tell, joined
from apps.signals.selectors import events_late, reports_until, signals_until
from apps.tenancy.scope import mine_scope, system_scope
from workers import engine
from workers.failing import FAULT
from workers.force import permit_note
from workers.geometry import Polygon
from workers.media.decode import read_frames
from workers.media.errors import MediaError
from workers.report import last_seen_s
from workers.scene import Scene as ParsedScene
from workers.scene import parse_scene
from workers.state import State
from workers.words import sentence

__all__ = ["drain"]

log = logging.getLogger(__name__)
# A holder gives the camera back after this long, so that one backlog cannot starve the others: on
# a full machine a camera is looked at again after everybody's turn, and must not be BLIND by then.
TURN_S = 1.5
# After missing chunks so much of what was told meanwhile is taken in.
TOLD = timedelta(hours=1)
ARMED, SHADOW = "armed", "shadow"


def drain(camera_id: int) -> int:
    """Analyse what waits for a camera; returns the count, 0 when another is at it."""
    token = secrets.token_hex(8)
    # Before the lease: it takes seconds, once a process, which are no camera's slowness.
    default_detector()
    take_back_owed()
    with system_scope("a doorbell names a camera, not its mine"):
        camera = Camera.objects.filter(pk=camera_id).first()
        if camera is None or not _take_lease(camera, token):
            return 0
    taken, until = 0, time.monotonic() + TURN_S
    try:
        while time.monotonic() < until and _one(camera, token):
            taken += 1
    finally:
        with mine_scope(camera.mine_id):
            Analysis.objects.filter(camera=camera, lease_token=token).update(
                lease_token="", lease_until=None
            )
    return taken


def _take_lease(camera: Camera, token: str) -> bool:
    now = timezone.now()
    Analysis.objects.get_or_create(camera=camera, defaults={"mine_id": camera.mine_id})
    free = models.Q(lease_until=None) | models.Q(lease_until__lt=now)
    return bool(
        Analysis.objects.filter(free, camera=camera).update(
            lease_token=token, lease_until=now + LEASE
        )
    )


def _one(camera: Camera, token: str) -> bool:
    """Analyse the next waiting chunk; False when there is none or the lease is lost."""
    found = next_chunk(camera, token)
    if found is None:
        return False
    try:
        return _analysed(camera, token, *found)
    except Error as error:
        if is_passing(error):
            take_back(found[1])
        raise


def _analysed(camera: Camera, token: str, analysis: Analysis, chunk: Chunk, waiting: int) -> bool:
    """Analyse a chunk and write what was found; False where the lease is lost."""
    if not analysis.is_before(chunk):
        return set_aside(camera, chunk, token, sentence("arrived after a later chunk was analysed"))
    if chunk.attempts >= MOST_ATTEMPTS:
        return set_aside(camera, chunk, token, sentence("its analysis failed three times"))
    with mine_scope(camera.mine_id):
        scene_row = scene_in_force(camera=camera)
        document = scene_document(scene_row)
        start, end = chunk.started_at, chunk.started_at + timedelta(seconds=chunk.duration_s)
        # Where chunks are missing, what was told meanwhile counts as well.
        since = max(min(start, analysis.analysed_until or start), start - TOLD)
        signals = signals_until(
            mine_id=camera.mine_id,
            keys=[machine["id"] for machine in document.get("machines", [])],
            since=since,
            until=end,
        )
        scene = joined(_parsed(camera.pk, scene_row), camera=camera)
        signals += reports_until(
            mine_id=camera.mine_id,
            keys=[one.id for one in scene.inputs],
            since=since,
            until=end,
        )
        events = [one.id for one in scene.inputs if one.kind == "event"]
        signals += events_late(mine_id=camera.mine_id, keys=events, since=since)
        timezone_name = camera.mine.timezone
        active, shadow = own_models_of(camera)
    stages = Stages(chunk.indexed_at)
    stages.mark("picked")
    accepted = analysis.view_accepted_at if analysis.accepts(chunk) else None
    rate = rate_for(waiting)
    path = settings.RING_DIR / chunk.path
    wanted_fps = rate.get("fps", scene.analysis_fps)
    try:
        frames = LastFrame(read_frames(path, start_s=start.timestamp(), wanted_fps=wanted_fps))
    except MediaError as error:
        return set_aside(camera, chunk, token, str(error))
    # Under load the shadow rests: it may cost detail of nothing that is believed.
    look = look_for(camera, active, None if rate else shadow)
    detector = TimedDetector(look.detector)
    result = engine.analyse(
        scene,
        state_before(analysis, chunk),
        engine.Chunk(
            sequence=chunk.sequence,
            start_s=start.timestamp(),
            duration_s=chunk.duration_s,
            frames=frames,
            signals=[engine.Signal(at.timestamp(), key, state) for at, key, state in signals],
            accept_view=accepted is not None,
            epoch_s=0.0,  # the chunk's clock is the time of day
            timezone=timezone_name,
        ),
        detector=detector,
        fps=rate.get("fps"),
        look_s=rate.get("look_s", 0.0),
        apart=True,
    )
    stages.mark("judged")
    told = {fault.about for fault in result.state.health.open() if fault.fault == FAULT}
    for part, trace in result.traces.items():
        if part not in told:  # once its fault is told, the log would say the same each second
            log.error("camera %s: chunk %s: %s fails:\n%s", camera.pk, chunk.key, part, trace)
    stages.decoding_s, stages.detecting_s = frames.took_s, detector.took_s
    stills = {f.t: still(chunk, f.t) for f in result.findings if f.state == "raised"}
    with mine_scope(camera.mine_id):
        # Asked for first, it is told before the pages are rung.
        transaction.on_commit(lambda: stages.mark("committed"))
        written = _write(
            camera,
            stages,
            chunk,
            token,
            scene_row,
            scene,
            result,
            stills,
            look,
            rate=rate,
            accepted=accepted,
        )
    stages.mark("rung")
    stages.keep()
    if written and frames.last is not None:
        keep_tile(camera.pk, frames.last)
    return written


@lru_cache(maxsize=256)
def _parse(camera_id: int, version: int) -> ParsedScene:
    scene = Scene.objects.filter(camera_id=camera_id, version=version).first()
    return parse_scene(scene_document(scene), stored=True)


def _parsed(camera_id: int, scene: Scene | None) -> ParsedScene:
    if scene is None:
        return parse_scene(scene_document(None))
    with mine_scope(scene.mine_id):
        return _parse(camera_id, scene.version)


def _write(
    camera: Camera,
    stages: Stages,
    chunk: Chunk,
    token: str,
    scene: Scene | None,
    parsed: ParsedScene,
    result: engine.Analysis,
    stills: dict[float, bytes],
    look: Look,
    *,
    rate: dict[str, float],
    accepted: datetime | None,
) -> bool:
    """Commit checkpoint, chunk and alarms together, if the lease is still ours."""
    end = chunk.started_at + timedelta(seconds=chunk.duration_s)
    states = {
        reading.name.removesuffix(".state"): {"state": reading.value, "source": reading.source}
        | ({"why": reading.why} if reading.why else {})
        for reading in result.readings
        if reading.name.endswith(".state")
    }
    ours = Analysis.objects.select_for_update().filter(camera=camera, lease_token=token)
    row = ours.first()
    if row is None or not row.is_before(chunk):
        log.warning("camera %s: lease lost, chunk %s left to its holder", camera.pk, chunk.key)
        return False
    before = (picture_blind(row), row.faults)
    if row.view_accepted_at == accepted:  # not where somebody accepted another view meanwhile
        row.view_accepted_at = None
    row.stream, row.sequence = chunk.stream, chunk.sequence
    row.state = result.state.dump()
    judged_by, row.scene_version = row.scene_version, scene.version if scene else 0
    row.machine_states = {**row.machine_states, **states}
    for reading in result.readings:
        if reading.name == "visibility" and isinstance(reading.value, float):
            row.visibility = reading.value
    row.shown = _shown(scene, result.state)
    aside = {name: list(off) for name, off in result.where.aside.items()} if result.where else {}
    # Another version may cover with a mask that a knock carried before: nothing else tells of it.
    if (aside, row.scene_version) != (row.aside, judged_by):
        row.aside = aside
        masks_carry(camera=camera, scene=scene, aside=aside, since=chunk.started_at)
    row.faults = [
        {"fault": f.level, "about": f.values.get("about", ""), "since": f.values["since_t"]}
        for f in result.open
        if f.type == engine.CAMERA_TYPE
    ]
    row.analysed_until = end
    row.lag_s = max(0.0, (timezone.now() - end).total_seconds())
    row.shed_chunks += bool(rate)
    row.rate = rate
    if result.fault:
        row.bad_chunks += 1
    if said := result.fault or result.state.note or next(iter(result.failing.values()), ""):
        row.last_error = f"{chunk.key}: {said}"[:300]
    row.save()
    Chunk.objects.filter(pk=chunk.pk).update(
        state=Chunk.State.BAD if result.fault else Chunk.State.DONE,
        error=(result.fault or "")[:300],
        boxes=boxes_kept(result.detections, start_s=chunk.started_at.timestamp()),
    )
    blind = picture_blind(row)
    if before != (blind, row.faults):
        # Pages ask for the camera's health when they hear this, and show BLIND within a chunk.
        emit(
            mine_id=camera.mine_id,
            kind="camera.sight",
            payload={"camera": camera.pk, "because": blind, "faults": row.faults},
        )
    readings_keep(
        camera=camera,
        values=[
            (reading.name, _moment(reading.t), reading.value, reading.confidence)
            for reading in result.readings
            if not isinstance(reading.value, str)
        ],
    )
    if result.state.gate.moved_t >= chunk.started_at.timestamp():
        motion_keep(camera=camera, since=chunk.started_at, until=end)
    look.write()
    counts_tell(camera=camera, scene=parsed, state=result.state, at=end)
    permits_follow(camera=camera, permits=_permits_open(scene, result.state))
    sightings_keep(
        camera=camera,
        findings=[*result.findings, *result.open],
        scene_version=row.scene_version,
        model=str(getattr(look.detector, "name", "")),
    )
    carried = result.where.carried if result.where else {}
    for finding in result.findings:
        still = stills.get(finding.t, b"")
        raised = _apply(camera, scene, finding, still, carried)
        stages.raised(raised, _moment(finding.t))
    for finding in (one for one in result.open if one.mode == ARMED):
        seen = alarm_see(
            camera=camera, rule=alarm_rule(finding), situation=finding.situation,
            level=finding.level, at=_moment(last_seen_s(result.state, finding)), why=finding.why,
            values=finding.values, boxes=finding.boxes,
        )  # fmt: skip
        if seen is None:  # it left its alarm when it was switched off, and sees the danger still
            _apply(camera, scene, finding, b"", carried)
    return True


def _permits_open(scene: Scene | None, state: State) -> dict[str, str]:
    """Return the armed rules that an open permit holds back, with the permit's id."""
    found = {}
    for raw in scene.document.get("rules", []) if scene else []:
        permit, memory = raw.get("permit"), state.rules.get(raw["id"])
        if permit and memory and memory.mode == ARMED and memory.note == permit_note(permit):
            found[raw["id"]] = permit
    return found


def _shown(scene: Scene | None, state: engine.State) -> dict[str, Any]:
    """Return what the scene's rules show of themselves, with what each is called."""
    found = {}
    for rule in scene.document.get("rules", []) if scene else []:
        memory = state.rules.get(rule["id"])
        if memory is not None and "shown" in memory.memory:
            found[rule["id"]] = {**memory.memory["shown"], "name": rule.get("name", "")}
    return found


def _apply(
    camera: Camera,
    scene: Scene | None,
    finding: engine.Finding,
    jpeg: bytes,
    carried: Mapping[str, Polygon] | None = None,
) -> Alarm | None:
    """Put a finding where it belongs; return the alarm that it raised or went into.

    carried: zones that lie elsewhere in its picture than they were drawn.
    """
    at, rule = _moment(finding.t), alarm_rule(finding)
    if finding.mode == SHADOW:
        rule_shadow(camera=camera, scene=scene, finding=finding, at=at)
    if finding.mode == SHADOW and finding.state != "cleared":
        return None  # what a rule in shadow finds is told, and is no alarm
    if rule == LOST_RULE:
        return None  # a hole in the recording: the recorder has told of it, or it was ours
    if finding.state == "cleared":
        unwatched = finding.values.get("unwatched", "")
        alarm_clear(
            camera=camera, rule=rule, situation=finding.situation, at=at, unwatched=unwatched
        )
        return None
    document: dict[str, Any] = scene.document if scene else {}
    zones = {zone["id"]: zone["polygon"] for zone in document.get("zones", [])}
    zones |= {name: [list(point) for point in polygon] for name, polygon in (carried or {}).items()}
    told: dict[str, Any] = {
        "camera": camera, "rule": rule, "situation": finding.situation, "level": finding.level,
        "severity": finding.severity, "at": at, "why": finding.why, "values": finding.values,
        "boxes": finding.boxes, "zone": zones.get(finding.values.get("zone", ""), []),
    }  # fmt: skip
    if finding.state == "eased":
        alarm_ease(**told)
        return None
    version = scene.version if scene else 0
    return alarm_raise(rule_type=finding.type, scene_version=version, jpeg=jpeg, **told)


def _moment(unix_s: float) -> datetime:
    return datetime.fromtimestamp(unix_s, tz=UTC)
