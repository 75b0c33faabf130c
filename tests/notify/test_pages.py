"""Routes by page and API: what is kept, what is never shown again, what a test says."""

import csv
import io
import json
import logging
from datetime import time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.audit.models import AuditEntry
from apps.live.models import Event
from apps.mines.services import area_create
from apps.notify.models import Delivery, Route, Subscription
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast, an_alarm
from tests.notify.desk import Desk
from tests.notify.receivers import Receiver, Server, unused_port


@pytest.fixture
def admin(cast: Cast) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(cast.admin)
    return client


def api(client: Client, method: str, path: str, body: Any = None) -> Any:
    address = f"/api/v1/notifications/{path}"
    if body is None:
        return getattr(client, method)(address)
    return getattr(client, method)(address, json.dumps(body), "application/json")


GROUP = "https://8.8.8.8/cgi-bin/webhook/send?key=of-the-group-never-shown"


def a_group(cast: Cast, **more: Any) -> dict[str, Any]:
    mine = cast.lamp_hill.mine.pk
    return {"mine": mine, "name": "Group", "channel": "wecom", "address": GROUP, **more}


def test_a_route_is_made_changed_and_removed_by_the_api(cast: Cast, admin: Client):
    area = cast.lamp_hill.area.pk
    made = api(
        admin, "post", "routes/",
        a_group(
            cast, severities=["high", "critical"], steps=[2, 0], areas=[area], since="22:00",
            until="06:00", cleared=True, language="zh-hans",
        ),
    )  # fmt: skip
    assert made.status_code == 201, made.content
    told = made.json()
    assert told["severities"] == ["critical", "high"] and told["steps"] == [0, 2]
    assert (told["since"], told["until"], told["areas"]) == ("22:00", "06:00", [area])
    assert told["address"] == "https://8.8.8.8/…"
    changed = api(admin, "patch", f"routes/{told['id']}/", {"since": None, "until": None})
    assert changed.json()["since"] is None and changed.json()["severities"] == told["severities"]
    assert len(api(admin, "get", "routes/").json()["results"]) == 1
    assert api(admin, "delete", f"routes/{told['id']}/").status_code == 204
    assert api(admin, "get", f"routes/{told['id']}/").status_code == 404
    with mine_scope(cast.lamp_hill.mine.pk):
        actions = list(
            AuditEntry.objects.filter(action__startswith="notify.").values_list("action", flat=True)
        )
    assert sorted(actions) == [
        "notify.route_changed", "notify.route_created", "notify.route_removed",
    ]  # fmt: skip


def test_the_record_tells_what_of_a_route_was_changed_and_never_its_secrets(
    cast: Cast, admin: Client
):
    made = api(admin, "post", "routes/", a_group(cast)).json()
    route = f"routes/{made['id']}/"
    api(admin, "patch", route, {"enabled": False, "severities": ["critical"], "name": "Group"})
    api(admin, "patch", route, {"since": "22:00", "until": "06:00"})
    api(admin, "patch", route, {"address": GROUP.replace("of-the-group", "of-another")})
    api(admin, "patch", route, {"enabled": False, "address": ""})  # as it is
    with mine_scope(cast.lamp_hill.mine.pk):
        acts = AuditEntry.objects.filter(action__startswith="notify.route_").order_by("pk")
        created, *changed = [act.detail for act in acts]
    assert (created["name"], created["enabled"]) == ("Group", True)
    assert created["severities"] == ["critical", "high"]
    assert changed == [
        {
            "fields": ["enabled", "severities"],
            "before": {"enabled": True, "severities": ["critical", "high"]},
            "after": {"enabled": False, "severities": ["critical"]},
        },
        {
            "fields": ["since", "until"],
            "before": {"since": None, "until": None},
            "after": {"since": "22:00", "until": "06:00"},
        },
        {"fields": ["address"], "before": {}, "after": {}},
    ]
    assert "key=" not in str(created) + str(changed)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"severities": []}, "severities"),
        ({"steps": []}, "steps"),
        ({"steps": [9]}, "steps"),
        ({"areas": [999999]}, "areas"),
        ({"since": "22:00"}, "until"),
        ({"since": "22:00", "until": "22:00"}, "until"),
        ({"language": "xx"}, "language"),
        ({"address": "http://8.8.8.8/x"}, "address"),
        ({"address": "https://127.0.0.1/x"}, "address"),
        ({"address": "https://169.254.169.254/latest"}, "address"),
        ({"address": ""}, "address"),
        ({"secret": "a secret"}, "secret"),
        ({"channel": "webhook", "secret": "short"}, "secret"),
        ({"channel": "email", "address": "nobody"}, "address"),
        ({"channel": "push"}, "channel"),
        ({"channel": "pigeon"}, "channel"),
        ({"people": [999999]}, "people"),
        ({"name": " "}, "name"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(
    cast: Cast, admin: Client, more: dict[str, Any], field: str
):
    answer = api(admin, "post", "routes/", a_group(cast, **more))
    assert answer.status_code == 400
    assert field in {error.get("field", "").split(".")[0] for error in answer.json()["errors"]}


def test_a_place_of_another_mine_is_unknown(cast: Cast, admin: Client):
    with system_scope("test"):
        theirs = area_create(mine=cast.deep_vale.mine, name="Sump")
    answer = api(admin, "post", "routes/", a_group(cast, areas=[theirs.pk]))
    assert answer.status_code == 400


def test_an_address_and_a_secret_are_nowhere_to_be_seen(
    cast: Cast, admin: Client, hook: Receiver, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    key, secret = "key-never-shown", "SECnever-shown"
    dead = f"http://127.0.0.1:{unused_port()}/send?access_token={key}"
    body = a_group(cast, channel="dingtalk", address=dead, secret=secret)
    route = api(admin, "post", "routes/", body).json()
    hook.answers = [(200, {}, b'{"errcode": 310000, "errmsg": "sign not match"}')]
    test = api(admin, "post", f"routes/{route['id']}/test/", {})
    assert "no program listens there" in test.json()["results"][0]["said"]
    seen = [
        json.dumps(route),
        test.content.decode(),
        admin.get(reverse("notify", args=[cast.lamp_hill.mine.pk])).content.decode(),
        admin.get(reverse("notify-change", args=[route["id"]])).content.decode(),
        admin.get(reverse("notify-log", args=[cast.lamp_hill.mine.pk])).content.decode(),
        api(admin, "get", "log/").content.decode(),
        caplog.text,
    ]
    with system_scope("test"):
        seen += [str(list(AuditEntry.objects.values())), str(list(Event.objects.values()))]
        seen += [str(list(Route.objects.values())), str(list(Delivery.objects.values()))]
    for text in seen:
        assert key not in text and secret not in text


def test_a_webhooks_secret_is_shown_once(cast: Cast, admin: Client, inside: None):
    body = a_group(cast, channel="webhook", address="http://127.0.0.1:9/")
    made = api(admin, "post", "routes/", body).json()
    assert made["secret"].startswith("whsec_") and made["signed"]
    again = api(admin, "get", f"routes/{made['id']}/").json()
    assert "secret" not in again and again["signed"]


def test_the_form_shows_what_is_wrong_and_keeps_what_was_typed(cast: Cast, admin: Client):
    address = reverse("notify-add", args=[cast.lamp_hill.mine.pk, "email"])
    answer = admin.post(
        address,
        {
            "name": "Leaders", "address": "li@example.com\nnobody", "severities": ["high"],
            "steps": ["1"], "since": "22:00", "language": "en", "picture": "link",
        },
    )  # fmt: skip
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "“nobody” is no e-mail address." in page and "Give both times" in page
    assert "li@example.com" in page and 'value="22:00"' in page


def test_a_route_is_made_on_the_page_and_its_test_says_what_came_of_it_beside_the_button(
    cast: Cast, admin: Client, post_office: Server
):
    mine = cast.lamp_hill.mine.pk
    fields = {
        "name": "Leaders", "address": "li@example.com", "severities": ["critical", "high"],
        "steps": ["0", "1"], "since": "22:00", "until": "06:00", "language": "en",
        "picture": "link", "enabled": "on",
    }  # fmt: skip
    answer = admin.post(reverse("notify-add", args=[mine, "email"]), fields, follow=True)
    assert "never tested" in answer.content.decode()
    with mine_scope(mine):
        route = Route.objects.get()
        assert (route.since, route.until) == (time(22), time(6))
    admin.post(reverse("notify-test", args=[route.pk]))
    page = admin.get(reverse("notify", args=[mine])).content.decode()
    assert "The mail server took it." in page
    (mail,) = post_office.mails
    assert mail["Subject"] == "Test from Davy: Lamp Hill"
    post_office.refuse = ["550 no such person"]
    admin.post(reverse("notify-test", args=[route.pk]))
    page = admin.get(reverse("notify", args=[mine])).content.decode()
    assert "The mail server refused: 550 no such person" in page


def test_the_page_says_which_steps_reach_nobody(cast: Cast, admin: Client):
    page = admin.get(reverse("notify", args=[cast.lamp_hill.mine.pk])).content.decode()
    assert page.count("reaches nobody") == 7, "four steps of critical, three of high"
    api(admin, "post", "routes/", a_group(cast, severities=["critical"], steps=[1, 2]))
    page = admin.get(reverse("notify", args=[cast.lamp_hill.mine.pk])).content.decode()
    assert page.count("reaches nobody") == 5


def the_table(answer: Any) -> list[dict[str, str]]:
    text = b"".join(answer.streaming_content).decode().removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_routes_filter_sort_and_export_with_what_each_is_for(cast: Cast, admin: Client):
    mine = cast.lamp_hill.mine.pk
    with system_scope("test"):
        pump = area_create(mine=cast.lamp_hill.mine, name="Pump chamber").pk
    address, asked = reverse("notify", args=[mine]), []
    for name, more in {
        "Leaders": {"severities": ["high", "critical"], "areas": [pump]},
        "Night": {"severities": ["low"], "since": "22:00", "until": "06:00", "enabled": False},
        "=Control": {"severities": ["critical"], "channel": "dingtalk"},
    }.items():
        made = api(admin, "post", "routes/", a_group(cast, name=name, **more))
        assert made.status_code == 201, made.content
        with CaptureQueriesContext(connection) as queries:
            admin.get(address)
        asked.append(len(queries))
    assert asked[1] == asked[2], "a row more asks no more of the database"

    def names(query: str) -> list[str]:
        return [row.name for row in admin.get(address + query).context["shown"].page]

    assert names("") == ["=Control", "Leaders", "Night"]
    assert names("?severity=critical&sort=-route") == ["Leaders", "=Control"]
    assert names("?state=off") == ["Night"] and names("?channel=dingtalk") == ["=Control"]
    elsewhere = cast.lamp_hill.area.pk
    assert names(f"?area={pump}") == ["=Control", "Leaders", "Night"]
    assert names(f"?area={elsewhere}") == ["=Control", "Night"], "Leaders hear of the pumps alone"
    assert names("?sort=what") == ["=Control", "Leaders", "Night"], "the worst first"
    assert names("?severity=loud") == []
    narrowed = admin.get(f"{address}?state=off").content.decode()
    assert "Control" in narrowed.split("Whom the ladders reach")[-1], "narrowed or not"
    rows = the_table(admin.get(f"{address}?export=csv&sort=-route"))
    assert [row["Route"] for row in rows] == ["Night", "Leaders", "'=Control"]
    assert (rows[0]["State"], rows[0]["Hours"]) == ("not in use", "22:00–06:00")
    assert (rows[1]["Place"], rows[1]["What"]) == ("Pump chamber", "critical, high")
    assert "of-the-group-never-shown" not in str(rows)


def test_a_persons_browsers_are_a_list_of_their_own(cast: Cast, settings):
    settings.PUSH = False
    place, other = cast.lamp_hill, cast.operator
    with system_scope("test"):
        for user, device in ((cast.admin, "Firefox"), (cast.admin, "Edge"), (other, "Opera")):
            Subscription.objects.create(
                mine=place.mine, user=user, device=device, endpoint_hash=device, endpoint_box="x",
                key="x", auth_box="x",
            )  # fmt: skip
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(cast.admin)
    page = client.get("/account/notifications/?sort=browser").content.decode()
    assert page.index("Edge") < page.index("Firefox") and "Opera" not in page
    assert page.count("Switch off</button>") == 2
    found = client.get("/account/notifications/?q=fire")
    assert [row.device for row in found.context["shown"].page] == ["Firefox"]
    rows = the_table(client.get("/account/notifications/?export=csv&sort=browser"))
    assert [row["Browser"] for row in rows] == ["Edge", "Firefox"]
    assert list(rows[0]) == ["Browser", "Mine", "Since"], "a button is nothing for a file"


def test_the_log_filters_and_costs_the_same_for_many_rows(
    desk: Desk, admin: Client, hook: Receiver, django_assert_max_num_queries
):
    hook.answers = [(500, {}, b""), (200, {}, b'{"errcode": 0}')]
    route = desk.route("wecom", address=hook.url)
    for number in range(6):
        an_alarm(desk.cast.lamp_hill, rule=f"r{number}", situation=f"r{number}")
    desk.ring(route)
    address = reverse("notify-log", args=[desk.mine.pk])
    with django_assert_max_num_queries(24):
        page = admin.get(address).content.decode()
    assert page.count("The robot took it.") == 5 * 2 and page.count("next try:") == 1
    waiting = admin.get(f"{address}?state=waiting&route={route.pk}").content.decode()
    assert "The receiver answered 500." in waiting and "The robot took it." not in waiting
    assert "Nothing fits these filters." in admin.get(f"{address}?kind=told").content.decode()
    found = admin.get(f"{address}?q=robot+took&sort=-tries&export=csv")
    table = b"".join(found.streaming_content).decode()
    assert table.count("The robot took it.") == 5 and "wecom" in table
    log = api(admin, "get", "log/?state=waiting").json()["results"]
    assert [one["tries"][0]["said"] for one in log] == ["The receiver answered 500."]


def test_the_log_speaks_the_readers_language(desk: Desk, cast: Cast, hook: Receiver):
    hook.answers = [(503, {}, b"")]
    route = desk.route("wecom", address=hook.url)
    an_alarm(cast.lamp_hill)
    desk.ring(route)
    client = Client()
    cast.admin.language = "zh-hans"
    cast.admin.save()
    client.force_login(cast.admin)
    page = client.get(reverse("notify-log", args=[desk.mine.pk])).content.decode()
    assert "接收方返回 503。" in page and "The receiver" not in page


def test_the_schema_names_the_notifications(admin: Client):
    schema = admin.get("/api/v1/schema/").content.decode()
    for path in ("routes/", "routes/{id}/test/", "log/", "devices/"):
        assert f"/api/v1/notifications/{path}" in schema
