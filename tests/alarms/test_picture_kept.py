"""What an alarm says of a picture that is there, that was deleted, and that never was."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.alarms.models import Snapshot
from apps.tenancy.scope import mine_scope
from tests.cast import Cast, an_alarm

SEEN = "Seen to shown"


@pytest.mark.parametrize(
    ("jpeg", "kept", "says", "not_says"),
    [
        (b"\xff\xd8", True, "alarm-page", "No picture was kept."),
        (b"\xff\xd8", False, "The picture was deleted with its video.", "No picture was kept."),
        (b"", False, "No picture was kept.", SEEN),  # a lost camera: nothing was seen
    ],
    ids=["there", "deleted", "never"],
)
def test_a_page_tells_a_deleted_picture_from_one_that_never_was(
    cast: Cast, jpeg: bytes, kept: bool, says: str, not_says: str
):
    with mine_scope(cast.lamp_hill.mine.pk):
        alarm = an_alarm(cast.lamp_hill, jpeg=jpeg)
        if not kept:
            Snapshot.objects.all().delete()
    client = Client()
    client.force_login(cast.owner)
    page = client.get(reverse("alarm", args=[alarm.pk])).content.decode()
    assert says in page and not_says not in page
    assert (SEEN in page) is bool(jpeg)
    assert (reverse("alarm-snapshot", args=[alarm.pk]) in page) is kept
