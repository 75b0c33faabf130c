"""Pages and API of retention, gaps and holds."""

import hashlib
import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.cameras.models import Camera
from apps.cameras.services import camera_create
from apps.evidence import storage
from apps.evidence.checks import clips_check
from apps.evidence.expiry import clip_finish, clips_expire
from apps.evidence.holds import hold_place
from apps.evidence.models import Clip, Hold
from apps.recordings.keeping import retention_set
from apps.recordings.models import Cause, Gap, Retention
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast, an_alarm


@pytest.fixture
def hill(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def send(user, method: str, address: str, **body):
    asked = getattr(signed_in(user), method)
    return asked(f"/api/v1/{address}", json.dumps(body), "application/json")


def a_stored_clip(hill: Cast, *, days_ago: float) -> Clip:
    alarm = an_alarm(hill.lamp_hill, at=timezone.now() - timedelta(days=days_ago))
    clip = alarm.clips.get()
    folder = f"{clip.mine_id}/test/{clip.uid}"
    for name in ("clip.mp4", "snapshot.jpg", "manifest.json"):
        storage.put_bytes(f"{folder}/{name}", b"x" * 9, content_type="video/mp4")
    Clip.objects.filter(pk=clip.pk).update(
        state=Clip.State.READY, key=f"{folder}/clip.mp4", bytes=9, sha256="a" * 64
    )
    clip.refresh_from_db()
    return clip


# Retention


def test_a_wrong_figure_stands_beside_its_field_and_what_was_typed_stays(hill: Cast):
    address = f"/portal/mines/{hill.lamp_hill.mine.pk}/retention/"
    answer = signed_in(hill.admin).post(address, {"days": "-3", "gigabytes": "500"})
    assert answer.status_code == 400
    form = answer.context["form"]
    assert list(form.errors) == ["days"]
    assert 'value="500"' in str(form["gigabytes"])
    assert not Retention.objects.exists()
    assert signed_in(hill.admin).post(address, {"days": "90"}).status_code == 302
    assert Retention.objects.get().days == 90
    page = signed_in(hill.owner).get("/portal/retention/").content.decode()
    assert '<td data-head="Recordings">90 days</td>' in page


def test_a_cameras_form_shows_in_grey_what_its_mine_says(hill: Cast):
    retention_set(mine=hill.lamp_hill.mine, actor=hill.owner, days=90.0, clip_years=3.0)
    address = f"/portal/cameras/{hill.lamp_hill.camera.pk}/retention/"
    page = signed_in(hill.admin).get(address).content.decode()
    assert 'placeholder="90 days"' in page and 'placeholder="3 years"' in page


def test_the_retention_page_asks_the_same_however_many_mines_say_something(hill: Cast):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            signed_in(hill.admin).get(f"/portal/mines/{hill.lamp_hill.mine.pk}/retention/")
        return len(queries)

    few = asked()
    for n in range(5):
        place = hill.lamp_hill
        camera = camera_create(area=place.area, name=f"C{n}", main_url="rtsp://10.0.0.9/main")
        retention_set(mine=place.mine, camera=camera, actor=hill.owner, days=n + 1.0)
    assert asked() == few


def test_the_api_says_what_holds_and_who_says_it(hill: Cast):
    mine, camera = hill.lamp_hill.mine.pk, hill.lamp_hill.camera.pk
    send(hill.owner, "patch", f"mines/{mine}/retention/", days=90, clip_years=3)
    answer = send(hill.admin, "patch", f"cameras/{camera}/retention/", days=30).json()
    assert (answer["days"], answer["clip_years"]) == (30, 3)
    assert answer["said_by"] == {"days": "camera", "gigabytes": "default", "clip_years": "mine"}
    refused = send(hill.admin, "patch", f"mines/{mine}/retention/", days=0)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "days"


def test_who_may_delete_no_video_lets_none_go_sooner_by_a_shorter_keeping(hill: Cast):
    clip = a_stored_clip(hill, days_ago=1)
    mine, camera = hill.lamp_hill.mine.pk, hill.lamp_hill.camera.pk
    assert send(hill.admin, "delete", f"clips/{clip.uid}/", reason="x").status_code == 403
    for thing in (f"mines/{mine}", f"cameras/{camera}"):
        answer = send(hill.admin, "patch", f"{thing}/retention/", clip_years=0.0001)
        assert answer.status_code == 400, answer.content
        assert [one["field"] for one in answer.json()["errors"]] == ["clip_years"]
        page = signed_in(hill.admin).post(
            f"/portal/{thing}/retention/", {"days": "9", "clip_years": "0.0001"}
        )
        assert page.status_code == 400 and list(page.context["form"].errors) == ["clip_years"]
    assert clips_expire() == 0
    clip.refresh_from_db()
    assert clip.state == Clip.State.READY and storage.size_of(clip.key) == 9


def test_who_may_delete_no_video_keeps_them_longer_and_sets_the_rest(hill: Cast):
    mine, camera = hill.lamp_hill.mine.pk, hill.lamp_hill.camera.pk
    assert send(hill.owner, "patch", f"mines/{mine}/retention/", clip_years=3).status_code == 200
    same = {"days": "9", "clip_years": "3"}
    for address, form in (("mines", same), ("cameras", {"clip_years": "5"})):
        pk = mine if address == "mines" else camera
        answer = signed_in(hill.admin).post(f"/portal/{address}/{pk}/retention/", form)
        assert answer.status_code == 302, answer.context["form"].errors
    back = send(hill.admin, "patch", f"cameras/{camera}/retention/", clip_years=None)
    assert back.status_code == 400, "its mine's three years are fewer than its own five"
    longer = send(hill.admin, "patch", f"mines/{mine}/retention/", clip_years=10)
    assert longer.status_code == 200 and longer.json()["clip_years"] == 10
    assert (
        send(hill.admin, "patch", f"cameras/{camera}/retention/", clip_years=None).json()[
            "clip_years"
        ]
        == 10
    )


def test_a_cameras_policy_is_set_by_form_and_api(hill: Cast):
    camera = hill.lamp_hill.camera
    fields = {"area": camera.area_id, "name": camera.name, "main_url": camera.main_url}
    address = f"/portal/cameras/{camera.pk}/change/"
    fields |= {"chunk_s": "1", "enabled": "on"}
    answer = signed_in(hill.admin).post(address, fields | {"keeps": "motion"})
    assert answer.status_code == 302
    assert Camera.objects.get(pk=camera.pk).keeps == "motion"
    assert signed_in(hill.admin).post(address, fields).status_code == 302
    assert Camera.objects.get(pk=camera.pk).keeps == "motion", "a form without it changes nothing"
    assert signed_in(hill.admin).post(address, fields | {"keeps": "x"}).status_code == 400
    send(hill.admin, "patch", f"cameras/{camera.pk}/", keeps="alarms")
    assert Camera.objects.get(pk=camera.pk).keeps == "alarms"


# Gaps


def test_gaps_are_found_by_time_cause_and_camera(hill: Cast):
    camera, now = hill.lamp_hill.camera, timezone.now()
    for hours, cause in ((5, Cause.LOST), (3, Cause.DISK), (1, Cause.LOST)):
        Gap.objects.create(
            mine=camera.mine, camera=camera, stream="main", cause=cause,
            since=now - timedelta(hours=hours), until=now - timedelta(hours=hours - 0.5),
        )  # fmt: skip

    def found(**asked) -> list[str]:
        answer = signed_in(hill.auditor).get("/api/v1/gaps/", asked)
        assert answer.status_code == 200, answer.content
        return [row["cause"] for row in answer.json()["results"]]

    assert found() == ["lost", "disk", "lost"]
    assert found(cause="disk", camera=camera.pk) == ["disk"]
    assert found(since=(now - timedelta(hours=4)).isoformat()) == ["lost", "disk"]
    assert found(until=(now - timedelta(hours=4)).isoformat()) == ["lost"]
    assert signed_in(hill.auditor).get("/api/v1/gaps/?since=yesterday").status_code == 400
    page = signed_in(hill.auditor).get("/gaps/?cause=disk").content.decode()
    assert "disk full" in page


# Holds


def test_a_hold_is_placed_on_a_page_and_stands_on_the_things_it_holds(hill: Cast):
    clip = a_stored_clip(hill, days_ago=1)
    address = f"/clips/{clip.uid}/hold/"
    wrong = signed_in(hill.admin).post(address, {"reason": "case 7", "until": "2020-01-01"})
    assert wrong.status_code == 400
    assert list(wrong.context["form"].errors) == ["until"]
    assert "case 7" in wrong.content.decode()
    right = {"reason": "case 7", "until": "2060-12-31"}
    assert signed_in(hill.admin).post(address, right).status_code == 302
    hold = Hold.objects.get()
    assert (
        f"{hold.until.astimezone(timezone.get_default_timezone()):%Y-%m-%d %H}" == "2060-12-31 15"
    )
    assert "case 7" in signed_in(hill.auditor).get(f"/clips/{clip.uid}/").content.decode()
    assert "case 7" in signed_in(hill.auditor).get("/holds/?state=open").content.decode()
    for refused in (
        send(hill.owner, "delete", f"clips/{clip.uid}/", reason="privacy"),
        signed_in(hill.owner).post(f"/clips/{clip.uid}/remove/", {"reason": "privacy"}),
    ):
        assert refused.status_code == 400
    assert storage.size_of(clip.key) == 9
    assert send(hill.admin, "post", f"holds/{hold.pk}/end/", reason="x").status_code == 403
    assert send(hill.owner, "post", f"holds/{hold.pk}/end/", reason="x").status_code == 200
    assert send(hill.owner, "delete", f"clips/{clip.uid}/", reason="privacy").status_code == 200


def test_whoever_holds_an_alarm_is_told_which_of_its_videos_went_before(hill: Cast):
    clip = a_stored_clip(hill, days_ago=1)
    send(hill.owner, "delete", f"clips/{clip.uid}/", reason="privacy")
    clip_finish(clip_id=clip.pk, mine_id=clip.mine_id)
    until = "2060-01-01T00:00:00Z"
    placed = send(hill.admin, "post", "holds/", reason="x", until=until, alarm=clip.alarm_id)
    assert placed.json()["gone"] == [str(clip.uid)]
    assert AuditEntry.objects.get(action="hold.placed").detail["gone"] == [str(clip.uid)]
    address = f"/alarms/{clip.alarm_id}/hold/"
    right = {"reason": "case 7", "until": "2060-12-31"}
    page = signed_in(hill.admin).post(address, right, follow=True).content.decode()
    assert "1 of its videos was deleted before and cannot be held." in page


def test_holding_nothing_or_two_things_is_refused(hill: Cast):
    clip = a_stored_clip(hill, days_ago=1)
    until = "2060-01-01T00:00:00Z"
    for what in ({}, {"clip": str(clip.uid), "alarm": clip.alarm_id}):
        answer = send(hill.admin, "post", "holds/", reason="x", until=until, **what)
        assert answer.status_code == 400


# Expiry


def test_a_video_whose_years_are_over_really_leaves_the_store(hill: Cast):
    old, young = a_stored_clip(hill, days_ago=800), a_stored_clip_of_another(hill)
    retention_set(mine=hill.lamp_hill.mine, actor=hill.owner, clip_years=2.0)
    assert clips_expire() == 1
    old.refresh_from_db()
    assert (old.state, old.sha256) == (Clip.State.EXPIRED, "a" * 64)
    folder = old.key.rpartition("/")[0]
    for name in ("clip.mp4", "snapshot.jpg", "manifest.json"):
        with pytest.raises(storage.Missing):
            storage.size_of(f"{folder}/{name}")
    assert storage.size_of(young.key) == 9
    actions = AuditEntry.objects.filter(subject=f"clip:{old.pk}").order_by("pk")
    assert [entry.action for entry in actions] == ["clip.expiring", "clip.expired"]
    assert actions.last().detail["reason"] == "kept for 2 years"
    page = signed_in(hill.auditor).get(f"/clips/{old.uid}/").content.decode()
    assert "This video was deleted." in page and "kept for 2 years" in page
    assert signed_in(hill.auditor).get(f"/clips/{old.uid}/play/").status_code == 404


def a_stored_clip_of_another(hill: Cast) -> Clip:
    """A young clip of another rule, so that its alarm is one of its own."""
    alarm = an_alarm(hill.lamp_hill, rule="r2", situation="r2:1", at=timezone.now())
    clip = alarm.clips.get()
    key = f"{clip.mine_id}/test/{clip.uid}/clip.mp4"
    storage.put_bytes(key, b"x" * 9, content_type="video/mp4")
    Clip.objects.filter(pk=clip.pk).update(state=Clip.State.READY, key=key, bytes=9)
    clip.refresh_from_db()
    return clip


def test_a_held_video_outlives_its_years_and_goes_when_both_holds_ended(hill: Cast):
    clip = a_stored_clip(hill, days_ago=800)
    retention_set(mine=hill.lamp_hill.mine, actor=hill.owner, clip_years=2.0)
    for days in (5, 9):
        until = timezone.now() + timedelta(days=days)
        hold_place(actor=hill.admin, clip=clip, reason="case", until=until)
    assert clips_expire() == 0
    first, second = Hold.objects.order_by("until")
    for hold, went in ((first, 0), (second, 1)):
        Hold.objects.filter(pk=hold.pk).update(ended_at=hold.until)
        assert clips_expire() == went
    clip.refresh_from_db()
    assert clip.state == Clip.State.EXPIRED


def test_a_store_that_is_away_is_asked_again(hill: Cast, settings):
    clip = a_stored_clip(hill, days_ago=800)
    retention_set(mine=hill.lamp_hill.mine, actor=hill.owner, clip_years=2.0)
    there, settings.S3_ENDPOINT_URL = settings.S3_ENDPOINT_URL, "http://127.0.0.1:9"
    clips_expire()
    clip.refresh_from_db()
    assert clip.state == Clip.State.EXPIRING, "its objects are still there, so it is not gone"
    settings.S3_ENDPOINT_URL = there
    assert storage.size_of(clip.key) == 9
    clips_expire()
    clip.refresh_from_db()
    assert clip.state == Clip.State.EXPIRED
    assert clip_finish(clip_id=clip.pk, mine_id=clip.mine_id) is False, "twice is as once"


def test_a_video_that_the_store_has_lost_is_said_once_and_again_when_it_is_back(hill: Cast):
    clip = a_stored_clip(hill, days_ago=1)
    body = b"x" * 9
    Clip.objects.filter(pk=clip.pk).update(sha256=hashlib.sha256(body).hexdigest())
    storage.remove(clip.key)
    assert clips_check() == 1
    later = timezone.now() + timedelta(days=2)
    assert clips_check(now=later) == 1
    clip.refresh_from_db()
    assert clip.missing_since is not None
    with system_scope("test"):
        assert AuditEntry.objects.filter(action="clip.missing").count() == 1
    page = signed_in(hill.admin).get(f"/clips/{clip.uid}/").content.decode()
    assert "The store has had no such video since" in page
    assert (
        "1 are missing in the store"
        in signed_in(hill.admin).get("/portal/health/").content.decode()
    )
    storage.put_bytes(clip.key, b"y" * 9, content_type="video/mp4")
    later += timedelta(days=2)
    assert clips_check(now=later) == 1, "what is there now is another"
    storage.put_bytes(clip.key, body, content_type="video/mp4")
    assert clips_check(now=later + timedelta(days=2)) == 0
    assert AuditEntry.objects.filter(action="clip.found").count() == 1
