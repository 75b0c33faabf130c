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
    "path", ["gaps/?cause=%00", "gaps/?stream=%00", "notifications/log/?state=%00&kind=%00"]
)
def test_a_kind_that_there_is_not_has_no_rows(owner: Client, path: str):
    answer = owner.get(f"/api/v1/{path}")
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
