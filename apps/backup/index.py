"""Every object of the store that a row names: the list that a backup keeps beside the database."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Model

from apps.bundles.models import Bundle, Sheet
from apps.detectors.models import OwnModel
from apps.evidence.locking import keys_of
from apps.evidence.models import Clip
from apps.plans.models import Plan
from apps.privacy.models import Copy, Span
from apps.rules.models import Replay

__all__ = ["KEYED", "Named", "named_objects"]

# Every model with a `key` in the store; a test holds the list against all models.
KEYED: tuple[type[Model], ...] = (Bundle, Clip, Copy, OwnModel, Plan, Sheet, Span)


@dataclass(frozen=True)
class Named:
    """An object that a row names. bytes and sha256 where the row knows them.

    may_lack: that the row does not promise it, as an alarm without a picture.
    """

    key: str
    of: str
    mine: int
    bytes: int | None = None
    sha256: str | None = None
    may_lack: bool = False

    def data(self) -> dict[str, Any]:
        """Return it as it stands in objects.jsonl."""
        return asdict(self)


def named_objects() -> Iterator[Named]:
    """Yield each object once; needs a system scope. Reads tables in pieces."""
    seen: set[str] = set()
    for one in _named():
        if one.key not in seen:
            seen.add(one.key)
            yield one


def _named() -> Iterator[Named]:
    for model in KEYED:
        rows = model._default_manager.exclude(key__in=["", "-"]).order_by("pk")
        if model in (Bundle, Clip, Copy, Sheet, Span):
            rows = rows.filter(state="ready")
        values = ["pk", "mine_id", "key", "bytes", "sha256"]
        if model is Clip:
            values.append("manifest__files")
        for pk, mine, key, size, sha256, *files in rows.values_list(*values).iterator(2000):
            of = f"{model._meta.label_lower}:{pk}"
            yield Named(key, of, mine, size or None, sha256 or None)
            if model is Clip:
                for beside in keys_of(key, files[0]):
                    # An older video, whose manifest names no files, may have no more.
                    lacks = files[0] is None and not beside.endswith("/manifest.json")
                    yield Named(beside, of, mine, may_lack=lacks)
    # Drafts: their videos go with them, and nothing rests on them.
    for replay in Replay.objects.order_by("pk").iterator(200):
        for alarm in replay.alarms:
            if alarm.get("clip"):
                yield Named(
                    alarm["clip"], f"rules.replay:{replay.pk}", replay.mine_id, may_lack=True
                )
