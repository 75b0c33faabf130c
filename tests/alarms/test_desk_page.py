"""The desk's page offers what a role may do, and every video has a name to be called by."""

import re
from pathlib import Path

from django.test import Client

from apps.accounts.models import User
from tests.cast import Cast

TEMPLATES = Path(__file__).resolve().parents[2] / "apps"


def test_the_desk_lists_no_keys_for_a_role_that_may_only_look(cast: Cast):
    def keys(user: User) -> list[str]:
        browser = Client()
        browser.force_login(user)
        return re.findall(r"<kbd>(\w)</kbd>", browser.get("/desk/").content.decode())

    assert keys(cast.operator) == list("JKACGFSRP")
    assert keys(cast.auditor) == list("JKP")


def test_every_video_on_a_page_has_a_name():
    videos = [
        video
        for template in TEMPLATES.rglob("*.html")
        for video in re.findall(r"<video\b[^>]*", template.read_text())
    ]
    assert videos
    assert [video for video in videos if "aria-label=" not in video] == []
