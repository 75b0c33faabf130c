"""How long the disk's space lasts, told before it is over: 48 hours must remain.

The ring is full by design once it holds what retention promises. Space runs out only where the
promise does not fit: then `hours_left` says when something will go before its time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from apps.alarms.models import Alarm
from apps.alarms.services import alarm_clear, alarm_raise
from apps.cameras.models import Camera
from apps.recordings.keeping import kept_by_camera
from apps.recordings.models import Stretch
from apps.recordings.trim import bytes_by_camera, shares
from apps.tenancy.scope import mine_scope, system_scope
from workers.media.ring import Ring
from workers.words import sentence

__all__ = ["LEAST_H", "SPACE_RULE", "SPACE_TYPE", "Space", "space_now", "space_watch"]

LEAST_H = 48.0
CLEAR_H = 52.0
# The present rate is that of the last hour; less than this is too little to tell.
WINDOW = timedelta(hours=1)
LEAST_WINDOW_S = 60.0
SPACE_RULE, SPACE_TYPE = "recording.space", "recording_space"


@dataclass(frozen=True)
class Space:
    """What the recordings take and what they would have to, in bytes; rate in bytes a second."""

    used: int
    room: int  # what may still be written
    rate: float
    need: float  # what retention promises, at the present rate

    @property
    def fits(self) -> bool:
        """Tell whether all that is promised finds room."""
        return self.need <= self.used + self.room

    @property
    def hours_left(self) -> float | None:
        """In how many hours something goes before its time; None: never, at this rate."""
        if self.rate <= 0 or self.fits:
            return None
        return max(0, self.room) / self.rate / 3600


def space_now(*, free_bytes: int, now: datetime | None = None) -> Space:
    """Weigh the recordings of all mines against the disk; needs a system scope."""
    now = now or timezone.now()
    used = bytes_by_camera()
    cameras = list(Camera.objects.all())
    kept = kept_by_camera(cameras)
    rates = _rates(now)
    wanted = {pk: rates.get(pk, 0.0) * one.age_s for pk, one in kept.items()}
    need = 0.0
    for ids, most in shares(cameras, kept):  # more than its share nobody is promised
        need += min(sum(wanted.pop(pk) for pk in ids), most)
    need += sum(wanted.values())
    total = sum(used.values())
    room = min(settings.RING_BYTES - total, free_bytes - settings.RING_MIN_FREE_BYTES)
    return Space(used=total, room=room, rate=sum(rates.values()), need=need)


def _rates(now: datetime) -> dict[int, float]:
    """Return by camera the bytes a second that the last hour kept."""
    since = now - WINDOW
    sums: dict[int, float] = {}
    first: dict[int, datetime] = {}
    rows = Stretch.objects.filter(since__gt=since - WINDOW, until__gt=since)
    for row in rows:
        length_s = (row.until - row.since).total_seconds()
        inside_s = (row.until - max(row.since, since)).total_seconds()
        if length_s > 0:
            sums[row.camera_id] = sums.get(row.camera_id, 0.0) + row.bytes * inside_s / length_s
            begun = max(row.since, since)
            first[row.camera_id] = min(first.get(row.camera_id, begun), begun)
    rates = {}
    for pk, total in sums.items():
        window_s = (now - first[pk]).total_seconds()
        if window_s >= LEAST_WINDOW_S:
            rates[pk] = total / window_s
    return rates


def space_watch(ring: Ring, *, mine_ids: set[int], now: datetime | None = None) -> Space:
    """Raise an alarm in each mine when less than 48 hours of space are left; clear it by itself.

    The alarm stands at the camera that writes most: there is most to win. Told twice is once.
    """
    now = now or timezone.now()
    with system_scope("all mines share the ring's disk"):
        space = space_now(free_bytes=ring.free_bytes(), now=now)
        open_ = {
            alarm.mine_id: alarm
            for alarm in Alarm.objects.filter(
                rule_type=SPACE_TYPE, cleared_at=None, mine__in=mine_ids
            ).select_related("camera")
        }
        sizes = bytes_by_camera()
        worst: dict[int, Camera] = {}
        for camera in Camera.objects.filter(mine__in=mine_ids, enabled=True).order_by("pk"):
            held = worst.get(camera.mine_id)
            if held is None or sizes.get(camera.pk, 0) > sizes.get(held.pk, 0):
                worst[camera.mine_id] = camera
    left_h = space.hours_left
    for mine_id in mine_ids:
        alarm = open_.get(mine_id)
        if alarm is None and left_h is not None and left_h < LEAST_H and mine_id in worst:
            _raise(worst[mine_id], left_h, space, now)
        elif alarm is not None and (left_h is None or left_h > CLEAR_H):
            with mine_scope(mine_id):
                alarm_clear(camera=alarm.camera, rule=SPACE_RULE, situation=alarm.situation, at=now)
    return space


def _raise(camera: Camera, left_h: float, space: Space, now: datetime) -> None:
    gigabytes = f"{max(space.room, 0) / 1e9:.1f}"
    why = sentence(f"{left_h:.0f} h of recording space left: {gigabytes} GB at the present rate")
    with mine_scope(camera.mine_id):
        alarm_raise(
            camera=camera,
            rule=SPACE_RULE,
            rule_type=SPACE_TYPE,
            situation=f"space@{now.timestamp():.3f}",
            level="space",
            severity="high",
            at=now,
            why=why,
            values={"hours_left": round(left_h, 1), "room_bytes": space.room},
            boxes=[],
            zone=[],
            scene_version=0,
        )
