"""The hazard catalogue: one file per type, found here by looking into the folder."""

import importlib
import pkgutil
from functools import lru_cache

from workers.hazards.base import Hazard


@lru_cache(maxsize=1)
def registry() -> dict[str, Hazard]:
    """Return every hazard type by its name. A module with a `HAZARD` in it is one."""
    found: dict[str, Hazard] = {}
    for module in pkgutil.iter_modules(__path__):
        hazard = getattr(importlib.import_module(f"{__name__}.{module.name}"), "HAZARD", None)
        if hazard is not None:
            found[hazard.type] = hazard
    return found
