"""Reads of a mine's own models."""

from collections.abc import Iterable
from typing import Any

from django.db.models import F, Q, QuerySet, Sum

from apps.cameras.models import Camera
from apps.detectors.models import OwnModel, ShadowDay

__all__ = ["COUNTS", "own_model_for", "own_models", "shadow_figures", "shadow_figures_of"]

COUNTS = ("frames", "both", "ours_only", "theirs_only", "errors", "cpu_ms")


def own_models() -> QuerySet[OwnModel]:
    """List the models in scope, what stands first."""
    order = ["mine__name", "-state", "-created_at"]
    return OwnModel.objects.select_related("mine", "camera", "author").order_by(*order)


def own_model_for(*, camera: Camera, state: str) -> OwnModel | None:
    """Return the model that stands for a camera: its own before the mine's."""
    rows = OwnModel.objects.filter(Q(camera=camera) | Q(camera=None), mine=camera.mine_id)
    return rows.filter(state=state).order_by(F("camera").asc(nulls_last=True)).first()


def shadow_figures(model: OwnModel) -> dict[str, Any]:
    """Return a model's counts over all days and cameras, and what they come to.

    agreement: people found by both, of all found by either, in percent; None before the first.
    """
    return shadow_figures_of([model])[model.pk]


def shadow_figures_of(models: Iterable[OwnModel]) -> dict[int, dict[str, Any]]:
    """Return the figures of several models by their ids; one question to the database."""
    ids = [model.pk for model in models]
    days = ShadowDay.objects.filter(model__in=ids).order_by().values("model")
    sums = {row["model"]: row for row in days.annotate(**{f"all_{n}": Sum(n) for n in COUNTS})}
    return {pk: _figures(sums.get(pk, {})) for pk in ids}


def _figures(sums: dict[str, Any]) -> dict[str, Any]:
    counts: dict[str, Any] = {name: sums.get(f"all_{name}", 0) for name in COUNTS}
    found = counts["both"] + counts["ours_only"] + counts["theirs_only"]
    frames = counts["frames"]
    return {
        **counts,
        "cpu_ms": round(counts["cpu_ms"] / frames, 1) if frames else None,
        "agreement": round(100 * counts["both"] / found, 1) if found else None,
    }
