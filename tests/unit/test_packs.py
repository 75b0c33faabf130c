"""Clause packs: what comes along can be read, what is wrong in a mine's own file is named."""

from datetime import date
from pathlib import Path

import pytest

from workers.checks import SceneError
from workers.packs import load, read
from workers.packs.__main__ import main
from workers.worded import LANGUAGES, first

NOW = date(2026, 11, 25)
WHOLE = """
title = "Rules of the mine"
jurisdiction = "X"
edition = "3rd"
effective_from = 2026-02-01

[[clauses]]
clause = "7"
text = "Half is free."
types = ["water_level"]
levels = ["warning", "alarm"]

[[clauses]]
clause = "7a"
text = "Half was free."
types = ["water_level"]
effective_from = 2020-01-01
effective_until = 2026-02-01
"""


def written(folder: Path, text: str, name: str = "own") -> Path:
    file = folder / f"{name}.toml"
    file.write_text(text, "utf-8")
    return file


def numbers(pack, kind: str, level: str, on: date = NOW) -> list[str]:
    return [one["clause"] for one in pack.behind(kind, level, on)]


def test_the_packs_that_come_along_are_whole_and_say_what_they_are():
    packs, faults = load()
    assert faults == []
    assert {first(pack.jurisdiction) for pack in packs.values()} == {"CN", "US"}
    assert all(pack.edition and pack.note for pack in packs.values())


def test_a_hazards_level_has_its_clauses_and_no_others():
    cn = load()[0]["cn-2022"]
    assert numbers(cn, "water_level", "warning") == ["313"]
    assert numbers(cn, "water_level", "advisory") == []
    assert numbers(cn, "water_level", "unreadable") == ["490"]
    assert numbers(cn, "loitering", "danger") == []
    assert numbers(load()[0]["us-30cfr"], "proximity_while_running", "danger") == ["75.1732"]


def test_of_two_editions_the_one_in_force_on_the_day_counts(tmp_path: Path):
    pack = read(written(tmp_path, WHOLE))
    assert numbers(pack, "water_level", "warning", date(2026, 1, 31)) == ["7a"]
    assert numbers(pack, "water_level", "warning", date(2026, 2, 1)) == ["7"]
    (kept,) = pack.behind("water_level", "alarm", NOW)
    assert kept == {
        "jurisdiction": "X", "edition": "3rd", "clause": "7", "text": "Half is free.",
        "effective_from": "2026-02-01", "pack": "own",
    }  # fmt: skip


def test_a_text_by_language_is_kept_with_its_languages_and_the_number_is_one():
    [kept] = load()[0]["cn-2022"].behind("water_level", "warning", NOW)
    assert kept["clause"] == "313" and kept["summary"] is True
    assert "《煤矿安全规程》" in kept["edition"]["zh-hans"]
    assert "水仓" in kept["text"]["zh-hans"] and "sump" in kept["text"]["en"]


@pytest.mark.parametrize("pack", [pytest.param(pack, id=name) for name, pack in load()[0].items()])
def test_the_packs_that_come_along_say_every_word_in_every_language(pack):
    words = [pack.title, pack.jurisdiction, pack.edition, pack.note]
    for word in (*words, *(one.text for one in pack.clauses)):
        assert set(word) == set(LANGUAGES) and all(word.values())
    assert pack.summary


def test_a_mines_own_file_takes_the_place_of_the_pack_of_its_name(tmp_path: Path):
    written(tmp_path, WHOLE, "cn-2022")
    packs, faults = load(tmp_path)
    assert (packs["cn-2022"].edition, faults) == ("3rd", [])
    assert "us-30cfr" in packs


def test_a_broken_file_is_named_and_brings_nothing_back(tmp_path: Path):
    written(tmp_path, "title = ", "cn-2022")
    packs, faults = load(tmp_path)
    assert "cn-2022" not in packs
    assert len(faults) == 1
    assert "cn-2022.toml" in faults[0]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (('"water_level"]\nlevels', '"water"]\nlevels'), "clauses[0].types[0]"),
        (('"alarm"', '"danger"'), "clauses[0].levels[1]"),
        (('edition = "3rd"', 'edition = " "'), "edition"),
        (('clause = "7"', 'clause = ""'), "clauses[0].clause"),
        (("effective_from = 2026-02-01", 'effective_from = "soon"'), "effective_from"),
        (("effective_from = 2020-01-01", "effective_from = 2020-01-01T00:00:00"),
         "clauses[1].effective_from"),
        (('jurisdiction = "X"', 'law = "X"'), "law"),
        (('"Half is free."', '{ fr = "Libre." }'), "clauses[0].text.fr"),
        (('"Half is free."', "{}"), "clauses[0].text"),
        (('edition = "3rd"', 'edition = "3rd"\nsummary = "yes"'), "summary"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_pack_is_told_with_its_place(tmp_path: Path, change, path):
    assert change[0] in WHOLE
    with pytest.raises(SceneError) as caught:
        read(written(tmp_path, WHOLE.replace(*change)))
    assert caught.value.path == path


def test_the_command_lists_packs_and_checks_files(tmp_path: Path, capsys):
    assert main(["list"]) == 0
    assert "cn-2022: CN" in capsys.readouterr().out
    good, bad = written(tmp_path, WHOLE), written(tmp_path, WHOLE.replace("3rd", ""), "bad")
    assert main(["check", str(good)]) == 0
    assert main(["check", str(good), str(bad)]) == 1
    assert "bad.toml: edition: is missing" in capsys.readouterr().err
    assert main(["list"], tmp_path) == 1
