"""Walks every route × role × own or other mine; a route without a row fails."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from apps.accounts.models import ApiToken, Grant, Membership, Role, User
from apps.accounts.services import member_set, organisation_member_set, user_create
from apps.alarms.handover import handover_page
from apps.alarms.models import Alarm, Handover, Silence
from apps.audit.models import AuditEntry
from apps.audit.services import record
from apps.bundles.models import Bundle, Sheet
from apps.detectors.models import OwnModel, ShadowDay
from apps.evidence.holds import hold_place
from apps.evidence.models import Clip, Hold
from apps.notify.models import Route as NotifyRoute
from apps.notify.models import Subscription
from apps.notify.services import route_create as notify_route_create
from apps.plans.models import Plan
from apps.privacy.models import Span, Unblur
from apps.rules.models import Replay
from apps.tenancy.scope import system_scope
from tests.cast import NOON, SCENE, Cast, Place, an_alarm, build_cast
from tests.openapi import hold
from tests.tenancy.page_routes import PAGES
from tests.tenancy.routes import API, ROLES, Route

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

ROUTES = API + PAGES


def a_model(place: Place) -> OwnModel:
    """Put a network of the mine's own in shadow, compared often enough to be promoted."""
    mine = place.mine
    model = OwnModel.objects.create(
        mine=mine, name=f"{mine.name}'s", kind="onnx", contract={"labels": ["person"]},
        key=f"{mine.pk}/models/x.onnx", sha256="0" * 64, bytes=1, cpu_ms=9,
    )  # fmt: skip
    ShadowDay.objects.create(
        mine=mine, model=model, camera=place.camera, day="2026-03-04", frames=500, both=400
    )
    return model


def a_silence(place: Place) -> Silence:
    """Shelve a rule that is in nobody's way."""
    now = timezone.now()
    return Silence.objects.create(
        mine=place.mine, camera=place.camera, rule="r9", kind="shelved", reason="repair",
        asked_at=now, since=now, until=now + timedelta(hours=1),
    )  # fmt: skip


def a_handover(place: Place) -> Handover:
    """Hand a shift over that nobody has taken yet."""
    person = Membership.objects.filter(mine=place.mine).select_related("user").first()
    assert person is not None
    now = timezone.now()
    return Handover.objects.create(
        mine=place.mine,
        handed_by=person.user,
        handed_at=now,
        content=handover_page(mine=place.mine, now=now),
    )


def a_replay(place: Place) -> Replay:
    """Let a draft run that has found one alarm, with its clip."""
    alarm = {
        "number": 0, "at": NOON.isoformat(), "rule": "r1", "type": "proximity_while_running",
        "level": "danger", "severity": "critical", "why": "1 person in danger", "values": {},
        "clip": f"{place.mine.pk}/replays/x/0.mp4", "clip_error": "",
    }  # fmt: skip
    return Replay.objects.create(
        mine=place.mine, camera=place.camera, document=SCENE, since=NOON, until=NOON,
        alarms=[alarm], count=1,
    )  # fmt: skip


def a_plan(place: Place) -> Plan:
    """Draw a plan of the mine."""
    return Plan.objects.create(
        mine=place.mine, key=f"{place.mine.pk}/plans/x", sha256="0" * 64, width=9, height=9,
        bytes=1, content_type="image/png", uploaded_at=NOON,
    )  # fmt: skip


def a_route(place: Place) -> NotifyRoute:
    """Call a group of people; no mail server is set here, so nothing goes out."""
    return notify_route_create(
        mine=place.mine, channel="email", name="Leaders", address="li@example.com"
    )[0]


def a_device(place: Place) -> Subscription:
    """Let a browser of somebody who has no role here any more take messages."""
    stranger = user_create(username=f"gone-{place.mine.pk}", password="x")
    return Subscription.objects.create(
        mine=place.mine, user=stranger, device="phone", endpoint_hash="0", key="x"
    )


def a_grant(place: Place) -> Grant:
    """Let somebody from outside look at the mine's first alarm."""
    person = Membership.objects.filter(mine=place.mine).select_related("user").first()
    assert person is not None
    guest = user_create(username=f"guest-{place.mine.pk}", password="x")
    now = timezone.now()
    return Grant.objects.create(
        mine=place.mine, user=guest, purpose="inquiry", since=now, until=now + timedelta(days=1),
        granted_by=person.user,
    )  # fmt: skip


def a_receipt(place: Place, clip: Clip) -> AuditEntry:
    """Let somebody who is gone take a clip away."""
    gone = User.objects.get(username=f"guest-{place.mine.pk}")
    return record(action="clip.download", subject=clip, mine_id=place.mine.pk, actor=gone)


def an_unblur(clip: Clip) -> Unblur:
    """Ask for a clip without blur; who asked is gone."""
    gone = User.objects.get(username=f"guest-{clip.mine_id}")
    return Unblur.objects.create(
        mine_id=clip.mine_id, clip=clip, reason="inquiry", asked_by=gone, asked_at=timezone.now()
    )


def a_bundle(place: Place) -> Bundle:
    """Pack a bundle."""
    person = Membership.objects.filter(mine=place.mine).select_related("user").first()
    assert person is not None
    return Bundle.objects.create(
        mine=place.mine, purpose="inquiry", asked_by=person.user, state=Bundle.State.READY,
        key=f"{place.mine.pk}/bundles/x.zip", next_attempt_at=timezone.now(),
    )  # fmt: skip


def a_sheet(place: Place, alarm: Alarm) -> Sheet:
    """Make an alarm's time line as PDF."""
    gone = User.objects.get(username=f"guest-{place.mine.pk}")
    return Sheet.objects.create(
        mine=place.mine, alarm=alarm, language="en", asked_by=gone, state=Sheet.State.READY,
        key=f"{place.mine.pk}/sheets/x.pdf", next_attempt_at=timezone.now(),
    )  # fmt: skip


def a_span(place: Place) -> Span:
    """Cover a span of the recording; who asked for it without blur is gone."""
    gone = User.objects.get(username=f"guest-{place.mine.pk}")
    return Span.objects.create(
        mine=place.mine, camera=place.camera, stream="main", since=NOON, until=NOON,
        state=Span.State.READY, key=f"{place.mine.pk}/spans/x.mp4", asked_by=gone, unblur_by=gone,
        reason="inquiry", next_attempt_at=NOON,
    )  # fmt: skip


def a_hold(place: Place, clip: Clip) -> Hold:
    """Let somebody who is gone hold a clip."""
    gone = User.objects.get(username=f"guest-{place.mine.pk}")
    return hold_place(
        actor=gone, clip=clip, reason="case", until=timezone.now() + timedelta(days=9)
    )


def a_free_clip(place: Place, clip: Clip) -> Clip:
    """Store a clip that nobody holds."""
    return Clip.objects.create(
        mine=place.mine, alarm=clip.alarm, camera=place.camera, rule="r1", state=Clip.State.READY,
        wanted_from=NOON, wanted_until=NOON, next_attempt_at=NOON,
    )  # fmt: skip


def things_of(place: Place) -> dict[str, Any]:
    """Return one mine's ids, with an alarm and a finished clip in it."""
    with system_scope("test"):
        alarm = an_alarm(place)
        clip = alarm.clips.get()
        Clip.objects.filter(pk=clip.pk).update(
            state=Clip.State.READY, key=f"{place.mine.pk}/clip.mp4", sha256="0" * 64, bytes=1
        )
        return {
            "organisation": place.mine.organisation_id,
            "mine": place.mine.pk,
            "area": place.area.pk,
            "machine": place.machine.pk,
            "camera": place.camera.pk,
            "alarm": alarm.pk,
            "silence": a_silence(place).pk,
            "handover": a_handover(place).pk,
            "clip": clip.uid,
            "member": Membership.objects.get(mine=place.mine, role=Role.AUDITOR).pk,
            "model": a_model(place).pk,
            "route": a_route(place).pk,
            "device": a_device(place).pk,
            "token": ApiToken.objects.get(mine=place.mine).pk,
            "document": SCENE,
            "replay": a_replay(place).uid,
            "plan": a_plan(place).pk,
            "bundle": a_bundle(place).uid,
            "grant": a_grant(place).pk,
            "receipt": a_receipt(place, clip).pk,
            "unblur": an_unblur(clip).pk,
            "hold": a_hold(place, clip).pk,
            "span": a_span(place).uid,
            "sheet": a_sheet(place, alarm).uid,
            "free_clip": a_free_clip(place, clip).uid,
        }


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A transaction around all tests of this module: the world is made once, not 700 times.

    Each test's own transaction is a savepoint in it, and leaves the world as it was.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def cast(stage: None) -> Cast:
    with system_scope("the cast spans mines"):
        return build_cast()


@pytest.fixture(scope="module")
def hill(cast: Cast) -> dict[str, Any]:
    return things_of(cast.lamp_hill)


def signed_in(person: User) -> str:
    """Sign somebody in; returns the key of the session."""
    client = Client()
    client.force_login(person)
    return str(client.session.session_key)


def door(session: str) -> Client:
    """Return a new client of a session that lasts: to sign in anew is a quarter of a request."""
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = session
    return client


@pytest.fixture(scope="module")
def people(cast: Cast) -> dict[str, str]:
    """The session of one person a role at Lamp Hill."""
    return {role: signed_in(cast[role]) for role in ROLES}


@pytest.fixture(scope="module")
def foreign_people(cast: Cast) -> dict[str, str]:
    """The session of one person a role who works at Deep Vale only."""
    people: dict[str, User] = {}
    with system_scope("test"):
        for role in ROLES:
            people[role] = user_create(username=f"vale-{role}", password="x")
            if role == Role.OWNER:
                organisation_member_set(
                    organisation=cast.deep_vale.mine.organisation, user=people[role], role=role
                )
            else:
                member_set(mine=cast.deep_vale.mine, user=people[role], role=role)
    return {role: signed_in(person) for role, person in people.items()}


@pytest.fixture(scope="module")
def vale(cast: Cast, foreign_people: dict[str, str]) -> dict[str, Any]:
    return things_of(cast.deep_vale)


@pytest.fixture(scope="module", params=["operator", "auditor", "integrator"])
def less(request: pytest.FixtureRequest, cast: Cast) -> tuple[str, str]:
    """Somebody who administers Lamp Hill and has a lesser role at Deep Vale: role and session."""
    role: str = request.param
    with system_scope("test"):
        person = user_create(username=f"two-mines-{role}", password="x")
        member_set(mine=cast.lamp_hill.mine, user=person, role=Role.ADMIN)
        member_set(mine=cast.deep_vale.mine, user=person, role=role)
    return role, signed_in(person)


def ask(client: Client, route: Route, things: dict[str, Any]) -> Any:
    """Send the route's request about one mine's things."""
    address = reverse(route.name, kwargs=route.arguments(things))
    body = route.body(things) if route.body else None
    if body is None:
        return getattr(client, route.method)(address)
    if route.form:
        return client.post(address, body)
    return getattr(client, route.method)(address, json.dumps(body), "application/json")


def label(route: Route) -> str:
    return f"{route.method} {route.name}"


@pytest.mark.parametrize("route", ROUTES, ids=label)
def test_each_role_gets_what_the_table_says_in_its_own_mine(
    people: dict[str, str], hill: dict[str, Any], route: Route
):
    got = {}
    for role, session in people.items():
        # Each role finds the world as the first one did.
        with transaction.atomic():
            got[role] = ask(door(session), route, hill).status_code
            transaction.set_rollback(True)
    assert got == route.statuses


@pytest.mark.parametrize("route", ROUTES, ids=label)
def test_no_role_of_another_mine_learns_that_it_is_there(
    hill: dict[str, Any], foreign_people: dict[str, str], route: Route
):
    for role, session in foreign_people.items():
        response = ask(door(session), route, hill)
        # A role that may not do this anywhere may be told so before the thing is looked for.
        may_be_told = 403 if route.body or 403 in route.statuses.values() else route.stranger
        assert response.status_code in {route.stranger, may_be_told}, (
            role,
            response.content[:300],
        )
        text = response.content.decode(errors="replace")
        assert "Lamp Hill" not in text
        assert str(hill["clip"]) not in text


@pytest.mark.parametrize("route", ROUTES, ids=label)
def test_nobody_gets_in_without_signing_in(hill: dict[str, Any], route: Route):
    response = ask(Client(), route, hill)
    assert response.status_code == route.anonymous
    if route.anonymous == 302:
        assert response["Location"].startswith("/login/")


def told(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return str(content, errors="replace")


def test_a_role_in_one_mine_gives_nothing_in_another(less: tuple[str, str], vale: dict[str, Any]):
    role, session = less
    asked, through = 0, {}
    for route in ROUTES:
        about_it = bool(route.arguments(vale) or route.body)
        if about_it and route.statuses["admin"] < 400 <= route.statuses[role]:
            asked += 1
            with transaction.atomic():
                status = ask(door(session), route, vale).status_code
                transaction.set_rollback(True)
            if status < 400:
                through[label(route)] = status
    assert asked > 40
    assert not through


def test_a_list_shows_the_mines_alone_in_which_the_role_allows_it(
    less: tuple[str, str], vale: dict[str, Any]
):
    role, session = less
    asked = 0
    for route in ROUTES:
        bare = not route.arguments(vale) and not route.body and route.method == "get"
        if not bare or not route.statuses["admin"] < 400 <= route.statuses[role]:
            continue
        asked += 1
        for more in ("", f"?mine={vale['mine']}", "?export=csv"):
            text = told(door(session).get(reverse(route.name) + more))
            assert "Deep Vale" not in text, (label(route), more)
            assert str(vale["clip"]) not in text, (label(route), more)
    assert asked > 5


# The same for everybody, and about nobody.
ANYBODYS = {"api:schema", "healthz", "notify-worker"}


def test_nothing_is_left_in_the_browser_for_who_sits_down_there_next(
    people: dict[str, str], hill: dict[str, Any]
):
    asked, left = 0, {}
    for route in ROUTES:
        if route.method != "get" or route.name in ANYBODYS:
            continue
        answer = ask(door(people["owner"]), route, hill)
        kept = answer.get("Cache-Control", "")
        asked += answer.status_code == 200
        # A picture may be kept, for whoever has the same session.
        its_own = "private" in kept and "Cookie" in answer.get("Vary", "")
        if answer.status_code == 200 and "no-store" not in kept and not its_own:
            left[label(route)] = kept
    assert asked > 80
    assert not left


class Seen(dict[str, Any]):
    """One mine's things, which note what is taken of them."""

    def __init__(self, things: dict[str, Any]) -> None:
        super().__init__(things)
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.names.add(name)
        return super().__getitem__(name)


def test_things_of_two_mines_never_meet_even_for_who_owns_both(
    cast: Cast, hill: dict[str, Any], vale: dict[str, Any]
):
    with system_scope("test"):
        person = user_create(username="owns-both", password="x")
        for place in (cast.lamp_hill, cast.deep_vale):
            member_set(mine=place.mine, user=person, role=Role.OWNER)
    session, asked, met = signed_in(person), 0, []
    for route in ROUTES:
        seen = Seen(hill)
        route.arguments(seen)
        if route.body:
            route.body(seen)
        names = seen.names - {"document"}
        for name in sorted(names) if len(names) > 1 else ():
            asked += 1
            with transaction.atomic():
                status = ask(door(session), route, {**hill, name: vale[name]}).status_code
                transaction.set_rollback(True)
            if status < 400:
                met.append((label(route), name, status))
    assert asked > 15
    assert not met


@pytest.mark.parametrize("route", API[1:], ids=label)
def test_each_answer_is_as_the_schema_says(
    people: dict[str, str], hill: dict[str, Any], route: Route
):
    answer = ask(door(people["owner"]), route, hill)
    hold(answer, route.body(hill) if route.body else None)


# What is done by its address alone.
BARE = {
    "api:model-promote", "api:model-retire", "api:notify-try", "api:replay-cancel",
    "api:silence-agree", "api:silence-end",
}  # fmt: skip
WRITES = [
    route
    for route in API
    if route.body and route.statuses["owner"] < 400 and route.name not in BARE
]


@pytest.mark.parametrize("route", WRITES, ids=label)
def test_a_field_that_nothing_reads_is_refused_by_its_name(
    cast: Cast, hill: dict[str, Any], route: Route
):
    client = Client()
    client.force_login(cast.owner)
    wrong = replace(route, body=lambda things: {**route.body(things), "tiem": 1})
    answer = ask(client, wrong, hill)
    told = [(one["code"], one["field"]) for one in answer.json()["errors"]]
    assert (answer.status_code, told) == (400, [("unknown_field", "tiem")])


def names(patterns: list[Any], prefix: str = "") -> set[str]:
    """List the names of all routes, with their namespaces."""
    found: set[str] = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            found |= names(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern):
            assert pattern.name, f"a route without a name: {pattern.pattern}"
            found.add(prefix + pattern.name)
    return found


def test_every_route_is_in_the_table():
    missing = names(get_resolver().url_patterns) - {route.name for route in ROUTES}
    assert not missing, f"add these to tests/tenancy/routes.py: {sorted(missing)}"
