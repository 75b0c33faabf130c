"""The demo mine: two organisations, three mines, six cameras, one person a role."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.accounts.models import ApiToken, Role, User
from apps.accounts.services import member_set, organisation_member_set, token_create, user_create
from apps.cameras.models import Camera
from apps.cameras.services import camera_create, camera_update
from apps.mines.models import Area, Machine, Mine, Organisation
from apps.mines.services import area_create, machine_create, mine_create
from apps.notify.demo import seed_routes
from apps.rules.services import scene_publish
from apps.tenancy.scope import system_scope

__all__ = ["seed_demo"]

LOOPS = settings.ROOT / "workers" / "simulate" / "loops"


@dataclass(frozen=True)
class DemoCamera:
    """One camera of the demo: where it hangs and which loop it plays."""

    mine: str
    area: str
    name: str
    loop: str
    machine: str = ""


MINES = {"Lamp Hill": "Northern Coal", "Stonebrook": "Northern Coal", "Deep Vale": "South Ridge"}
CAMERAS = [
    DemoCamera("Lamp Hill", "Winch house", "Winch house 1", "winch-house", "winch-1"),
    DemoCamera("Lamp Hill", "Roadway 7", "Roadway 7 east", "roadway"),
    DemoCamera("Lamp Hill", "Old drift", "Old drift", "dark-drift"),
    DemoCamera("Stonebrook", "Incline 3", "Incline 3 lower landing", "incline"),
    DemoCamera("Stonebrook", "Winch house", "Winch house 2", "winch-two", "winch-1"),
    DemoCamera("Deep Vale", "Main roadway", "Main roadway", "glare-roadway"),
]
# What the loops' zones and rules are called by people; they know ids alone.
NAMES = {
    "danger": "danger zone at the drum",
    "warning": "warning zone at the drum",
    "stand": "driver's stand",
    "r1": "somebody at the running winch",
}
WINCH = "Winch 1"
# (user name, role, mine, or the organisation for a role in all its mines)
PEOPLE = [
    ("owner", Role.OWNER, "Northern Coal"),
    ("admin", Role.ADMIN, "Lamp Hill"),
    ("operator", Role.OPERATOR, "Lamp Hill"),
    ("auditor", Role.AUDITOR, "Lamp Hill"),
    ("integrator", Role.INTEGRATOR, "Lamp Hill"),
    ("deepvale", Role.OPERATOR, "Deep Vale"),
]


def seed_demo(*, rtsp: str, logins: Path, receiver: Path | None = None) -> list[dict[str, str]]:
    """Build the demo, or bring an existing one to this start's stream addresses.

    `rtsp` is the base of the loopback streams. Passwords are random and kept in `logins`, which
    only the user who starts the demo can read. Returns the logins.
    """
    with system_scope("the demo spans organisations"):
        mines = {name: _mine(organisation, name) for name, organisation in MINES.items()}
        for camera in CAMERAS:
            _camera(mines[camera.mine], camera, rtsp.rstrip("/"))
        if receiver is not None:
            seed_routes(mine=mines["Lamp Hill"], receiver=json.loads(receiver.read_text()))
        known = json.loads(logins.read_text()) if logins.exists() else []
        people = [_person(mines, *row, known=known) for row in PEOPLE]
    logins.parent.mkdir(parents=True, exist_ok=True)
    logins.touch(mode=0o600)
    logins.write_text(json.dumps(people, indent=1))
    return people


def _mine(organisation: str, name: str) -> Mine:
    owner, _ = Organisation.objects.get_or_create(
        name=organisation, defaults={"slug": organisation.lower().replace(" ", "-")}
    )
    found = Mine.objects.filter(organisation=owner, name=name).first()
    return found or mine_create(organisation=owner, name=name, timezone="Asia/Shanghai")


def _camera(mine: Mine, demo: DemoCamera, rtsp: str) -> None:
    area = Area.objects.filter(mine=mine, name=demo.area).first() or area_create(
        mine=mine, name=demo.area
    )
    if demo.machine and not Machine.objects.filter(mine=mine, key=demo.machine).exists():
        machine_create(area=area, key=demo.machine, name=WINCH, kind=Machine.Kind.WINCH)
    urls = {"main_url": f"{rtsp}/{demo.loop}/main", "sub_url": f"{rtsp}/{demo.loop}/sub"}
    camera = Camera.objects.filter(mine=mine, name=demo.name).first()
    if camera is None:
        camera = camera_create(area=area, name=demo.name, **urls)
        scene_publish(camera=camera, document=_scene(demo), reason="demo")
    # The port may be another one today; whoever pointed this camera elsewhere keeps their address.
    elif camera.main_url.startswith("rtsp://127.0.0.1:") and camera.main_url != urls["main_url"]:
        camera_update(camera=camera, **urls)


def _scene(demo: DemoCamera) -> dict[str, Any]:
    """Return the loop's scene, everything in it called by a name that people read."""
    document: dict[str, Any] = json.loads((LOOPS / demo.loop / "scene.json").read_text())
    for thing in (*document["zones"], *document["machines"], *document["rules"]):
        thing["name"] = WINCH if thing["id"] == demo.machine else NAMES[thing["id"]]
    return document


@transaction.atomic
def _person(
    mines: dict[str, Mine], username: str, role: str, place: str, known: list[dict[str, Any]]
) -> dict[str, str]:
    entry = next((e for e in known if e["username"] == username), None)
    user = User.objects.filter(username=username).first()
    if user is not None and entry is not None:
        return entry
    password = secrets.token_urlsafe(9)
    if user is None:
        user = user_create(username=username, password=password)
    else:
        user.set_password(password)
        user.save()
    if place in mines:
        member_set(mine=mines[place], user=user, role=role)
    else:
        organisation_member_set(
            organisation=Organisation.objects.get(name=place), user=user, role=role
        )
    entry = {"role": str(role), "username": username, "password": password, "mine": place}
    if role == Role.INTEGRATOR:
        ApiToken.objects.filter(user=user).delete()
        entry["token"] = token_create(mine=mines[place], user=user, name="demo")[1]
    return entry
