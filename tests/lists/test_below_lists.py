"""Lists that stand below other things: versions, looks, keys, parts; they filter and export too."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import ApiToken
from apps.accounts.services import token_create, token_revoke
from apps.audit.models import AuditEntry
from apps.evidence.models import Clip
from apps.evidence.services import clip_access
from apps.rules.services import scene_publish
from apps.tenancy.scope import system_scope
from tests.cast import SCENE, Cast, an_alarm
from tests.tables import shown, taken


@pytest.fixture
def ben(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.admin)
    return client


def asked(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def publish(cast: Cast, reason: str) -> None:
    camera = cast.lamp_hill.camera
    zones = [{"id": reason.replace(" ", "-"), "polygon": SCENE["zones"][0]["polygon"]}]
    document = SCENE | {"zones": SCENE["zones"] + zones}
    with system_scope("test"):
        scene_publish(camera=camera, document=document, reason=reason, actor=cast.admin)


def test_the_versions_of_a_scene_are_found_by_who_and_why(cast: Cast, ben: Client):
    address = f"/portal/cameras/{cast.lamp_hill.camera.pk}/scene/"
    publish(cast, "wider gate")
    asked(ben, address)
    few = asked(ben, address)
    for number in range(3):
        publish(cast, f"gate {number}")
    assert asked(ben, address) == few
    assert [row.version for row in shown(ben, address)] == [5, 4, 3, 2, 1]
    assert [row.version for row in shown(ben, f"{address}?sort=version&q=ben")] == [2, 3, 4, 5]
    [row] = taken(ben, f"{address}?q=wider&export=csv")
    assert (row["Camera"], row["Version"], row["Who"]) == ("Winch house 1", "2", "ben")
    page = ben.get(f"{address}?q=gate").content.decode()
    # A link of a list that stands below comes back to the list; only the newest is in force.
    assert 'href="?q=gate&amp;export=csv#list"' in page
    assert page.count("in force</span>") == 1


def test_who_looked_at_a_video_is_filtered_and_the_taking_recorded(cast: Cast, ben: Client):
    hill = cast.lamp_hill
    with system_scope("test"):
        clip = Clip.objects.get(alarm=an_alarm(hill))

    def look(user: Any, kind: str) -> None:
        with system_scope("test"):
            clip_access(clip=clip, user=user, kind=kind, address="10.0.0.7")

    address = f"/clips/{clip.uid}/"
    look(cast.operator, "play")
    asked(ben, address)
    few = asked(ben, address)
    look(cast.admin, "download")
    look(cast.owner, "play")
    assert asked(ben, address) == few
    assert [row.user.username for row in shown(ben, f"{address}?kind=play&sort=who")] == [
        "anna", "chen",
    ]  # fmt: skip
    [row] = taken(ben, f"{address}?kind=download&export=csv")
    assert (row["Video"], row["Who"], row["Address"]) == (str(clip.uid), "ben", "10.0.0.7")
    with system_scope("test"):
        assert AuditEntry.objects.get(subject="list:clip-looks").mine_id == hill.mine.pk


def test_ones_own_keys_are_filtered_by_whether_they_open_anything(cast: Cast, ben: Client):
    def key(name: str, user: Any = cast.admin, **of: Any) -> ApiToken:
        with system_scope("test"):
            made: ApiToken = token_create(mine=cast.lamp_hill.mine, user=user, name=name, **of)[0]
            return made

    key("belt scale")
    asked(ben, "/account/")
    few = asked(ben, "/account/")
    old = key("old gateway")
    with system_scope("test"):
        token_revoke(token=old, actor=cast.admin)
    last = key("last year", expires_at=timezone.now() + timedelta(days=1))
    with system_scope("test"):
        ApiToken.objects.filter(pk=last.pk).update(expires_at=timezone.now() - timedelta(days=1))
    assert asked(ben, "/account/") == few
    for state, name in (("open", "belt scale"), ("revoked", "old gateway"), ("over", "last year")):
        assert [row.name for row in shown(ben, f"/account/?state={state}")] == [name]
    # Another person's keys are in nobody's list, and no file holds a digest.
    rows = taken(ben, "/account/?export=csv&sort=name")
    assert [row["What uses it"] for row in rows] == ["belt scale", "last year", "old gateway"]
    assert last.digest not in str(rows)


def test_the_parts_of_the_installation_are_sorted_worst_first(cast: Cast, ben: Client):
    parts = shown(ben, "/portal/health/")
    assert [part.rank for part in parts] == sorted(part.rank for part in parts)
    analysis = taken(ben, "/portal/health/?q=analysis&export=csv")
    assert [(row["Part"], row["State"]) for row in analysis] == [("Analysis", "needs a look")]
    for part in shown(ben, "/portal/health/?state=protecting"):
        assert part.state == "protecting"
    with system_scope("test"):
        taker = AuditEntry.objects.get(subject="list:health")
    assert (taker.mine_id, taker.actor_id) == (cast.lamp_hill.mine.pk, cast.admin.pk)
