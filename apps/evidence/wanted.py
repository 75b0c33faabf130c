"""Which clips an alarm wants: of which cameras, from when until when."""

from datetime import datetime, timedelta
from uuid import uuid4

from apps.alarms.models import Alarm, Severity
from apps.cameras.models import Camera, Stream
from apps.evidence.models import Clip
from apps.evidence.services import chunk_end, chunks_of
from workers.engine import CAMERA_RULE

__all__ = ["clip_beside", "clip_request", "span_of"]

# Seconds before and after an alarm is raised, by severity (domain.md section 6).
SPAN_S = {Severity.CRITICAL: (10, 20)}
USUAL_SPAN_S = (5, 5)
# Occurrences folded into one alarm get a clip of their own this far apart.
NEXT_CLIP_AFTER = timedelta(minutes=5)


def clip_request(*, alarm: Alarm, at: datetime, anew: bool = False) -> Clip | None:
    """Ask for a clip around `at`; from this commit on its chunks stay in the ring.

    Of each camera that sees what the alarm is about: clips of one span, to be played in step.
    `anew`: also when an earlier clip is near, because the alarm became more severe.
    """
    at = _shown(alarm, at)
    since, until = span_of(severity=alarm.severity, at=at)
    latest = _latest(alarm)
    if latest is not None and not anew and at - latest.wanted_from < NEXT_CLIP_AFTER:
        return None
    clip = _asked(alarm, alarm.camera_id, alarm.rule, since, until)
    for one in alarm.witnesses.filter(cleared_at=None).exclude(camera=alarm.camera_id):
        _beside(clip, one.camera_id, one.rule)
    return clip


def _shown(alarm: Alarm, at: datetime) -> datetime:
    """Return what a clip is to be around: of a camera that is lost, the last that it showed.

    That it is lost is known seconds later, when nothing has been recorded for longer than a clip
    reaches back. What it showed before may tell why.
    """
    if alarm.rule != f"{CAMERA_RULE}.lost":
        return at
    rows = chunks_of(alarm.camera_id, Stream.MAIN, at - NEXT_CLIP_AFTER, at)
    return min(at, max(map(chunk_end, rows), default=at))


def clip_beside(*, alarm: Alarm, camera: Camera, rule: str, at: datetime) -> Clip | None:
    """Ask for the same span of another camera that sees what the alarm is about.

    None where the alarm has no clip of that moment, or the camera is in it already.
    """
    latest = _latest(alarm)
    if latest is None or at - latest.wanted_from >= NEXT_CLIP_AFTER:
        return None
    return _beside(latest, camera.pk, rule)


def _latest(alarm: Alarm) -> Clip | None:
    """Return the newest clip that an alarm asked for of its own camera."""
    rows = Clip.objects.filter(alarm=alarm, camera=alarm.camera_id, asked_by=None)
    return rows.order_by("-wanted_from", "-pk").first()


def _asked(alarm: Alarm, camera_id: int, rule: str, since: datetime, until: datetime) -> Clip:
    return Clip.objects.create(
        mine_id=alarm.mine_id,
        alarm=alarm,
        camera_id=camera_id,
        rule=rule,
        wanted_from=since,
        wanted_until=until,
        next_attempt_at=until,
    )


def _beside(clip: Clip, camera_id: int, rule: str) -> Clip | None:
    if clip.together is None:
        clip.together = uuid4()
        clip.save(update_fields=["together"])
    elif Clip.objects.filter(together=clip.together, camera=camera_id).exists():
        return None
    assert clip.alarm is not None
    made = _asked(clip.alarm, camera_id, rule, clip.wanted_from, clip.wanted_until)
    made.together = clip.together
    made.save(update_fields=["together"])
    return made


def span_of(*, severity: str, at: datetime) -> tuple[datetime, datetime]:
    """Return what an alarm's clip shows: from when, until when."""
    before_s, after_s = SPAN_S.get(Severity(severity), USUAL_SPAN_S)
    return at - timedelta(seconds=before_s), at + timedelta(seconds=after_s)
