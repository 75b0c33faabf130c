"""The API as programs use it: tokens, scenes, signals, events, and its errors in words."""

import copy
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.services import (
    token_create,
)
from apps.live.models import Event
from apps.live.selectors import cursor_last, cursor_now
from apps.signals.models import Signal
from apps.tenancy.scope import mine_scope, system_scope
from tests.api.program import Program
from tests.cast import SCENE, Cast, an_alarm


@pytest.fixture
def program(cast: Cast) -> Program:
    return Program(cast.token)


@pytest.fixture
def admin(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.admin)
    return client


def test_whoever_opens_the_api_finds_its_name_and_where_to_go_on(cast: Cast, program: Program):
    told = program.get("").json()
    assert (told["name"], told["version"]) == ("Davy", "1")
    assert program.client.get(told["schema"]).status_code == 200
    assert told["addresses"]["cameras"] == "http://testserver/api/v1/cameras/"
    assert {"mines", "alarms", "clips", "places"} < told["addresses"].keys()
    assert not {"front", "schema", "camera", "signals"} & told["addresses"].keys()
    person = Client()
    person.force_login(cast.owner)
    assert {person.get(one).status_code for one in told["addresses"].values()} == {200}
    (error,) = Client().get("/api/v1/").json()["errors"]
    assert "Send a key with the request" in error["message"]


def test_a_key_of_somebody_who_may_send_no_signals_is_told_so(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        key = token_create(mine=cast.lamp_hill.mine, user=cast.operator, name="gateway")[1]
    answer = Program(key).post("signals/", {"mine": cast.lamp_hill.mine.pk})
    (error,) = answer.json()["errors"]
    assert answer.status_code == 403
    assert error["message"] == "Your role in this mine does not allow that."


def test_a_token_reaches_its_own_mine_and_needs_no_csrf(cast: Cast, program: Program):
    mines = program.get("mines/").json()["results"]
    assert [mine["name"] for mine in mines] == ["Lamp Hill"]
    answer = program.post(
        "signals/", {"mine": cast.lamp_hill.mine.pk, "machine": "winch-1", "state": "RUNNING"}
    )
    assert answer.status_code == 201


def test_a_session_without_a_csrf_token_may_not_write(cast: Cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.admin)
    body = {"mine": cast.lamp_hill.mine.pk, "name": "Sump"}
    assert client.post("/api/v1/areas/", body, "application/json").status_code == 403


def test_a_scene_that_points_nowhere_is_refused_with_the_path(cast: Cast, admin: Client):
    document = copy.deepcopy(SCENE)
    document["rules"][0]["zone"] = "dangr"
    answer = admin.put(
        f"/api/v1/cameras/{cast.lamp_hill.camera.pk}/scene/",
        {"document": document},
        "application/json",
    )
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["field"] == "rules[0].zone"
    assert "dangr" in error["message"]


def test_every_fault_of_a_scene_is_answered_with_its_path_in_the_readers_language(
    cast: Cast, admin: Client
):
    document = copy.deepcopy(SCENE)
    document["zones"].append({"id": "bow", "polygon": [[0, 0], [1, 1], [1, 0], [0, 1]]})
    document["rules"][0] |= {"machine": "winch-9", "params": {"dwell_s": 900}}
    answer = admin.put(
        f"/api/v1/cameras/{cast.lamp_hill.camera.pk}/scene/",
        {"document": document},
        "application/json",
        headers={"accept-language": "zh-hans"},
    )
    errors = {one["field"]: one["message"] for one in answer.json()["errors"]}
    bow = f"zones[{len(document['zones']) - 1}].polygon"
    assert list(errors) == [bow, "rules[0].machine", "rules[0].params.dwell_s"]
    assert all(re.search("[\u4e00-\u9fff]", message) for message in errors.values())


def test_who_drew_on_an_older_version_is_told_and_nothing_is_overwritten(cast: Cast, admin: Client):
    path = f"/api/v1/cameras/{cast.lamp_hill.camera.pk}/scene/"
    base = admin.get(path).json()["version"]
    body = {"document": SCENE, "base": base, "reason": "the first"}
    assert admin.put(path, body, "application/json").status_code == 201
    second = admin.put(path, {**body, "reason": "the second"}, "application/json")
    assert second.status_code == 409
    assert second.json()["errors"][0]["code"] == "conflict"
    now = admin.get(path).json()
    assert (now["version"], now["reason"]) == (base + 1, "the first")
    assert now["author_name"] == "ben"
    assert admin.get(f"{path}?version={base + 1}").json()["reason"] == "the first"
    assert admin.get(f"{path}?version=999").status_code == 404
    assert admin.get(f"{path}?version={10**18}").status_code == 404
    assert admin.get(f"{path}?version=x").status_code == 400


def test_each_saved_scene_is_a_new_version_and_the_newest_is_in_force(cast: Cast, admin: Client):
    path = f"/api/v1/cameras/{cast.lamp_hill.camera.pk}/scene/"
    before = admin.get(path).json()["version"]
    document = copy.deepcopy(SCENE)
    document["rules"][0]["params"] = {"dwell_s": 0.5}
    assert admin.put(path, {"document": document}, "application/json").status_code == 201
    after = admin.get(path).json()
    assert after["version"] == before + 1
    assert after["document"]["rules"][0]["params"]["dwell_s"] == 0.5


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"machine": "winch-9"}, "machine"),
        ({"state": "FLYING"}, "state"),
        ({"at": "yesterday"}, "at"),
        ({"at": (timezone.now() + timedelta(hours=1)).isoformat()}, "at"),
        ({"time": "2026-03-04T10:00:00Z"}, "time"),
    ],
)
def test_a_signal_that_makes_no_sense_is_refused_beside_its_field(
    cast: Cast, program: Program, change: dict, field: str
):
    body = {"mine": cast.lamp_hill.mine.pk, "machine": "winch-1", "state": "STOPPED"} | change
    answer = program.post("signals/", body)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("path", ["alarm/", "alarms/x/", "nothing", "cameras/1/nothing/"])
def test_an_address_that_is_none_is_answered_in_the_form_of_errors(program: Program, path: str):
    for answer in (program.get(path), program.post(path, {})):
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/json"
        assert [error["code"] for error in answer.json()["errors"]] == ["not_found"]
    assert program.get("alarms").status_code == 301  # the slash is put behind it, as before


def test_the_same_signal_twice_is_one(cast: Cast, program: Program):
    body = {
        "mine": cast.lamp_hill.mine.pk,
        "machine": "winch-1",
        "state": "STOPPED",
        "at": timezone.now().isoformat(),
    }
    assert [program.post("signals/", body).status_code for _ in range(2)] == [201, 201]
    with mine_scope(cast.lamp_hill.mine.pk):
        assert Signal.objects.count() == 1


def test_two_states_of_one_time_are_both_kept_and_the_answer_says_which_counts(
    cast: Cast, program: Program
):
    at = timezone.now().replace(microsecond=0).isoformat()
    body = {"mine": cast.lamp_hill.mine.pk, "machine": "winch-1", "at": at}
    notes = []
    for state in ("STOPPED", "RUNNING", "STOPPED"):
        answer = program.post("signals/", {**body, "state": state})
        assert (answer.status_code, answer.json()["state"]) == (201, state)
        notes.append(answer.json()["note"])
    assert notes == ["", "", ""]
    answer = program.post("signals/", {**body, "state": "STARTING"})
    assert answer.json()["note"].startswith("RUNNING was reported of the same time")


def test_the_answer_says_when_a_report_comes_after_a_newer_one_that_says_otherwise(
    cast: Cast, program: Program
):
    said = {"mine": cast.lamp_hill.mine.pk}
    for one, newest, late in (
        ({"machine": "winch-1"}, {"state": "STOPPED"}, {"state": "RUNNING"}),
        ({"input": "token"}, {"value": "FREE"}, {"value": "VEHICLE"}),
    ):
        assert program.post("signals/", {**said, **one, **newest}).json()["note"] == ""
        at = (timezone.now() - timedelta(hours=1)).isoformat()
        answer = program.post("signals/", {**said, **one, **late, "at": at})
        assert answer.status_code == 201
        assert "check the sender's clock" in answer.json()["note"]


def test_events_after_a_cursor_are_what_the_socket_would_send(cast: Cast, program: Program):
    cursor = program.get("events/").json()["cursor"]
    with mine_scope(cast.lamp_hill.mine.pk):
        alarm = an_alarm(cast.lamp_hill)
    with mine_scope(cast.deep_vale.mine.pk):
        an_alarm(cast.deep_vale)
    answer = program.get(f"events/?cursor={cursor}").json()
    assert [(e["kind"], e["payload"]["id"]) for e in answer["events"]] == [
        ("alarm.raised", alarm.pk)
    ]
    assert program.get(f"events/?cursor={answer['cursor']}").json()["events"] == []


@pytest.mark.parametrize(
    ("cursor", "code"),
    [
        ("abc", "invalid"),
        ("-1", "invalid"),
        ("", "invalid"),
        ("²", "invalid"),
        ("9" * 19, "ahead"),
        ("9" * 20, "invalid"),
        ("9" * 5000, "invalid"),
    ],
)
def test_a_cursor_that_cannot_be_is_refused_and_misses_nothing_in_silence(
    program: Program, cursor: str, code: str
):
    answer = program.get(f"events/?cursor={cursor}")
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert (error["field"], error["code"]) == ("cursor", code)


def test_a_cursor_is_ahead_only_of_all_events_of_all_mines_and_of_those_forgotten(
    cast: Cast, program: Program
):
    with mine_scope(cast.deep_vale.mine.pk):
        an_alarm(cast.deep_vale)
        elsewhere = cursor_now()
    told = program.get(f"events/?cursor={elsewhere}").json()
    assert (told["cursor"], told["events"]) == (elsewhere, [])
    with system_scope("test"):
        newest = cursor_last()
        Event.objects.all().delete()
    assert program.get(f"events/?cursor={newest}").status_code == 200
    [error] = program.get(f"events/?cursor={newest + 1}").json()["errors"]
    assert error["code"] == "ahead" and "ahead of every event" in error["message"]


def test_an_acknowledgement_names_who_and_leaves_its_step(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        alarm = an_alarm(cast.lamp_hill)
    client = Client()
    client.force_login(cast.operator)
    path = f"/api/v1/alarms/{alarm.pk}/"
    answer = client.post(f"{path}acknowledge/", {"note": "phoned"}, "application/json").json()
    assert (answer["state"], answer["acknowledged_by"]) == ("acknowledged", "chen")
    steps = client.get(path).json()["transitions"]
    assert [(s["cause"], s["actor"], s["note"]) for s in steps] == [
        ("raised", None, ""),
        ("acknowledged", "chen", "phoned"),
    ]


def test_an_answer_says_from_which_desk_it_came(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        first = an_alarm(cast.lamp_hill)
        second = an_alarm(cast.lamp_hill, rule="r2", situation="r2:1")
    client = Client()
    client.force_login(cast.operator)
    client.post(f"/api/v1/alarms/{first.pk}/acknowledge/", {}, "application/json")
    client.post("/desk/name/", {"name": "desk 2"})
    client.post(f"/api/v1/alarms/{second.pk}/acknowledge/", {}, "application/json")
    desks = [
        client.get(f"/api/v1/alarms/{alarm.pk}/").json()["transitions"][-1]["desk"]
        for alarm in (first, second)
    ]
    assert desks == ["127.0.0.1", "desk 2"], "without a name it is the address"


def test_a_camera_is_moved_only_within_its_mine(cast: Cast, admin: Client):
    path = f"/api/v1/cameras/{cast.lamp_hill.camera.pk}/"
    answer = admin.patch(path, {"area": cast.deep_vale.area.pk}, "application/json")
    assert answer.status_code == 400


def test_a_list_of_alarms_costs_the_same_few_queries_however_long(
    cast: Cast, admin: Client, django_assert_max_num_queries
):
    with mine_scope(cast.lamp_hill.mine.pk):
        for n in range(12):
            an_alarm(cast.lamp_hill, rule=f"r{n}", situation=f"s{n}")
    with django_assert_max_num_queries(16):
        assert len(admin.get("/api/v1/alarms/").json()["results"]) == 12


def test_an_input_is_reported_by_its_name_and_value(cast: Cast, program: Program):
    mine = cast.lamp_hill.mine.pk
    answer = program.post("signals/", {"mine": mine, "input": "gate-1", "value": "OPEN"})
    assert answer.status_code == 201
    assert answer.json()["value"] == "OPEN"
    for body in (
        {"mine": mine},
        {"mine": mine, "input": "gate-1"},
        {"mine": mine, "input": "gate-1", "value": "OPEN", "machine": "winch-1"},
        {"mine": mine, "machine": "winch-1"},
    ):
        assert program.post("signals/", body).status_code == 400


def test_a_template_is_put_into_the_scene_in_force_and_what_comes_back_can_be_saved(
    cast: Cast, admin: Client
):
    names = [one["id"] for one in admin.get("/api/v1/templates/").json()]
    assert {"winch", "inclined_haulage", "conveyor", "sump", "explosives_store", "gate"} < set(
        names
    )
    scene = f"/api/v1/cameras/{cast.lamp_hill.camera.pk}/scene/"
    body = {"template": "winch", "answers": {"source": "video"}}
    document = admin.post(f"{scene}template/", body, "application/json").json()["document"]
    assert document["rules"][0] == SCENE["rules"][0]
    assert [one["id"] for one in document["machines"]] == ["winch-1", "winch-2"]
    body = {"document": document, "reason": "a second winch"}
    assert admin.put(scene, body, "application/json").status_code == 201


def test_a_template_that_cannot_be_put_in_says_which_answer_is_wrong(cast: Cast, admin: Client):
    address = f"/api/v1/cameras/{cast.lamp_hill.camera.pk}/scene/template/"

    def fault(**body):
        answer = admin.post(address, body, "application/json")
        assert answer.status_code == 400
        return answer.json()["errors"][0]["field"]

    assert fault(template="winch", answers={"source": "rumour"}) == "answers.source"
    assert fault(template="winch", names={"@stand": "x" * 99, "@gone": "y"}) == "names.@gone"
    assert fault(template="winch", document={"zones": "all"}) == "zones"
    assert fault(template="castle") == "template"
