"""Every alarm keeps the clauses that were in force behind it when it was raised."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from apps.alarms.selectors import alarm_data
from apps.audit.models import AuditEntry
from apps.bundles.paper import Occasion, paper_data
from apps.mines.services import mine_set_pack
from apps.tenancy.scope import mine_scope
from tests.cast import NOON, Cast, an_alarm

OWN = """
title = "Rules of the mine"
jurisdiction = "X"
edition = "{edition}"

[[clauses]]
clause = "{clause}"
text = "Nobody is near it."
types = ["proximity_while_running"]
levels = ["danger"]
"""


@pytest.fixture
def hill(cast: Cast):
    """The cast, with Lamp Hill in scope."""
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


def choose(cast: Cast, pack: str) -> None:
    mine_set_pack(mine=cast.lamp_hill.camera.mine, pack=pack, actor=cast.admin)


def numbers(alarm) -> list[str]:
    return [one["clause"] for one in alarm_data(alarm)["clauses"]]


def test_without_a_pack_an_alarm_cites_nothing(hill: Cast):
    assert numbers(an_alarm(hill.lamp_hill)) == []


def test_an_alarm_keeps_jurisdiction_edition_and_text(hill: Cast):
    choose(hill, "us-30cfr")
    (kept,) = an_alarm(hill.lamp_hill).clauses
    assert (kept["clause"], kept["pack"]) == ("75.1732", "us-30cfr")
    assert kept["jurisdiction"] == {"en": "US", "zh-hans": "美国"}
    assert "excerpt" in kept["edition"]["en"]
    assert AuditEntry.objects.get(action="mine.pack").detail == {"before": "", "pack": "us-30cfr"}


def test_a_pack_that_is_changed_later_changes_no_alarm_that_was_raised(
    hill: Cast, settings, tmp_path: Path
):
    settings.PACKS_DIR = tmp_path
    file = tmp_path / "own.toml"
    file.write_text(OWN.format(edition="1st", clause="1"))
    choose(hill, "own")
    first = an_alarm(hill.lamp_hill)
    file.write_text(OWN.format(edition="2nd", clause="99"))
    seen = an_alarm(hill.lamp_hill, at=NOON + timedelta(seconds=5))
    assert seen.pk == first.pk
    assert numbers(seen) == ["1"]
    later = an_alarm(hill.lamp_hill, rule="r2", situation="r2:1")
    assert numbers(later) == ["99"]


def test_a_worse_level_adds_its_clauses(hill: Cast, settings, tmp_path: Path):
    settings.PACKS_DIR = tmp_path
    (tmp_path / "own.toml").write_text(OWN.format(edition="1st", clause="1"))
    choose(hill, "own")
    alarm = an_alarm(hill.lamp_hill, level="warning", severity="medium")
    assert numbers(alarm) == []
    worse = an_alarm(hill.lamp_hill, at=NOON + timedelta(seconds=3))
    assert worse.pk == alarm.pk
    assert numbers(worse) == ["1"]


def test_a_rules_own_clauses_come_first_and_none_comes_twice(hill: Cast):
    choose(hill, "us-30cfr")
    pack = {"jurisdiction": "US", "edition": "30 CFR Part 75, as read in excerpt"}
    own = [pack | {"clause": "75.1732", "text": "As the rule has it."},
           {"jurisdiction": "mine", "edition": "2026", "clause": "4", "text": "Ours."}]  # fmt: skip
    alarm = an_alarm(hill.lamp_hill, values={"clauses": own})
    assert alarm.clauses == own


def test_a_pack_that_is_gone_or_broken_stops_no_alarm(hill: Cast, settings, tmp_path: Path):
    choose(hill, "us-30cfr")
    settings.PACKS_DIR = tmp_path
    (tmp_path / "us-30cfr.toml").write_text("title = ")
    assert numbers(an_alarm(hill.lamp_hill)) == []


def test_a_pack_that_is_not_there_is_refused(hill: Cast):
    with pytest.raises(ValidationError):
        choose(hill, "atlantis")


def test_a_clause_is_said_in_the_readers_language_on_pages_in_the_api_and_on_paper(hill: Cast):
    choose(hill, "cn-2022")
    alarm = an_alarm(hill.lamp_hill)
    browser = Client(headers={"accept-language": "zh-hans"})
    browser.force_login(hill.admin)
    for address in (f"/alarms/{alarm.pk}/", f"/audit/cases/{alarm.pk}/"):
        page = browser.get(address).content.decode()
        assert "中国 第 390(7) 条" in page and "绳道内不得有人" in page, address
        assert "《煤矿安全规程》2016/2022 年文本" in page and "非条文原文" in page, address
    clauses = browser.get(f"/api/v1/alarms/{alarm.pk}/").json()["clauses"]
    assert [one["clause"] for one in clauses] == ["61", "119", "390(7)"]
    assert clauses[2]["jurisdiction"] == "中国" and "绳道" in clauses[2]["text"]
    assert alarm_data(alarm)["clauses"][2]["text"]["en"].startswith("Rope haulage")
    occasion = Occasion(made_at=NOON, made_for="dora")
    for language, words in (("zh-hans", "耙斗运行范围内"), ("en", "Scraper: no other work")):
        paper = paper_data(alarm, occasion, language=language, acts=[])
        assert words in str(paper), language


def test_the_clauses_of_all_packs_are_listed_filtered_and_taken_away(cast: Cast):
    browser = Client()
    browser.force_login(cast.admin)
    address = f"/portal/mines/{cast.lamp_hill.mine.pk}/clauses/"
    rows = browser.get(f"{address}?type=water_rise").context["shown"].page
    assert [row.title for row in rows] == ["CN 311"]
    assert len(browser.get(f"{address}?pack=us-30cfr").context["shown"].page) == 1
    answer = browser.get(f"{address}?q=scraper&export=csv")
    text = b"".join(answer.streaming_content).decode()
    assert "CN 61" in text and "Coal Mine Safety Regulations, 2016/2022 text" in text
    assert text.count("\r\n") == 2


def test_it_is_chosen_on_a_page_and_shown_on_the_alarms_page(cast: Cast):
    browser = Client()
    browser.force_login(cast.admin)
    address = f"/portal/mines/{cast.lamp_hill.mine.pk}/clauses/"
    assert "us-30cfr" in browser.get(address).content.decode()
    assert browser.post(address, {"pack": "us-30cfr"}).status_code == 302
    assert browser.post(address, {"pack": "atlantis"}).status_code == 400
    with mine_scope(cast.lamp_hill.mine.pk):
        cast.lamp_hill.camera.mine.refresh_from_db()
        alarm = an_alarm(cast.lamp_hill)
    page = browser.get(f"/alarms/{alarm.pk}/").content.decode()
    assert "US 75.1732" in page and "summarised by Davy" in page
    assert browser.get(f"/api/v1/mines/{cast.lamp_hill.mine.pk}/").json()["pack"] == "us-30cfr"
