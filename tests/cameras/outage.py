"""An outage of the database: what a recorder has recorded meanwhile, and what is entered of it."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.cameras.models import Analysis, Chunk
from apps.cameras.recording import Recording
from apps.evidence.models import Clip
from apps.evidence.services import clip_make
from apps.recordings.models import Gap
from apps.tenancy.scope import mine_scope
from tests.cast import Cast
from tests.recordings.recorded import seen
from workers.media.record import ChunkFile
from workers.media.ring import Ring

AWAY_AT = datetime(2026, 3, 4, 12, 5, tzinfo=UTC)
BACK_AT = AWAY_AT + timedelta(minutes=10)
LONG_S = 10  # a chunk, so that there are few
NO_GAP: list[tuple[str, int, int]] = []


def recorder(cast: Cast, ring: Ring) -> Recording:
    """Return a recorder of Lamp Hill, whose camera it knows."""
    place = cast.lamp_hill
    one = Recording(place.mine.pk)
    one.ring = ring
    one.mines, one.analysed = {place.camera.pk: place.mine.pk}, {place.camera.pk: "main"}
    return one


def recorded_until_then(cast: Cast, ring: Ring) -> Recording:
    """Return a recorder whose camera is analysed, and after which the database went away."""
    one = recorder(cast, ring)
    one._said(cast.lamp_hill.camera.pk, "main", "recording", "")
    came(one, cast, -50, 50)
    enter_all(one)
    with mine_scope(cast.lamp_hill.mine.pk):
        seen(cast.lamp_hill.camera, AWAY_AT)
        Analysis.objects.update(lease_token="held", stream="main", sequence=5)
    return one


def came(one: Recording, cast: Cast, at_s: int, seconds: int) -> None:
    """Let so much be recorded from a second after the outage's begin on; none is entered.

    The first chunk of the outage has number 6.
    """
    camera = cast.lamp_hill.camera
    for second in range(at_s, at_s + seconds, LONG_S):
        start_s, number = AWAY_AT.timestamp() + second, second // LONG_S + 6
        written = one.ring.write(
            mine=camera.mine_id, camera=camera.pk, stream="main", sequence=number,
            start_s=start_s, end_s=start_s + LONG_S, data=bytes(100),
        )  # fmt: skip
        sha256 = hashlib.sha256(written.path.encode()).hexdigest()
        one.waiting.put(
            ChunkFile(
                camera=camera.pk,
                mine=camera.mine_id,
                stream="main",
                sequence=number,
                start_s=start_s,
                duration_s=float(LONG_S),
                path=written.path,
                bytes=100,
                sha256=sha256,
                codec="h264",
                width=320,
                height=180,
                fps=10.0,
                copied=True,
                key_interval_s=1.0,
            )
        )


def enter(one: Recording, count: int = 1) -> None:
    """Let so many be entered, slowly: what is told now and then is told each time."""
    for _ in range(count):
        one.told.clear()
        one._write_next()


def enter_all(one: Recording) -> None:
    while len(one.waiting):
        enter(one)


def entered(cast: Cast) -> list[int]:
    with mine_scope(cast.lamp_hill.mine.pk):
        return list(Chunk.objects.order_by("pk").values_list("sequence", flat=True))


def gaps(cast: Cast) -> list[tuple[str, int, int]]:
    """Cause, begin and end (s after the outage's begin) of each gap."""
    with mine_scope(cast.lamp_hill.mine.pk):
        rows = list(Gap.objects.order_by("since"))
    return [
        (
            row.cause,
            round((row.since - AWAY_AT).total_seconds()),
            round(((row.until or BACK_AT) - AWAY_AT).total_seconds()),
        )
        for row in rows
    ]


def made_in_the_end(one: Recording, clip: Clip, clock: Any) -> None:
    """Let a video be made: it waits for as long as something of its time does, and no longer."""
    while True:
        clip_make(clip_id=clip.pk, mine_id=clip.mine_id)
        with mine_scope(clip.mine_id):
            clip.refresh_from_db()
        if clip.attempts:
            break
        assert (clip.state, clip.error) == (Clip.State.PENDING, "")
        assert len(one.waiting), "as long as something of it waits, and no longer"
        enter(one)
        clock.shift(timedelta(seconds=1))
    assert clip.error, "these chunks are no film; that they were tried is enough"
