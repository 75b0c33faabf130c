"""The page on which a mine writes its ladders: what is typed, kept and shown again."""

from typing import Any

import pytest
from django.test import Client

from apps.alarms.ladders import ladder
from apps.alarms.models import Rung, Severity
from apps.tenancy.scope import mine_scope
from tests.cast import Cast

USUAL = {
    "critical": "30 shift leader\n120 the mine's duty leader\n300 director\n600 the group",
    "high": "180 shift leader\n600 the mine's duty leader\n1800 director",
    "medium": "",
    "low": "",
}


@pytest.fixture
def ben(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.admin)
    return client


def address(cast: Cast) -> str:
    return f"/portal/mines/{cast.lamp_hill.mine.pk}/escalation/"


def ladders(cast: Cast) -> dict[str, Any]:
    mine = cast.lamp_hill.mine.pk
    with mine_scope(mine):
        return {severity: ladder(mine_id=mine, severity=severity) for severity in Severity.values}


def kept(cast: Cast) -> list[tuple[str, int, str]]:
    with mine_scope(cast.lamp_hill.mine.pk):
        return list(Rung.objects.order_by("pk").values_list("severity", "after_s", "whom"))


@pytest.mark.parametrize("line", ["shift leader 30", "30s shift leader", "-30 shift leader"])
def test_a_step_that_does_not_begin_with_seconds_is_said_and_stays_typed(
    cast: Cast, ben: Client, line: str
):
    answer = ben.post(address(cast), USUAL | {"critical": line})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert f"“{line}” does not begin with seconds." in page
    assert answer.context["form"]["critical"].value() == line
    assert answer.context["form"]["high"].value() == USUAL["high"]
    assert kept(cast) == []


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_what_is_saved_as_it_was_shown_stays_what_every_language_reads(
    cast: Cast, ben: Client, language: str
):
    before = ladders(cast)
    heard = {"HTTP_ACCEPT_LANGUAGE": language}
    form = ben.get(address(cast), **heard).context["form"]
    shown = {name: form[name].value() for name in form.fields}
    assert ("带班领导" in shown["high"]) == (language == "zh-hans")
    assert ben.post(address(cast), shown, **heard).status_code == 302
    assert ladders(cast) == before
    assert ("high", 180, "shift_leader") in kept(cast)


def test_words_of_either_language_become_the_code_and_names_stay_as_typed(cast: Cast, ben: Client):
    lines = "30 带班领导\n60 shift leader\n90 Old Li, shift leader of hall 2\n120 director"
    assert ben.post(address(cast), USUAL | {"critical": lines}).status_code == 302
    assert [whom for severity, _after_s, whom in kept(cast) if severity == "critical"] == [
        "shift_leader",
        "shift_leader",
        "Old Li, shift leader of hall 2",
        "director",
    ]
