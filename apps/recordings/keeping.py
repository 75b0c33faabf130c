"""How long what is kept: the installation's default, a mine's own, a camera's own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.permissions import Action
from apps.accounts.selectors import access_of
from apps.audit.services import record
from apps.cameras.models import Camera
from apps.live.services import emit, take_turn
from apps.mines.models import Mine
from apps.recordings.models import Retention

__all__ = ["FIELDS", "Kept", "kept_by_camera", "kept_from", "kept_of_mine", "retention_set"]

FIELDS = ("days", "gigabytes", "clip_years")
DAY_S = 86400.0


@dataclass(frozen=True)
class Kept:
    """What holds for a camera or a mine, and who said each: "camera", "mine" or "default"."""

    days: float
    gigabytes: float | None  # None: as much as the disk's share gives
    clip_years: float  # 0: for good
    said_by: Mapping[str, str]

    @property
    def age_s(self) -> float:
        """How old a recording may become."""
        return self.days * DAY_S

    @property
    def bytes(self) -> int | None:
        """How much may be kept."""
        return None if self.gigabytes is None else int(self.gigabytes * 1e9)


def _resolve(rows: Iterable[tuple[str, Retention | None]]) -> Kept:
    values: dict[str, Any] = {
        "days": settings.RING_AGE_S / DAY_S,
        "gigabytes": None,
        "clip_years": settings.CLIP_YEARS,
    }
    said_by = dict.fromkeys(FIELDS, "default")
    for who, row in rows:
        for name in FIELDS:
            if row is not None and getattr(row, name) is not None:
                values[name], said_by[name] = getattr(row, name), who
    return Kept(**values, said_by=said_by)


def kept_from(row: Retention | None) -> Kept:
    """Return what a mine's row says over the installation's default; None: the default alone."""
    return _resolve([("mine", row)])


def kept_of_mine(mine_id: int) -> Kept:
    """Return what holds for the cameras of a mine that say nothing else."""
    return kept_from(Retention.objects.filter(mine_id=mine_id, camera=None).first())


def kept_by_camera(cameras: Iterable[Camera]) -> dict[int, Kept]:
    """Return by camera what holds for it; one question to the database."""
    found = list(cameras)
    rows = Retention.objects.filter(mine__in={camera.mine_id for camera in found})
    mines: dict[int, Retention] = {}
    own: dict[int, Retention] = {}
    for row in rows:
        if row.camera_id is None:
            mines[row.mine_id] = row
        else:
            own[row.camera_id] = row
    return {
        camera.pk: _resolve([("mine", mines.get(camera.mine_id)), ("camera", own.get(camera.pk))])
        for camera in found
    }


@transaction.atomic
def retention_set(
    *,
    mine: Mine,
    actor: User,
    camera: Camera | None = None,
    **figures: float | None,
) -> Retention:
    """Say how long a mine or one of its cameras keeps what; None: as the one above says.

    What is left out stays as it is. The next pass over the ring, seconds later, obeys; what is
    held stays whatever is said here. ValidationError names the field: also where videos would go
    sooner than before, and the actor may delete none by hand.
    """
    take_turn(mine_id=mine.pk)
    years = _years(mine)
    row = Retention.objects.filter(mine=mine, camera=camera).select_for_update().first()
    row = row or Retention(mine=mine, camera=camera)
    before = {name: getattr(row, name) for name in FIELDS}
    for name, value in figures.items():
        if name not in FIELDS:
            raise TypeError(f"nothing is kept by {name}")
        setattr(row, name, value)
    row.full_clean(exclude=["mine", "camera"])
    row.save()
    sooner = any(new < years.get(key, 0.0) for key, new in _years(mine).items())
    if sooner and not access_of(actor.pk).can(Action.REMOVE, mine.pk):
        words = _("Videos of alarms would be deleted sooner: only an owner may say so.")
        raise ValidationError({"clip_years": words})
    after = {name: getattr(row, name) for name in FIELDS}
    record(
        action="retention.changed",
        subject=camera or mine,
        mine_id=mine.pk,
        actor=actor,
        detail={"before": before, "after": after},
    )
    payload = {"camera": camera.pk if camera else None, **after}
    emit(mine_id=mine.pk, kind="retention.changed", payload=payload)
    return row


def _years(mine: Mine) -> dict[int, float]:
    """Return how many years videos stay, by camera and (0) of cameras to come; for good: no end."""
    kept = {0: kept_of_mine(mine.pk), **kept_by_camera(Camera.objects.filter(mine=mine))}
    return {key: one.clip_years or float("inf") for key, one in kept.items()}
