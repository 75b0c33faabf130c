"""Whether cameras are recorded with their masks filled: a mine's own word, a camera's own."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit.services import record
from apps.cameras.models import Camera
from apps.live.services import emit, take_turn
from apps.mines.models import Mine
from apps.recordings.models import Masking
from apps.rules.masks import carried_now, covering
from apps.rules.models import Scene
from workers.media.mask import Masks

__all__ = ["Said", "masking_by_camera", "masking_of_mine", "masking_set", "masks_to_fill"]


@dataclass(frozen=True)
class Said:
    """What holds, and who says so: "camera", "mine" or "default"; `own` is what was said here."""

    filled: bool
    said_by: str
    own: bool | None = None
    reason: str = ""


def masking_of_mine(mine_id: int) -> Said:
    """Return what holds for the cameras of a mine that say nothing else."""
    return _of_mine(Masking.objects.filter(mine_id=mine_id, camera=None).first())


def _of_mine(row: Masking | None) -> Said:
    if row is None or row.filled is None:
        return Said(False, "default")
    return Said(row.filled, "mine", row.filled, row.reason)


def masking_by_camera(cameras: Iterable[Camera]) -> dict[int, Said]:
    """Return by camera what holds for it; one question to the database."""
    found = list(cameras)
    rows = list(Masking.objects.filter(mine__in={camera.mine_id for camera in found}))
    mines = {row.mine_id: _of_mine(row) for row in rows if row.camera_id is None}
    own = {row.camera_id: row for row in rows if row.camera_id is not None}
    said = {}
    for camera in found:
        row = own.get(camera.pk)
        if row is not None and row.filled is not None:
            said[camera.pk] = Said(row.filled, "camera", row.filled, row.reason)
        else:
            above = mines.get(camera.mine_id, Said(False, "default"))
            said[camera.pk] = Said(above.filled, above.said_by)
    return said


def masks_to_fill(*, cameras: Iterable[Camera]) -> dict[int, Masks]:
    """Return by camera what the recorder fills before it writes; no entry for one as it is sent.

    A camera without masks has nothing to fill. One whose scene cannot be read has masks that
    nobody knows: the recorder then records nothing. Of a camera that was knocked a little they are
    filled where they lie now as well. Needs a scope over the cameras' mines.
    """
    said = masking_by_camera(cameras)
    chosen = [camera for camera, one in said.items() if one.filled]
    newest = (
        Scene.objects.filter(camera__in=chosen)
        .order_by("camera_id", "-version")
        .distinct("camera_id")
        .values_list("camera_id", "version", "document")
    )
    carried = carried_now(camera_ids=chosen)
    found = {}
    for camera, version, document in newest:
        try:
            masks = covering([document])
            polygons = tuple(
                tuple((float(x), float(y)) for x, y in polygon)
                for polygon in [*masks, *(carried.get(camera, []) if masks else [])]
            )
        except (AttributeError, KeyError, TypeError, ValueError):
            found[camera] = Masks(version, None)
            continue
        if polygons:
            found[camera] = Masks(version, polygons)
    return found


@transaction.atomic
def masking_set(
    *, mine: Mine, actor: User, filled: bool | None, reason: str, camera: Camera | None = None
) -> Masking:
    """Say whether a mine, or one camera, is recorded with its masks filled; None: as the one above.

    The recorder obeys within seconds, from the next chunk on; what is recorded stays as it is.
    A new reason for the same choice is an act of its own. ValidationError without a reason. Said
    twice is as once.
    """
    reason = reason.strip()[:300]
    if not reason:
        raise ValidationError({"reason": _("Say why: it stands in the record.")})
    take_turn(mine_id=mine.pk)
    row = Masking.objects.filter(mine=mine, camera=camera).select_for_update().first()
    row = row or Masking(mine=mine, camera=camera)
    before = row.filled
    if row.pk and (before, row.reason) == (filled, reason):
        return row
    row.filled, row.reason = filled, reason
    row.save()
    record(
        action="masking.changed",
        subject=camera or mine,
        mine_id=mine.pk,
        actor=actor,
        detail={"before": before, "after": filled, "reason": row.reason},
    )
    payload = {"camera": camera.pk if camera else None, "filled": filled}
    emit(mine_id=mine.pk, kind="masking.changed", payload=payload)
    return row
