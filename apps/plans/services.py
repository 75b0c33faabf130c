"""Writes of plans and of the cameras on them."""

import hashlib

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit.services import record
from apps.cameras.models import Camera
from apps.evidence.storage import StorageError, put_bytes, remove
from apps.live.services import emit, take_turn
from apps.mines.models import Area, Mine
from apps.plans.models import Placement, Plan
from apps.plans.pictures import MOST_BYTES, take_in
from apps.tenancy.scope import system_scope

__all__ = ["camera_place", "camera_unplace", "plan_remove", "plan_set"]


def plan_set(*, mine: Mine, area: Area | None, file: UploadedFile, actor: User) -> Plan:
    """Keep a picture as the plan of a place, or of the whole mine; cameras on it stay.

    The picture is stored before the row, under a name of its own content: if the row is refused,
    an object nobody names is left, never a row whose picture is missing.
    """
    if file.size is None or file.size > MOST_BYTES:
        words = _("Expected at most %(most)s MB, found %(found)s MB.")
        found = {"most": MOST_BYTES // 1_000_000, "found": (file.size or 0) // 1_000_000}
        raise ValidationError({"file": words % found})
    try:
        picture = take_in(file.read())
    except ValidationError as error:
        raise ValidationError({"file": error.messages}) from error
    sha256 = hashlib.sha256(picture.body).hexdigest()
    key = f"{mine.pk}/plans/{sha256}"
    try:
        put_bytes(key, picture.body, content_type=picture.content_type)
    except StorageError:
        raise ValidationError(
            {"file": _("The store did not take the picture just now. Try again.")}
        ) from None
    facts = {
        "key": key,
        "sha256": sha256,
        "content_type": picture.content_type,
        "width": picture.width,
        "height": picture.height,
        "bytes": len(picture.body),
        "uploaded_by": actor,
        "uploaded_at": timezone.now(),
    }
    with transaction.atomic():
        take_turn(mine_id=mine.pk)
        before = Plan.objects.filter(mine=mine, area=area).values_list("key", flat=True).first()
        plan, made = Plan.objects.update_or_create(mine=mine, area=area, defaults=facts)
        record(
            action="plan.set",
            subject=plan,
            mine_id=mine.pk,
            actor=actor,
            detail={"area": area.name if area else "", "sha256": sha256, "new": made},
        )
        emit(mine_id=mine.pk, kind="plan.changed", payload={"plan": plan.pk})
        if before is not None and before != key:
            _forget_later(before)
    return plan


@transaction.atomic
def plan_remove(*, plan: Plan, actor: User) -> None:
    """Take a plan away with the places of cameras on it; the cameras stay."""
    take_turn(mine_id=plan.mine_id)
    record(
        action="plan.removed",
        subject=plan,
        mine_id=plan.mine_id,
        actor=actor,
        detail={"area": plan.area.name if plan.area else "", "sha256": plan.sha256},
    )
    emit(mine_id=plan.mine_id, kind="plan.changed", payload={"plan": plan.pk})
    key = plan.key
    plan.delete()
    _forget_later(key)


def _forget_later(key: str) -> None:
    """Delete a picture that no plan shows any more, once the change is certain."""

    def forget() -> None:
        with system_scope("after the commit, outside of the request's scope"):
            shown = Plan.objects.filter(key=key).exists()
        if not shown:
            remove(key)

    transaction.on_commit(forget, robust=True)


@transaction.atomic
def camera_place(*, plan: Plan, camera: Camera, actor: User, **where: float) -> Placement:
    """Put a camera onto a plan, or move it there; what is not given stays."""
    take_turn(mine_id=plan.mine_id)
    placement = Placement.objects.filter(plan=plan, camera=camera).first()
    if placement is None:
        placement = Placement(mine_id=plan.mine_id, plan=plan, camera=camera)
    for name, value in where.items():
        setattr(placement, name, value)
    placement.full_clean()
    placement.save()
    record(
        action="plan.camera_placed",
        subject=plan,
        mine_id=plan.mine_id,
        actor=actor,
        detail={"camera": camera.pk, **where},
    )
    emit(mine_id=plan.mine_id, kind="plan.changed", payload={"plan": plan.pk})
    return placement


@transaction.atomic
def camera_unplace(*, plan: Plan, camera: Camera, actor: User) -> None:
    """Take a camera off a plan; one that is not on it changes nothing."""
    take_turn(mine_id=plan.mine_id)
    gone, _by_model = Placement.objects.filter(plan=plan, camera=camera).delete()
    if gone:
        record(
            action="plan.camera_taken_off",
            subject=plan,
            mine_id=plan.mine_id,
            actor=actor,
            detail={"camera": camera.pk},
        )
        emit(mine_id=plan.mine_id, kind="plan.changed", payload={"plan": plan.pk})
