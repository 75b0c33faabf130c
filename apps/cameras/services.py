"""Writes of cameras, their streams and their chunks."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.alarms.services import alarms_leave
from apps.audit.services import record
from apps.cameras.addresses import authority, source_problem, tidied
from apps.cameras.models import AHEAD, Analysis, Camera, Chunk, Stream, StreamState
from apps.cameras.secrets import covered, held, lock, split_credentials
from apps.cameras.selectors import STALE
from apps.live.services import emit, take_turn
from apps.mines.models import Area
from apps.mines.names import name_fault
from workers.media.record import ChunkFile
from workers.words import sentence

__all__ = [
    "camera_create",
    "camera_faults",
    "camera_update",
    "chunk_index",
    "future_forget",
    "stream_facts",
    "stream_say",
    "streams_of",
    "view_accept",
]

LONGEST_LEASE = timedelta(seconds=30)


def _set_sources(camera: Camera, data: dict[str, Any]) -> None:
    """Put name, addresses and credentials on the row, the password encrypted.

    A stored password stays with its host: whoever points the camera elsewhere types it again.
    """
    faults: dict[str, str] = {}
    if fault := name_fault(data.get("name", "")):
        faults["name"] = fault
    hosts = _hosts(camera)
    for name in ("main_url", "sub_url"):
        if name not in data:
            continue
        url, user, password = split_credentials((data[name] or "").strip())
        url = tidied(url)
        # One that stands there already may stand: settings and rules changed since, and the name
        # is to be changed all the same.
        is_kept = camera.pk is not None and url == getattr(camera, name)
        if url and not is_kept and (problem := source_problem(url)):
            faults[name] = problem
        if user:
            camera.username = user
            data = {**data, "password": password}
        if problem := _keep_address(camera, name, url):
            faults[name] = problem
    if camera.password_box and not data.get("password") and not _hosts(camera) <= hosts:
        faults["password"] = _("The address has another host now: enter the password again.")
    if "username" in data and (data["username"] or not camera.username):
        camera.username = data["username"]
    if not camera.username.isprintable():
        faults["username"] = _("A user name holds no ends of lines or other unseen signs.")
    if isinstance(chunk_s := data.get("chunk_s"), float) and not math.isfinite(chunk_s):
        # Nothing is less or more than NaN, so the field's own bounds let it pass.
        faults["chunk_s"] = _("A chunk lasts 1 to 4 seconds.")
    if faults:
        raise ValidationError(faults)
    if data.get("password"):
        camera.password_box = lock(data["password"])
    for name in ("name", "enabled", "chunk_s", "keeps"):
        if name in data:
            setattr(camera, name, data[name])


def _keep_address(camera: Camera, name: str, url: str) -> str:
    """Put an address on the row, the whole of it encrypted where a parameter is secret.

    Returns what is wrong where *** stands for something that is not known.
    """
    box = name.replace("_url", "_box")
    if getattr(camera, box) and url == getattr(camera, name):
        return ""
    if "=***" in url:
        return _("Write out what *** stands for.")
    setattr(camera, name, covered(url))
    setattr(camera, box, lock(url) if covered(url) != url else "")
    return ""


def _hosts(camera: Camera) -> set[str]:
    urls = (camera.main_url, camera.sub_url)
    return {authority(url) for url in urls if url.startswith("rtsp")}


def camera_faults(**data: Any) -> dict[str, list[str]]:
    """Return by field what is wrong with a camera that would have these; asks no database."""
    given = ("name", "main_url", "sub_url", "username", "chunk_s", "keeps")
    camera = Camera(**{name: data[name] for name in given if name in data})
    faults: dict[str, list[str]] = {}
    for check in (
        lambda: _set_sources(camera, data),
        lambda: camera.clean_fields(exclude=["mine", "area"]),
    ):
        try:
            check()
        except ValidationError as error:
            for name, sentences in error.message_dict.items():
                faults.setdefault(name, []).extend(sentences)
    return faults


@transaction.atomic
def camera_create(*, area: Area, actor: User | None = None, **data: Any) -> Camera:
    """Add a camera; credentials inside an address are moved out of it and encrypted."""
    camera = Camera(mine_id=area.mine_id, area=area)
    _set_sources(camera, data)
    camera.full_clean()
    camera.save()
    Analysis.objects.create(mine_id=camera.mine_id, camera=camera)
    record(
        action="camera.created",
        subject=camera,
        mine_id=camera.mine_id,
        actor=actor,
        detail={"name": camera.name, "main_url": camera.main_url, "enabled": camera.enabled},
    )
    emit(mine_id=camera.mine_id, kind="camera.created", payload={"camera": camera.pk})
    return camera


@transaction.atomic
def camera_update(
    *, camera: Camera, actor: User | None = None, area: Area | None = None, **data: Any
) -> Camera:
    """Change a camera; an empty password leaves the old one in place.

    The record names what differs from before, and nothing where nothing does.
    """
    take_turn(mine_id=camera.mine_id)
    camera = Camera.objects.select_for_update(of=("self",), no_key=True).get(pk=camera.pk)
    kept_before, watched_before, before = camera.keeps, camera.enabled, _as_set(camera)
    if area is not None:
        camera.area = area
    _set_sources(camera, data)
    camera.full_clean()
    after = _as_set(camera)
    camera.save()
    record(
        action="camera.changed",
        subject=camera,
        mine_id=camera.mine_id,
        actor=actor,
        detail={
            "fields": sorted(name for name in after if after[name] != before[name]),
            "enabled": camera.enabled,
        }
        | ({"keeps": [kept_before, camera.keeps]} if camera.keeps != kept_before else {}),
    )
    if watched_before and not camera.enabled:
        alarms_leave(camera=camera, at=timezone.now())
    emit(mine_id=camera.mine_id, kind="camera.changed", payload={"camera": camera.pk})
    return camera


def _as_set(camera: Camera) -> dict[str, Any]:
    """Return what a form sets of a camera, with its secrets in the clear: to be compared only."""
    return {
        "name": camera.name,
        "area": camera.area_id,
        "enabled": camera.enabled,
        "chunk_s": camera.chunk_s,
        "keeps": camera.keeps,
        "main_url": held(camera.main_box) or camera.main_url,
        "sub_url": held(camera.sub_box) or camera.sub_url,
        "username": camera.username,
        "password": held(camera.password_box),
    }


@transaction.atomic
def view_accept(*, camera: Camera, actor: User) -> None:
    """Take what the camera shows from now on as its usual view, after a planned move.

    Its alarm about having been moved ends once the next second to come is analysed.
    """
    # The row before the turn, as whoever analyses takes the two: apps.live.services.take_turn.
    Analysis.objects.filter(camera=camera).update(view_accepted_at=timezone.now())
    record(
        action="camera.view_accepted",
        subject=camera,
        mine_id=camera.mine_id,
        actor=actor,
        detail={},
    )
    emit(mine_id=camera.mine_id, kind="camera.view_accepted", payload={"camera": camera.pk})


def stream_say(
    *,
    camera_id: int,
    mine_id: int,
    stream: str,
    state: str,
    reason: str = "",
    by_recorder: bool = False,
) -> StreamState:
    """Keep what the recorder says of a stream; pages hear of a change, not of a repetition.

    `by_recorder`: the state is the recorder's own doing, not the camera's.
    """
    from apps.recordings.index import state_said

    take_turn(mine_id=mine_id)
    now = timezone.now()
    row = StreamState.objects.filter(camera_id=camera_id, stream=stream).first()
    if row is not None and (row.state, row.reason) == (state, reason[:300]):
        return row
    if row is None:
        row = StreamState(camera_id=camera_id, mine_id=mine_id, stream=stream, since=now)
    if row.state != state:
        row.since = now
    row.state, row.reason = state, reason[:300]
    # Not all of the row: a chunk's number may have been written meanwhile.
    row.save(update_fields=None if row.pk is None else ["state", "reason", "since"])
    state_said(
        camera_id=camera_id, mine_id=mine_id, stream=stream, state=state, reason=row.reason,
        by_recorder=by_recorder,
    )  # fmt: skip
    record(
        action="stream.state",
        subject=f"camera:{camera_id}/{stream}",
        mine_id=mine_id,
        part="recorder",
        detail={"state": state, "reason": row.reason},
    )
    emit(
        mine_id=mine_id,
        kind="camera.state",
        payload={
            "camera": camera_id,
            "stream": stream,
            "state": state,
            "reason": row.reason,
            "since": row.since.isoformat(),
        },
    )
    return row


def chunk_index(
    *, chunk: ChunkFile, analysed: bool | None = None, cause: str = "", late: bool = False
) -> Chunk | None:
    """Enter a recorded chunk; a second chunk of the same number is refused, counted and named.

    Returns None for the refused one. The same file entered twice (after a restart) changes
    nothing. `analysed` says whether its stream waits for analysis; looked up when not given.
    `cause` is why there is a hole before it, if there is one and nothing else is known.
    `late`: younger ones may be there already.
    """
    from apps.recordings.index import chunk_entered
    from apps.recordings.models import Cause

    if analysed is None:
        analysed = Camera.objects.get(pk=chunk.camera).analysed_stream == chunk.stream
    try:
        with transaction.atomic():
            row = Chunk.objects.create(
                mine_id=chunk.mine,
                camera_id=chunk.camera,
                stream=chunk.stream,
                sequence=chunk.sequence,
                started_at=datetime.fromtimestamp(chunk.start_s, tz=UTC),
                duration_s=chunk.duration_s,
                path=chunk.path,
                bytes=chunk.bytes,
                sha256=chunk.sha256,
                masked_by=chunk.masked_by,
                state=Chunk.State.NEW if analysed else Chunk.State.KEPT,
            )
            StreamState.objects.filter(camera=chunk.camera, stream=chunk.stream).update(
                last_sequence=Greatest("last_sequence", chunk.sequence)
            )
            # Without a codec it was found in the ring after a crash, after younger ones perhaps.
            late = late or not chunk.codec
            chunk_entered(row, cause=Cause(cause or Cause.JUMP), late=late)
            return row
    except IntegrityError:
        found = Chunk.objects.filter(
            camera=chunk.camera, stream=chunk.stream, sequence=chunk.sequence
        ).first()
    if found is None:
        raise Camera.DoesNotExist
    if found.sha256 == chunk.sha256:
        return found
    state = _stream_state(chunk)
    state.duplicate_chunks += 1
    state.reason = sentence(f"two chunks numbered {chunk.sequence}; the second was refused")
    state.save(update_fields=["duplicate_chunks", "reason"])
    return None


def stream_facts(*, chunk: ChunkFile) -> None:
    """Keep what a chunk tells of its stream; called now and then, not for each chunk."""
    state = _stream_state(chunk)
    started_at = datetime.fromtimestamp(chunk.start_s, tz=UTC)
    if chunk.codec:  # one found after a crash is an old one, and tells nothing of its stream
        state.last_chunk_at = started_at
        state.codec, state.fps = chunk.codec, chunk.fps
        state.width, state.height = chunk.width, chunk.height
        state.drift_s = chunk.drift_s
    state.save(update_fields=["last_chunk_at", "codec", "fps", "width", "height", "drift_s"])


def future_forget(*, now: datetime) -> None:
    """Take out what cameras tell of the future: this machine's clock was set back since.

    Else nobody could see it age until that future has come. A state counts from now; of what was
    analysed nobody knows when that was, so it is no view of the present. Needs a system scope.
    """
    later = now + AHEAD
    StreamState.objects.filter(since__gt=later).update(since=now)
    StreamState.objects.filter(last_chunk_at__gt=later).update(last_chunk_at=now)
    Analysis.objects.filter(analysed_until__gt=later).update(analysed_until=now - STALE - AHEAD)
    # Nobody is given a camera for so long: whoever holds it has to renew it, or is gone.
    Analysis.objects.filter(lease_until__gt=now + LONGEST_LEASE).update(lease_until=now)


def _stream_state(chunk: ChunkFile) -> StreamState:
    state, _made = StreamState.objects.get_or_create(
        camera_id=chunk.camera,
        stream=chunk.stream,
        defaults={"mine_id": chunk.mine, "since": timezone.now()},
    )
    return state


def streams_of(camera: Camera) -> list[str]:
    """List the streams that a camera has."""
    return [Stream.MAIN, Stream.SUB] if camera.sub_url else [Stream.MAIN]
