"""Signing in: what a guesser meets, and that a broken cache locks nobody out."""

import pytest
from django.core.cache import cache
from django.test import Client

from tests.cast import PASSWORD, Cast


@pytest.fixture(autouse=True)
def nothing_counted():
    cache.clear()
    yield
    cache.clear()


def sign_in(client: Client, password: str) -> int:
    return client.post("/login/", {"username": "chen", "password": password}).status_code


def test_ten_wrong_passwords_close_the_door_for_a_while(cast: Cast):
    client = Client()
    for _ in range(10):
        assert sign_in(client, "wrong") == 200
    assert sign_in(client, PASSWORD) == 200, "the right one is not even looked at"
    page = client.post("/login/", {"username": "chen", "password": PASSWORD}).content.decode()
    assert "Too many failed attempts" in page


def test_another_address_still_gets_in(cast: Cast):
    for _ in range(10):
        sign_in(Client(), "wrong")
    assert sign_in(Client(REMOTE_ADDR="10.9.9.9"), PASSWORD) == 302


def test_a_guesser_with_a_network_of_ipv6_is_one_guesser(cast: Cast):
    for n in range(10):
        assert sign_in(Client(REMOTE_ADDR=f"2001:db8:1:2::{n + 1:x}"), "wrong") == 200
    assert sign_in(Client(REMOTE_ADDR="2001:db8:1:2:ffff::1"), PASSWORD) == 200
    assert sign_in(Client(REMOTE_ADDR="2001:db8:1:3::1"), PASSWORD) == 302, "a neighbour"


def test_a_success_forgets_the_failures(cast: Cast):
    for _ in range(9):
        sign_in(Client(), "wrong")
    assert sign_in(Client(), PASSWORD) == 302
    assert sign_in(Client(), "wrong") == 200
    assert sign_in(Client(), PASSWORD) == 302


def test_a_cache_that_is_away_locks_nobody_out(cast: Cast, settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:9/1",
        }
    }
    assert sign_in(Client(), PASSWORD) == 302


def test_signals_are_taken_while_the_cache_is_away(cast: Cast, settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:9/1",
        }
    }
    answer = Client().post(
        "/api/v1/signals/",
        {"mine": cast.lamp_hill.mine.pk, "machine": "winch-1", "state": "RUNNING"},
        "application/json",
        headers={"Authorization": f"Token {cast.token}"},
    )
    assert answer.status_code == 201, answer.content
