"""The shift hand-over: what it shows, who signs, and what stands in the way."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db.models.signals import post_init
from django.test import Client
from django.utils import timezone

from apps.accounts.services import member_set
from apps.alarms.answers import alarm_acknowledge
from apps.alarms.handover import handover_page, handover_sign, handover_take
from apps.alarms.models import Alarm, Handover
from apps.alarms.services import alarm_clear
from apps.alarms.silences import silence_ask
from apps.alarms.templatetags.words import worst_first
from apps.cameras.models import Analysis, StreamState
from apps.cameras.services import camera_create
from apps.mines.models import Mine
from apps.mines.services import mine_create
from apps.readings.models import Reading
from apps.rules.services import scene_publish
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import NOON, SCENE, Cast, an_alarm


@pytest.fixture
def hill(cast: Cast):
    """The cast, with Lamp Hill in scope."""
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


def sign(cast: Cast, **changes) -> Handover:
    usual = {"mine": cast.lamp_hill.mine, "actor": cast.operator, "note": "quiet night"}
    return handover_sign(**(usual | changes))


@pytest.mark.parametrize("severity", ["critical", "high"])
@pytest.mark.parametrize("over", [False, True])
def test_a_shift_cannot_end_with_a_high_alarm_that_nobody_answered(
    hill: Cast, severity: str, over: bool
):
    alarm = an_alarm(hill.lamp_hill, severity=severity)
    if over:
        at = NOON + timedelta(seconds=9)
        alarm_clear(camera=hill.lamp_hill.camera, rule="r1", situation="r1:1", at=at)
    with pytest.raises(ValidationError, match="high alarms first"):
        sign(hill)
    alarm_acknowledge(alarm=alarm, actor=hill.operator)
    assert sign(hill).handed_by == hill.operator


def test_lesser_alarms_and_other_mines_do_not_hold_it_up(hill: Cast):
    an_alarm(hill.lamp_hill, severity="medium")
    with mine_scope(hill.deep_vale.mine.pk):
        an_alarm(hill.deep_vale)
    assert sign(hill)


def test_signing_twice_is_one_signature_and_a_newer_one_takes_its_place(hill: Cast):
    first = sign(hill)
    assert sign(hill).pk == first.pk
    newer = sign(hill, note="one thing more")
    assert newer.pk != first.pk
    with pytest.raises(ValidationError, match="newer"):
        handover_take(handover=first, actor=hill.admin)


def answered(cast: Cast, n: int) -> None:
    """Let an alarm come, and answer it."""
    alarm = an_alarm(cast.lamp_hill, situation=f"r1:{n}", rule=f"r{n}")
    alarm_acknowledge(alarm=alarm, actor=cast.operator)


def test_a_second_signature_before_anybody_took_over_counts_the_whole_shift(hill: Cast):
    mine = hill.lamp_hill.mine
    with time_machine.travel(NOON, tick=False) as clock:
        sign(hill, note="first of all")
        clock.shift(timedelta(hours=8))
        answered(hill, 1)
        first = sign(hill)
        clock.shift(timedelta(minutes=2))
        answered(hill, 2)
        second = sign(hill, note="and the pump is loud")
        before = (NOON - timedelta(hours=12)).isoformat()
        assert {row.content["since"] for row in (first, second)} == {before}
        assert second.content["untaken"] and second.content["counts"]["critical"] == 2
        handover_take(handover=second, actor=hill.admin)
        clock.shift(timedelta(hours=8))
        page = handover_page(mine=mine, now=timezone.now())
    assert (page["since"], page["untaken"]) == (second.handed_at.isoformat(), False)
    assert page["counts"]["critical"] == 0


def test_a_shift_in_which_the_clock_was_set_back_is_handed_over_whole(hill: Cast):
    mine, camera = hill.lamp_hill.mine, hill.lamp_hill.camera
    with time_machine.travel(NOON + timedelta(hours=1), tick=False) as clock:
        answered(hill, 1)
        handover_take(handover=sign(hill), actor=hill.admin)
        clock.move_to(NOON)  # an hour that was no hour
        answered(hill, 2)
        scene_publish(camera=camera, document={**SCENE, "rules": []}, disarm=True, reason="repair")
        clock.shift(timedelta(minutes=20))
        late = sign(hill, note="the clock was wrong")
        assert late.content["counts"]["critical"] == 1
        assert [row["rule"] for row in late.content["off"]] == ["r1"]
        page = handover_page(mine=mine, now=timezone.now())
        assert page["untaken"], "the one that was signed last waits for whoever comes"
        assert sign(hill, note="the clock was wrong").pk == late.pk
        handover_take(handover=late, actor=hill.admin)
        page = handover_page(mine=mine, now=timezone.now())
    assert (page["untaken"], page["counts"]["critical"], page["off"]) == (False, 0, [])


def test_a_hand_over_that_a_newer_one_replaced_points_there_and_asks_nobody_to_sign(cast: Cast):
    ben = Client()
    ben.force_login(cast.admin)
    with mine_scope(cast.lamp_hill.mine.pk):
        first, second = sign(cast), sign(cast, note="and the pump is loud")
    page = ben.get(f"/handover/signed/{first.pk}/").content.decode()
    assert f'href="/handover/signed/{second.pk}/"' in page and "a newer hand-over" in page
    assert "Take over</button>" not in page
    page = ben.get(f"/handover/signed/{second.pk}/").content.decode()
    assert "Take over</button>" in page and "was not taken over, so this counts" in page


def test_the_same_words_signed_on_the_next_day_are_a_new_hand_over(hill: Cast):
    with time_machine.travel(NOON) as clock:
        first = sign(hill, note="")
        clock.shift(timedelta(seconds=61))
        second = sign(hill, note="")
        clock.shift(timedelta(days=1))
        third = sign(hill, note="")
    assert len({first.pk, second.pk, third.pk}) == 3
    assert third.handed_at - first.handed_at > timedelta(days=1)


def test_nobody_signs_the_same_words_again_over_an_alarm_that_came_since(hill: Cast):
    sign(hill)
    an_alarm(hill.lamp_hill)
    with pytest.raises(ValidationError, match="high alarms first"):
        sign(hill)


def test_the_page_tells_what_is_open_silenced_blind_and_how_the_water_stands(hill: Cast):
    camera, now = hill.lamp_hill.camera, timezone.now()
    alarm = an_alarm(hill.lamp_hill, severity="medium")
    silence_ask(
        camera=camera, rule="r2", kind="shelved", length=timedelta(hours=1), reason="repair",
        actor=hill.operator,
    )  # fmt: skip
    for ago_min, level_m in ((60, 0.5), (0, 0.62)):
        Reading.objects.create(
            mine=hill.lamp_hill.mine, camera=camera, name="sump-a.level_m", confidence=0.9,
            at=now - timedelta(minutes=ago_min, seconds=1), value=level_m,
        )  # fmt: skip
    page = handover_page(mine=hill.lamp_hill.mine, now=now)
    assert [row["id"] for row in page["alarms"]] == [alarm.pk]
    assert page["counts"] == {"critical": 0, "high": 0, "medium": 1, "low": 0}
    assert [row["rule"] for row in page["silences"]] == ["r2"]
    assert [row["camera_name"] for row in page["blind"]] == ["Winch house 1"]
    [water] = page["water"]
    assert (water["gauge"], water["level_m"], water["rise_m"]) == ("sump-a", 0.62, 0.12)


def sees(cast: Cast) -> None:
    """Let the camera of Lamp Hill be recorded and analysed up to now."""
    camera, now = cast.lamp_hill.camera, timezone.now()
    StreamState.objects.update_or_create(
        mine=cast.lamp_hill.mine, camera=camera, stream=camera.analysed_stream,
        defaults={"state": StreamState.State.RECORDING, "since": now},
    )  # fmt: skip
    Analysis.objects.update_or_create(
        mine=cast.lamp_hill.mine, camera=camera, defaults={"analysed_until": now}
    )


def publish(cast: Cast, **rule) -> None:
    scene_publish(
        camera=cast.lamp_hill.camera, document={**SCENE, "rules": [SCENE["rules"][0] | rule]},
        reason="test run", disarm=True, actor=cast.admin,
    )  # fmt: skip


def page_of(cast: Cast, mine: Mine | None = None) -> str:
    client = Client()
    client.force_login(cast.operator)
    return client.get(f"/handover/{(mine or cast.lamp_hill.mine).pk}/").content.decode()


def test_a_mine_without_cameras_is_not_said_to_be_protected(cast: Cast):
    owner = cast.lamp_hill.mine.organisation
    with system_scope("test"):
        mine = mine_create(organisation=owner, name="New Hill", timezone="Asia/Shanghai")
        member_set(mine=mine, user=cast.operator, role="operator")
    page = page_of(cast, mine)
    assert "Every camera protects." not in page and "There is no camera yet." in page


def test_a_camera_whose_only_rule_was_switched_off_is_told_to_who_comes(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        sees(cast)
        assert "Every camera protects." in page_of(cast)
        publish(cast, mode="off")
        [row] = handover_page(mine=cast.lamp_hill.mine, now=timezone.now())["blind"]
        assert (row["state"], row["because"], row["disarmed"]) == ("idle", "unruled", True)
    page = page_of(cast)
    assert "it has no rule that raises alarms" in page and "disarmed in this shift" in page
    assert "Switched off in this shift" in page and "<code>r1</code>" in page
    assert "Every camera protects." not in page and "Nothing is shelved" not in page


def test_what_was_disarmed_and_what_is_blind_stand_before_what_is_off(cast: Cast):
    here = cast.lamp_hill
    with mine_scope(here.mine.pk):
        sees(cast)
        publish(cast, mode="off")
        for number in range(6):
            camera_create(
                area=here.area, name=f"Spare {number}", main_url="rtsp://10.0.0.8/x", enabled=False
            )
        camera_create(area=here.area, name="Tail sheave", main_url="rtsp://10.0.0.8/y")
        rows = handover_page(mine=here.mine, now=timezone.now())["blind"]
    names = [row["camera_name"] for row in rows]
    assert names == ["Winch house 1", "Tail sheave", *(f"Spare {number}" for number in range(6))]
    page = page_of(cast)
    assert "<details><summary>6 cameras are off</summary>" in page and page.count("Spare") == 6
    assert page.index("disarmed in this shift") < page.index("Tail sheave") < page.index("Spare 0")


def test_a_camera_disarmed_in_an_earlier_shift_is_still_told_and_not_as_news(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        publish(cast, mode="off")
        handover_take(handover=sign(cast), actor=cast.admin)
        sees(cast)
    page = page_of(cast)
    assert "it has no rule that raises alarms" in page and "Every camera" not in page
    assert "disarmed in this shift" not in page and "Switched off in this shift" not in page


def test_a_rule_armed_and_switched_off_again_within_the_shift_is_told(hill: Cast):
    publish(hill, mode="off")
    handover_take(handover=sign(hill), actor=hill.admin)
    for mode in ("armed", "shadow"):
        publish(hill, mode=mode)
    page = handover_page(mine=hill.lamp_hill.mine, now=timezone.now())
    assert [row["rule"] for row in page["off"]] == ["r1"]
    publish(hill, mode="armed")
    assert handover_page(mine=hill.lamp_hill.mine, now=timezone.now())["off"] == []


def test_a_page_signed_before_such_cameras_were_listed_does_not_say_that_all_protect(cast: Cast):
    client = Client()
    client.force_login(cast.operator)
    with mine_scope(cast.lamp_hill.mine.pk):
        content = {k: v for k, v in sign(cast).content.items() if k != "off"} | {"blind": []}
        kept = Handover.objects.create(
            mine=cast.lamp_hill.mine, handed_by=cast.operator, handed_at=timezone.now(),
            content=content,
        )  # fmt: skip
    page = client.get(f"/handover/signed/{kept.pk}/").content.decode()
    assert "No camera was blind or off." in page and "Every camera protects." not in page


def test_the_page_reads_no_more_of_a_years_alarms_than_it_shows(hill: Cast):
    here, now = hill.lamp_hill, timezone.now()
    last = Handover.objects.create(
        mine=here.mine, handed_by=hill.operator, handed_at=now - timedelta(days=365), content={}
    )
    handover_take(handover=last, actor=hill.admin)
    alarm = an_alarm(here)
    past = {
        "mine": here.mine, "camera": here.camera, "rule": "r1", "rule_type": alarm.rule_type,
        "level": "danger", "state": "closed", "raised_at": NOON, "last_seen_at": NOON,
        "cleared_at": NOON, "why": "somebody", "scene_version": 1,
    }  # fmt: skip
    chatter = {"changes": 4, "within_s": 60, "on_delay_s": 2}
    Alarm.objects.bulk_create(
        Alarm(**past, situation=f"r1@{n}", severity="high" if n % 2 else "low",
              chatter=chatter if n % 3 == 0 else {}, verdict="false" if n < 7 else "")
        for n in range(180)
    )  # fmt: skip
    read: list[int] = []

    def count(instance: Alarm, **_: object) -> None:
        read.append(instance.pk)

    post_init.connect(count, sender=Alarm)
    try:
        page = handover_page(mine=here.mine, now=now)
    finally:
        post_init.disconnect(count, sender=Alarm)
    assert page["counts"] == {"critical": 1, "high": 90, "medium": 0, "low": 90}
    assert page["false"] == 7
    assert (len(page["chattering"]), page["chattering_more"]) == (50, 10)
    assert len(read) == 51, "those that chatter, and the one that is open"


def test_a_page_that_lists_not_all_that_chatters_says_so(cast: Cast):
    client = Client()
    client.force_login(cast.operator)
    with mine_scope(cast.lamp_hill.mine.pk):
        alarm = an_alarm(cast.lamp_hill)
        alarm_acknowledge(alarm=alarm, actor=cast.operator)
        handover = sign(cast)
        content = handover.content
        row = {**content["alarms"][0], "chatter": {"changes": 4, "within_s": 60, "on_delay_s": 2}}
        kept = Handover.objects.create(
            mine=handover.mine, handed_by=cast.operator, handed_at=timezone.now(),
            content=content | {"chattering": [row], "chattering_more": 3},
        )  # fmt: skip
    assert "3 more" in client.get(f"/handover/signed/{kept.pk}/").content.decode()
    assert "more of them" not in client.get(f"/handover/signed/{handover.pk}/").content.decode()


def test_water_that_cannot_be_read_is_said_and_never_the_last_value(hill: Cast):
    camera, now = hill.lamp_hill.camera, timezone.now()
    Reading.objects.create(
        mine=hill.lamp_hill.mine, camera=camera, name="sump-a.level_m", confidence=0.9,
        at=now - timedelta(minutes=61), value=0.5,
    )  # fmt: skip
    [water] = handover_page(mine=hill.lamp_hill.mine, now=now)["water"]
    assert (water["level_m"], water["rise_m"]) == (None, None)


def test_the_pages_say_what_stands_in_the_way_and_show_what_was_signed(cast: Cast):
    client = Client()
    client.force_login(cast.operator)
    address = f"/handover/{cast.lamp_hill.mine.pk}/"
    with mine_scope(cast.lamp_hill.mine.pk):
        alarm = an_alarm(cast.lamp_hill)
    page = client.get(address).content.decode()
    assert "cannot be handed over" in page
    assert client.post(address, {"note": ""}).status_code == 400
    with mine_scope(cast.lamp_hill.mine.pk):
        alarm_acknowledge(alarm=alarm, actor=cast.operator)
    answer = client.post(address, {"note": "watch the drum"}, follow=True)
    assert "watch the drum" in answer.content.decode()
    assert "Person at a running machine" in answer.content.decode()


def test_a_mine_without_a_hand_over_is_told_of_the_last_twelve_hours(cast: Cast):
    client = Client()
    client.force_login(cast.operator)
    address = f"/handover/{cast.lamp_hill.mine.pk}/"
    page = client.get(address).content.decode()
    assert "No hand-over yet: the last 12 hours" in page and "Since the last" not in page
    client.post(address, {"note": "the first"})
    with mine_scope(cast.lamp_hill.mine.pk):
        handover_take(handover=Handover.objects.get(), actor=cast.admin)
    page = client.get(address).content.decode()
    assert "No hand-over yet" not in page and "Since the last hand-over" in page


def test_what_stands_in_the_way_is_called_what_it_is(cast: Cast):
    chen, ben = Client(), Client()
    chen.force_login(cast.operator)
    ben.force_login(cast.admin)
    address = f"/handover/{cast.lamp_hill.mine.pk}/"
    with mine_scope(cast.lamp_hill.mine.pk):
        handover = sign(cast)
        an_alarm(cast.lamp_hill)
    asks = "over while a critical or high alarm asks for an answer"
    for page in (chen.get(address), ben.get(f"/handover/signed/{handover.pk}/")):
        assert asks in page.content.decode() and "</svg>critical</span>" in page.content.decode()
    refused = chen.post(address, {"note": ""}).content.decode()
    assert "Answer the critical and high alarms first: 1 of them asks." in refused
    with mine_scope(cast.lamp_hill.mine.pk):
        an_alarm(cast.lamp_hill, rule="r2", situation="r2:1", severity="high")
    assert "2 of them ask." in chen.post(address, {"note": ""}).content.decode()


def test_a_program_reads_hand_overs_and_signs_under_the_same_guard(hill: Cast):
    alarm = an_alarm(hill.lamp_hill)
    chen, ben = Client(), Client()
    chen.force_login(hill.operator)
    ben.force_login(hill.admin)
    body = {"mine": hill.lamp_hill.mine.pk, "note": "pump 2 is loud"}

    def post(client: Client, address: str, given: dict):
        return client.post(address, given, content_type="application/json")

    refused = post(chen, "/api/v1/handovers/", body)
    assert refused.status_code == 400 and "high alarms first" in refused.content.decode()
    alarm_acknowledge(alarm=alarm, actor=hill.operator)
    made = post(chen, "/api/v1/handovers/", body)
    assert made.status_code == 201 and made.json()["content"]["alarms"][0]["id"] == alarm.pk
    again = post(chen, "/api/v1/handovers/", body)
    assert again.json()["id"] == made.json()["id"], "sent twice, the first one stands"
    [listed] = ben.get("/api/v1/handovers/").json()["results"]
    assert (listed["note"], listed["takeover"]) == ("pump 2 is loud", None)
    take = f"/api/v1/handovers/{listed['id']}/take/"
    assert post(chen, take, {}).status_code == 400, "whoever comes signs"
    assert post(ben, take, {"note": "seen"}).json()["takeover"]["taken_by"] == "ben"


def test_a_signed_page_counts_the_worst_first_in_whatever_order_it_comes_back():
    kept = {"low": 4, "medium": 3, "critical": 1}
    assert worst_first(kept) == [("critical", 1), ("high", 0), ("medium", 3), ("low", 4)]
