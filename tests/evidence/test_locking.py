"""The store's own lock where the store has none: evidence is kept all the same, and it is said."""

from datetime import timedelta
from importlib import import_module
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from apps.evidence.expiry import clip_remove, clips_expire
from apps.evidence.holds import hold_place
from apps.evidence.locking import holds_tell_store, lock_for
from apps.evidence.models import Clip
from apps.evidence.storage import Features, features
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast, an_alarm


@pytest.fixture
def clip(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        clip = an_alarm(cast.lamp_hill).clips.get()
        Clip.objects.filter(pk=clip.pk).update(state=Clip.State.READY, key=f"{clip.uid}/clip.mp4")
        yield Clip.objects.get(pk=clip.pk)


def test_the_embedded_store_neither_keeps_versions_nor_locks(cast, settings):
    assert features(anew=True) == Features(versioned=False, lock=False)
    told = StringIO()
    call_command("store", "check", stdout=told)
    assert "object lock: no" in told.getvalue()
    settings.OBJECT_LOCK = "compliance"
    assert lock_for(30) is None, "stored without a lock rather than not at all"
    with pytest.raises(CommandError, match="has no object lock"):
        call_command("store", "check", stdout=StringIO())


def test_the_health_page_says_that_a_lock_is_asked_for_and_missing(cast: Cast, settings):
    browser = Client()
    browser.force_login(cast.owner)
    assert "whoever has the store" in browser.get("/portal/health/").content.decode()
    settings.OBJECT_LOCK = "governance"
    page = browser.get("/portal/health/").content.decode()
    assert "has no object lock" in page and "none was made yet" in page


def test_a_locked_video_is_deleted_by_nobody_before_its_day(clip, cast: Cast, settings):
    now = timezone.now()
    Clip.objects.filter(pk=clip.pk).update(locked_until=now + timedelta(days=3))
    with pytest.raises(ValidationError, match="locked until"):
        clip_remove(clip=clip, actor=cast.owner, reason="tidy up")
    settings.CLIP_YEARS = 0.01
    Clip.objects.filter(pk=clip.pk).update(wanted_until=now - timedelta(days=90))
    assert clips_expire(now=now) == 0
    assert clips_expire(now=now + timedelta(days=4)) == 1


def test_holds_wait_for_a_store_that_knows_them(clip, cast: Cast, settings):
    until = timezone.now() + timedelta(9)
    hold_place(actor=cast.admin, clip=clip, reason="case 7", until=until)
    settings.OBJECT_LOCK = "compliance"
    assert holds_tell_store() == 0
    clip.refresh_from_db()
    assert not clip.held_in_store


def test_the_store_is_told_again_of_holds_that_forgot_the_boxes(clip, cast: Cast):
    hold_place(
        actor=cast.admin, clip=clip, reason="case 7", until=timezone.now() + timedelta(days=9)
    )
    again = import_module("apps.evidence.migrations.0010_hold_boxes").AGAIN
    for files, told in (({"findings.json": {}}, True), ({"boxes.json": {}}, False)):
        Clip.objects.filter(pk=clip.pk).update(manifest={"files": files}, held_in_store=True)
        with system_scope("as at an update"), connection.cursor() as cursor:
            cursor.execute(again)
        clip.refresh_from_db()
        assert clip.held_in_store is told
