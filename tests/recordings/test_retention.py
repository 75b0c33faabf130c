"""What goes and what stays: policies, ages, shares, and a disk that is full."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.alarms.models import Alarm
from apps.audit.models import AuditEntry
from apps.cameras.models import Analysis, Camera, Chunk, Worth
from apps.cameras.services import camera_create, camera_update
from apps.evidence.holds import hold_place
from apps.evidence.models import Clip
from apps.playback.services import motion_keep
from apps.recordings.keeping import kept_by_camera, retention_set
from apps.recordings.models import Cause, Gap, Retention, Stretch
from apps.recordings.space import space_now, space_watch
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast, an_alarm
from tests.disk import small_disk_of
from tests.recordings.recorded import minutes_ago, put, seen, swept
from workers.media.errors import DiskFull
from workers.media.ring import Ring


@pytest.fixture(autouse=True)
def half_past_four() -> Iterator[None]:
    """Stretches end with the clock's hour, so the last minutes of all tests lie within one."""
    with time_machine.travel(datetime(2026, 3, 4, 4, 30, tzinfo=UTC)):
        yield


@pytest.fixture
def ring(ring: Ring, settings) -> Ring:
    settings.RING_AGE_S = 30 * 86400
    return ring


@pytest.fixture
def hill(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


def left(camera: Camera, since) -> list[int]:
    """Which seconds from `since` on are still there."""
    rows = Chunk.objects.filter(camera=camera).order_by("started_at")
    return [round((row.started_at - since).total_seconds()) for row in rows]


def causes() -> dict[str, int]:
    """Bytes that went, by cause."""
    found: dict[str, int] = {}
    for gap in Gap.objects.all():
        found[gap.cause] = found.get(gap.cause, 0) + gap.bytes
    return found


# Policies


def test_motion_keeps_ten_seconds_around_what_moved_and_says_what_it_dropped(
    hill: Cast, ring: Ring
):
    camera, start = hill.lamp_hill.camera, minutes_ago(9)
    camera_update(camera=camera, actor=hill.admin, keeps="motion")
    put(ring, camera, start, 90)
    seen(camera, timezone.now())
    at = start + timedelta(seconds=40)
    motion_keep(camera=camera, since=at, until=at + timedelta(seconds=5))
    assert swept(ring) == 65
    assert left(camera, start) == list(range(30, 55))
    assert causes() == {Cause.POLICY: 65_000}
    assert Stretch.objects.get().bytes == 25_000
    assert swept(ring) == 0


def test_alarms_only_keeps_from_before_an_alarm_until_after_it(hill: Cast, ring: Ring):
    camera, start = hill.lamp_hill.camera, minutes_ago(9)
    camera_update(camera=camera, actor=hill.admin, keeps="alarms")
    put(ring, camera, start, 200)
    seen(camera, timezone.now())
    motion_keep(camera=camera, since=start, until=start + timedelta(seconds=30))
    raised = start + timedelta(seconds=100)
    alarm = an_alarm(hill.lamp_hill, at=raised)
    Alarm.objects.filter(pk=alarm.pk).update(
        cleared_at=raised + timedelta(seconds=30), state="returned"
    )
    Clip.objects.update(state=Clip.State.READY)
    swept(ring)
    # A critical alarm's video begins 10 s before and ends 20 s after; 10 s more on both sides.
    assert left(camera, start) == list(range(80, 160))


def test_what_is_not_analysed_yet_stays_and_in_doubt_counts_as_an_alarm(hill: Cast, ring: Ring):
    camera, start = hill.lamp_hill.camera, minutes_ago(9)
    camera_update(camera=camera, actor=hill.admin, keeps="alarms")
    put(ring, camera, start, 10)
    assert swept(ring) == 0
    assert set(Chunk.objects.values_list("worth", flat=True)) == {Worth.NOT_JUDGED}
    Chunk.objects.update(started_at=minutes_ago(20))
    assert swept(ring) == 0
    assert set(Chunk.objects.values_list("worth", flat=True)) == {Worth.ALARM}


@pytest.mark.parametrize("state", [Chunk.State.BAD, Chunk.State.NEW])
def test_what_nobody_analysed_stays_in_both_streams_although_later_seconds_were_analysed(
    hill: Cast, ring: Ring, state: str
):
    camera, start = hill.lamp_hill.camera, minutes_ago(9)
    camera_update(camera=camera, actor=hill.admin, keeps="motion", sub_url=camera.main_url + "/2")
    put(ring, camera, start, 30, stream="main")
    put(ring, camera, start, 30, stream="sub")
    seen(camera, timezone.now())
    at = start + timedelta(seconds=10)
    there = Chunk.objects.filter(stream="sub", started_at__range=(at, at + timedelta(seconds=9)))
    assert there.update(state=state) == 10
    assert swept(ring) == 40
    assert left(camera, start) == sorted([*range(10, 20), *range(10, 20)])


def test_the_newest_two_minutes_are_there_whatever_the_policy(hill: Cast, ring: Ring):
    camera = hill.lamp_hill.camera
    camera_update(camera=camera, actor=hill.admin, keeps="alarms")
    put(ring, camera, minutes_ago(1), 10)
    seen(camera, timezone.now())
    assert swept(ring) == 0


def test_a_change_of_the_policy_is_on_the_record(hill: Cast):
    camera_update(camera=hill.lamp_hill.camera, actor=hill.admin, keeps="motion")
    entry = AuditEntry.objects.filter(action="camera.changed").get()
    assert (entry.actor, entry.detail["keeps"]) == (hill.admin, ["all", "motion"])
    with pytest.raises(ValidationError) as refused:
        camera_update(camera=hill.lamp_hill.camera, actor=hill.admin, keeps="some")
    assert "keeps" in refused.value.message_dict


# Days and shares


def test_a_camera_goes_before_its_mine_and_the_mine_before_the_default(hill: Cast, settings):
    place = hill.lamp_hill
    second = camera_create(area=place.area, name="Sump", main_url="rtsp://10.0.0.8/main")
    settings.RING_AGE_S, settings.CLIP_YEARS = 86400, 3

    def days() -> list[float]:
        kept = kept_by_camera([place.camera, second])
        return [kept[place.camera.pk].days, kept[second.pk].days]

    assert days() == [1, 1]
    retention_set(mine=place.mine, actor=hill.owner, days=30.0, clip_years=5.0)
    assert days() == [30, 30]
    retention_set(mine=place.mine, camera=second, actor=hill.owner, days=7.0)
    assert days() == [30, 7]
    kept = kept_by_camera([second])[second.pk]
    assert (kept.clip_years, kept.said_by["clip_years"]) == (5, "mine")
    retention_set(mine=place.mine, camera=second, actor=hill.owner, days=None)
    assert days() == [30, 30]
    entries = AuditEntry.objects.filter(action="retention.changed").order_by("pk")
    assert entries.last().detail["before"]["days"] == 7
    assert entries.last().detail["after"]["days"] is None


@pytest.mark.parametrize(
    ("field", "value"), [("days", 0.0), ("days", -1.0), ("days", 1e9), ("clip_years", 101.0)]
)
def test_a_figure_that_makes_no_sense_is_refused_beside_its_field(hill: Cast, field, value):
    with pytest.raises(ValidationError) as refused:
        retention_set(mine=hill.lamp_hill.mine, actor=hill.owner, **{field: value})
    assert list(refused.value.message_dict) == [field]
    assert not Retention.objects.exists()


def test_what_is_older_than_its_days_goes_and_is_a_gap_by_age(hill: Cast, ring: Ring):
    place = hill.lamp_hill
    second = camera_create(area=place.area, name="Sump", main_url="rtsp://10.0.0.8/main")
    for camera in (place.camera, second):
        put(ring, camera, minutes_ago(60 * 24 * 2), 5)
        put(ring, camera, minutes_ago(5), 5)
    retention_set(mine=place.mine, camera=second, actor=hill.owner, days=1.0)
    assert swept(ring) == 5
    assert Chunk.objects.filter(camera=place.camera).count() == 10
    assert Chunk.objects.filter(camera=second).count() == 5
    gap = Gap.objects.get(cause=Cause.AGE)
    assert (gap.camera, gap.bytes) == (second, 5000)


def test_a_share_of_the_disk_is_a_cameras_own_or_that_of_the_mines_others(hill: Cast, ring: Ring):
    place, start = hill.lamp_hill, minutes_ago(5)
    second = camera_create(area=place.area, name="Sump", main_url="rtsp://10.0.0.8/main")
    third = camera_create(area=place.area, name="Gate", main_url="rtsp://10.0.0.7/main")
    size = 3_000_000
    for n, camera in enumerate((place.camera, second, third)):
        put(ring, camera, start + timedelta(seconds=n), 5, size=size)
    retention_set(mine=place.mine, camera=third, actor=hill.owner, gigabytes=0.01)
    retention_set(mine=place.mine, actor=hill.owner, gigabytes=0.02)
    swept(ring)
    assert Chunk.objects.filter(camera=third).count() == 3
    assert Chunk.objects.exclude(camera=third).count() == 6
    assert set(causes()) == {Cause.LIMIT}
    oldest_left = Chunk.objects.exclude(camera=third).order_by("started_at").first()
    assert oldest_left.started_at > start + timedelta(seconds=1), "the oldest went first"


# Disk pressure


def test_under_pressure_what_is_worth_least_goes_first_and_the_small_stream_before_the_large(
    hill: Cast, ring: Ring, settings
):
    camera, start = hill.lamp_hill.camera, minutes_ago(9)
    at = start + timedelta(seconds=60)
    for stream in ("main", "sub"):
        put(ring, camera, start, 90, stream=stream)
    seen(camera, timezone.now())
    motion_keep(camera=camera, since=at, until=at + timedelta(seconds=1))

    def kinds() -> set[tuple[str, int]]:
        return set(Chunk.objects.order_by().values_list("stream", "worth").distinct())

    settings.RING_BYTES = 140_000
    swept(ring)
    still = Chunk.objects.filter(worth=Worth.NOTHING)
    assert still.filter(stream="main").count() == 69
    assert still.filter(stream="sub").count() == 29, "of equal worth the small stream goes first"
    settings.RING_BYTES = 30_000
    swept(ring)
    assert kinds() == {("main", Worth.MOTION), ("sub", Worth.MOTION)}
    assert Chunk.objects.filter(stream="sub").count() == 9
    assert Chunk.objects.filter(stream="main").count() == 21
    entry = AuditEntry.objects.filter(action="recording.pressed_out").first()
    assert entry.subject == f"camera:{camera.pk}/sub"
    assert causes()[Cause.PRESSURE] == 150_000


small_disk = small_disk_of("2m")


def test_a_disk_that_is_really_full_gives_up_all_but_what_is_held(
    hill: Cast, small_disk: Path, settings
):
    settings.RING_DIR, settings.RING_MIN_FREE_BYTES = small_disk, 300_000
    ring, camera, start = Ring(small_disk), hill.lamp_hill.camera, minutes_ago(30)
    alarm = an_alarm(hill.lamp_hill, at=start + timedelta(seconds=15))
    Clip.objects.update(state=Clip.State.READY, bytes=1, key="x")
    hold_place(
        actor=hill.admin, alarm=alarm, reason="case 7", until=timezone.now() + timedelta(days=9)
    )
    wrote = 0
    with pytest.raises(DiskFull):
        while True:
            put(ring, camera, start + timedelta(seconds=wrote), size=10_000)
            wrote += 1
    assert wrote > 100
    assert swept(ring) > 0
    assert ring.free_bytes() >= 300_000
    clip = alarm.clips.get()
    kept = left(camera, start)
    held_s = (clip.wanted_until - start).total_seconds()
    assert [n for n in range(min(wrote, int(held_s))) if n not in kept] == []
    put(ring, camera, start + timedelta(seconds=wrote), size=10_000)  # there is room again
    # Until nothing but what is held is left: then the disk stays full, and that is said.
    settings.RING_MIN_FREE_BYTES = 2_000_000
    swept(ring)
    assert left(camera, start) == [n for n in range(wrote) if n < held_s + 30]
    assert all((small_disk / row.path).exists() for row in Chunk.objects.all())


# Much room for few files, as on a disk that is out of inodes; a quota looks alike.
few_files = small_disk_of("64m,nr_inodes=60", name="few_files")


def test_a_disk_that_takes_no_more_although_it_is_not_full_makes_room(
    hill: Cast, few_files: Path, settings
):
    settings.RING_DIR, settings.RING_MIN_FREE_BYTES = few_files, 1000
    ring, camera, start = Ring(few_files), hill.lamp_hill.camera, minutes_ago(20)
    wrote = 0
    with pytest.raises(DiskFull):
        while True:
            put(ring, camera, start + timedelta(seconds=wrote), size=10_000)
            wrote += 1
    assert ring.free_bytes() > 60_000_000
    went = swept(ring)
    assert 0 < went < wrote / 2, "the oldest go, and not all"
    assert left(camera, start) == list(range(went, wrote))
    put(ring, camera, start + timedelta(seconds=wrote), size=10_000)
    assert swept(ring) == 0, "once it takes them again nothing more goes"


def test_with_less_than_48_hours_of_space_an_alarm_is_raised_and_goes_by_itself(
    hill: Cast, ring: Ring, settings
):
    camera = hill.lamp_hill.camera
    Chunk.objects.all().delete()
    put(ring, camera, minutes_ago(10), 60, length_s=10.0, size=10_000)  # 1 kB/s
    settings.RING_BYTES = 100_000_000
    with system_scope("test"):
        space = space_now(free_bytes=10**12)
    assert space.rate == pytest.approx(1000, rel=0.01)
    assert space.need == pytest.approx(1000 * 30 * 86400, rel=0.01)
    assert space.hours_left == pytest.approx(27.6, abs=0.5)
    mine = camera.mine_id

    def look() -> None:
        space_watch(ring, mine_ids={mine})

    look()
    look()
    alarm = Alarm.objects.get(rule_type="recording_space")
    assert (alarm.severity, alarm.camera, alarm.cleared_at) == ("high", camera, None)
    assert alarm.why.startswith("28 h of recording space left")
    retention_set(mine=hill.lamp_hill.mine, actor=hill.owner, gigabytes=0.09)
    with system_scope("test"):
        assert space_now(free_bytes=10**12).fits, "more than its share the mine is not promised"
    retention_set(mine=hill.lamp_hill.mine, actor=hill.owner, days=1.0, gigabytes=None)
    look()
    alarm.refresh_from_db()
    assert alarm.cleared_at is not None
    assert Alarm.objects.filter(rule_type="recording_space").count() == 1


def test_a_ring_that_holds_all_it_promises_is_full_and_no_alarm(hill: Cast, ring: Ring, settings):
    put(ring, hill.lamp_hill.camera, minutes_ago(10), 60, length_s=10.0, size=10_000)
    settings.RING_AGE_S, settings.RING_BYTES = 600, 650_000
    with system_scope("test"):
        assert space_now(free_bytes=10**12).hours_left is None
    assert Analysis.objects.count() == 1
