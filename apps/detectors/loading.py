"""Which detector looks at a camera: the mine's own, or the default; and which one in its shadow."""

import logging
import threading
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from apps.cameras.models import Camera
from apps.detectors.models import OwnModel
from apps.detectors.selectors import own_model_for
from apps.detectors.services import model_failed, shadow_count
from apps.evidence.storage import StorageError, get_file
from workers.models import ModelError
from workers.models.contract import Contract
from workers.models.own import entry_of
from workers.vision.batch import Batcher
from workers.vision.detector import Detector
from workers.vision.load import load_detector, wrap
from workers.vision.shadow import Guarded, Shadowed
from workers.vision.track import LOW_SCORE

__all__ = ["Look", "default_detector", "look_for", "own_models_of"]

log = logging.getLogger(__name__)
# A model whose file could not be had is tried again after so long.
AGAIN_S = 60.0
# How many own networks one process keeps ready.
KEPT = 8

_loading = threading.Lock()
_failed: dict[int, tuple[float, str]] = {}
# Frames seen so far by camera: short chunks would otherwise always show their first to the shadow.
_seen: dict[int, int] = {}


@dataclass
class Look:
    """A camera's detector for one chunk, and what is to be written down after it."""

    detector: Detector
    camera: Camera
    active: OwnModel | None
    shadow: OwnModel | None
    guarded: Guarded | None
    shadowed: Shadowed | None
    faults: list[tuple[OwnModel, str]]

    def write(self) -> None:
        """Write the shadow's counts and what failed; inside the chunk's transaction."""
        if self.guarded is not None and self.active is not None and self.guarded.error:
            self.faults.append((self.active, self.guarded.error))
            _failed[self.active.pk] = (time.monotonic() + AGAIN_S, self.guarded.error)
        if self.shadowed is not None and self.shadow is not None:
            _seen[self.camera.pk] = self.shadowed.seen
            if self.shadowed.counts.frames:
                shadow_count(
                    model=self.shadow,
                    camera=self.camera,
                    day=timezone.now().date(),
                    counts=self.shadowed.counts,
                )
            if self.shadowed.error:
                self.faults.append((self.shadow, self.shadowed.error))
        for model, reason in self.faults:
            model_failed(model=model, reason=reason)


@lru_cache(maxsize=1)
def _default() -> Detector:
    detector = load_detector(least=LOW_SCORE)
    # On a GPU the threads of one process share its runs; on a processor nothing is gained.
    return Batcher(detector) if detector.runner.device == "cuda" else detector


def default_detector() -> Detector:
    """Return the default network, loaded once a process, also where threads ask at once."""
    with _loading:
        return _default()


def own_models_of(camera: Camera) -> tuple[OwnModel | None, OwnModel | None]:
    """Return what is active and what is in shadow for a camera; in the mine's scope."""
    return (
        own_model_for(camera=camera, state=OwnModel.State.ACTIVE),
        own_model_for(camera=camera, state=OwnModel.State.SHADOW),
    )


def look_for(camera: Camera, active: OwnModel | None, shadow: OwnModel | None) -> Look:
    """Put a camera's detector together. An own model that cannot be had leaves the default."""
    faults: list[tuple[OwnModel, str]] = []
    detector = default_detector()
    guarded = shadowed = None
    score = float(getattr(detector, "score", 0.35))
    if active is not None and (own := _own(active, faults)) is not None:
        detector = guarded = Guarded(own, detector)
        score = active.score
    if shadow is not None and (other := _own(shadow, faults)) is not None:
        detector = shadowed = Shadowed(
            detector, other, min_scores=(score, shadow.score), seen=_seen.get(camera.pk, 0)
        )
    return Look(detector, camera, active, shadow, guarded, shadowed, faults)


def _own(model: OwnModel, faults: list[tuple[OwnModel, str]]) -> Detector | None:
    until, reason = _failed.get(model.pk, (0.0, ""))
    if time.monotonic() < until:
        return None
    try:
        with _loading:
            return _load(
                model.name, model.key, model.kind, model.sha256, Contract.read(model.contract)
            )
    except (ModelError, StorageError, OSError) as error:
        reason = " ".join(str(error).split())
    log.warning("model %s of mine %s cannot be used: %s", model.pk, model.mine_id, reason)
    _failed[model.pk] = (time.monotonic() + AGAIN_S, reason)
    faults.append((model, reason))
    return None


@lru_cache(maxsize=KEPT)
def _load(name: str, key: str, kind: str, sha256: str, contract: Contract) -> Detector:
    """Fetch a model's file once a machine, by its SHA-256, and load it."""
    base = Path(settings.MODEL_DIR)
    entry = entry_of(Path(f"model.{kind}"), kind, contract, sha256)
    kept = base / f"own-{sha256}" / f"model.{kind}"
    if not kept.exists():
        get_file(key, kept)
    try:
        # Where it says no numbers, whoever looked before it is to look again.
        detector = wrap(entry, folder=base, strict=True)
    except ModelError:
        kept.unlink(missing_ok=True)  # a file that was damaged here is fetched again
        raise
    detector.name = f"{name}@{sha256[:12]} {detector.runner.backend}-{detector.runner.device}"
    return Batcher(detector) if detector.runner.device == "cuda" else detector
