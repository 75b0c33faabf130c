"""Doorbells for chunks."""

import logging

from celery import shared_task

from apps.cameras.selectors import cameras_waiting
from apps.live.pulse import pulse
from apps.tenancy.scope import system_scope

log = logging.getLogger(__name__)
# A bell that rang so long ago calls to work that younger bells and the sweep call to as well. It is
# thrown away unheard, or an overload would heap bells up for as long as it lasts.
BELL_S = 30


@shared_task(expires=BELL_S)
def analyse(chunk_key: str) -> None:
    """Analyse what waits for the camera that has waited longest; the key is for the log.

    A bell calls a worker, it does not name a camera: with more work than workers every camera
    gets its turn, also one that was added a moment ago. Delivered twice: the lease lets one in.
    Never delivered: the sweep rings. Late: there is nothing left to do.
    """
    # A camera that another worker took meanwhile gives none: the next one, then.
    if any(_drained(camera_id) for camera_id in _waiting()) and _waiting():
        # More than one turn's worth, or a bell was turned away while a lease was being given back.
        analyse.delay("again")


def _drained(camera_id: int) -> bool:
    """Tell whether a camera had its turn; a fault in one takes nobody else's."""
    # Only the process that analyses carries the network.
    from apps.cameras.analysis import drain

    try:
        return drain(camera_id) > 0
    except Exception:  # the try is counted: its chunk is set aside after the third
        log.exception("camera %s: its analysis failed", camera_id)
        return False


@shared_task
def sweep() -> None:
    """Ring once for each camera whose chunks wait with nobody at work on them."""
    for camera_id in _waiting():
        analyse.delay(f"sweep {camera_id}")


def _waiting() -> list[int]:
    with system_scope("a bell serves the chunks of every mine"):
        return cameras_waiting()


@shared_task
def watch_streams() -> None:
    """Raise and clear the alarms for what the recorder says of the streams."""
    from apps.cameras.health import watch

    watch()
    pulse("watch")
