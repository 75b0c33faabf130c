"""Alarms about the cameras themselves: faults of the picture, of the stream and of the clock."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.utils import timezone

from apps.alarms.models import Alarm
from apps.alarms.services import alarm_clear, alarm_raise
from apps.alarms.witnesses import CAMERA_OFF
from apps.apart import apart
from apps.cameras.models import Camera, Stream, StreamState
from apps.cameras.selectors import is_overloaded, unrecorded_since
from apps.cameras.services import future_forget
from apps.rules.selectors import guarded, scene_in_force
from apps.tenancy.scope import mine_scope, system_scope
from workers.engine import CAMERA_RULE, CAMERA_TYPE, Finding
from workers.vision.health import ARMED_S, HOLD_S
from workers.words import sentence

__all__ = ["LOST_RULE", "alarm_rule", "watch"]

LOST_RULE, DRIFT_RULE = f"{CAMERA_RULE}.lost", f"{CAMERA_RULE}.clock_drift"
UNWATCHED_RULE = f"{CAMERA_RULE}.unwatched"
UNRECORDED_RULE = f"{CAMERA_RULE}.unrecorded"
# States in which the recorder gets no pictures. Off is not among them: the recorder was stopped,
# and usually begins again in seconds.
DOWN = (StreamState.State.LOST, StreamState.State.FROZEN, StreamState.State.UNUSABLE)
DOWN += (StreamState.State.CONNECTING,)
# Pictures that come and are analysed by nobody for so long; over once they are as new as this.
UNWATCHED_S, WATCHED_S = 60.0, 10.0
# Enabled cameras that the recorder left, when it did, and since when this process sees it: it may
# have left them long ago, with all of Davy or by a person's wish, and be about to begin.
_left: dict[int, tuple[datetime, datetime]] = {}
# The camera's clock against ours: raised above, cleared below.
DRIFT_S, DRIFT_CLEAR_S = 2.0, 1.0


def alarm_rule(finding: Finding) -> str:
    """Return the rule that a finding's alarm stands under: every fault has an alarm of its own."""
    if finding.type != CAMERA_TYPE:
        return finding.rule
    about = finding.values.get("about", "")
    return f"{CAMERA_RULE}.{finding.level}{'.' if about else ''}{about}"[:100]


def watch() -> None:
    """Look at what the recorder last said of each camera; the beat calls this every two seconds."""
    now = timezone.now()
    with system_scope("this machine's clock is the clock of every mine"):
        future_forget(now=now)
    with system_scope("one look at the streams of every mine"):
        # Where many are lost at once it takes a while: those that protect somebody come first.
        rows = Camera.objects.annotate(guarded=guarded()).order_by("-guarded", "pk")
        cameras = list(rows.select_related("analysis").prefetch_related("streams"))
        there = set(
            Alarm.objects.filter(rule_type=CAMERA_TYPE, cleared_at=None).values_list(
                "camera_id", "rule", "situation"
            )
        )
    open_of: dict[int, dict[str, str]] = {}
    for camera_id, rule, situation in there:
        open_of.setdefault(camera_id, {})[rule] = situation
    apart(partial(_one, camera, open_of.get(camera.pk, {}), now) for camera in cameras)


def _one(camera: Camera, there: dict[str, str], now: datetime) -> None:
    """Raise or clear one camera's alarms about its stream and clock."""
    if not camera.enabled:
        _left.pop(camera.pk, None)
        for rule, situation in there.items():  # nobody is to be called to a camera that is off
            _clear(camera, rule, situation, now, unwatched=CAMERA_OFF)
        return
    stream = next((s for s in camera.streams.all() if s.stream == camera.analysed_stream), None)
    if stream is None:
        return
    down_s = (now - stream.since).total_seconds()
    if stream.state == StreamState.State.RECORDING:
        if LOST_RULE in there:
            _clear(camera, LOST_RULE, there[LOST_RULE], now)
    elif stream.state in DOWN and LOST_RULE not in there and down_s >= ARMED_S["lost"]:
        armed = _armed(camera)
        if armed or down_s >= HOLD_S["lost"]:
            values = {"stream": stream.stream, "stream_state": stream.state}
            because = stream.reason or stream.state
            why = sentence(f"no picture for {down_s:.0f} s: {because}")
            _raise(camera, "lost", stream.since, now, why, values, armed=armed)
    unwatched_s = (now - _watched_at(camera, stream)).total_seconds()
    left = _is_left(camera, stream, now)
    if unwatched_s < WATCHED_S:
        if UNWATCHED_RULE in there:
            _clear(camera, UNWATCHED_RULE, there[UNWATCHED_RULE], now)
    elif (
        unwatched_s >= UNWATCHED_S
        and (stream.state == StreamState.State.RECORDING or left)
        and UNWATCHED_RULE not in there
    ):
        why = sentence(f"its pictures come, and none was analysed for {unwatched_s:.0f} s")
        if _in_part(camera):
            why = sentence(f"for {unwatched_s:.0f} s analysed in part: this machine is too slow")
        if stream.state == StreamState.State.OFF:
            why = sentence(f"the recorder left it {unwatched_s:.0f} s ago and did not begin again")
        since = now - timedelta(seconds=unwatched_s)
        _raise(camera, "unwatched", since, now, why, {}, armed=_armed(camera))
    _evidence(camera, there, stream, now)
    drift_s = abs(stream.drift_s)
    if drift_s > DRIFT_S and DRIFT_RULE not in there:
        slow = stream.drift_s > 0
        why = (
            sentence(f"{drift_s:.1f} s slow since it connected")
            if slow
            else sentence(f"{drift_s:.1f} s fast since it connected")
        )
        values = {"drift_s": stream.drift_s}
        since = now - timedelta(seconds=HOLD_S["clock_drift"])
        _raise(camera, "clock_drift", since, now, why, values, armed=False)
    elif drift_s < DRIFT_CLEAR_S and DRIFT_RULE in there:
        _clear(camera, DRIFT_RULE, there[DRIFT_RULE], now)


def _is_left(camera: Camera, stream: StreamState, now: datetime) -> bool:
    """Tell whether the recorder does not come back to a camera that is enabled."""
    if stream.state != StreamState.State.OFF:
        _left.pop(camera.pk, None)
        return False
    since, seen = _left.get(camera.pk, (None, now))
    if since != stream.since:
        seen = now
    _left[camera.pk] = (stream.since, seen)
    return (now - seen).total_seconds() >= UNWATCHED_S


def _evidence(camera: Camera, there: dict[str, str], watched: StreamState, now: datetime) -> None:
    """Raise or clear the alarm that the main stream is missing while the other is analysed.

    Medium, whatever is armed: the danger is seen, and its video is the smaller picture.
    """
    main = next((s for s in camera.streams.all() if s.stream == Stream.MAIN), None)
    since = unrecorded_since(camera)
    if since is not None and UNRECORDED_RULE not in there:
        minutes = f"{(now - since).total_seconds() / 60:.0f}"
        state = main.state if main is not None else StreamState.State.CONNECTING.value
        because = (main.reason if main is not None else "") or state
        why = sentence(f"its main stream is not recorded for {minutes} min: {because}")
        values = {"stream": Stream.MAIN.value, "stream_state": state}
        _raise(camera, "unrecorded", since, now, why, values, armed=False)
    elif since is None and UNRECORDED_RULE in there:
        back = main is not None and main.state == StreamState.State.RECORDING
        if back or watched is main:
            _clear(camera, UNRECORDED_RULE, there[UNRECORDED_RULE], now)


def _watched_at(camera: Camera, stream: StreamState) -> datetime:
    """Return up to when all of the camera's pictures were analysed, or since when there are any."""
    analysis = getattr(camera, "analysis", None)
    until = analysis.analysed_until if analysis is not None else None
    if until is not None and _in_part(camera):
        until = min(until, analysis.skipping_since)
    return max(until, stream.since) if until is not None else stream.since


def _in_part(camera: Camera) -> bool:
    analysis = getattr(camera, "analysis", None)
    return analysis is not None and is_overloaded(analysis)


def _armed(camera: Camera) -> bool:
    with mine_scope(camera.mine_id):
        scene = scene_in_force(camera=camera)
    return bool(scene and scene.document.get("rules"))


def _raise(
    camera: Camera,
    fault: str,
    since: datetime,
    now: datetime,
    why: str,
    values: dict[str, Any],
    *,
    armed: bool,
) -> None:
    with mine_scope(camera.mine_id):
        alarm_raise(
            camera=camera,
            rule=f"{CAMERA_RULE}.{fault}",
            rule_type=CAMERA_TYPE,
            situation=f"camera:{fault}@{since.timestamp():.3f}",
            level=fault,
            severity="high" if armed else "medium",
            at=now,
            why=why,
            values={**values, "since_t": round(since.timestamp(), 3)},
            boxes=[],
            zone=[],
            scene_version=0,
        )


def _clear(
    camera: Camera, rule: str, situation: str, now: datetime, *, unwatched: str = ""
) -> None:
    with mine_scope(camera.mine_id):
        alarm_clear(camera=camera, rule=rule, situation=situation, at=now, unwatched=unwatched)
