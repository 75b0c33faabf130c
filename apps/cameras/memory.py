"""What the engine remembers of a camera from the chunk before."""

import logging

from apps.cameras.models import Analysis, Chunk
from workers.state import State
from workers.words import sentence

__all__ = ["MOST_ATTEMPTS", "state_before"]

log = logging.getLogger(__name__)
# A chunk that killed its worker this often is set aside.
MOST_ATTEMPTS = 3


def state_before(analysis: Analysis, chunk: Chunk) -> State | None:
    """Return the checkpoint to analyse a chunk from, or None where there is none.

    Another stream goes on with what was remembered: what is open stays open, and where it shows
    another view than the zones were drawn in, the camera is said to have been moved.

    For a chunk's last try it is begun anew: a memory that makes every analysis fail must not keep
    a camera dead. It is lost only if that helps, because nothing else is written down.
    """
    data = bytes(analysis.state)
    if not data:
        return None
    if chunk.attempts < MOST_ATTEMPTS - 1:
        state = State.load(data)
    else:
        note = sentence("its analysis failed twice; what was remembered is left out")
        state = State.restart(data, note)
    if not analysis.is_of(chunk.stream):
        state.sequence = -1  # a number of the other stream's
    if state.note:
        log.warning("camera %s: chunk %s: %s", chunk.camera_id, chunk.key, state.note)
    return state
