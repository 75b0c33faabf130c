"""Adds many cameras at once, all or none."""

import json

from cryptography.fernet import InvalidToken
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit.services import record
from apps.cameras.models import Camera
from apps.cameras.secrets import open_box, seal
from apps.cameras.services import camera_create
from apps.cameras.sheets import Row, check, values
from apps.live.services import take_turn
from apps.mines.models import Area, Mine
from apps.mines.services import area_create

__all__ = ["cameras_import", "pack", "unpack"]

# How long a table that was looked at may wait to be confirmed.
LIFE_S = 3600


def pack(rows: list[Row], *, mine: Mine, user: User) -> str:
    """Seal rows for the way through a page: nobody reads the passwords in it, or changes a cell."""
    lines = [{"line": row.line, "data": row.data, "faults": row.faults.get("", [])} for row in rows]
    return seal(json.dumps({"mine": mine.pk, "user": user.pk, "rows": lines}))


def unpack(box: str, *, mine: Mine, user: User) -> list[Row]:
    """Return sealed rows; ValidationError when they are too old, or another person's or mine's."""
    try:
        given = json.loads(open_box(box, LIFE_S))
    except InvalidToken:
        given = {}
    if (given.get("mine"), given.get("user")) != (mine.pk, user.pk):
        raise ValidationError(_("The table was looked at too long ago: upload it again."))
    return [
        Row(one["line"], one["data"], {"": one["faults"]} if one["faults"] else {})
        for one in given["rows"]
    ]


@transaction.atomic
def cameras_import(
    *, mine: Mine, rows: list[Row], create_places: bool, actor: User
) -> list[Camera]:
    """Add every row's camera, and the places that are new if so chosen; all of it or nothing.

    Everything is checked again: the mine may have changed since the table was looked at.
    """
    take_turn(mine_id=mine.pk)
    check(rows, mine=mine, create_places=create_places)
    wrong = [row.line for row in rows if row.faults]
    if wrong or not rows:
        words = _("Nothing was added: line %(line)s has a fault.")
        raise ValidationError(words % {"line": wrong[0] if wrong else 1})
    places = {area.name: area for area in Area.objects.filter(mine=mine)}
    made = []
    for row in rows:
        name = row.data["place"]
        if name not in places:
            places[name] = area_create(mine=mine, name=name, actor=actor)
        made.append(camera_create(area=places[name], actor=actor, **values(row)))
    record(
        action="cameras.imported",
        subject=mine,
        mine_id=mine.pk,
        actor=actor,
        detail={"cameras": len(made)},
    )
    return made
