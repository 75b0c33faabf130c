"""The check of translations: what it finds in the code, and that it can fail."""

import ast
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from infra import strings as code
from infra.strings import Found, Key, Strings
from infra.translate import catalogues, problems, read, updated


def said(*pairs: tuple[str, str], fuzzy: bool = False) -> Catalog:
    catalogue = Catalog(locale="zh_Hans", fuzzy=False)
    for text, translation in pairs:
        catalogue.add(text, translation, flags=["fuzzy"] if fuzzy else [])
    return catalogue


def written(*texts: str) -> Strings:
    found = Strings()
    for text in texts:
        found.add("apps/some.py", text)
    return found


def test_every_string_is_said_in_every_language():
    """What `make i18n-check` says; CONTRIBUTING.md tells how to put it right."""
    found = code.strings()
    assert len(found.found) > 1000
    assert {path.parents[1].name: problems(read(path), found) for path in catalogues()} == {
        "zh_Hans": []
    }


def test_a_whole_catalogue_has_nothing_to_do():
    assert problems(said(("Save", "保存")), written("Save")) == []


@pytest.mark.parametrize(
    ("catalogue", "fault"),
    [
        (said(("Save", "")), "not translated"),
        (said(("Save", "保存"), fuzzy=True), "fuzzy"),
        (said(), "missing"),
        (said(("Save", "保存"), ("Old", "旧")), "stale"),
        (said(("Save", "保存 %(name)s")), "other placeholders"),
    ],
)
def test_what_is_not_whole_is_named(catalogue: Catalog, fault: str):
    lines = problems(catalogue, written("Save"))
    assert len(lines) == 1
    assert lines[0].startswith(fault)


def test_a_placeholder_that_is_left_out_or_misspelt_is_found():
    for wrong in ("有人", "%(zone)s 内有 %(cont)s 人", "%(zone)s 内有 %(count)s 人，占 5 %"):
        lines = problems(said(("%(count)s in %(zone)s", wrong)), written("%(count)s in %(zone)s"))
        assert len(lines) == 1, wrong


def test_new_strings_come_in_empty_and_stale_ones_go():
    made = updated(said(("Save", "保存"), ("Old", "旧")), written("Save", "New"))
    assert {m.id: m.string for m in made if m.id} == {"Save": "保存", "New": ""}


def test_a_phrase_that_no_translator_could_find_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = tmp_path / "workers"
    folder.mkdir()
    (folder / "new.py").write_text('def f(x):\n    return say("a" + x)\n')
    monkeypatch.setattr(code, "ROOT", tmp_path)
    found = code.strings()
    assert [line for line in found.problems if "workers/new.py:2" in line]


def test_all_ways_to_write_a_string_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "workers").mkdir()
    (tmp_path / "apps").mkdir()
    (tmp_path / "workers" / "one.py").write_text(
        "def f(a, two):\n"
        '    text = "by a name"\n'
        '    say("1 person" if a else "%(n)s persons", n=a)\n'
        '    raise SceneError("path", text)\n'
        '    raise MediaError(f"no picture for {a.lag_s:.0f} s, 5 % of {two}")\n'
    )
    (tmp_path / "apps" / "two.py").write_text(
        'x = _("in "\n  "parts")\ny = ngettext("one", "more", 2)\n'
    )
    (tmp_path / "apps" / "page.html").write_text(
        "{% load i18n %}{% translate \"a word\" %}{% translate 'another' %}"
        "{% blocktranslate with name=x count n=y %}{{ n }} of {{ name }}"
        "{% plural %}{{ n }} all of {{ name }}{% endblocktranslate %}"
    )
    monkeypatch.setattr(code, "ROOT", tmp_path)
    monkeypatch.setattr(code, "_hazards", lambda found: None)
    monkeypatch.setattr(code, "_templates", lambda found: None)
    found = code.strings()
    assert found.problems == []
    assert set(found.found) == {
        Key("1 person"), Key("%(n)s persons"), Key("by a name"),
        Key("no picture for %(lag_s)s s, 5 %% of %(two)s", "kept"),
        Key("in parts"), Key("one"), Key("a word"), Key("another"), Key("%(n)s of %(name)s"),
    }  # fmt: skip
    assert found.found[Key("%(n)s of %(name)s")].plural == "%(n)s all of %(name)s"


def test_values_of_a_sentence_have_names_of_their_own():
    node = ast.parse('f"{a.t} and {b.t} of {len(c)}"', mode="eval").body
    assert isinstance(node, ast.JoinedStr)
    assert code.template(node) == "%(t)s and %(t2)s of %(value3)s"


def test_plurals_are_said_in_as_many_forms_as_the_language_has():
    found = Strings()
    found.found[Key("%(n)s rule")] = Found("%(n)s rules", {"apps/page.html"})
    made = updated(Catalog(locale="zh_Hans", fuzzy=False), found)
    assert [len(m.string) for m in made if m.id] == [1]
    assert problems(made, found) == ["not translated: “%(n)s rule” (apps/page.html)"]
