"""Legal holds: nobody removes what is held, in whatever order things happen."""

import contextlib
import time
from datetime import timedelta
from threading import Thread

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.audit.models import AuditEntry
from apps.cameras.models import Chunk
from apps.cameras.services import camera_update
from apps.evidence import expiry, storage
from apps.evidence.expiry import clip_finish, clip_remove, clips_expire
from apps.evidence.holds import hold_place, hold_release, holds_due, holds_on, videos_gone
from apps.evidence.models import Clip, Hold
from apps.recordings.keeping import retention_set
from apps.recordings.trim import trim
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast, an_alarm
from tests.recordings.recorded import put, seen
from workers.media.ring import Ring


@pytest.fixture
def hill(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


def in_days(days: float):
    return timezone.now() + timedelta(days=days)


def a_clip(hill: Cast, *, days_ago: float = 0.01) -> Clip:
    """A finished clip; what the store has of it does not matter here."""
    alarm = an_alarm(hill.lamp_hill, at=timezone.now() - timedelta(days=days_ago))
    clip = alarm.clips.get()
    Clip.objects.filter(pk=clip.pk).update(state=Clip.State.READY, key=f"{clip.uid}/x", bytes=9)
    clip.refresh_from_db()
    return clip


def hold(hill: Cast, clip: Clip, *, days: float = 9, who="admin") -> Hold:
    return hold_place(actor=hill[who], clip=clip, reason="case 7", until=in_days(days))


def test_two_holds_on_one_video_both_have_to_end(hill: Cast):
    clip = a_clip(hill)
    first, second = hold(hill, clip), hold(hill, clip, days=20)
    hold_release(hold=first, actor=hill.owner, reason="closed")
    with pytest.raises(ValidationError):
        clip_remove(clip=clip, actor=hill.owner, reason="tidy up")
    with system_scope("test"):
        assert holds_due(now=in_days(21)) == 1
    second.refresh_from_db()
    assert second.ended_at == second.until
    clip_remove(clip=clip, actor=hill.owner, reason="tidy up")
    assert clip_finish(clip_id=clip.pk, mine_id=clip.mine_id)
    clip.refresh_from_db()
    assert clip.state == Clip.State.EXPIRED


def test_who_placed_a_hold_cannot_end_it_and_another_says_why(hill: Cast):
    held = hold(hill, a_clip(hill), who="owner")
    with pytest.raises(PermissionDenied):
        hold_release(hold=held, actor=hill.owner, reason="mine")
    with pytest.raises(ValidationError) as refused:
        hold_release(hold=held, actor=hill.admin, reason=" ")
    assert "reason" in refused.value.message_dict
    hold_release(hold=held, actor=hill.admin, reason="the court is done")
    entries = AuditEntry.objects.filter(action__startswith="hold.").order_by("pk")
    assert [(e.action, e.actor) for e in entries] == [
        ("hold.placed", hill.owner),
        ("hold.released", hill.admin),
    ]


def test_a_hold_on_an_alarm_holds_all_its_videos_and_those_to_come(hill: Cast):
    clip = a_clip(hill)
    hold_place(actor=hill.admin, alarm=clip.alarm, reason="case 7", until=in_days(9))
    later = Clip.objects.create(
        mine=clip.mine, alarm=clip.alarm, camera=clip.camera, rule="r1", state=Clip.State.READY,
        wanted_from=timezone.now(), wanted_until=timezone.now(), next_attempt_at=timezone.now(),
    )  # fmt: skip
    for one in (clip, later):
        assert holds_on(clip=one).count() == 1
        with pytest.raises(ValidationError):
            clip_remove(clip=one, actor=hill.owner, reason="tidy up")


def a_stored_clip(hill: Cast) -> Clip:
    """A finished clip that the store really has."""
    clip = a_clip(hill)
    clip.key = f"{clip.uid}/clip.mp4"
    clip.save(update_fields=["key"])
    storage.put_bytes(clip.key, b"x" * 9, content_type="video/mp4")
    return clip


def in_store(clip: Clip) -> bool:
    try:
        return storage.size_of(clip.key) == 9
    except storage.Missing:
        return False


def begin_to_remove(hill: Cast, clip: Clip, settings) -> None:
    """Delete a video while the store is away: the row says so, the object is there."""
    there, settings.S3_ENDPOINT_URL = settings.S3_ENDPOINT_URL, "http://127.0.0.1:9"
    clip_remove(clip=clip, actor=hill.owner, reason="tidy up")
    with pytest.raises(storage.StorageError):
        clip_finish(clip_id=clip.pk, mine_id=clip.mine_id)
    settings.S3_ENDPOINT_URL = there
    clip.refresh_from_db()
    assert clip.state == Clip.State.EXPIRING and in_store(clip)


def test_a_hold_on_an_alarm_keeps_a_video_whose_deletion_only_began(hill: Cast, settings):
    clip = a_stored_clip(hill)
    begin_to_remove(hill, clip, settings)
    held = hold_place(actor=hill.admin, alarm=clip.alarm, reason="the court", until=in_days(9))
    assert not clip_finish(clip_id=clip.pk, mine_id=clip.mine_id)
    clip.refresh_from_db()
    assert (clip.state, clip.expired_because, in_store(clip)) == (Clip.State.READY, "", True)
    told = AuditEntry.objects.filter(subject=f"clip:{clip.pk}").order_by("pk")
    assert [entry.action for entry in told] == ["clip.expiring", "clip.kept"]
    hold_release(hold=held, actor=hill.owner, reason="closed")
    clip_remove(clip=clip, actor=hill.owner, reason="tidy up")
    assert clip_finish(clip_id=clip.pk, mine_id=clip.mine_id) and not in_store(clip)


def test_what_is_left_of_a_video_that_was_gone_before_its_hold_stays_until_that_ends(
    hill: Cast, settings
):
    clip = a_stored_clip(hill)
    begin_to_remove(hill, clip, settings)
    storage.remove(clip.key)  # whoever deletes was killed after this
    held = hold_place(actor=hill.admin, alarm=clip.alarm, reason="the court", until=in_days(9))
    assert not clip_finish(clip_id=clip.pk, mine_id=clip.mine_id)
    with pytest.raises(DatabaseError, match="held"), transaction.atomic():
        Clip.objects.filter(pk=clip.pk).update(state="expired")
    hold_release(hold=held, actor=hill.owner, reason="closed")
    assert clip_finish(clip_id=clip.pk, mine_id=clip.mine_id)


@pytest.mark.django_db(transaction=True)
def test_a_hold_that_comes_while_a_video_goes_waits_and_names_it(cast: Cast, monkeypatch):
    mine = cast.lamp_hill.mine.pk
    with mine_scope(mine):
        clip = a_stored_clip(cast)
        Clip.objects.filter(pk=clip.pk).update(state=Clip.State.EXPIRING)
    gone: list[str] = []

    def place() -> None:
        with mine_scope(mine):
            held = hold_place(
                actor=cast.admin, alarm=clip.alarm, reason="the court", until=in_days(9)
            )
            gone.extend(videos_gone(held))
        connection.close()

    comes, really = Thread(target=place), storage.remove

    def remove(key: str) -> None:
        if not comes.ident:
            comes.start()
            deadline = time.monotonic() + 10
            while not _somebody_waits():
                assert time.monotonic() < deadline and comes.is_alive()
        really(key)

    monkeypatch.setattr(expiry, "remove", remove)
    assert clip_finish(clip_id=clip.pk, mine_id=mine)
    comes.join(10)
    assert gone == [str(clip.uid)]


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize(
    ("reason", "days", "field"), [("", 5, "reason"), ("x", -1, "until"), ("x", 99999, "until")]
)
def test_a_hold_without_reason_or_with_an_odd_end_is_refused(hill: Cast, reason, days, field):
    with pytest.raises(ValidationError) as refused:
        hold_place(actor=hill.admin, clip=a_clip(hill), reason=reason, until=in_days(days))
    assert list(refused.value.message_dict) == [field]


@pytest.mark.parametrize(
    "act",
    [
        lambda clip: Clip.objects.filter(pk=clip.pk).delete(),
        lambda clip: Clip.objects.filter(pk=clip.pk).update(state="expiring"),
        lambda clip: Clip.objects.filter(pk=clip.pk).update(state="expired"),
        lambda clip: Clip.objects.filter(pk=clip.pk)._raw_delete("default"),
        lambda clip: clip.holds.all()._raw_delete("default"),
        lambda clip: clip.holds.update(reason="other"),
        lambda clip: clip.holds.update(until=timezone.now()),
        lambda clip: clip.holds.update(ended_at=timezone.now()),
        lambda clip: clip.holds.update(
            ended_at=timezone.now(), released_by=clip.holds.get().placed_by
        ),
    ],
)
def test_the_database_itself_refuses_whoever_goes_around(hill: Cast, act):
    clip = a_clip(hill)
    hold(hill, clip)
    with (
        pytest.raises((DatabaseError, ProtectedError), match="(?i)held|hold"),
        transaction.atomic(),
    ):
        act(clip)
    clip.refresh_from_db()
    assert clip.state == Clip.State.READY


ACTS = st.lists(
    st.sampled_from(
        ["days", "camera_days", "motion", "alarms", "share", "small_disk", "no_disk", "trim",
         "remove", "expire", "years", "release_own", "release_other", "time", "hold_again",
         "hold_alarm"]
    ),
    min_size=1, max_size=12,
)  # fmt: skip


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=ACTS)
def test_no_order_of_policies_pressure_and_deletes_removes_what_is_held(
    hill: Cast, ring: Ring, settings, acts: list[str]
):
    began = {name: getattr(settings, name) for name in ("RING_AGE_S", "RING_BYTES")}
    try:
        with transaction.atomic():
            _play(hill, ring, settings, acts)
            transaction.set_rollback(True)
    finally:
        for name, value in began.items():
            setattr(settings, name, value)
        settings.RING_MIN_FREE_BYTES = 0


def _play(hill: Cast, ring: Ring, settings, acts: list[str]) -> None:
    place, camera = hill.lamp_hill, hill.lamp_hill.camera
    now = timezone.now()
    start = now - timedelta(days=4)
    clip = a_clip(hill, days_ago=4)
    first = Chunk.objects.count() + 1
    put(ring, camera, start - timedelta(seconds=60), 120, first=first, size=100)
    seen(camera, now)
    hold(hill, clip)
    clock = now
    for act in acts:
        if act == "days":
            retention_set(mine=place.mine, actor=hill.owner, days=0.01)
        elif act == "camera_days":
            retention_set(mine=place.mine, camera=camera, actor=hill.owner, days=0.02)
        elif act in ("motion", "alarms"):
            camera_update(camera=camera, actor=hill.owner, keeps=act)
        elif act == "share":
            retention_set(mine=place.mine, actor=hill.owner, gigabytes=0.01)
        elif act == "small_disk":
            settings.RING_BYTES = 500
        elif act == "no_disk":
            settings.RING_MIN_FREE_BYTES = 10**15
        elif act == "trim":
            with system_scope("test"):
                trim(ring, now=clock)
        elif act == "years":
            retention_set(mine=place.mine, actor=hill.owner, clip_years=0.001)
        elif act == "remove":
            with contextlib.suppress(ValidationError):
                clip_remove(clip=clip, actor=hill.owner, reason="tidy up")
        elif act == "expire":
            with system_scope("test"):
                clips_expire(now=clock)
        elif act == "release_own":
            with contextlib.suppress(PermissionDenied):
                hold_release(hold=clip.holds.order_by("pk").first(), actor=hill.admin, reason="x")
        elif act == "release_other":
            hold_release(hold=clip.holds.order_by("pk").first(), actor=hill.owner, reason="x")
        elif act == "time":
            clock += timedelta(days=5)
            with system_scope("test"):
                holds_due(now=clock)
        else:
            thing = {"alarm": clip.alarm} if act == "hold_alarm" else {"clip": clip}
            clip.refresh_from_db()
            try:
                hold_place(
                    actor=hill.admin, reason="more", until=clock + timedelta(days=9), **thing
                )
            except ValidationError:
                assert clip.state in ("expiring", "expired"), "only what goes can be held no more"
        clip.refresh_from_db()
        ever_free = "release_other" in acts or "time" in acts
        if not ever_free:
            assert clip.state == Clip.State.READY
            kept = Chunk.objects.filter(
                started_at__gte=clip.wanted_from, started_at__lt=clip.wanted_until
            )
            assert kept.count() == 30
            assert all(ring.path(row.path).exists() for row in kept)
