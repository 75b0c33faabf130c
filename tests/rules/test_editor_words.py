"""The editor of scenes says in the reader's language what a scene names by codes."""

from django.utils.translation import override

from apps.portal.scene_words import scene_words
from workers.scene import MACHINE_KINDS


def test_every_kind_of_machine_that_a_scene_may_name_has_words_in_chinese_too():
    with override("en"):
        english = scene_words()["machine_kinds"]
    with override("zh-hans"):
        chinese = scene_words()["machine_kinds"]
    assert set(english) == set(chinese) == set(MACHINE_KINDS)
    assert [kind for kind in MACHINE_KINDS if chinese[kind] == english[kind]] == []
