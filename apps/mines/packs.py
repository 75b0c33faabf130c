"""Which clauses of the law stand behind a mine's alarms; the packs are in workers/packs."""

import logging
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from apps.mines.models import Mine
from workers.packs import Pack, load

__all__ = ["clauses_behind", "packs"]

log = logging.getLogger(__name__)


def packs() -> dict[str, Pack]:
    """Return the packs that a mine may choose from; one that is broken is missing, and logged."""
    found, faults = load(settings.PACKS_DIR)
    for fault in faults:
        log.error("clause pack left out: %s", fault)
    return found


def clauses_behind(*, mine: Mine, rule_type: str, level: str, at: datetime) -> list[dict[str, Any]]:
    """Return what of the mine's pack is in force behind a hazard, on the mine's own day."""
    pack = packs().get(mine.pack) if mine.pack else None
    if pack is None:
        return []
    return pack.behind(rule_type, level, at.astimezone(ZoneInfo(mine.timezone)).date())
