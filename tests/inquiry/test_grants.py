"""Access of auditors from outside: for a span, a purpose, a mine or single cases, and no more."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from apps.accounts.models import ApiToken, Grant, Role, User
from apps.accounts.services import member_set, token_create, user_create
from apps.alarms.models import Alarm
from apps.audit.models import AuditEntry
from apps.bundles.models import Sheet
from apps.bundles.sheets import sheet_make
from apps.evidence.models import Clip
from apps.evidence.storage import put_bytes
from apps.inquiry import guard
from apps.inquiry.guard import Ended
from apps.inquiry.services import grant_end, grant_give
from apps.ledger import verify
from apps.ledger.services import ledger_seal
from apps.privacy.services import unblur_agree, unblur_ask
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast, an_alarm

VIDEO = bytes(range(256)) * 4096  # 1 MiB: more than one block
DAY = timedelta(days=1)
SHIFT = timedelta(hours=4)  # a session lives longer than that
NOON = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module", autouse=True)
def noon() -> None:
    """Take the present when the first of these tests runs: it was read long before."""
    global NOON
    NOON = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def clock() -> Iterator[Any]:
    """Time that stands still; near the present, since the store refuses a clock that is not."""
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def grace(cast: Cast) -> User:
    """An inspector who works at no mine."""
    return user_create(username="grace", password="x")


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def a_case(cast: Cast, **changes) -> tuple[Alarm, Clip]:
    """An alarm whose clip lies in the store."""
    with system_scope("test"):
        alarm = an_alarm(cast.lamp_hill, **changes)
        clip = alarm.clips.get()
        key = f"{alarm.mine_id}/test/{clip.uid}.mp4"
        put_bytes(key, VIDEO, content_type="video/mp4")
        Clip.objects.filter(pk=clip.pk).update(
            state=Clip.State.READY, key=key, sha256="ab" * 32, bytes=len(VIDEO)
        )
        clip.refresh_from_db()
        asked = unblur_ask(clip=clip, reason="inquiry 7", actor=cast.owner)
        unblur_agree(unblur=asked, actor=cast.admin)
    return alarm, clip


def let_in(cast: Cast, person: User, **changes) -> Grant:
    given = {
        "mine": cast.lamp_hill.mine, "user": person, "purpose": "inquiry 7", "since": NOON,
        "until": NOON + SHIFT, "actor": cast.admin,
    }  # fmt: skip
    with mine_scope(cast.lamp_hill.mine.pk):
        return grant_give(**(given | changes))


def acts(cast: Cast, action: str) -> list[AuditEntry]:
    with mine_scope(cast.lamp_hill.mine.pk):
        return list(AuditEntry.objects.filter(action=action).select_related("actor").order_by("pk"))


PAGES = ("/alarms/", "/record/", "/audit/", "/watch/", "/api/v1/alarms/", "/ledger/")


def test_a_grant_opens_the_mine_for_its_span_and_not_a_second_longer(cast, grace, clock):
    alarm, _clip = a_case(cast)
    let_in(cast, grace, since=NOON + timedelta(hours=1))
    client = signed_in(grace)
    page = reverse("alarm", args=[alarm.pk])
    assert client.get(page).status_code == 404, "it has not begun"
    clock.move_to(NOON + timedelta(hours=1))
    assert client.get(page).status_code == 200
    assert b"Lamp Hill" in client.get("/audit/").content
    clock.move_to(NOON + SHIFT - timedelta(seconds=1))
    assert client.get(page).status_code == 200
    clock.move_to(NOON + SHIFT)
    assert client.get(page).status_code == 404
    for address in PAGES:
        answer = client.get(address)
        assert answer.status_code in (200, 403) and b"Lamp Hill" not in answer.content, address


def test_a_grant_that_is_ended_refuses_the_next_request_and_the_record_tells_both(cast, grace):
    alarm, _clip = a_case(cast)
    now = datetime.now(UTC)
    grant = let_in(cast, grace, since=now - DAY, until=now + DAY)
    client, admin = signed_in(grace), signed_in(cast.admin)
    assert client.get(reverse("alarm", args=[alarm.pk])).status_code == 200
    assert admin.post(reverse("grant-end", args=[grant.pk])).status_code == 302
    assert client.get(reverse("alarm", args=[alarm.pk])).status_code == 404
    assert client.get("/audit/").status_code == 403
    [given], [ended] = acts(cast, "grant.given"), acts(cast, "grant.ended")
    assert given.detail["purpose"] == "inquiry 7" and given.actor == cast.admin
    assert ended.detail["username"] == "grace"
    seen = signed_in(cast.auditor).get("/audit/grants/").content.decode()
    assert "grace" in seen and "inquiry 7" in seen


def test_who_is_let_in_to_look_changes_nothing(cast, grace):
    alarm, _clip = a_case(cast)
    now = datetime.now(UTC)
    let_in(cast, grace, since=now - DAY, until=now + DAY)
    client, mine = signed_in(grace), cast.lamp_hill.mine.pk
    body = {"note": "x"}
    assert client.post(reverse("alarm-acknowledge", args=[alarm.pk]), body).status_code == 403
    assert client.post(reverse("grant-give", args=[mine]), {}).status_code == 403
    assert client.get(reverse("portal-mine", args=[mine])).status_code == 403
    scene = reverse("api:camera-scene", args=[cast.lamp_hill.camera.pk])
    put = client.put(scene, {"document": {}}, content_type="application/json")
    assert put.status_code == 403


def test_who_has_one_case_learns_of_nothing_else_in_the_mine(cast, grace, clock):
    alarm, clip = a_case(cast)
    other, _ = a_case(cast, situation="r2:1", rule="r2", why="2 people elsewhere")
    let_in(cast, grace, cases=[alarm.pk])
    client = signed_in(grace)
    assert client.get("/")["Location"] == "/audit/"
    found = client.get("/audit/").content.decode()
    assert "1 person in danger" in found and "2 people elsewhere" not in found
    assert client.get(reverse("case", args=[alarm.pk])).status_code == 200
    assert client.get(reverse("case", args=[other.pk])).status_code == 404
    play = client.get(reverse("case-play", args=[alarm.pk, clip.uid]))
    assert b"".join(play.streaming_content) == VIDEO
    for name, pk in (("alarm", other.pk), ("clip", clip.uid), ("clip-download", clip.uid)):
        assert client.get(reverse(name, args=[pk])).status_code == 404, name
    for address in ("/record/", "/audit/grants/", f"/ledger/{cast.lamp_hill.mine.pk}/"):
        assert client.get(address).status_code in (403, 404), address
    assert client.get("/api/v1/cameras/").json()["results"] == []
    clock.move_to(NOON + SHIFT)
    assert client.get(reverse("case", args=[alarm.pk])).status_code == 404


def test_the_address_of_an_alarm_leads_who_has_its_case_to_the_case(cast, grace, clock):
    alarm, _clip = a_case(cast)
    let_in(cast, grace, cases=[alarm.pk])
    answer = signed_in(grace).get(reverse("alarm", args=[alarm.pk]))
    assert (answer.status_code, answer["Location"]) == (302, reverse("case", args=[alarm.pk]))
    clock.move_to(NOON + SHIFT)
    assert signed_in(grace).get(reverse("alarm", args=[alarm.pk])).status_code == 404


def test_who_has_one_case_is_told_where_it_is_and_afterwards_that_it_is_over(cast, grace, clock):
    alarm, _clip = a_case(cast)
    let_in(cast, grace, cases=[alarm.pk])
    client = signed_in(grace)
    account = client.get("/account/").content.decode()
    assert "let in to single cases" in account and f'href="{reverse("cases")}"' in account
    assert "single cases alone" in client.get("/alarms/").content.decode()
    clock.move_to(NOON + SHIFT)
    assert "let you in again" not in account
    assert "let you in again" in client.get("/account/").content.decode()
    assert "for a time, it is over" in client.get("/alarms/").content.decode()
    receipts = client.get(reverse("receipts")).content.decode()
    assert "taken nothing away" not in receipts, "what is not shown was taken away all the same"


def test_who_has_one_case_takes_its_time_line_along(cast, grace, clock, settings, tmp_path):
    settings.VAR = tmp_path
    alarm, _clip = a_case(cast)
    other, _ = a_case(cast, situation="r2:1", rule="r2")
    let_in(cast, grace, cases=[alarm.pk])
    client = signed_in(grace)
    asked = client.post(reverse("case-sheet-ask", args=[alarm.pk]), {"language": "en"})
    place = asked["Location"]
    assert f'action="{reverse("case-sheet-ask", args=[alarm.pk])}"' in (
        client.get(reverse("case", args=[alarm.pk])).content.decode()
    )
    assert client.get(place).status_code == 200
    with mine_scope(alarm.mine_id):
        sheet = sheet_make(sheet_id=Sheet.objects.get().pk, mine_id=alarm.mine_id)
    assert f"{place}download/" in client.get(place).content.decode()
    taken = client.get(f"{place}download/")
    assert b"".join(taken.streaming_content).startswith(b"%PDF")
    [act] = acts(cast, "sheet.download")
    assert (act.actor, act.detail["sha256"]) == (grace, sheet.sha256)
    assert client.post(reverse("case-sheet-ask", args=[other.pk])).status_code == 404
    assert client.get(reverse("sheet", args=[sheet.uid])).status_code == 404
    assert signed_in(cast.auditor).get(place).status_code == 404, "it names who asked"
    clock.move_to(NOON + SHIFT)
    assert client.get(f"{place}download/").status_code == 404


def test_a_grant_is_proposed_from_now_for_a_week_by_the_mines_clock(cast, clock):
    admin, address = signed_in(cast.admin), reverse("grant-give", args=[cast.lamp_hill.mine.pk])
    clock.move_to(datetime(2026, 3, 4, 20, 30, 15, tzinfo=UTC))
    page = admin.get(address).content.decode()
    assert 'value="2026-03-05T04:30"' in page and 'value="2026-03-12T04:30"' in page
    given = {"who": "known", "username": "grace", "purpose": "x", "since": "2026-03-05T04:30",
             "until": "2026-03-06T04:30"}  # fmt: skip
    refused = admin.post(address, given)
    assert refused.status_code == 400
    assert "Who has no account yet is “a new person” above." in refused.content.decode()


def test_a_case_of_another_mine_cannot_be_granted(cast, grace):
    with system_scope("test"):
        foreign = an_alarm(cast.deep_vale)
    with pytest.raises(ValidationError, match="no alarm"):
        let_in(cast, grace, until=datetime.now(UTC) + DAY, cases=[foreign.pk])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"purpose": "  "}, "what for"),
        ({"until": 0 * DAY}, "after the beginning"),
        ({"since": -3 * DAY, "until": -DAY}, "over already"),
        ({"until": 400 * DAY}, "a year"),
    ],
)
def test_a_grant_that_makes_no_sense_is_refused(cast, grace, clock, wrong, said):
    with pytest.raises(ValidationError, match=said):
        let_in(
            cast,
            grace,
            **{k: NOON + v if isinstance(v, timedelta) else v for k, v in wrong.items()},
        )


def test_who_has_a_role_there_gets_no_grant_beside_it(cast, clock):
    with pytest.raises(ValidationError, match="has a role"):
        let_in(cast, cast.operator)


def test_a_download_stops_when_the_grant_ends_in_its_middle(cast, grace, monkeypatch):
    monkeypatch.setattr(guard, "EVERY_S", 0)
    _alarm, clip = a_case(cast)
    now = datetime.now(UTC)
    grant = let_in(cast, grace, since=now - DAY, until=now + DAY)
    answer = signed_in(grace).get(reverse("clip-download", args=[clip.uid]) + "?form=original")
    assert answer["Content-Length"] == str(len(VIDEO))
    blocks = iter(answer.streaming_content)
    first = next(blocks)
    with mine_scope(cast.lamp_hill.mine.pk):
        grant_end(grant=grant, actor=cast.admin)
    with pytest.raises(Ended):
        next(blocks)
    [stopped] = acts(cast, "download.stopped")
    assert stopped.actor == grace and stopped.detail["sent_bytes"] == len(first)
    assert stopped.detail["clip"] == str(clip.uid)


def test_a_player_may_ask_for_a_stretch(cast, grace):
    _alarm, clip = a_case(cast)
    now = datetime.now(UTC)
    let_in(cast, grace, since=now - DAY, until=now + DAY)
    answer = signed_in(grace).get(
        reverse("clip-play", args=[clip.uid]), headers={"Range": "bytes=256-511"}
    )
    assert answer.status_code == 206
    assert b"".join(answer.streaming_content) == bytes(range(256))


def test_every_look_of_an_auditor_is_in_the_record_once_in_five_minutes(cast, grace, clock):
    alarm, _clip = a_case(cast)
    grant = let_in(cast, grace)
    client, page = signed_in(grace), reverse("alarm", args=[alarm.pk])
    for _again in range(3):
        client.get(page)
    client.get("/alarms/?severity=critical")
    signed_in(cast.operator).get(page)
    looks = acts(cast, "audit.looked")
    assert [look.subject for look in looks] == [f"alarm:{alarm.pk}", "alarms"]
    assert {look.actor for look in looks} == {grace}
    assert looks[0].detail["grant"] == grant.pk
    assert looks[1].detail["path"] == "/alarms/?severity=critical"


def test_a_look_is_noted_in_the_mine_that_was_looked_at_and_in_no_other(cast):
    with system_scope("test"):
        member_set(mine=cast.deep_vale.mine, user=cast.auditor, role=Role.AUDITOR)
    alarm, _clip = a_case(cast)
    client = signed_in(cast.auditor)
    asked = client.post(reverse("case-sheet-ask", args=[alarm.pk]), {"language": "en"})
    mine = [alarm.mine_id]
    places = [
        asked["Location"],
        *(
            reverse(f"api:{name}", args=mine)
            for name in ("mine", "mine-masking", "mine-retention", "escalation")
        ),
        reverse("ledger", args=mine),
    ]
    for place in places:
        assert client.get(place).status_code == 200, place
    with system_scope("test"):
        looks = list(AuditEntry.objects.filter(action="audit.looked").order_by("pk"))
    assert [look.mine_id for look in looks] == mine * len(places)
    assert [look.detail["path"] for look in looks] == places


def test_a_download_has_a_receipt_that_names_its_link_and_is_signed(cast, grace):
    _alarm, clip = a_case(cast)
    now = datetime.now(UTC)
    let_in(cast, grace, since=now - DAY, until=now + DAY)
    client = signed_in(grace)
    b"".join(
        client.get(reverse("clip-download", args=[clip.uid]) + "?form=original").streaming_content
    )
    [entry] = acts(cast, "clip.download")
    assert f"/audit/receipts/{entry.pk}/" in client.get("/audit/receipts/").content.decode()
    page = client.get(reverse("receipt", args=[entry.pk])).content.decode()
    assert "ab" * 32 in page and "grace" in page
    text = client.get(reverse("receipt", args=[entry.pk]) + "?as=text").content.decode()
    with mine_scope(cast.lamp_hill.mine.pk):
        ledger_seal(mine_id=cast.lamp_hill.mine.pk)
        entry = AuditEntry.objects.select_related("link").get(pk=entry.pk)
    statement = next(line for line in text.splitlines() if line.startswith("{"))
    key, signature = (re.search(rf"{name}: ([0-9a-f]+)", text)[1] for name in ("Key", "Signature"))
    assert entry.link.hash in statement
    signed = verify.signed(bytes.fromhex(key), statement.encode(), bytes.fromhex(signature))
    assert signed
    assert signed_in(cast.operator).get(reverse("receipt", args=[entry.pk])).status_code == 404


def test_only_who_may_let_somebody_in_is_invited_to(cast: Cast):
    invited = {
        who: "Give an inspector" in signed_in(who).get("/audit/grants/").content.decode()
        for who in (cast.owner, cast.auditor)
    }
    assert invited == {cast.owner: True, cast.auditor: False}


def test_a_page_grants_access_to_somebody_new_and_shows_the_password_once(cast):
    mine = cast.lamp_hill.mine
    until = datetime.now(UTC) + DAY
    body = {
        "who": "new", "username": "heidi", "purpose": "inspection", "cases": "",
        "since": "2026-01-01T00:00", "until": f"{until:%Y-%m-%dT%H:%M}",
    }  # fmt: skip
    answer = signed_in(cast.admin).post(reverse("grant-give", args=[mine.pk]), body, follow=True)
    assert answer.status_code == 200 and "heidi was added" in answer.content.decode()
    User.objects.filter(username="heidi").update(password_given=False)  # she chose another one
    assert signed_in(User.objects.get(username="heidi")).get("/alarms/").status_code == 200


def test_there_is_a_word_for_every_act_and_part_that_stands_in_the_code():
    from apps.audit.words import ACTS, PARTS

    root = Path(__file__).parent.parent.parent / "apps"
    found, parts = set(), set()
    for path in root.rglob("*.py"):
        text = path.read_text()
        found |= set(re.findall(r'action="([a-z_]+\.[a-z_]+)"', text))
        parts |= set(re.findall(r'part=(?:"" if actor else )?"([a-z]+)"', text))
    assert found - set(ACTS) == set()
    assert len(parts) > 8 and parts - set(PARTS) == set()


def keys_of(cast: Cast, person: User) -> int:
    with mine_scope(cast.lamp_hill.mine.pk):
        return ApiToken.objects.filter(user=person, revoked_at=None).count()


def a_key_for(cast: Cast, person: User) -> None:
    with mine_scope(cast.lamp_hill.mine.pk):
        token_create(mine=cast.lamp_hill.mine, user=person, name="lists")


def test_a_grant_that_is_ended_ends_the_keys_that_were_made_with_it(cast: Cast, grace, clock):
    grant = let_in(cast, grace)
    a_key_for(cast, grace)
    with mine_scope(cast.lamp_hill.mine.pk):
        grant_end(grant=grant, actor=cast.owner)
    assert keys_of(cast, grace) == 0


def test_no_key_of_a_grant_that_ran_out_comes_back_with_a_new_grant_or_a_role(
    cast: Cast, grace, clock
):
    let_in(cast, grace)
    a_key_for(cast, grace)
    clock.shift(2 * DAY)
    assert keys_of(cast, grace) == 1  # it opens nothing now
    let_in(cast, grace, since=NOON + 2 * DAY, until=NOON + 3 * DAY)
    assert keys_of(cast, grace) == 0
    a_key_for(cast, grace)
    clock.shift(2 * DAY)
    with mine_scope(cast.lamp_hill.mine.pk):
        member_set(mine=cast.lamp_hill.mine, user=grace, role=Role.ADMIN, actor=cast.owner)
    assert keys_of(cast, grace) == 0
