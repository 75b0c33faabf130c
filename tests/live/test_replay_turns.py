"""A draft tried from its form: in turns, cancelled, refused, and honest about what it missed."""

import json
from datetime import timedelta
from typing import Any

import av
import pytest
from django.test import Client
from django.utils import timezone

from apps.alarms.models import Alarm
from apps.audit.models import AuditEntry
from apps.cameras.models import Chunk
from apps.cameras.services import camera_update
from apps.evidence.storage import StorageError, get_file, size_of
from apps.rules import turns
from apps.rules.models import MasksCarried, Replay
from apps.rules.replay import Tally
from apps.rules.replays import replays_waiting
from apps.rules.services import replay_start, scene_publish
from apps.rules.tasks import forget
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import SCENE, Cast
from tests.loops import feed, loop
from workers.engine import Analysis, Reading, State
from workers.media.ring import Ring

pytestmark = pytest.mark.live
FIRST, LASTS_S = 2, 12


@pytest.fixture
def begin(settings, tmp_path, cast: Cast):
    """Twelve seconds of the winch house, in which somebody enters; the time of the first."""
    settings.RING_DIR = tmp_path / "ring"
    start = timezone.now() - timedelta(hours=1)
    winch = loop("winch-house")
    with mine_scope(cast.lamp_hill.mine.pk):
        camera = camera_update(camera=cast.lamp_hill.camera, sub_url="rtsp://10.0.0.9/sub")
        feed(
            Ring(settings.RING_DIR, durable=False),
            camera,
            winch.chunks[FIRST : FIRST + LASTS_S],
            start,
        )
    return start


def asked(cast: Cast, role: str, body: dict[str, Any]) -> Any:
    client = Client()
    client.force_login(cast[role])
    return client.post("/api/v1/replays/", json.dumps(body), "application/json")


def wanted(cast: Cast, begin, *, before_s: float = 0, seconds: float = 20) -> dict[str, Any]:
    return {
        "camera": cast.lamp_hill.camera.pk,
        "document": loop("winch-house").scene,
        "rule": "r1",
        "since": (begin - timedelta(seconds=before_s)).isoformat(),
        "until": (begin + timedelta(seconds=seconds)).isoformat(),
    }


def started(cast: Cast, begin, **more: Any) -> Replay:
    answer = asked(cast, "admin", wanted(cast, begin, **more))
    assert answer.status_code == 201, answer.content
    with mine_scope(cast.lamp_hill.mine.pk):
        return Replay.objects.get(uid=answer.json()["id"])


def work(replay: Replay) -> bool:
    return turns.replay_work(replay_id=replay.pk, mine_id=replay.mine_id)


def shown(cast: Cast, replay: Replay, role: str = "admin") -> dict[str, Any]:
    client = Client()
    client.force_login(cast[role])
    return client.get(f"/api/v1/replays/{replay.uid}/").json()


def test_it_tells_what_would_have_been_raised_with_clips_and_what_is_not_recorded(
    cast: Cast, begin
):
    replay = started(cast, begin, before_s=30)
    while work(replay):
        pass
    told = shown(cast, replay)
    assert (told["state"], told["progress"], told["count"]) == ("done", 1, 1)
    assert told["seconds"] == pytest.approx(LASTS_S, abs=0.5)
    assert (told["span_s"], told["not_recorded_s"]) == (50, pytest.approx(50 - LASTS_S, abs=0.5))
    assert told["unreadable_s"] == told["blind_s"] == 0
    alarm = told["alarms"][0]
    assert alarm["why"].startswith("1 person in ") and alarm["severity"] == "critical"
    assert begin.isoformat() < alarm["at"] < (begin + timedelta(seconds=LASTS_S)).isoformat()
    with mine_scope(replay.mine_id):
        assert not Alarm.objects.exists()
        replay.refresh_from_db()
        assert size_of(replay.alarms[0]["clip"]) > 10_000
    client = Client()
    client.force_login(cast.operator)
    played = client.get(f"/replays/{replay.uid}/clips/0/")
    assert played.status_code == 302 and "/replays/" in played["Location"]
    with system_scope("test"):
        acts = AuditEntry.objects.filter(subject=f"replay:{replay.pk}")
        assert [one.action for one in acts.order_by("pk")] == [
            "replay.started", "replay.done", "replay.play",
        ]  # fmt: skip


def test_the_masks_in_force_are_filled_in_its_videos_and_a_newer_one_closes_them(
    cast: Cast, begin, tmp_path
):
    corner = [[0.0, 0.0], [0.3, 0.0], [0.3, 0.3], [0.0, 0.3]]
    with mine_scope(cast.lamp_hill.mine.pk):
        about = {"camera": cast.lamp_hill.camera, "reason": "a window"}
        scene_publish(document=SCENE | {"masks": [corner]}, **about)
    replay = started(cast, begin)  # its draft has no mask
    while work(replay):
        pass
    with mine_scope(replay.mine_id):
        replay.refresh_from_db()
    get_file(replay.alarms[0]["clip"], tmp_path / "clip.mp4")
    with av.open(str(tmp_path / "clip.mp4")) as film:
        pictures = [frame.to_ndarray(format="gray") for frame in film.decode(video=0)]
    assert len(pictures) > 20
    for picture in pictures:
        height, width = picture.shape
        part = picture[: int(height * 0.27), : int(width * 0.27)]
        assert part.std() < 4 and 15 < part.mean() < 35
        assert picture[height // 2 :].std() > 8, "and nothing else"
    client = Client()
    client.force_login(cast.operator)
    address = f"/replays/{replay.uid}/clips/0/"
    assert client.get(address).status_code == 302
    knocks = [(3600, 302), (0, 404)]  # later than what it shows, and while it was recorded
    for after_s, answer in knocks:
        with mine_scope(cast.lamp_hill.mine.pk):
            MasksCarried.objects.create(
                mine=cast.lamp_hill.mine, camera=cast.lamp_hill.camera,
                since=begin + timedelta(seconds=after_s), polygons=[corner[::-1]],
            )  # fmt: skip
        assert client.get(address).status_code == answer
    with mine_scope(cast.lamp_hill.mine.pk):
        MasksCarried.objects.all().delete()
        assert client.get(address).status_code == 302
        scene_publish(document=SCENE | {"masks": [corner, corner[::-1]]}, **about)
    assert client.get(address).status_code == 404


def test_turns_one_after_the_other_find_what_one_long_turn_finds(cast: Cast, begin, monkeypatch):
    whole = started(cast, begin)
    while work(whole):
        pass
    monkeypatch.setattr(turns, "TURN_S", 0.0)
    monkeypatch.setattr(turns, "SAVE_S", 0.0)
    parts = started(cast, begin)
    count = 0
    while work(parts):
        count += 1
    assert count == LASTS_S  # one chunk a turn
    one, other = shown(cast, whole), shown(cast, parts)
    for told in (one, other):
        assert told["alarms"][0].pop("clip")
    own = {"id", "created_at", "ended_at", "took_s"}
    assert {k: v for k, v in one.items() if k not in own} == {
        k: v for k, v in other.items() if k not in own
    }
    assert one["count"] == 1


def test_a_holder_that_died_is_followed_by_another_when_its_lease_ends(cast: Cast, begin):
    replay = started(cast, begin)
    held = turns._take_lease(replay.pk, replay.mine_id, "dead")
    assert held is not None
    assert not work(replay)  # nobody else gets in
    with system_scope("test"):
        assert replays_waiting() == []
        Replay.objects.filter(pk=replay.pk).update(lease_until=timezone.now())
        assert replays_waiting() == [(replay.pk, replay.mine_id)]
    while work(replay):
        pass
    assert shown(cast, replay)["count"] == 1


def test_a_replay_that_kills_its_workers_is_given_up(cast: Cast, begin):
    replay = started(cast, begin)
    for n in range(3):
        assert turns._take_lease(replay.pk, replay.mine_id, f"dead-{n}") is not None
        with mine_scope(replay.mine_id):
            Replay.objects.filter(pk=replay.pk).update(lease_until=timezone.now())
    assert not work(replay)
    told = shown(cast, replay)
    assert told["state"] == "failed" and "three times" in told["error"]


def test_one_replay_a_mine_goes_on_at_a_time_and_can_be_cancelled(cast: Cast, begin):
    replay = started(cast, begin)
    busy = asked(cast, "owner", wanted(cast, begin))
    assert busy.status_code == 409
    assert "Winch house 1" in busy.json()["errors"][0]["message"]
    turn = turns._Turn(turns._take_lease(replay.pk, replay.mine_id, "t"), "t")
    assert turn.stretch()
    client = Client()
    client.force_login(cast.admin)
    answer = client.post(f"/api/v1/replays/{replay.uid}/cancel/")
    assert answer.json()["state"] == "cancelled"
    assert not turn.stretch()  # whoever is at work on it stops
    assert not work(replay)
    told = shown(cast, replay, "auditor")
    assert told["state"] == "cancelled" and told["progress"] > 0
    assert asked(cast, "owner", wanted(cast, begin)).status_code == 201


def test_a_draft_that_is_wrong_is_refused_with_the_path_of_its_fault(cast: Cast, begin):
    body = wanted(cast, begin)
    body["document"] = json.loads(json.dumps(body["document"]))
    body["document"]["rules"][0]["zone"] = "nowhere"
    answer = asked(cast, "admin", body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "rules[0].zone"
    body = wanted(cast, begin) | {"rule": "gone"}
    assert asked(cast, "admin", body).json()["errors"][0]["field"] == "rule"
    body = wanted(cast, begin) | {"until": begin.isoformat()}
    assert asked(cast, "admin", body).json()["errors"][0]["field"] == "since"
    assert asked(cast, "operator", wanted(cast, begin)).status_code == 403


def test_a_rule_that_is_off_runs_as_if_armed_and_only_its_alarms_are_told(cast: Cast, begin):
    body = wanted(cast, begin)
    document = json.loads(json.dumps(body["document"]))
    other = {**document["rules"][0], "id": "other"}
    document["rules"][0]["mode"] = "off"
    document["rules"].append(other)
    body["document"] = document
    answer = asked(cast, "admin", body)
    with mine_scope(cast.lamp_hill.mine.pk):
        replay = Replay.objects.get(uid=answer.json()["id"])
    while work(replay):
        pass
    told = shown(cast, replay)
    assert told["count"] == 1 and {alarm["rule"] for alarm in told["alarms"]} == {"r1"}


def test_chunks_that_are_gone_or_broken_are_said_and_not_taken_for_quiet(
    cast: Cast, begin, settings
):
    with mine_scope(cast.lamp_hill.mine.pk):
        first, second = Chunk.objects.order_by("sequence")[:2]
    (settings.RING_DIR / first.path).unlink()
    (settings.RING_DIR / second.path).write_bytes(b"no video")
    replay = started(cast, begin)
    while work(replay):
        pass
    told = shown(cast, replay)
    assert told["unreadable_s"] == pytest.approx(2, abs=0.1)
    assert told["seconds"] == pytest.approx(LASTS_S - 2, abs=0.1)


def test_what_began_before_the_span_is_no_alarm_of_it(cast: Cast, begin):
    with mine_scope(cast.lamp_hill.mine.pk):
        at = loop("winch-house").entry_s() - FIRST
        replay = replay_start(
            camera=cast.lamp_hill.camera,
            document=loop("winch-house").scene,
            since=begin + timedelta(seconds=at + 2),
            until=begin + timedelta(seconds=at + 4),
            rule="r1",
        )
    while work(replay):
        pass
    assert shown(cast, replay)["count"] == 0


def test_blind_seconds_are_counted_between_the_readings_and_over_chunks():
    tally = Tally()

    def chunk(start: float, *sight: tuple[str, float, str]) -> None:
        readings = [Reading(f"{rule}.sight", t, value) for rule, t, value in sight]
        tally.take(start, start + 1, Analysis(State(), readings=readings), "")

    chunk(0, ("a", 0.4, "BLIND"))
    chunk(1, ("b", 1.5, "BLIND"))
    chunk(2, ("a", 2.5, "SEES"))
    chunk(3, ("b", 3.25, "SEES"), ("b", 3.75, "BLIND"))
    assert tally.blind_s == pytest.approx(0.6 + 1 + 1 + 0.25 + 0.25)


def test_old_replays_go_with_their_clips(cast: Cast, begin):
    replay = started(cast, begin)
    while work(replay):
        pass
    forget()
    with mine_scope(replay.mine_id):
        replay.refresh_from_db()
        Replay.objects.filter(pk=replay.pk).update(created_at=timezone.now() - timedelta(days=8))
    forget()
    with mine_scope(replay.mine_id):
        assert not Replay.objects.filter(pk=replay.pk).exists()
    with pytest.raises(StorageError):
        size_of(replay.alarms[0]["clip"])
