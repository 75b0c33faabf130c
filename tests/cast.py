"""The named cast of the tests: two mines of two organisations, and who works there.

Anna owns Northern Coal, Ben administers Lamp Hill, Chen is its operator, Dora its auditor, Emil
its integrator; Sam works at Deep Vale and is a stranger to Lamp Hill.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from apps.accounts.models import Role, User
from apps.accounts.selectors import token_digest
from apps.accounts.services import member_set, organisation_member_set, token_create, user_create
from apps.alarms.models import Alarm
from apps.alarms.services import alarm_raise
from apps.cameras.models import Camera
from apps.cameras.services import camera_create
from apps.mines.models import Area, Machine, Mine, Organisation
from apps.mines.services import area_create, machine_create, mine_create
from apps.rules.services import scene_publish
from tests.again import Pattern

PASSWORD = "lamp-and-canary-1815"
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)

SCENE: dict[str, Any] = {
    "version": 1,
    "analysis_fps": 5,
    "zones": [{"id": "danger", "polygon": [[0.4, 0.3], [0.8, 0.3], [0.8, 0.9], [0.4, 0.9]]}],
    "machines": [
        {"id": "winch-1", "kind": "winch", "source": "signal", "unknown_is": "running"},
    ],
    "gauges": [],
    "masks": [],
    "rules": [
        {
            "id": "r1",
            "type": "proximity_while_running",
            "zone": "danger",
            "machine": "winch-1",
            "severity": "critical",
            "params": {"dwell_s": 0.3},
        }
    ],
}


@dataclass(frozen=True)
class Place:
    """One mine with an area, a winch and a camera over it."""

    mine: Mine
    area: Area
    machine: Machine
    camera: Camera


@dataclass(frozen=True)
class Cast:
    """Everybody and everything."""

    lamp_hill: Place
    deep_vale: Place
    owner: User
    admin: User
    operator: User
    auditor: User
    integrator: User
    stranger: User
    token: str  # the integrator's, for Lamp Hill
    foreign_token: str  # the stranger's, for Deep Vale

    def __getitem__(self, role: str) -> User:
        return getattr(self, role)


def place(organisation: str, name: str) -> Place:
    """Open a mine with one camera."""
    owner = Organisation.objects.create(name=organisation, slug=organisation.lower()[:5])
    mine = mine_create(organisation=owner, name=name, timezone="Asia/Shanghai")
    area = area_create(mine=mine, name="Winch house")
    machine = machine_create(area=area, key="winch-1", name="Winch 1", kind="winch")
    camera = camera_create(area=area, name="Winch house 1", main_url="rtsp://10.0.0.9/main")
    scene_publish(camera=camera, document=SCENE, reason="cast")
    return Place(mine, area, machine, camera)


_pattern: Pattern[Cast] | None = None


def build_cast() -> Cast:
    """Create the cast; needs a system scope.

    The services make it once in each process, which takes them 240 queries; each test has the
    same rows again, under new keys.
    """
    global _pattern
    if _pattern is None:
        _pattern = Pattern(make_cast)
    words, tokens = {}, {}
    for name in ("token", "foreign_token"):
        _, key, secret = getattr(_pattern.first, name).split("_", 2)
        other_key, other_secret = secrets.token_hex(6), secrets.token_urlsafe(30)
        words |= {key: other_key, token_digest(secret): token_digest(other_secret)}
        tokens[name] = f"davy_{other_key}_{other_secret}"
    return replace(_pattern.again(words), **tokens)


def make_cast() -> Cast:
    """Create the cast through the services; needs a system scope."""
    hill, vale = place("Northern Coal", "Lamp Hill"), place("South Ridge", "Deep Vale")
    people = {
        name: user_create(username=name, password=PASSWORD)
        for name in ("anna", "ben", "chen", "dora", "emil", "sam")
    }
    organisation_member_set(
        organisation=hill.mine.organisation, user=people["anna"], role=Role.OWNER
    )
    for name, role in (
        ("ben", Role.ADMIN),
        ("chen", Role.OPERATOR),
        ("dora", Role.AUDITOR),
        ("emil", Role.INTEGRATOR),
    ):
        member_set(mine=hill.mine, user=people[name], role=role)
    member_set(mine=vale.mine, user=people["sam"], role=Role.INTEGRATOR)
    token = token_create(mine=hill.mine, user=people["emil"], name="gas system")[1]
    foreign = token_create(mine=vale.mine, user=people["sam"], name="other")[1]
    return Cast(
        hill, vale, people["anna"], people["ben"], people["chen"], people["dora"],
        people["emil"], people["sam"], token, foreign,
    )  # fmt: skip


def an_alarm(where: Place, **changes: Any) -> Alarm:
    """Raise the usual alarm: somebody in danger while the winch runs."""
    facts: dict[str, Any] = {
        "camera": where.camera,
        "rule": "r1",
        "rule_type": "proximity_while_running",
        "situation": "r1:1",
        "level": "danger",
        "severity": "critical",
        "at": NOON,
        "why": "1 person in danger, winch-1 RUNNING (signal)",
        "values": {"zone": "danger", "machine": "winch-1", "machine_state": "RUNNING"},
        "boxes": [[0.5, 0.4, 0.6, 0.8]],
        "zone": SCENE["zones"][0]["polygon"],
        "scene_version": 1,
    }
    return alarm_raise(**(facts | changes))
