"""Whether a root reaches as far as what is packed with it."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from apps.audit.models import AuditEntry
from apps.ledger.models import Root
from workers.words import sentence

__all__ = ["TooEarly", "reached"]


class TooEarly(Exception):
    """Something was packed whose act came into the record after the root was signed."""

    def __init__(self) -> None:
        super().__init__(sentence("what lies in it came into the record while it was packed"))


def reached(root: Root, acts: QuerySet[AuditEntry], files: Iterable[dict[str, Any]]) -> None:
    """Raise TooEarly where one of the acts that prove these files came after the root.

    A video that gets ready, a copy that is made and a recording that is bound while a bundle is
    packed would lie in it without proof: its receiver would find a fault.
    """
    digests = [one["sha256"] for one in files]
    proof = Q(action__in=["clip.ready", "copy.made"], detail__sha256__in=digests)
    proof |= Q(action="recording.sealed")
    if acts.filter(proof).exclude(link__number__lte=root.number).exists():
        raise TooEarly
