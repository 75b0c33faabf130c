"""What a full machine leaves out: an overload costs detail, said and counted, never delay."""

# With so many chunks of a camera waiting, fewer frames a second are analysed. Not below 3: a
# machine's state cannot be read from fewer.
SHED_FROM, SHED_FPS = 3, 3.0
# With more waiting, people, who cost most, are looked for at most once in so long; machines, water
# and the camera's health are still watched in each of these frames.
SELDOM_FROM, SELDOM_S = 5, 0.6


def rate_for(waiting: int) -> dict[str, float]:
    """Return at what rate to analyse with so many chunks waiting; empty: as is asked for.

    fps: frames a second; look_s: people are looked for at most once in so many seconds.
    """
    if waiting < SHED_FROM:
        return {}
    return {"fps": SHED_FPS} | ({"look_s": SELDOM_S} if waiting >= SELDOM_FROM else {})
