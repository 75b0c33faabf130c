"""Whether the disk of the recording is there, or only some of its files are not."""

from collections.abc import Collection

from django.conf import settings

from apps.cameras.models import Chunk

__all__ = ["ring_there"]

SAMPLE = 20


def ring_there(*, besides: Collection[Chunk]) -> bool:
    """Tell by the oldest other chunks in scope whether recorded files can be read at all.

    When more than half cannot, the disk is away rather than the files. The oldest, because a
    recorder goes on beneath an empty mount point. False where there is none to tell by.
    """
    rows = Chunk.objects.exclude(pk__in=[chunk.pk for chunk in besides]).order_by("pk")
    paths = list(rows.values_list("path", flat=True)[:SAMPLE])
    return sum(_reads(path) for path in paths) * 2 > len(paths)


def _reads(path: str) -> bool:
    try:
        with (settings.RING_DIR / path).open("rb") as file:
            return bool(file.read(1))
    except OSError:
        return False
