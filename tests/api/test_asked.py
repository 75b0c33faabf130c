"""Every address takes what its schema says, and refuses what else it is asked with."""

from typing import Any

import pytest
from django.test import Client

from apps.alarms.answers import alarm_acknowledge
from apps.alarms.services import alarm_clear
from apps.tenancy.scope import mine_scope
from tests.cast import NOON, Cast, an_alarm
from tests.openapi import document

pytestmark = pytest.mark.django_db

PLACES = {"uid": "0" * 8 + "-0000-0000-0000-" + "0" * 12, "stream": "main", "part": "header"}
WRONG = {"integer": ["abc", "-1", "", "²", "1e400"], "boolean": ["maybe", "", "2"]}


def operations(method: str = "") -> list[tuple[str, str, dict[str, Any]]]:
    """List every method and address with what the schema says of its parameters."""
    found = []
    for path, methods in document()["paths"].items():
        if path.endswith("/schema/"):
            continue
        for name, operation in methods.items():
            told = operation.get("parameters", [])
            for one in told:
                if one["in"] == "path":
                    path = path.replace(f"{{{one['name']}}}", PLACES.get(one["name"], "1"))
            asked = {one["name"]: one["schema"] for one in told if one["in"] == "query"}
            if method in ("", name):
                found.append((name, path, asked))
    return found


@pytest.fixture
def owner(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.owner)
    return client


def test_what_the_schema_does_not_name_is_refused_at_every_address(owner: Client):
    missed = []
    for method, path, _asked in operations():
        answer = getattr(owner, method)(f"{path}?nonsense=1")
        codes = answer.status_code == 400 and [
            (one["code"], one["field"]) for one in answer.json()["errors"]
        ]
        if codes != [("unknown_parameter", "nonsense")]:
            missed.append((method, path, answer.status_code))
    assert missed == []
    assert len(operations()) > 100


def test_what_is_no_value_of_a_parameter_is_refused_with_its_name(owner: Client):
    taken, asked_for = [], 0
    for _method, path, asked in operations("get"):
        for name, schema in asked.items():
            wrong = WRONG.get(schema["type"], []) + (["zz"] if "enum" in schema else [])
            wrong += [str(schema["maximum"] + 1)] if "maximum" in schema else []
            wrong += [str(schema["minimum"] - 1)] if "minimum" in schema else []
            for value in wrong:
                answer = owner.get(path, {name: value})
                asked_for += 1
                if answer.status_code != 400 or answer.json()["errors"][0]["field"] != name:
                    taken.append((path, name, value, answer.status_code))
    assert taken == []
    assert asked_for > 100


def test_what_the_schema_names_is_taken_by_every_list(cast: Cast, owner: Client):
    ours = {"mine": cast.lamp_hill.mine.pk, "camera": cast.lamp_hill.camera.pk, "cursor": 0}
    refused = []
    for _method, path, asked in operations("get"):
        if "/1/" in path or PLACES["uid"] in path:
            continue
        for name, schema in asked.items():
            if schema["type"] == "integer":
                values = [ours.get(name, schema.get("maximum", 1))]
            else:
                yes_no = ["0", "1", "true", "false"] if schema["type"] == "boolean" else []
                values = schema.get("enum", yes_no)
            for value in values:
                answer = owner.get(path, {name: value})
                if answer.status_code != 200:
                    refused.append((path, name, value, answer.content))
    assert refused == []


def test_a_number_means_the_same_with_zeros_before_it(cast: Cast, owner: Client):
    with mine_scope(cast.lamp_hill.mine.pk):
        alarm = an_alarm(cast.lamp_hill)
    for name, number in (("mine", alarm.mine_id), ("camera", alarm.camera_id)):
        found = owner.get("/api/v1/alarms/", {name: f"0{number}"}).json()["results"]
        assert [one["id"] for one in found] == [alarm.pk], name


def test_one_parameter_is_given_once_and_all_that_is_wrong_is_named(owner: Client):
    answer = owner.get("/api/v1/alarms/?open=1&open=0&ordering=zz&page_size=abc&page=99")
    told = {one["field"]: (one["code"], one["message"]) for one in answer.json()["errors"]}
    assert answer.status_code == 400
    assert told["open"] == ("invalid", "Give it once.")
    assert told["page_size"] == ("invalid", "Must be a whole number from 1 to 200.")
    assert told["ordering"][0] == told["page"][0] == "unknown_parameter"
    assert told["page"][1] == (
        "There is no parameter “page” here; there are: mine, camera, open, state, severity, since,"
        " cursor, page_size."
    )


@pytest.mark.parametrize("cursor", ["abc", "bz14", "²", "cj14"])
def test_a_cursor_that_no_page_gave_is_a_wrong_question(owner: Client, cursor: str):
    answer = owner.get("/api/v1/alarms/", {"cursor": cursor})
    [error] = answer.json()["errors"]
    assert answer.status_code == 400
    assert error == {"code": "invalid", "message": "Invalid cursor", "field": "cursor"}


def test_a_format_that_there_is_not_is_a_wrong_question(owner: Client):
    for form in ("xml", "json"):
        answer = owner.get("/api/v1/alarms/", {"format": form})
        [error] = answer.json()["errors"]
        told = (answer.status_code, error["code"], error["field"])
        assert told == (400, "unknown_parameter", "format"), form
    answer = owner.get("/api/v1/schema/?format=xml")
    assert answer.status_code == 400
    assert b"Must be one of json, yaml." in answer.content
    assert owner.get("/api/v1/schema/?format=json").json()["openapi"]


def test_a_refusal_is_in_the_caller_s_language(owner: Client):
    asked = "/api/v1/alarms/?wanted=1&page_size=0"
    answer = owner.get(asked, headers={"Accept-Language": "zh-hans"})
    told = [one["message"] for one in answer.json()["errors"]]
    assert told[0].startswith("此处没有参数“wanted”") and told[1] == "必须是 1 至 200 之间的整数。"


def test_alarms_are_found_by_camera_severity_state_and_time(cast: Cast, owner: Client):
    with mine_scope(cast.lamp_hill.mine.pk):
        old = an_alarm(cast.lamp_hill)
        alarm_acknowledge(alarm=old, actor=cast.operator)
        high = {"severity": "high", "situation": "r2:1", "rule": "r2"}
        new = an_alarm(cast.lamp_hill, at=NOON.replace(hour=13), **high)
        alarm_clear(
            camera=cast.lamp_hill.camera, rule="r2", situation="r2:1", at=NOON.replace(hour=14)
        )
        alarm_acknowledge(alarm=new, actor=cast.operator)

    def found(**asked: Any) -> list[int]:
        answer = owner.get("/api/v1/alarms/", asked)
        assert answer.status_code == 200, answer.content
        return [one["id"] for one in answer.json()["results"]]

    assert found() == found(camera=cast.lamp_hill.camera.pk) == [new.pk, old.pk]
    assert found(camera=cast.deep_vale.camera.pk) == []
    assert found(severity="critical") == found(state="acknowledged") == [old.pk]
    assert found(open=1) == [old.pk] and found(open="false") == [new.pk]
    assert found(since="2026-03-04T12:30:00Z") == found(severity="high") == [new.pk]
