"""What many lists may be narrowed by."""

from apps.cameras.models import Camera
from apps.lists.filters import Options
from apps.mines.models import Area
from apps.mines.selectors import mines
from apps.natural import natural

__all__ = ["area_choices", "camera_choices", "mine_choices"]


def mine_choices(mine_ids: list[int]) -> Options:
    """List the mines."""
    return list(mines().filter(pk__in=mine_ids).values_list("pk", "name"))


def area_choices(mine_ids: list[int]) -> Options:
    """List the places; their mine's name goes before where there are several mines."""
    rows = Area.objects.filter(mine__in=mine_ids).order_by("mine__name", natural("name"))
    return _named(rows.values_list("pk", "mine__name", "name"), mine_ids)


def camera_choices(mine_ids: list[int]) -> Options:
    """List the cameras; their mine's name goes before where there are several mines."""
    rows = Camera.objects.filter(mine__in=mine_ids).order_by("mine__name", natural("name"))
    return _named(rows.values_list("pk", "mine__name", "name"), mine_ids)


def _named(rows: object, mine_ids: list[int]) -> Options:
    several = len(mine_ids) > 1
    return [(pk, f"{mine}: {name}" if several else name) for pk, mine, name in rows]  # type: ignore[attr-defined]
