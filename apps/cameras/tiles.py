"""The newest picture of each camera, kept in the cache: a hint, never evidence."""

import logging

from django.core.cache import cache
from workers.media.decode import Frame

__all__ = ["keep_tile", "tile_of"]

log = logging.getLogger(__name__)
WIDTH = 480
LIFE_S = 3600


def keep_tile(camera_id: int, frame: Frame) -> None:
    """Keep a frame as its camera's tile; a cache that is away costs the tile and nothing else."""
    try:
        cache.set(f"tile.{camera_id}", (frame.t, frame.jpeg(width=WIDTH, quality=70)), LIFE_S)
    except Exception as error:
        log.warning("tile of camera %s not kept: %s", camera_id, error)


def tile_of(camera_id: int) -> tuple[float, bytes] | None:
    """Return (Unix time of the picture, JPEG), or None when there is none."""
    try:
        return cache.get(f"tile.{camera_id}")
    except Exception as error:
        log.warning("tile of camera %s not read: %s", camera_id, error)
        return None
