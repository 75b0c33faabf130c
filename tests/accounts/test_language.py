"""The reader's language: on pages, in the API, in what is pushed, and who keeps it."""

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from apps.alarms.models import Alarm
from apps.alarms.services import alarm_raise
from apps.cameras.models import StreamState
from apps.live.selectors import events_after
from apps.sentences import kept, why
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import PASSWORD, Cast

CHINESE = {"HTTP_ACCEPT_LANGUAGE": "zh-CN,zh;q=0.9,en;q=0.8"}


@pytest.fixture
def operator(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.operator)
    return client


def somebody_at_the_winch(cast: Cast) -> Alarm:
    """Raise an alarm as the analysis does, which speaks English."""
    camera = cast.lamp_hill.camera
    values = {
        "phrases": [
            ["%(count)s persons in %(zone)s", {"count": 2, "zone": "drum"}],
            [
                "%(machine)s %(state)s (%(source)s)",
                {"machine": "winch-1", "state": "RUNNING", "source": "signal"},
            ],
        ]
    }
    with mine_scope(camera.mine_id):
        return alarm_raise(
            camera=camera, rule="drum", rule_type="proximity_while_running", situation="drum@1",
            level="danger", severity="critical", at=timezone.now(),
            why="2 persons in drum, winch-1 RUNNING (signal)", values=values, boxes=[], zone=[],
            scene_version=1,
        )  # fmt: skip


def test_the_log_in_page_speaks_the_browsers_language_until_another_is_chosen(db):
    client = Client()
    assert "Sign in" in client.get("/login/").content.decode()
    page = client.get("/login/?next=/alarms/", **CHINESE).content.decode()
    assert 'lang="zh-hans"' in page
    assert "用户名" in page
    answer = client.post("/account/language/", {"language": "zh-hans", "next": "/login/?next=/a/"})
    assert answer.headers["Location"] == "/login/?next=/a/", "the page is kept"
    assert "用户名" in client.get("/login/").content.decode()


def test_a_first_signing_in_keeps_the_language_with_the_person(cast: Cast):
    client = Client(**CHINESE)
    client.post("/login/", {"username": cast.operator.username, "password": PASSWORD})
    cast.operator.refresh_from_db()
    assert cast.operator.language == "zh-hans"
    other = Client()
    other.force_login(cast.operator)
    assert "<h1>报警</h1>" in other.get("/alarms/").content.decode(), "wherever they sit"


def test_a_switch_in_mid_shift_stays_on_the_page(operator: Client, cast: Cast):
    page = operator.get("/alarms/?state=open").content.decode()
    assert "中文" in page
    assert 'value="/alarms/?state=open"' in page
    answer = operator.post(
        "/account/language/", {"language": "zh-hans", "next": "/alarms/?state=open"}
    )
    assert answer.headers["Location"] == "/alarms/?state=open"
    assert "<h1>报警</h1>" in operator.get("/alarms/?state=open").content.decode()
    cast.operator.refresh_from_db()
    assert cast.operator.language == "zh-hans"


def test_the_switch_leads_nowhere_else(operator: Client):
    answer = operator.post(
        "/account/language/", {"language": "zh-hans", "next": "https://example.com/"}
    )
    assert answer.headers["Location"] == "/account/"
    assert operator.post("/account/language/", {"language": "tlh"}).status_code == 400


def test_everybody_reads_why_in_their_own_language(operator: Client, cast: Cast):
    alarm = somebody_at_the_winch(cast)
    chinese = "drum 内有 2 人，winch-1 运行（来自控制器）"
    english = "2 persons in drum, winch-1 RUNNING (from its controller)"
    address = f"/api/v1/alarms/{alarm.pk}/"
    assert operator.get(address).json()["why"] == english
    answer = operator.get(address, **CHINESE).json()
    assert answer["why"] == chinese
    assert (answer["state"], answer["severity"]) == ("unacknowledged", "critical"), "codes stay"
    # An answer in Chinese writes an event that others read in English.
    operator.post(f"{address}acknowledge/", {}, content_type="application/json", **CHINESE)
    with system_scope("test"):
        for language, said in (("en", english), ("zh-hans", chinese)):
            with override(language):
                events = [e for e in events_after(cursor=0) if e["kind"].startswith("alarm.")]
                assert {e["payload"]["why"] for e in events} == {said}


def test_codes_of_other_systems_are_words_and_a_mines_own_stay(cast: Cast):
    text = "%(barrier)s is %(state)s for %(seconds)s s, and must be %(wanted)s"
    alarm = Alarm(why="", values={})
    for state, said in (("OPEN", "打开"), ("AJAR", "AJAR")):
        values = {"barrier": "gate-1", "state": state, "seconds": "40", "wanted": "CLOSED"}
        alarm.values = {"phrases": [[text, values]]}
        with override("zh-hans"):
            assert why(alarm) == f"gate-1 处于 {said} 已 40 秒，应为 关闭"
        with override("en"):
            assert why(alarm) == text % values


def test_a_refusal_is_a_sentence_in_the_callers_language(cast: Cast):
    client = Client(**CHINESE)
    client.force_login(cast.admin)
    document = {"version": 1, "zones": [{"id": "a", "polygon": [[0, 0], [1, 1], [1, 0], [0, 1]]}]}
    answer = client.put(
        f"/api/v1/cameras/{cast.lamp_hill.camera.pk}/scene/",
        {"document": document, "reason": "try"},
        content_type="application/json",
    )
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {"code": "invalid", "message": "自相交叉", "field": "zones[0].polygon"}
    ]


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("no picture within 8 s", "8 秒内没有画面"),
        ("no picture for 14 s: no answer within 5 s", "已 14 秒无画面：5 秒内无应答"),
        ("c3/sub/12: cut off", "c3/sub/12：被截断"),
        ("h264 960x540, copied", "h264 960x540，原样复制"),
        (
            "hevc 960x540, converted to H.264 because the stream is hevc",
            "hevc 960x540，已转换为 H.264，因为码流为 hevc",
        ),
        (
            "h264 960x540, converted to H.264 because key pictures come more than 4 s apart",
            "h264 960x540，已转换为 H.264，因为关键帧间隔超过 4 秒",
        ),
        ("34% of the view is covered", "画面 34% 被遮挡"),
        (
            "winch-1: the signal says RUNNING, the picture STOPPED",
            "winch-1：信号为运行，画面为停止",
        ),
        ("something nobody translated", "something nobody translated"),
        ("", ""),
    ],
)
def test_sentences_kept_in_english_are_said_in_chinese(english: str, chinese: str):
    with override("zh-hans"):
        assert kept(english) == chinese
    with override("en"):
        assert kept(english) == english


def test_what_to_do_is_said_in_the_readers_language_where_the_mine_wrote_it(
    cast: Cast, operator: Client
):
    alarm = somebody_at_the_winch(cast)
    both = {"en": "Stop the winch.", "zh-hans": "停绞车。"}
    address = f"/api/v1/alarms/{alarm.pk}/"
    for action, chinese in ((both, "停绞车。"), ({"en": "Call."}, "Call."), ("Stop.", "Stop.")):
        with mine_scope(alarm.mine_id):
            Alarm.objects.filter(pk=alarm.pk).update(values={**alarm.values, "action": action})
        assert operator.get(address, **CHINESE).json()["values"]["action"] == chinese
    with mine_scope(alarm.mine_id):
        Alarm.objects.filter(pk=alarm.pk).update(values={**alarm.values, "action": both})
    english = operator.get(address, HTTP_ACCEPT_LANGUAGE="en").json()
    assert english["values"]["action"] == "Stop the winch."


def test_a_camera_s_page_names_its_streams_in_the_reader_s_language(cast: Cast):
    client, camera, now = Client(), cast.lamp_hill.camera, timezone.now()
    client.force_login(cast.admin)
    with system_scope("test"):
        StreamState.objects.create(
            mine=camera.mine, camera=camera, stream="main", state="recording", since=now
        )
    said = client.get(f"/portal/cameras/{camera.pk}/", **CHINESE).content.decode()
    assert "<td>主码流（证据）</td>" in said
