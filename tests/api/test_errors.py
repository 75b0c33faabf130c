"""What no view answers is answered in one form: the API's as JSON, a page as a page."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client

from tests.cast import Cast

SECRET = "s3cret of postgresql://davy_app:pw@db"
CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9"}


@pytest.fixture
def anybody(cast: Cast) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(cast.admin)
    return client


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Let what every view needs fail, before any view is asked."""

    def fails(*given: object) -> None:
        raise error

    monkeypatch.setattr("apps.accounts.middleware.access_of", fails)


def told(answer: HttpResponse) -> dict[str, str]:
    assert answer["Content-Type"] == "application/json"
    [error] = answer.json()["errors"]
    return error


def test_a_fault_of_the_whole_body_names_no_field(cast: Cast):
    program = Client(headers={"Authorization": f"Token {cast.token}"})
    answer = program.post("/api/v1/signals/", [], content_type="application/json")
    assert answer.status_code == 400
    assert told(answer).keys() == {"code", "message"}


@pytest.mark.parametrize(
    ("method", "address", "body", "said"),
    [
        ("post", "signals/", '{"machine": 1,', "look at line 1, column 15"),
        ("post", "signals/", "[]", "Send an object with fields"),
        ("post", "signals/", '{"mine": 1, "machine": "w", "state": "FLYING"}', "STARTING, RUNNING"),
        ("post", "signals/", '{"mine": "x", "machine": "w"}', "Must be a whole number."),
        ("post", "signals/", '{"mine": 999999, "machine": "w"}', "none with the number 999999"),
        ("post", "signals/", '{"mine": 1, "machine": "w", "at": "noon"}', "such as 2026-03-04"),
        ("put", "signals/", "{}", "This address takes POST alone."),
        ("get", "alarms/999999/", "", "nothing at this address"),
        ("get", "nowhere/", "", "nothing at this address"),
    ],
)
def test_what_is_wrong_is_said_so_that_a_program_s_author_knows_what_to_do(
    cast: Cast, method: str, address: str, body: str, said: str
):
    program = Client(headers={"Authorization": f"Token {cast.token}"})
    how = {"data": body, "content_type": "application/json"} if body else {}
    answer = getattr(program, method)(f"/api/v1/{address}", **how)
    assert said in " ".join(error["message"] for error in answer.json()["errors"])


def test_a_body_of_another_kind_is_told_which_kinds_there_are(cast: Cast):
    program = Client(headers={"Authorization": f"Token {cast.token}"})
    answer = program.post("/api/v1/signals/", "a=b", content_type="text/plain")
    error = told(answer)
    assert (answer.status_code, error["code"]) == (415, "unsupported_media_type")
    assert "application/json" in error["message"]


def test_who_sends_no_key_is_told_how_to(cast: Cast):
    error = told(Client().get("/api/v1/alarms/"))
    assert error["code"] == "not_authenticated" and "Authorization: Token" in error["message"]


def test_a_name_that_is_not_davys_is_refused_in_the_form_of_errors(anybody: Client):
    answer = anybody.get("/api/v1/alarms/", headers={"Host": "elsewhere.example"})
    assert answer.status_code == 400
    error = told(answer)
    assert error["code"] == "invalid"
    assert "DAVY_ALLOWED_HOSTS" in error["message"]
    chinese = anybody.get("/api/v1/alarms/", headers={"Host": "elsewhere.example", **CHINESE})
    assert told(chinese)["message"] != error["message"]


def test_a_page_under_a_name_that_is_not_davys_is_a_page_in_the_readers_language(
    anybody: Client,
):
    page = anybody.get("/desk/", headers={"Host": "elsewhere.example"})
    assert (page.status_code, page["Content-Type"]) == (400, "text/html; charset=utf-8")
    assert "Not understood" in page.content.decode()
    chinese = anybody.get("/desk/", headers={"Host": "elsewhere.example", **CHINESE})
    assert "Not understood" not in chinese.content.decode()


@pytest.mark.parametrize("path", ["/api/v1/alarms/", "/desk/"])
def test_a_fault_of_ours_tells_that_and_nothing_of_what_it_was(
    anybody: Client, monkeypatch: pytest.MonkeyPatch, path: str
):
    failing(monkeypatch, RuntimeError(SECRET))
    answer = anybody.get(path)
    assert answer.status_code == 500
    text = answer.content.decode()
    assert "s3cret" not in text and "RuntimeError" not in text and "Traceback" not in text
    if path == "/desk/":
        assert "Something is broken" in text and "系统出错" in text
    else:
        assert told(answer)["code"] == "error"


def test_what_is_refused_before_any_view_is_refused_in_the_form_of_errors(
    anybody: Client, monkeypatch: pytest.MonkeyPatch
):
    failing(monkeypatch, PermissionDenied(SECRET))
    answer = anybody.get("/api/v1/alarms/")
    assert answer.status_code == 403
    assert told(answer)["code"] == "permission_denied"
    assert "s3cret" not in answer.content.decode()


@pytest.mark.parametrize("path", ["/api/v1/alarms/", "/desk/"])
def test_while_the_database_is_away_the_answer_is_to_ask_again_and_not_that_davy_is_broken(
    anybody: Client, monkeypatch: pytest.MonkeyPatch, path: str
):
    failing(monkeypatch, OperationalError(SECRET))
    answer = anybody.get(path)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert SECRET not in answer.content.decode()
    assert "does not answer" in answer.content.decode()
    if path.startswith("/api/"):
        assert told(answer)["code"] == "unavailable"
