"""The newest picture of each camera, kept in the cache: a hint, never evidence."""

import logging

from django.conf import settings
from django.core.cache import cache

from apps.cameras.models import Camera, Chunk, Stream
from workers.media.decode import Frame, read_frames
from workers.media.errors import MediaError

__all__ = ["keep_tile", "newest_frame", "tile_of"]

log = logging.getLogger(__name__)
WIDTH = 480
FRAME_WIDTH = 1280
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


def newest_frame(camera: Camera) -> tuple[float, bytes] | None:
    """Return (Unix time, JPEG) of the first frame of the newest recorded chunk, or None.

    The main stream is sharper, but zones are drawn for the analysed one: it is used only where
    both show the same shape.
    """
    stream = Stream.MAIN if _same_shape(camera) else camera.analysed_stream
    # By number: before a clock was set back something later may have been recorded.
    chunk = Chunk.objects.filter(camera=camera, stream=stream).order_by("-sequence").first()
    if chunk is None:
        return None
    start_s = chunk.started_at.timestamp()
    try:
        for frame in read_frames(settings.RING_DIR / chunk.path, start_s=start_s, fps=None):
            return frame.t, frame.jpeg(width=FRAME_WIDTH, quality=85)
    except (MediaError, OSError) as error:
        log.warning("no frame from chunk %s of camera %s: %s", chunk.key, camera.pk, error)
    return None


def _same_shape(camera: Camera) -> bool:
    """Tell whether the streams have the same proportions, within two percent."""
    shapes = [row.width / row.height for row in camera.streams.all() if row.height]
    return not shapes or max(shapes) / min(shapes) < 1.02
