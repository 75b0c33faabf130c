"""Work on many rows in which a fault in one keeps no other from being worked on."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from apps.passing import is_passing

__all__ = ["apart"]

T = TypeVar("T")


def apart(work: Iterable[Callable[[], T]]) -> list[T]:
    """Do each piece, in order; what failed is raised at the end, so that it is seen and logged.

    Of a database that is away the first word is enough: whoever is rung next tries again.
    """
    done, faults = [], []
    for piece in work:
        try:
            done.append(piece())
        except Exception as error:
            if is_passing(error):
                raise
            faults.append(error)
    if faults:
        raise ExceptionGroup(f"{len(faults)} of {len(done) + len(faults)} failed", faults)
    return done
