"""Texts are cut into words by which they are found again."""

from apps.inquiry.words import asked_words, words_in


def test_latin_words_are_small_and_whole():
    assert words_in("Winch-1 RUNNING (signal), 1.2 m") == {
        "winch", "1", "running", "signal", "2", "m",
    }  # fmt: skip


def test_chinese_is_cut_into_characters_and_pairs():
    assert words_in("绞车房2") == {"绞", "车", "房", "绞车", "车房", "2"}


def test_what_is_asked_may_be_the_beginning_of_a_word_and_a_number_may_not():
    assert asked_words("win 12 绞车房") == [
        ("win", True), ("12", False), ("绞车", False), ("车房", False),
    ]  # fmt: skip
    assert asked_words(" -()- ") == []
