"""Every list filters, sorts and exports by its address, within the reader's mines."""

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.db.models import QuerySet
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.services import member_set, user_create
from apps.alarms.answers import alarm_call
from apps.alarms.models import Alarm
from apps.audit.models import AuditEntry
from apps.audit.services import record
from apps.cameras.models import Analysis, Camera, StreamState
from apps.cameras.selectors import camera_health
from apps.cameras.services import camera_create
from apps.cameras.standing import cameras_standing
from apps.lists.export import cell
from apps.mines.services import area_create, machine_create
from apps.rules.models import Scene
from apps.rules.services import scene_publish
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import NOON, SCENE, Cast, an_alarm
from tests.tables import table
from workers.hazards import registry

LISTS = {
    "/alarms/": "anna",
    "/clips/": "anna",
    "/record/": "dora",
    "/portal/areas/": "ben",
    "/portal/cameras/": "ben",
    "/portal/gauges/": "ben",
    "/portal/machines/": "ben",
    "/portal/people/": "ben",
    "/portal/rules/": "ben",
}


@pytest.fixture
def ben(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.admin)
    return client


def more(cast: Cast, n: int, first: int = 0) -> None:
    """Let Lamp Hill grow by n of everything."""
    place = cast.lamp_hill
    points = [{"xy": [0.5, 0.9], "m": 0}, {"xy": [0.5, 0.1], "m": 2}]
    with system_scope("test"):
        for i in range(first, first + n):
            area = area_create(mine=place.mine, name=f"Incline {i}")
            machine_create(area=area, key=f"hoist-{i}", name=f"Hoist {i}", kind="hoist")
            url = f"rtsp://10.0.1.{i}/main"
            camera = camera_create(area=area, name=f"Cam {i}", main_url=url)
            gauges = [{"id": f"g{i}", "points": points}]
            scene_publish(camera=camera, document=SCENE | {"gauges": gauges}, reason="test")
            an_alarm(place, camera=camera, situation=f"r1:{i}", severity="high")
            person = user_create(username=f"person-{i}", password="x")
            member_set(mine=place.mine, user=person, role="operator")


def test_a_list_is_filtered_by_its_address_and_says_so(cast: Cast, ben: Client):
    more(cast, 3)
    page = ben.get("/portal/cameras/?q=cam+1&state=blind").content.decode()
    assert "Cam 1" in page and "Cam 2" not in page
    assert "Name or address: <strong>cam 1</strong>" in page
    assert "State: <strong>BLIND</strong>" in page
    # Each chip leads to the list without it.
    assert 'class="chip" href="?q=cam+1"' in page
    assert "Nothing fits" in ben.get("/portal/cameras/?q=elsewhere").content.decode()


def test_alarms_sort_by_how_bad_they_are_not_by_the_alphabet(cast: Cast, ben: Client):
    with system_scope("test"):
        for severity in ("low", "critical", "high", "medium"):
            an_alarm(cast.lamp_hill, rule=severity, situation=severity, severity=severity)
    worst = [row.severity for row in ben.get("/alarms/?sort=severity").context["shown"].page]
    assert worst == ["critical", "high", "medium", "low"]
    mild = [row.severity for row in ben.get("/alarms/?sort=-severity").context["shown"].page]
    assert mild == worst[::-1]


def test_a_long_export_builds_no_query_for_each_row(cast: Cast, ben: Client, monkeypatch):
    built = []
    chain = QuerySet._chain
    monkeypatch.setattr(QuerySet, "_chain", lambda self: built.append(self) or chain(self))

    def cost(rows: int) -> int:
        built.clear()
        assert len(table(ben.get("/alarms/?export=csv"))) == rows
        return len(built)

    more(cast, 3)
    few = cost(3)
    more(cast, 9, first=3)
    assert cost(12) == few


def test_open_alarms_are_those_that_are_not_closed(cast: Cast, ben: Client):
    with system_scope("test"):
        an_alarm(cast.lamp_hill)
        closed = an_alarm(cast.lamp_hill, rule="r2", situation="x")
        Alarm.objects.filter(pk=closed.pk).update(
            state=Alarm.State.CLOSED, cleared_at=NOON, acknowledged_at=NOON
        )
    shown = ben.get("/alarms/?state=open").context["shown"]
    assert [row.rule for row in shown.page] == ["r1"]


def test_days_are_those_of_the_mines_clock(cast: Cast, ben: Client):
    # 18:00 of the 4th at Greenwich is two in the morning of the 5th in the mine.
    with system_scope("test"):
        an_alarm(cast.lamp_hill, at=NOON + timedelta(hours=6))
    assert not ben.get("/alarms/?until=2026-03-04").context["shown"].page.object_list
    assert ben.get("/alarms/?since=2026-03-05&until=2026-03-05").context["shown"].page.object_list


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "9999-12-31"])
def test_what_is_no_day_is_said_beside_its_field_and_exports_nothing(
    cast: Cast, ben: Client, day: str
):
    with system_scope("test"):
        an_alarm(cast.lamp_hill)
    answer = ben.get(f"/alarms/?until={day}&export=csv")
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "Write a day as in 2026-03-04." in page and f'value="{day}"' in page
    assert not answer.context["shown"].page.object_list


def test_a_foreign_mine_or_a_word_that_means_nothing_shows_nothing(cast: Cast, ben: Client):
    with system_scope("test"):
        an_alarm(cast.lamp_hill)
    for word in (f"mine={cast.deep_vale.mine.pk}", "mine=x", "severity=awful", "camera=99999999"):
        answer = ben.get(f"/alarms/?{word}")
        assert not answer.context["shown"].page.object_list, word
        assert "Deep Vale" not in answer.content.decode()


def test_odd_addresses_do_no_harm(cast: Cast, ben: Client):
    for word in ("q=%00", "sort=password", "sort=-", "page=x", "page=-3", "q=%25_", "since=%00"):
        assert ben.get(f"/portal/cameras/?{word}").status_code == 200, word


def test_the_file_has_the_rows_of_the_filters_in_their_order(cast: Cast, ben: Client):
    more(cast, 3)
    rows = table(ben.get("/portal/machines/?kind=hoist&sort=-key&export=csv"))
    assert [row["Key"] for row in rows] == ["hoist-2", "hoist-1", "hoist-0"]
    assert rows[0]["Place"] == "Incline 2"


def test_the_file_tells_times_by_the_mines_clock(cast: Cast, ben: Client):
    with system_scope("test"):
        an_alarm(cast.lamp_hill)
    [row] = table(ben.get("/alarms/?export=csv"))
    assert row["Raised"] == "2026-03-04 20:00:00 +0800"
    assert row["Severity"] == "critical" and row["Camera"] == "Winch house 1"


def test_who_takes_a_list_is_recorded_with_the_filters(cast: Cast, ben: Client):
    table(ben.get("/portal/machines/?q=winch&export=csv"))
    with system_scope("test"):
        entry = AuditEntry.objects.get(action="list.exported")
    assert (entry.actor_id, entry.mine_id) == (cast.admin.pk, cast.lamp_hill.mine.pk)
    assert entry.detail == {"filters": {"q": "winch"}, "rows": 1}


def test_a_file_never_holds_another_mines_rows(cast: Cast):
    client = Client()
    client.force_login(cast.owner)
    rows = table(client.get("/portal/cameras/?export=csv"))
    assert {row["Mine"] for row in rows} == {"Lamp Hill"}


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", " =1", "＝1", "\t=1", "\r=1", "%0", "|calc"]
)
def test_text_that_a_spreadsheet_would_run_stays_text(text: str):
    assert cell(text, "UTC") == f"'{text}"


def test_a_camera_named_like_a_formula_is_written_as_its_name(cast: Cast, ben: Client):
    with system_scope("test"):
        Camera.objects.filter(pk=cast.lamp_hill.camera.pk).update(name='=HYPERLINK("x")')
    [row] = table(ben.get("/portal/cameras/?export=csv"))
    assert row["Camera"] == '\'=HYPERLINK("x")'


@pytest.mark.django_db(transaction=True)
def test_the_server_sends_the_file_in_pieces_as_it_reads_them(cast: Cast):
    more(cast, 2)

    async def take() -> list[bytes]:
        client = AsyncClient()
        await client.aforce_login(cast.admin)
        answer = await client.get("/portal/machines/?export=csv")
        return [piece async for piece in answer.streaming_content]

    head, body = async_to_sync(take)()
    assert head.startswith("\ufeffMachine,Key".encode())
    assert body.count(b"\r\n") == 3


@pytest.mark.parametrize("address", LISTS)
def test_no_list_asks_more_of_the_database_when_it_has_more_rows(cast: Cast, address: str):
    people = {"anna": cast.owner, "ben": cast.admin, "dora": cast.auditor}
    client = Client()
    client.force_login(people[LISTS[address]])

    def ask() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as asked:
            shown = client.get(address).context["shown"]
        return len(asked), len(shown.page.object_list)

    more(cast, 2)
    ask()  # an auditor's first look is noted
    few, before = ask()
    more(cast, 4, first=2)
    many, after = ask()
    assert after >= before + 4
    assert many == few


def in_shadow_at_first() -> str:
    return next(name for name, hazard in registry().items() if hazard.mode == "shadow")


def test_the_database_says_how_a_camera_stands_as_its_health_does(cast: Cast):
    camera = cast.lamp_hill.camera
    now = timezone.now()

    def both() -> tuple[str, str]:
        with mine_scope(cast.lamp_hill.mine.pk):
            row = cameras_standing().get(pk=camera.pk)
            return row.standing, camera_health(row)["state"]

    def analysed(**facts: Any) -> None:
        with system_scope("test"):
            Analysis.objects.filter(camera=camera).update(**facts)

    assert both() == ("blind", "blind")  # nothing is known of its stream
    with system_scope("test"):
        stream = StreamState.objects.create(
            mine=camera.mine, camera=camera, stream="main", state="recording", since=now
        )
    assert both() == ("blind", "blind")  # nothing was analysed
    analysed(analysed_until=now, visibility=0.9)
    assert both() == ("protecting", "protecting")
    analysed(faults=[{"fault": "blocked", "about": "", "since": 0}])
    assert both() == ("blind", "blind")
    analysed(faults=[{"fault": "clock", "about": "", "since": 0}])
    assert both() == ("protecting", "protecting")
    analysed(visibility=0.2)
    assert both() == ("blind", "blind")
    analysed(visibility=None)
    assert both() == ("protecting", "protecting")
    analysed(analysed_until=now - timedelta(minutes=1))
    assert both() == ("blind", "blind")
    analysed(analysed_until=now)
    for rules, word in (
        ([], "idle"),
        ([{"mode": "shadow"}], "idle"),
        ([{"mode": "off"}, {"type": "of_a_newer_version", "mode": "armed"}], "idle"),
        ([{"type": "of_a_newer_version"}], "idle"),
        ([{"mode": "shadow"}, {"mode": "armed"}], "protecting"),
        ([{}], "protecting"),
        ([{"type": in_shadow_at_first()}], "idle"),
        ([{"type": in_shadow_at_first(), "mode": "armed"}], "protecting"),
    ):
        with system_scope("test"):
            Scene.objects.create(
                mine=camera.mine,
                camera=camera,
                version=Scene.objects.count() + 1,
                document=SCENE | {"rules": [SCENE["rules"][0] | rule for rule in rules]},
            )
            alone = Camera.objects.get(pk=camera.pk)
            assert camera_health(alone)["state"] == word
        assert both() == (word, word), rules
    with system_scope("test"):
        StreamState.objects.filter(pk=stream.pk).update(state="lost")
    assert both() == ("blind", "blind")
    with system_scope("test"):
        Camera.objects.filter(pk=camera.pk).update(sub_url="rtsp://10.0.0.9/sub")
        StreamState.objects.filter(pk=stream.pk).update(state="recording")
    assert both() == ("blind", "blind")  # the stream that is analysed is another one now
    with system_scope("test"):
        Camera.objects.filter(pk=camera.pk).update(enabled=False)
    assert both() == ("off", "off")


def test_the_record_tells_details_plainly_and_times_by_the_mines_clock(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        record(
            action="camera.changed",
            subject=cast.lamp_hill.camera,
            mine_id=cast.lamp_hill.mine.pk,
            actor=cast.admin,
            detail={
                "since": "2026-03-04T12:00:00+00:00",
                "filters": {"mine": "1", "q": "<b>", "spans": [{"from": 1, "to": 2}]},
                "fields": ["name", "keeps"],
                "enabled": True,
                "none": {},
            },
        )
    dora = Client()
    dora.force_login(cast.auditor)
    page = dora.get("/record/?act=camera.changed").content.decode()
    assert "filters: q: &lt;b&gt;, mine: 1, spans: (to: 2, from: 1)" in page
    assert 'data-zone="Asia/Shanghai" title="Asia/Shanghai">2026-03-04 20:00:00</time>' in page
    assert "fields: name, keeps" in page and "enabled: yes" in page and "none: –" in page


def test_the_record_s_details_are_in_the_reader_s_language(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        alarm_call(alarm=an_alarm(cast.lamp_hill), actor=cast.operator, whom="pump 2", said="went")
        detail = {"from": "returned", "to": "unacknowledged", "fields": ["name"], "sha256": "ab"}
        record(
            action="camera.changed",
            subject=cast.lamp_hill.camera,
            mine_id=cast.lamp_hill.mine.pk,
            actor=cast.admin,
            detail=detail,
        )
        about = {"subject": cast.lamp_hill.camera, "mine_id": cast.lamp_hill.mine.pk}
        for action, detail in (
            ("stream.state", {"state": "lost", "reason": "disk full"}),
            ("signal.changed", {"state": "COASTING"}),
            (
                "escalation.set",
                {"after": {"critical": [[30, "shift_leader"], [60, "director Li"]]}},
            ),
            ("audit.looked", {"path": "/gaps/"}),
            ("ledger.key_made", {"public": "ed25519"}),
            ("ledger.stamped", {"root": 7}),
            ("clip.ready", {"manifest": "cd"}),
            (
                "notify.route_changed",
                {"before": {"areas": [2], "picture": "none", "cleared": True}},
            ),
            ("organisation.changed", {"before": "owner", "name": "admin"}),
            ("input.changed", {"value": "lost"}),
        ):
            record(action=action, **about, detail=detail)
    dora = Client()
    dora.force_login(cast.auditor)
    page = dora.get("/record/", headers={"Accept-Language": "zh-hans"}).content.decode()
    assert "对象: pump 2" in page
    assert "到: 未确认" in page and "字段: 名称" in page and "SHA-256: ab" in page
    for said in (
        "状态: 失联",
        "原因: 磁盘已满",
        "状态: 惰行",
        "紧急: 30, 带班领导, 60, director Li",
        "页面: /gaps/",
        "公钥: ed25519",
        "签名的链根: 7",
        "清单的 SHA-256: cd",
        "地点: 2",
        "画面: 不带画面",
        "消除时也通知: 是",
        "角色: 审计员",
        "主码流地址: rtsp://10.0.0.9/main",
        "类型: 绞车",
    ):
        assert said in page, said
    # What somebody named so, or another system said, is no code.
    assert "之前: owner" in page and "名称: admin" in page and "值: lost" in page


def test_the_record_shows_what_somebody_typed_as_typed_also_where_it_reads_like_a_moment(
    cast: Cast,
):
    dora = Client()
    dora.force_login(cast.auditor)
    edge, ordinary = "0001-01-01T00:00:00+14:00", "2026-11-28T06:00:00+02:00"
    with mine_scope(cast.lamp_hill.mine.pk):
        alarm = an_alarm(cast.lamp_hill)
        for whom in (edge, ordinary):
            alarm_call(alarm=alarm, actor=cast.operator, whom=whom, said="pump 2")
        record(
            action="camera.changed",
            subject=cast.lamp_hill.camera,
            mine_id=cast.lamp_hill.mine.pk,
            actor=cast.admin,
            detail={"since": edge, "filters": {"until": "9999-12-31T23:59:59+00:00"}},
        )
    answer = dora.get("/record/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert f"whom: {edge}" in page and f"whom: {ordinary}" in page
    assert f"since: {edge}" in page and "until: 9999-12-31T23:59:59+00:00" in page
