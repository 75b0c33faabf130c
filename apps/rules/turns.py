"""Takes a replay a few seconds further, for as long as nobody cancelled it.

Bells may be lost, doubled or late. What holds instead: a lease in the replay's row, won by one
conditional update; where to go on stands in the row with what was found so far. A holder that dies
leaves a lease that ends; its stretch is analysed again from the same state and gives the same.
"""

import logging
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db import models
from django.utils import timezone

from apps.cameras.models import Camera
from apps.detectors.loading import look_for, own_models_of
from apps.evidence.services import span_store
from apps.evidence.storage import StorageError
from apps.evidence.wanted import span_of
from apps.rules.masks import masks_of
from apps.rules.models import Replay
from apps.rules.replay import LEAD, Fold, Tally, due, rows_of, signals_of
from apps.rules.replays import LEASE, draft
from apps.rules.services import replay_end
from apps.rules.slopes import joined
from apps.tenancy.scope import mine_scope
from workers import engine
from workers.media.errors import MediaError

__all__ = ["replay_work"]

log = logging.getLogger(__name__)
# A holder gives the replay back after so long; so often it writes down how far it is.
TURN_S, SAVE_S = 20.0, 1.5
MOST_ATTEMPTS = 3
# So many alarms are listed with their clips; more are only counted.
MOST_LISTED = 100
BATCH = 60


def replay_work(*, replay_id: int, mine_id: int) -> bool:
    """Work on a replay for some seconds; tell whether there is more to do."""
    token = secrets.token_hex(8)
    replay = _take_lease(replay_id, mine_id, token)
    if replay is None:
        return False
    if replay.attempts > MOST_ATTEMPTS:
        with mine_scope(mine_id):
            replay_end(replay=replay, error="The analysis broke off here three times.")
        return False
    ends = time.monotonic() + TURN_S
    turn = _Turn(replay, token)
    while turn.stretch():
        if time.monotonic() >= ends:
            break
    else:
        return False
    with mine_scope(mine_id):
        given_back = Replay.objects.filter(pk=replay.pk, lease_token=token).update(
            lease_token="", lease_until=None
        )
    return bool(given_back)


def _take_lease(replay_id: int, mine_id: int, token: str) -> Replay | None:
    now = timezone.now()
    free = models.Q(lease_until=None) | models.Q(lease_until__lt=now)
    with mine_scope(mine_id):
        taken = Replay.objects.filter(free, pk=replay_id, state__in=Replay.OPEN).update(
            lease_token=token, lease_until=now + LEASE, state=Replay.State.RUNNING,
            attempts=models.F("attempts") + 1,
        )  # fmt: skip
        if not taken:
            return None
        return Replay.objects.select_related("camera__mine", "camera__area").get(pk=replay_id)


class _Turn:
    """One holder's work on a replay."""

    def __init__(self, replay: Replay, token: str) -> None:
        self.replay = replay
        self.token = token
        self.camera: Camera = replay.camera
        kept = bytes(replay.engine_state)
        with mine_scope(replay.mine_id):
            self.scene = joined(
                draft(replay.document, replay.rule, stored=True), camera=self.camera
            )
            active, _shadow = own_models_of(self.camera)
        self.fold = Fold(
            self.scene,
            timezone=self.camera.mine.timezone,
            since=replay.since,
            until=replay.until,
            detector=look_for(self.camera, active, None).detector,
            rule=replay.rule,
            state=engine.State.load(kept) if kept else None,
            tally=Tally(**replay.tally),
        )

    def stretch(self) -> bool:
        """Analyse some chunks and write down what they gave; False when there is no more to do."""
        replay = self.replay
        with mine_scope(replay.mine_id):
            rows = rows_of(
                self.camera, replay.since, replay.until, after=replay.sequence, most=BATCH
            )
            waiting = signals_of(self.camera, self.scene, rows)
        found: list[engine.Finding] = []
        began = time.monotonic()
        for row in rows:
            found += self.fold.take(row, due(waiting, row))
            replay.sequence = row.sequence
            if time.monotonic() - began > SAVE_S:
                break
        if not rows:
            self.fold.end()
        listed = list(self._listed(found))
        replay.alarms = [*replay.alarms, *listed]
        replay.count += len(found)
        with mine_scope(replay.mine_id):
            if not self._save():
                return False  # cancelled, or another has the lease
            if not rows:
                replay_end(replay=replay)
                return False
        return True

    def _save(self) -> bool:
        replay, tally = self.replay, self.fold.tally
        state = self.fold.state
        begin_s = (replay.since - LEAD).timestamp()
        span_s = replay.until.timestamp() - begin_s
        at_s = tally.until_s if tally.until_s is not None else begin_s
        return bool(
            Replay.objects.filter(
                pk=replay.pk, lease_token=self.token, state=Replay.State.RUNNING
            ).update(
                sequence=replay.sequence,
                engine_state=state.dump() if state else b"",
                tally=tally.dump(),
                alarms=replay.alarms,
                count=replay.count,
                progress=min(1.0, max(0.0, (at_s - begin_s) / span_s)),
                lease_until=timezone.now() + LEASE,
                attempts=0,
            )
        )

    def _listed(self, found: list[engine.Finding]) -> Iterator[dict[str, Any]]:
        """Describe alarms for the list, each with its clip: its chunks may soon be gone."""
        replay = self.replay
        room = MOST_LISTED - len(replay.alarms)
        for number, one in enumerate(found[: max(0, room)], len(replay.alarms)):
            at = datetime.fromtimestamp(one.t, tz=UTC)
            since, until = span_of(severity=one.severity, at=at)
            key, error = f"{replay.mine_id}/replays/{replay.uid}/{number}.mp4", ""
            with mine_scope(replay.mine_id):
                masks = masks_of(camera_id=self.camera.pk, at=since, until=until)
            try:
                span_store(camera=self.camera, since=since, until=until, key=key)
            except (MediaError, StorageError, OSError) as fault:
                log.warning("replay %s: no clip of alarm %s: %s", replay.pk, number, fault)
                key, error = "", str(fault)[:200]
            yield {
                "number": number,
                "at": at.isoformat(),
                "rule": one.rule,
                "type": one.type,
                "level": one.level,
                "severity": one.severity,
                "why": one.why,
                "values": {"phrases": one.values.get("phrases", [])},
                "clip": key,
                "clip_error": error,
                "masks": masks,  # what is filled in the clip
            }
