"""How cameras stand, told by the database, so that lists can filter and sort by it."""

from typing import Any

from django.db.models import Case, CharField, Count, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils import timezone

from apps.cameras.models import AHEAD, Camera, Stream, StreamState
from apps.cameras.selectors import BLINDING, LEFT_OUT, SEES, STALE, cameras

__all__ = ["STATES", "cameras_standing", "standing_by_mine"]

STATES = ("protecting", "idle", "blind", "off")


def cameras_standing() -> QuerySet[Camera]:
    """List the cameras in scope with `standing`: one of STATES, as their health says."""
    now = timezone.now()
    blinding = Q()
    for fault in BLINDING:
        blinding |= Q(analysis__faults__contains=[{"fault": fault}])
    watched = StreamState.objects.filter(camera=OuterRef("pk"), stream=OuterRef("watched_stream"))
    return (
        cameras()
        .annotate(
            watched_stream=Case(
                When(sub_url="", then=Value(Stream.MAIN)), default=Value(Stream.SUB)
            ),
        )
        .annotate(watched_state=Subquery(watched.values("state")[:1]))
        .annotate(
            standing=Case(
                When(enabled=False, then=Value("off")),
                When(watched_state=None, then=Value("blind")),
                When(~Q(watched_state=StreamState.State.RECORDING), then=Value("blind")),
                When(analysis__analysed_until=None, then=Value("blind")),
                When(analysis__analysed_until__lt=now - STALE, then=Value("blind")),
                When(analysis__analysed_until__gt=now + AHEAD, then=Value("blind")),
                When(
                    analysis__skipped_at__range=(now - LEFT_OUT, now + AHEAD), then=Value("blind")
                ),
                When(blinding, then=Value("blind")),
                When(analysis__visibility__lt=SEES, then=Value("blind")),
                When(guarded=True, then=Value("protecting")),
                default=Value("idle"),
                output_field=CharField(),
            )
        )
    )


def standing_by_mine(mine_ids: list[int]) -> dict[int, dict[str, Any]]:
    """Count each mine's cameras: all, and of each of STATES; a mine that has none is left out."""
    states = {state: Count("pk", filter=Q(standing=state)) for state in STATES}
    rows = cameras_standing().filter(mine__in=mine_ids).order_by().values("mine")
    return {row["mine"]: row for row in rows.annotate(all=Count("pk"), **states)}
