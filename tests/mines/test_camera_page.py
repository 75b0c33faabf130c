"""What a camera's page says of one that is new, off, or at an address of another's."""

from datetime import timedelta
from typing import Any

import time_machine
from django.utils import timezone

from apps.accounts.models import Role
from apps.accounts.services import member_set
from apps.cameras.models import Analysis, StreamState
from apps.cameras.services import camera_update, stream_say
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast
from tests.mines.test_portal import signed_in


def test_the_page_of_a_camera_that_is_off_says_so_and_shows_no_old_sight(cast: Cast):
    where = cast.lamp_hill
    with mine_scope(where.mine.pk):
        Analysis.objects.update_or_create(
            camera=where.camera, defaults={"mine": where.mine, "visibility": 0.13}
        )
    address = f"/portal/cameras/{where.camera.pk}/"
    client = signed_in(cast.owner)
    assert "0.13" in client.get(address).content.decode()
    with mine_scope(where.mine.pk):
        camera_update(camera=where.camera, enabled=False)
    page = client.get(address).content.decode()
    assert "This camera is switched off: nothing is recorded, and nobody watches it." in page
    assert "watches nothing yet" not in page
    assert "0.13" not in page


def test_a_new_camera_is_said_to_be_tried_and_then_what_it_answered(cast: Cast):
    place, anna = cast.lamp_hill, signed_in(cast.admin)
    tried, reason = "The camera is being tried", "not found: there is no stream at this path"
    pages = [f"/portal/cameras/{place.camera.pk}/", f"/portal/cameras/{place.camera.pk}/state/"]
    with mine_scope(place.mine.pk):
        StreamState.objects.filter(camera=place.camera).delete()
    assert f'data-fresh="{pages[1]}"' in anna.get(pages[0]).content.decode()
    for page in pages:
        text = anna.get(page).content.decode()
        assert tried in text[text.index('data-part="answer"') :]
    with mine_scope(place.mine.pk):
        row = stream_say(
            camera_id=place.camera.pk, mine_id=place.mine.pk, stream="main", state="connecting"
        )
    for page in pages:
        assert tried in anna.get(page).content.decode()
    with mine_scope(place.mine.pk):
        stream_say(
            camera_id=place.camera.pk, mine_id=place.mine.pk, stream="main", state="lost",
            reason=reason,
        )  # fmt: skip
    for page in pages:
        text = anna.get(page).content.decode()
        assert tried not in text
        assert f"lost: {reason}" in " ".join(text.split())
        assert f"/portal/cameras/{place.camera.pk}/change/" in text
    with mine_scope(place.mine.pk):
        row.refresh_from_db()
        StreamState.objects.filter(pk=row.pk).update(state="recording", reason="")
    for page in pages:
        text = anna.get(page).content.decode()
        assert tried not in text
        assert "No picture, main" not in text


def test_a_camera_that_the_recorder_never_took_up_is_not_said_to_be_tried(cast: Cast):
    place = cast.lamp_hill
    with mine_scope(place.mine.pk):
        StreamState.objects.filter(camera=place.camera).delete()
    with time_machine.travel(timezone.now() + timedelta(seconds=40), tick=False):
        text = signed_in(cast.admin).get(f"/portal/cameras/{place.camera.pk}/state/")
    assert "The recorder has not taken up this camera." in text.content.decode()
    assert "is being tried" not in text.content.decode()


def add_camera(place: Any, person: Any, name: str, address: str) -> str:
    answer = signed_in(person).post(
        f"/portal/mines/{place.mine.pk}/cameras/new/",
        {
            "area": place.area.pk, "name": name, "main_url": address, "chunk_s": 1,
            "enabled": "on",
        },
        follow=True,
    )  # fmt: skip
    assert answer.redirect_chain, answer.content.decode()
    return answer.content.decode()


def test_an_address_that_a_camera_of_the_mine_has_already_is_said(cast: Cast):
    place, said = cast.lamp_hill, "This address is in use already, by: Winch house 1."
    assert said in add_camera(place, cast.admin, "Again", place.camera.main_url)
    assert "in use already" not in add_camera(place, cast.admin, "New", "rtsp://10.0.0.77/main")


def test_an_address_in_another_mine_is_another_camera(cast: Cast):
    with system_scope("one person of two mines, whose networks number their cameras alike"):
        member_set(mine=cast.deep_vale.mine, user=cast.admin, role=Role.ADMIN)
        camera_update(camera=cast.deep_vale.camera, main_url="rtsp://10.0.0.88/main")
    page = add_camera(cast.lamp_hill, cast.admin, "Ours", "rtsp://10.0.0.88/main")
    assert "in use already" not in page


def answered(place: Any, reason: str, *, scene: bool = True) -> None:
    """Let the recorder say why nothing comes of a camera; without a scene if so wished."""
    with mine_scope(place.mine.pk):
        if not scene:
            place.camera.scenes.all().delete()
        StreamState.objects.filter(camera=place.camera).delete()
        stream_say(
            camera_id=place.camera.pk, mine_id=place.mine.pk, stream="main", state="unusable",
            reason=reason,
        )  # fmt: skip


def test_nobody_is_told_to_draw_on_a_picture_that_does_not_come(cast: Cast):
    place = cast.lamp_hill
    new = add_camera(place, cast.admin, "New", "rtsp://10.0.0.77/main")
    assert "New was added." in new and "Now draw" not in new
    assert "Draw its zones" in new, "while it is being tried"
    answered(place, "wrong user name or password", scene=False)
    for page in (f"/portal/cameras/{place.camera.pk}/{part}" for part in ("", "state/")):
        text = signed_in(cast.admin).get(page).content.decode()
        assert "Draw its zones" not in text
        assert "First it needs a picture" in text
        assert "Change its address or password" in text


def test_what_answers_and_sends_no_video_is_said_to_be_perhaps_a_web_page(cast: Cast):
    place, hint = cast.lamp_hill, "perhaps the camera&#x27;s web page"
    page = f"/portal/cameras/{place.camera.pk}/state/"
    answered(place, "what comes cannot be read as video")
    assert hint in signed_in(cast.admin).get(page).content.decode()
    answered(place, "wrong user name or password")
    assert hint not in signed_in(cast.admin).get(page).content.decode()


def test_what_is_seen_and_wrong_now_is_asked_for_again_as_the_state_is(cast: Cast):
    place = cast.lamp_hill
    client, part = signed_in(cast.admin), 'data-part="seen"'
    pages = [f"/portal/cameras/{place.camera.pk}/{name}" for name in ("", "state/")]
    for visibility, faults in ((0.87, []), (0.13, ["covered"])):
        rows = [{"fault": one, "about": "", "since": timezone.now().timestamp()} for one in faults]
        with mine_scope(place.mine.pk):
            Analysis.objects.update_or_create(
                camera=place.camera,
                defaults={"mine": place.mine, "visibility": visibility, "faults": rows},
            )
        for page in pages:
            text = client.get(page).content.decode()
            seen = text[text.index(part) :].partition("</div>")[0]
            assert str(visibility) in seen
            assert ("<dt>Faults</dt>" in seen) == bool(faults)


def test_no_view_is_taken_as_usual_of_a_camera_that_was_never_analysed(cast: Cast):
    place, client = cast.lamp_hill, signed_in(cast.admin)
    page = f"/portal/cameras/{place.camera.pk}/"
    with mine_scope(place.mine.pk):
        assert Analysis.objects.get(camera=place.camera).analysed_until is None
    assert "accept-view" not in client.get(page).content.decode()
    said = client.post(f"{page}accept-view/", follow=True).content.decode()
    assert "it has no view" in said and "is now the usual one" not in said
    with mine_scope(place.mine.pk):
        Analysis.objects.filter(camera=place.camera).update(analysed_until=timezone.now())
    assert "accept-view" in client.get(page).content.decode()
    said = client.post(f"{page}accept-view/", follow=True).content.decode()
    assert "is now the usual one" in said
