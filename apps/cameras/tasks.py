"""Doorbells for chunks."""

from celery import shared_task

from apps.cameras.selectors import camera_waits, cameras_waiting
from apps.tenancy.scope import system_scope


@shared_task
def analyse(camera_id: int, chunk_key: str) -> None:
    """Analyse what waits for a camera; the key tells the log which chunk rang.

    Delivered twice: the lease lets one in. Never delivered: the sweep rings. Late: there is
    nothing left to do.
    """
    # Only the process that analyses carries the network.
    from apps.cameras.analysis import drain

    taken = drain(camera_id)
    # More than one turn's worth, or a bell that rang while the lease was being given back and was
    # turned away. Others go first.
    if taken and camera_waits(camera_id=camera_id):
        analyse.delay(camera_id, "again")


@shared_task
def sweep() -> None:
    """Ring again for chunks that wait with nobody at work on them."""
    with system_scope("the sweep looks at the chunks of every mine"):
        cameras = cameras_waiting()
    for camera_id in cameras:
        analyse.delay(camera_id, "sweep")


@shared_task
def watch_streams() -> None:
    """Raise and clear the alarms for what the recorder says of the streams."""
    from apps.cameras.health import watch

    watch()
