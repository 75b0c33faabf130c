"""What makes no sense is answered in words, and is never a fault of the server."""

from typing import Any

import pytest
from django.test import Client

from tests.cast import Cast


@pytest.fixture
def owner(cast: Cast) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(cast.owner)
    return client


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("gaps/?cause=%00", ["cause"]),
        ("gaps/?stream=%00", ["stream"]),
        ("notifications/log/?state=%00&kind=%00", ["state", "kind"]),
    ],
)
def test_a_kind_that_there_is_not_is_refused(owner: Client, path: str, fields: list[str]):
    answer = owner.get(f"/api/v1/{path}")
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == fields


@pytest.mark.parametrize(
    "path",
    [
        "alarms/?camera=",
        "gaps/?camera=",
        "replays/?camera=",
        "notifications/log/?alarm=",
        "alarms/?mine=",
    ],
)  # fmt: skip
def test_a_number_that_nothing_has_finds_no_rows(owner: Client, path: str):
    answer = owner.get(f"/api/v1/{path}{2**63 - 1}")
    assert answer.status_code == 200
    assert answer.json()["results"] == []


@pytest.mark.parametrize("field", ["mine", "area", "organisation"])
@pytest.mark.parametrize("number", ["1e400", "-1e400", "1e30"])
def test_a_number_beyond_all_is_answered_beside_its_field(owner: Client, field: str, number: str):
    doors = {
        "mine": ("areas", '"name": "A"'),
        "area": ("cameras", '"name": "A", "main_url": "rtsp://10.0.0.8/m"'),
        "organisation": ("mines", '"name": "A", "timezone": "UTC"'),
    }
    door, rest = doors[field]
    body = f'{{"{field}": {number}, {rest}}}'
    answer: Any = owner.post(f"/api/v1/{door}/", body, "application/json")
    assert answer.status_code == 400, answer.content
    assert field in str(answer.json())


@pytest.mark.parametrize("host", ["10.0.0.7[x", "[10.0.0.7", "[x]", "10.0.0.7\u2100"])
def test_an_address_that_is_none_is_a_reason_beside_its_field(cast: Cast, owner: Client, host: str):
    hill = cast.lamp_hill
    url = f"rtsp://{host}/main"
    given: Any = {"area": hill.area.pk, "name": "Odd", "main_url": url, "password": "x"}
    made = owner.post("/api/v1/cameras/", given, "application/json")
    assert made.status_code == 400 and "main_url" in str(made.json())
    changed = owner.patch(
        f"/api/v1/cameras/{hill.camera.pk}/", {"sub_url": url}, "application/json"
    )
    assert changed.status_code == 400 and "sub_url" in str(changed.json())
    tried = owner.post(
        "/api/v1/cameras/test/", {"url": url, "camera": hill.camera.pk}, "application/json"
    )
    assert tried.status_code == 200 and tried.json()["reason"]


@pytest.mark.parametrize(
    "body",
    [
        r'{"\ud800": 1}',
        r'{"name": "A\udfff"}',
        r'{"area": 1, "name": "A", "main_url": "rtsp://10.0.0.8/m", "keeps": "\ud800"}',
        r'{"area": [{"deep": ["\ud800"]}]}',
    ],
)
def test_half_a_character_is_refused_in_words(owner: Client, body: str):
    for door in ("cameras/", "alarms/1/escalate/", "models/"):
        answer: Any = owner.post(f"/api/v1/{door}", body, "application/json")
        assert answer.status_code in (400, 404), (door, answer.content)
        assert answer.json()["errors"], door
    assert "half of a character" in str(
        owner.post("/api/v1/cameras/", body, "application/json").json()
    )


def test_a_whole_character_beyond_the_first_plane_is_text_like_any_other(cast: Cast, owner: Client):
    body = rf'{{"mine": {cast.lamp_hill.mine.pk}, "name": "\ud83d\udea7 Gate"}}'
    answer: Any = owner.post("/api/v1/areas/", body, "application/json")
    assert answer.status_code == 201 and answer.json()["name"] == "🚧 Gate"


@pytest.mark.parametrize("deep", [60, 900, 100_000])
@pytest.mark.parametrize(("opens", "ends"), [("[", "]"), ('{"a":', "}")])
def test_lists_within_lists_without_end_are_refused_in_words(
    cast: Cast, owner: Client, deep: int, opens: str, ends: str
):
    inner = opens * deep + "1" + ends * deep
    answer: Any = owner.post("/api/v1/areas/", f'{{"mine": {inner}}}', "application/json")
    assert answer.status_code == 400, answer.content
    camera = cast.lamp_hill.camera.pk
    body = f'{{"document": {{"version": 1, "rules": {inner}}}, "reason": "x"}}'
    answer = owner.put(f"/api/v1/cameras/{camera}/scene/", body, "application/json")
    assert answer.status_code == 400, answer.content
    assert "within each other" in answer.json()["errors"][0]["message"]
