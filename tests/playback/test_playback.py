"""Live view, playback and the timeline: what the API tells of the ring, and who is noted."""

import io
from datetime import timedelta

import av
import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.cameras.models import Chunk, StreamState
from apps.cameras.services import stream_say
from apps.cameras.tiles import newest_frame
from apps.evidence.boxes import boxes_kept
from apps.playback import media
from apps.playback.models import Motion
from apps.playback.services import motion_forget, motion_keep
from apps.rules.services import scene_publish
from apps.tenancy.scope import system_scope
from tests.cast import SCENE, Cast, an_alarm
from tests.film import record_chunks
from tests.playback.asking import actions, ask, minutes_ago, times, without_blur
from workers.media.errors import MediaError
from workers.media.ring import Ring

# Django reads an asynchronous answer to the end for a client that is not.
pytestmark = pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")


def test_the_newest_second_is_live_and_its_pictures_tell_the_time(hill: Cast, ring: Ring):
    start = timezone.now().replace(microsecond=0) - timedelta(seconds=4)
    record_chunks(ring, hill.lamp_hill.camera, start, 3)
    answer = ask(hill.operator, hill, "media/", live=1)
    assert answer.status_code == 200
    assert answer["X-Media-Codec"].startswith("avc1.")
    begin = start.timestamp() + 2
    assert times(answer.content) == pytest.approx([begin + n / 10 for n in range(10)], abs=0.002)
    until = float(answer["X-Media-Until"])
    assert until == pytest.approx(begin + 1)
    nothing = ask(hill.operator, hill, "media/", live=1, since=until)
    assert nothing.status_code == 204, "not before the next second is recorded"
    record_chunks(ring, hill.lamp_hill.camera, start + timedelta(seconds=3), 1, first=4)
    more = ask(hill.operator, hill, "media/", live=1, since=until)
    assert times(more.content)[0] == pytest.approx(until, abs=0.002)


def test_a_camera_that_went_silent_has_no_live_picture(hill: Cast, ring: Ring):
    record_chunks(ring, hill.lamp_hill.camera, minutes_ago(1), 3)
    assert ask(hill.operator, hill, "media/", live=1).status_code == 204
    assert ask(hill.operator, hill, "live.m3u8").status_code == 404


def hls(answer: HttpResponse) -> list[int]:
    lines = answer.content.decode().splitlines()
    return [int(line.split("/")[-2]) for line in lines if line.endswith("/media.mp4")]


@pytest.mark.parametrize("hours", [1, 0.001])
def test_after_the_clock_was_set_back_live_is_what_was_recorded_last(
    hill: Cast, ring: Ring, hours: float
):
    now = timezone.now()
    camera = hill.lamp_hill.camera
    ahead = now + timedelta(hours=hours)
    record_chunks(ring, camera, ahead - timedelta(seconds=12), 24)
    record_chunks(ring, camera, now - timedelta(seconds=3), 3, first=25)
    answer = ask(hill.operator, hill, "media/", live=1)
    assert float(answer["X-Media-From"]) == pytest.approx(now.timestamp() - 1, abs=0.1)
    assert len(times(answer.content)) == 10
    since = now.timestamp() - 2
    answer = ask(hill.operator, hill, "media/", live=1, since=since, seconds=30)
    assert float(answer["X-Media-Until"]) == pytest.approx(now.timestamp(), abs=0.1)
    assert len(times(answer.content)) == 20, "each second once"
    nothing = ask(hill.operator, hill, "media/", live=1, since=answer["X-Media-Until"])
    assert nothing.status_code == 204
    assert "X-Media-Next" not in nothing.headers
    playlist = ask(hill.operator, hill, "live.m3u8")
    assert hls(playlist)[-3:] == [25, 26, 27]
    assert all(number > 24 or hours < 1 for number in hls(playlist))
    assert newest_frame(camera)[0] < now.timestamp()


def test_what_is_dated_ahead_is_not_live(hill: Cast, ring: Ring):
    record_chunks(ring, hill.lamp_hill.camera, timezone.now() + timedelta(seconds=8), 6)
    assert ask(hill.operator, hill, "media/", live=1).status_code == 204
    assert ask(hill.operator, hill, "live.m3u8").status_code == 404


def test_of_a_time_that_is_there_twice_the_later_recording_is_played(hill: Cast, ring: Ring):
    camera, start = hill.lamp_hill.camera, minutes_ago(10)
    record_chunks(ring, camera, start, 20)
    record_chunks(ring, camera, start + timedelta(seconds=5), 20, first=21)
    person = {"label": "person", "score": 0.8, "track": 7, "xyxy": [0.1, 0.4, 0.3, 0.8]}
    kept = boxes_kept([{"t": 0.25, "boxes": [person]}], start_s=0)
    Chunk.objects.filter(sequence__in=(3, 9, 30)).update(boxes=kept)
    answer = ask(hill.operator, hill, "media/", since=start.timestamp(), seconds=20)
    found = times(answer.content)
    assert found == sorted(found) and len(found) == 200
    ends = {"since": start.timestamp(), "until": start.timestamp() + 20}
    seen = ask(hill.operator, hill, "boxes/", **ends).json()["pictures"]
    assert [round(at - start.timestamp()) for at, _boxes in seen] == [2, 14]


def test_playback_begins_with_the_second_that_was_asked_for(hill: Cast, ring: Ring):
    start = minutes_ago(5)
    record_chunks(ring, hill.lamp_hill.camera, start, 20)
    answer = ask(hill.operator, hill, "media/", since=start.timestamp() + 7.4, seconds=3)
    found = times(answer.content)
    assert found[0] == pytest.approx(start.timestamp() + 7, abs=0.002)
    assert found[-1] == pytest.approx(start.timestamp() + 10.9, abs=0.002)


def test_in_a_gap_it_tells_where_the_recording_goes_on(hill: Cast, ring: Ring):
    start = minutes_ago(5)
    record_chunks(ring, hill.lamp_hill.camera, start, 20, leave_out=tuple(range(5, 12)))
    answer = ask(hill.operator, hill, "media/", since=start.timestamp() + 6, seconds=2)
    assert answer.status_code == 204
    assert float(answer["X-Media-Next"]) == pytest.approx(start.timestamp() + 12)
    across = ask(hill.operator, hill, "media/", since=start.timestamp() + 4, seconds=10)
    assert times(across.content)[9:11] == pytest.approx(
        [start.timestamp() + 4.9, start.timestamp() + 12], abs=0.002
    )


def test_a_damaged_and_a_deleted_chunk_are_holes_and_no_error(hill: Cast, ring: Ring):
    start = minutes_ago(5)
    rows = record_chunks(ring, hill.lamp_hill.camera, start, 4)
    ring.path(rows[0].path).write_bytes(b"no video")
    ring.delete(rows[2].path)
    answer = ask(hill.operator, hill, "media/", since=start.timestamp(), seconds=4)
    assert {int(at - start.timestamp() + 0.01) for at in times(answer.content)} == {1, 3}


def test_the_timeline_has_recording_gap_with_cause_motion_and_alarm(hill: Cast, ring: Ring):
    start = minutes_ago(10)
    camera = hill.lamp_hill.camera
    begin = start.timestamp()
    record_chunks(ring, camera, start, 10)
    stream_say(
        camera_id=camera.pk, mine_id=camera.mine_id, stream="main", state="lost", reason="no answer"
    )
    record_chunks(ring, camera, start + timedelta(seconds=20), 10, first=21)
    an_alarm(hill.lamp_hill, at=start + timedelta(seconds=5))
    motion_keep(camera=camera, since=start, until=start + timedelta(seconds=4))
    asked = {"since": begin - 60, "until": begin + 30}
    data = ask(hill.auditor, hill, "timeline/", **asked).json()
    assert data["recorded"] == [[begin, begin + 10], [begin + 20, begin + 30]]
    assert data["recorded_from"] == begin
    (gap,) = data["gaps"]  # what lies before the recording is none
    assert (gap["since"], gap["until"], gap["state"]) == (begin + 10, begin + 20, "lost")
    assert gap["reason"] == "no answer"
    assert gap["words"]
    assert data["motion"] == [[begin, begin + 4]]
    (alarm,) = data["alarms"]
    assert (alarm["severity"], alarm["since"]) == ("critical", begin + 5)


def test_a_gap_that_goes_on_is_one_and_one_without_a_cause_says_so(hill: Cast, ring: Ring):
    start = minutes_ago(10)
    record_chunks(ring, hill.lamp_hill.camera, start, 5)
    data = ask(hill.operator, hill, "timeline/").json()
    (gap,) = data["gaps"]
    assert gap["since"] == start.timestamp() + 5
    assert gap["until"] == data["until"]
    assert (gap["state"], gap["words"]) == ("", "cause not known")


def test_the_second_that_is_being_recorded_is_no_gap(hill: Cast, ring: Ring):
    record_chunks(ring, hill.lamp_hill.camera, timezone.now() - timedelta(seconds=8), 5)
    assert ask(hill.operator, hill, "timeline/").json()["gaps"] == []


def test_a_timeline_asks_the_database_the_same_however_much_there_is(hill: Cast, ring: Ring):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert ask(hill.operator, hill, "timeline/").status_code == 200
        return len(queries)

    start = minutes_ago(20)
    record_chunks(ring, hill.lamp_hill.camera, start, 3, leave_out=(1,))
    an_alarm(hill.lamp_hill, at=start)
    few = asked()
    more = start + timedelta(seconds=10)
    record_chunks(ring, hill.lamp_hill.camera, more, 9, first=9, leave_out=(1, 3, 5, 7))
    for n in range(5):
        an_alarm(hill.lamp_hill, rule=f"r{n}", situation=f"r{n}:1", at=start)
    assert asked() == few


def test_movements_that_follow_each_other_are_one_and_old_ones_go(hill: Cast):
    camera, start = hill.lamp_hill.camera, minutes_ago(3 * 24 * 60)
    for n in (0, 1, 1, 4, 20):
        at = start + timedelta(seconds=n)
        motion_keep(camera=camera, since=at, until=at + timedelta(seconds=1))
    spans = [((m.since - start).seconds, (m.until - start).seconds) for m in Motion.objects.all()]
    assert spans == [(0, 5), (20, 21)]
    with system_scope("test"):
        assert motion_forget() == 2


def test_a_preview_is_a_small_picture_of_its_second(hill: Cast, ring: Ring):
    start = minutes_ago(5)
    record_chunks(ring, hill.lamp_hill.camera, start, 5)
    answer = ask(hill.operator, hill, "preview/", at=start.timestamp() + 3.4)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    assert float(answer["X-Picture-Time"]) == pytest.approx(start.timestamp() + 3, abs=0.01)
    assert ask(hill.operator, hill, "preview/", at=start.timestamp() + 60).status_code == 204


def test_who_looks_is_noted_once_for_each_part_of_the_past(hill: Cast, ring: Ring):
    start = minutes_ago(20)
    record_chunks(ring, hill.lamp_hill.camera, start, 3)
    record_chunks(ring, hill.lamp_hill.camera, timezone.now() - timedelta(seconds=3), 3, first=9)
    before = len(actions())
    for _ in range(3):
        ask(hill.operator, hill, "media/", live=1)
    for second in (0, 1, 600):
        ask(hill.operator, hill, "media/", since=start.timestamp() + second)
    # Called live or not: what is past is playback.
    ask(hill.auditor, hill, "media/", since=start.timestamp(), live=1)
    expected = ["camera.live", "camera.playback", "camera.playback", "camera.playback"]
    assert actions()[before:] == expected


def test_an_hls_player_outside_of_our_pages_finds_header_and_pictures(hill: Cast, ring: Ring):
    start = timezone.now().replace(microsecond=0) - timedelta(seconds=5)
    record_chunks(ring, hill.lamp_hill.camera, start, 4, leave_out=(1,))
    client = Client()
    address = f"/api/v1/cameras/{hill.lamp_hill.camera.pk}/live.m3u8"
    headers = {"Authorization": f"Token {hill.token}"}
    answer = client.get(address, headers=headers)
    lines = answer.content.decode().splitlines()
    assert lines[:2] == ["#EXTM3U", "#EXT-X-VERSION:7"]
    assert sum(line.startswith("#EXT-X-MAP") for line in lines) == 1
    assert lines.count("#EXT-X-DISCONTINUITY") == 1, "for the second that is missing"
    header = next(line for line in lines if line.startswith("#EXT-X-MAP")).split('"')[1]
    parts = [line for line in lines if not line.startswith("#")]
    body = b"".join(client.get(part, headers=headers).content for part in (header, *parts))
    found = times(body)
    assert len(found) == 30
    assert found[0] == pytest.approx(start.timestamp(), abs=0.002)
    assert client.get(address).status_code == 401


def test_another_mines_camera_does_not_exist(hill: Cast, ring: Ring):
    for what in ("timeline/", "media/", "preview/", "span/", "span/download/", "live.m3u8"):
        assert ask(hill.stranger, hill, what).status_code == 404, what


def test_a_camera_that_records_hevc_says_that_few_browsers_play_it(hill: Cast, ring: Ring):
    start, camera = minutes_ago(5), hill.lamp_hill.camera
    record_chunks(ring, camera, start, 1, codec="libx265")
    StreamState.objects.create(
        mine=camera.mine, camera=camera, stream="main", since=start, codec="hevc"
    )
    answer = ask(hill.operator, hill, "media/", since=start.timestamp())
    assert answer["X-Media-Codec"].startswith("hvc1.1.6.L")
    assert ask(hill.operator, hill, "timeline/").json()["streams"]["main"]["plays"] is False
    asked = {"since": start.timestamp(), "until": start.timestamp() + 1}
    download = without_blur(hill.operator, hill, **asked)
    with av.open(io.BytesIO(b"".join(download))) as container:
        assert container.streams.video[0].codec_context.name == "hevc"


def test_an_alarms_page_leads_to_its_moment_in_the_recording(hill: Cast):
    client = Client()
    client.force_login(hill.operator)
    alarm = an_alarm(hill.lamp_hill)
    page = client.get(f"/alarms/{alarm.pk}/").content.decode()
    at = int(alarm.raised_at.timestamp())
    assert f"/watch/?camera={alarm.camera_id}&amp;at={at}" in page


def test_the_player_page_is_there_for_whoever_sees_the_camera(hill: Cast):
    client = Client()
    client.force_login(hill.auditor)
    page = client.get(f"/watch/?camera={hill.lamp_hill.camera.pk}&at=1790000000")
    assert page.status_code == 200
    assert page.context["config"]["at"] == 1790000000
    assert "Winch house 1" in client.get("/watch/").content.decode()
    client.force_login(hill.stranger)
    assert client.get(f"/watch/?camera={hill.lamp_hill.camera.pk}").status_code == 404
    assert client.get("/watch/?camera=1&camera=x&at=nan").status_code == 404


MASK = [[0.0, 0.0], [0.5, 0.0], [0.5, 1.0], [0.0, 1.0]]


def halves(body: bytes) -> list[tuple[float, float]]:
    """Return how much is to be seen on the left and right of each picture."""
    with av.open(io.BytesIO(body), format="mp4") as container:
        pictures = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    middle = pictures[0].shape[1] // 2
    return [(p[:, : middle - 8].std(), p[:, middle + 8 :].std()) for p in pictures]


def test_a_mask_is_filled_in_the_bytes_that_players_get_here_and_outside(
    hill: Cast, ring: Ring, monkeypatch
):
    monkeypatch.setattr(media, "MOST_COVERING_S", 60.0)  # a busy machine answers in pieces
    start = timezone.now().replace(microsecond=0) - timedelta(seconds=5)
    record_chunks(ring, hill.lamp_hill.camera, start, 4)
    scene_publish(
        camera=hill.lamp_hill.camera, document=SCENE | {"masks": [MASK]}, reason="a locker room"
    )
    recorded = min(ring.root.rglob("*.mp4")).read_bytes()
    assert all(left > 10 for left, _right in halves(recorded)), "the ring keeps the whole picture"
    answer = ask(hill.operator, hill, "media/", since=start.timestamp(), seconds=4)
    found = times(answer.content)
    assert found == pytest.approx([start.timestamp() + n / 10 for n in range(40)], abs=0.002)
    assert all(left < 3 for left, _right in halves(answer.content))
    client, headers = Client(), {"Authorization": f"Token {hill.token}"}
    address = f"/api/v1/cameras/{hill.lamp_hill.camera.pk}/live.m3u8"
    lines = client.get(address, headers=headers).content.decode().splitlines()
    header = next(line for line in lines if line.startswith("#EXT-X-MAP")).split('"')[1]
    parts = [line for line in lines if not line.startswith("#")]
    assert len(parts) == 4 and lines.count("#EXT-X-DISCONTINUITY") == 0
    body = b"".join(client.get(part, headers=headers).content for part in (header, *parts))
    assert times(body) == pytest.approx(found, abs=0.002)
    assert all(left < 3 for left, _right in halves(body))


def test_what_cannot_be_covered_is_not_shown(hill: Cast, ring: Ring, monkeypatch):
    start = minutes_ago(5)
    record_chunks(ring, hill.lamp_hill.camera, start, 2)
    scene_publish(camera=hill.lamp_hill.camera, document=SCENE | {"masks": [MASK]}, reason="x")

    def fails(data, masks):
        raise MediaError("the video cannot be decoded")

    monkeypatch.setattr(media, "cover_chunk", fails)
    assert ask(hill.operator, hill, "media/", since=start.timestamp()).status_code == 204
