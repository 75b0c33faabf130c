"""What a page waits for outside of this process: cameras, receivers, a look at a file. Few at once.

Each holds one of the process's connections to the database until it is answered: eight cameras that
say nothing would leave none to the desks, whichever mine's people ask them.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

__all__ = ["MOST", "Busy", "outside"]

MOST = 3  # of the eight connections of DAVY_DB_POOL
_turns = threading.BoundedSemaphore(MOST)


class Busy(ValidationError):
    """As many are waited for as may be; the sentence says so."""


@contextmanager
def outside() -> Iterator[None]:
    """Wait for something outside in this block; raises Busy where enough others do."""
    if not _turns.acquire(blocking=False):
        words = _("Others are trying something out at this moment. Try again in a few seconds.")
        raise Busy(words)
    try:
        yield
    finally:
        _turns.release()
