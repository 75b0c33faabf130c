"""Writes of a mine's own models: from shadow to active and back, and what a shadow counted."""

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from apps import sentences
from apps.accounts.models import User
from apps.audit.services import record
from apps.cameras.models import Camera
from apps.detectors.models import OwnModel, ShadowDay
from apps.detectors.selectors import COUNTS, shadow_figures
from apps.evidence.storage import put_file
from apps.live.services import emit, take_turn
from apps.mines.models import Mine
from workers.models.contract import Contract, ModelError
from workers.models.own import examine, sha256_of
from workers.vision.shadow import Counts

__all__ = [
    "model_failed",
    "model_promote",
    "model_register",
    "model_retire",
    "model_roll_back",
    "shadow_count",
]

# Before so many frames were compared nobody knows how a model sees.
LEAST_FRAMES = 100
# A model that cannot answer more often than this is not to be believed.
MOST_ERRORS = 0.01


@transaction.atomic
def model_register(
    *,
    mine: Mine,
    name: str,
    path: Path,
    contract: dict[str, Any],
    camera: Camera | None = None,
    score: float = 0.35,
    sha256: str = "",
    actor: User | None = None,
) -> OwnModel:
    """Take a mine's file into shadow, after looking at it in a process of its own.

    sha256: what the file should have; checked when given. ValidationError says of the file or of
    what was said about it what was expected and found. Nothing is kept of a refused file.
    """
    if camera is not None and camera.mine_id != mine.pk:
        raise ValidationError({"camera": _("This mine has no such camera.")})
    given = sha256_of(path)
    wanted = sha256.strip().lower()
    if wanted and wanted != given:
        words = _("Another file than you said: expected SHA-256 %(wanted)s, found %(found)s.")
        raise ValidationError({"file": words % {"wanted": wanted, "found": given}})
    try:
        agreed = Contract.read(contract)
    except ModelError as error:
        raise ValidationError({"contract": sentences.kept(str(error))}) from None
    model = OwnModel(
        mine=mine,
        camera=camera,
        name=name.strip(),
        contract=agreed.dump(),
        score=score,
        author=actor,
        kind="onnx",
        key="-",
        sha256=given,
        bytes=0,
        cpu_ms=0,
    )
    if not 0 < score < 1:
        raise ValidationError({"score": _("Give a number above 0 and below 1.")})
    # Names and places are refused before the file is looked at: that takes seconds.
    model.full_clean()
    with tempfile.TemporaryDirectory(prefix="davy-model-") as folder:
        kept = Path(folder) / "model"
        try:
            examined = examine(path, agreed, kept)
        except ModelError as error:
            raise ValidationError({"file": sentences.kept(str(error))}) from None
        model.kind, model.cpu_ms = examined.kind, examined.cpu_ms
        model.sha256, model.bytes = sha256_of(kept), kept.stat().st_size
        model.key = f"{mine.pk}/models/{model.sha256}.{model.kind}"
        put_file(model.key, kept, content_type="application/octet-stream")
    take_turn(mine_id=mine.pk)
    model.save()
    _tell(model, "registered", actor, {"file_sha256": given, "contract": model.contract})
    return model


@transaction.atomic
def model_promote(*, model: OwnModel, actor: User | None = None) -> OwnModel:
    """Make a shadow the detector of its camera or mine; the one before it is retired.

    ValidationError before it was compared on 100 frames, or where it failed on over 1 % of them.
    """
    model = _locked(model)
    _require(model, OwnModel.State.SHADOW)
    figures = shadow_figures(model)
    if figures["frames"] < LEAST_FRAMES:
        words = _("It was compared on %(frames)s frames; at least %(least)s are needed.")
        raise ValidationError(words % {"frames": figures["frames"], "least": LEAST_FRAMES})
    if figures["errors"] > MOST_ERRORS * figures["frames"]:
        words = _("It failed on %(errors)s of %(frames)s frames: %(error)s")
        raise ValidationError(words % {**figures, "error": model.error})
    before = OwnModel.objects.filter(
        mine=model.mine_id, camera=model.camera_id, state=OwnModel.State.ACTIVE
    ).first()
    if before is not None:
        _set(before, OwnModel.State.RETIRED)
    model.replaced, model.error = before, ""
    _set(model, OwnModel.State.ACTIVE)
    _tell(model, "promoted", actor, {"figures": figures, "replaced": before and before.pk})
    return model


@transaction.atomic
def model_roll_back(*, model: OwnModel, actor: User | None = None) -> OwnModel | None:
    """Retire an active model; the one that it replaced is active again, or else the default.

    Returns the one that is active now.
    """
    model = _locked(model)
    _require(model, OwnModel.State.ACTIVE)
    before = model.replaced
    _set(model, OwnModel.State.RETIRED)
    if before is not None:
        before.error = ""
        _set(before, OwnModel.State.ACTIVE)
    _tell(model, "rolled_back", actor, {"active": before and before.pk})
    return before


@transaction.atomic
def model_retire(*, model: OwnModel, actor: User | None = None) -> OwnModel:
    """Stop using a model, in shadow or active; the default detector looks where it was active."""
    model = _locked(model)
    if model.state == OwnModel.State.RETIRED:
        return model
    was = model.state
    _set(model, OwnModel.State.RETIRED)
    _tell(model, "retired", actor, {"was": was})
    return model


def model_failed(*, model: OwnModel, reason: str) -> None:
    """Keep why a model could not be used; told once a reason. The default detector looks."""
    reason = reason[:300]
    other = OwnModel.objects.filter(pk=model.pk).exclude(error=reason)
    if not other.exists():
        return
    take_turn(mine_id=model.mine_id)
    if other.update(error=reason):
        model.error = reason
        _tell(model, "failed", None, {"reason": reason})


def shadow_count(*, model: OwnModel, camera: Camera, day: date, counts: Counts) -> None:
    """Add what a chunk's frames showed to the day's counts."""
    row, _made = ShadowDay.objects.get_or_create(
        model=model, camera=camera, day=day, defaults={"mine_id": camera.mine_id}
    )
    more = {name: F(name) + getattr(counts, name) for name in COUNTS}
    ShadowDay.objects.filter(pk=row.pk).update(**more)


def _locked(model: OwnModel) -> OwnModel:
    take_turn(mine_id=model.mine_id)
    return OwnModel.objects.select_for_update(of=("self",), no_key=True).get(pk=model.pk)


def _require(model: OwnModel, state: str) -> None:
    if model.state != state:
        words = _("“%(name)s” is %(state)s.")
        found = {"name": model.name, "state": model.get_state_display()}
        raise ValidationError(words % found)


def _set(model: OwnModel, state: str) -> None:
    model.state = state
    model.save(update_fields=["state", "replaced", "error", "changed_at"])


def _tell(model: OwnModel, verb: str, actor: User | None, detail: dict[str, Any]) -> None:
    record(
        action=f"model.{verb}",
        subject=model,
        mine_id=model.mine_id,
        actor=actor,
        part="" if actor else "analysis",
        detail={"name": model.name, "sha256": model.sha256, **detail},
    )
    emit(
        mine_id=model.mine_id,
        kind=f"model.{verb}",
        payload={"model": model.pk, "camera": model.camera_id, "state": model.state},
    )
