"""Binds the hash of every chunk into the mine's record, ten minutes of all cameras in one act.

A stream's chunks are the leaves of a Merkle tree, its root stands in the act; so one chunk is
proven with a dozen hashes, and thirty cameras cost the chain six links an hour. What is deleted
before (by a policy, after two minutes) is in no tree: there is nothing left of it to prove.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from apps.audit.services import record
from apps.cameras.models import Camera, Chunk
from apps.evidence.manifest import chunk_facts
from apps.evidence.models import Clip
from apps.ledger.verify import leaf_of, merkle_path, merkle_root
from apps.live.clock import now_for_age
from apps.recordings.keeping import kept_by_camera
from apps.recordings.models import Seal

__all__ = ["chunk_proofs", "chunks_seal", "seal_faults", "seals_forget", "seals_of"]

LOCK = 0x5EA1
# The transaction that enters a chunk is long over after so much time.
SETTLED = timedelta(seconds=30)
# Before there was any seal, recordings are bound from so far back.
FIRST = timedelta(hours=1)
BATCH = 100_000
LEAF = 32
MARGIN = timedelta(seconds=60)


@transaction.atomic
def chunks_seal(*, mine_id: int, now: datetime | None = None) -> int:
    """Bind what was recorded since the last time; return how many chunks. Needs the mine's scope.

    Called twice at once: the second leaves the work to the first. Late: the tree is larger.
    """
    now = now or timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK, mine_id])
        if not cursor.fetchone()[0]:
            return 0
    found = list(_unsealed(mine_id, now))
    streams: dict[tuple[int, str], list[Chunk]] = {}
    for chunk in found:
        streams.setdefault((chunk.camera_id, chunk.stream), []).append(chunk)
    if not found:
        return 0
    seals = [_seal(mine_id, key, chunks) for key, chunks in sorted(streams.items())]
    entry = record(
        action="recording.sealed",
        subject=f"mine:{mine_id}",
        mine_id=mine_id,
        part="recordings",
        detail={
            "streams": {
                seal.name: {
                    "chunks": seal.chunks,
                    "since": _utc(seal.since),
                    "until": _utc(seal.until),
                    "root": seal.root,
                }
                for seal in seals
            }
        },
    )
    for seal in seals:
        seal.entry, seal.last_chunk = entry, found[-1].pk
    Seal.objects.bulk_create(seals)
    return len(found)


def _unsealed(mine_id: int, now: datetime) -> Iterable[Chunk]:
    """List the chunks that no seal binds, in the order in which they were entered."""
    last = Seal.objects.filter(mine=mine_id).order_by("-pk").values_list("last_chunk", flat=True)
    rows = Chunk.objects.filter(mine=mine_id).order_by("pk")
    rows = (
        rows.filter(pk__gt=last[0]) if last[:1] else rows.filter(started_at__gte=now - FIRST)
    ).only(
        "mine", "camera", "stream", "sequence", "started_at", "duration_s", "sha256", "masked_by"
    )
    # Of what was entered before a settled one all is settled, whatever the clock said then.
    settled = rows.filter(indexed_at__lt=now - SETTLED).order_by("-pk")
    return rows.filter(pk__lte=settled.values_list("pk", flat=True).first() or 0)[:BATCH]


def _seal(mine_id: int, key: tuple[int, str], chunks: list[Chunk]) -> Seal:
    chunks.sort(key=lambda chunk: (chunk.started_at, chunk.sequence))
    leaves = [_leaf(chunk) for chunk in chunks]
    return Seal(
        mine_id=mine_id,
        camera_id=key[0],
        stream=key[1],
        since=chunks[0].started_at,
        until=max(chunk.started_at + timedelta(seconds=chunk.duration_s) for chunk in chunks),
        chunks=len(chunks),
        root=merkle_root(leaves).hex(),
        leaves=b"".join(leaves),
    )


def _leaf(chunk: Chunk) -> bytes:
    return leaf_of(chunk_facts(chunk))


def _split(seal: Seal) -> list[bytes]:
    leaves = bytes(seal.leaves)
    return [leaves[at : at + LEAF] for at in range(0, len(leaves), LEAF)]


def seals_of(clip: Clip) -> list[Seal]:
    """List the seals that may bind chunks of a clip."""
    rows = Seal.objects.filter(
        camera=clip.camera_id,
        since__lt=clip.wanted_until + MARGIN,
        until__gt=clip.wanted_from - MARGIN,
    )
    return list(rows.order_by("pk"))


def chunk_proofs(clip: Clip) -> list[dict[str, Any]]:
    """Return for each chunk of a clip its way up to a root in the record; `root` None without."""
    trees = [(seal, _split(seal)) for seal in seals_of(clip)]
    places = [(seal, leaves, {leaf: i for i, leaf in enumerate(leaves)}) for seal, leaves in trees]
    proofs = []
    for facts in clip.manifest.get("chunks", []):
        leaf, proof = leaf_of(facts), {"sequence": facts["sequence"], "root": None}
        for seal, leaves, place in places:
            if leaf in place:
                path = merkle_path(leaves, place[leaf])
                proof |= {"stream": seal.name, "root": seal.root, "path": path}
                break
        proofs.append(proof)
    return proofs


def seal_faults(*, mine_id: int, files: bool = False) -> Iterator[str]:
    """Yield what is wrong between the record and the seals; with files, also the recordings.

    Needs the mine's scope. With files every recorded file is read: as long as the disk takes.
    """
    rows = Seal.objects.filter(mine=mine_id).select_related("entry").order_by("pk")
    rows = rows if files else rows.defer("leaves")
    bound: dict[tuple[int, str], set[bytes]] = {}
    for seal in rows.iterator(200):
        name = f"recording of {seal.name} from {_utc(seal.since)}"
        said = seal.entry.detail.get("streams", {}).get(seal.name, {})
        if said.get("root") != seal.root or said.get("chunks") != seal.chunks:
            yield f"{name}: the record tells of another root"
        if files:
            leaves = _split(seal)
            if merkle_root(leaves).hex() != seal.root:
                yield f"{name}: its hashes were changed"
            bound.setdefault((seal.camera_id, seal.stream), set()).update(leaves)
    if files:
        yield from _file_faults(mine_id, bound)


def _file_faults(mine_id: int, bound: dict[tuple[int, str], set[bytes]]) -> Iterator[str]:
    newest = Seal.objects.filter(mine=mine_id).order_by("-pk").first()
    oldest = Seal.objects.filter(mine=mine_id).order_by("since").first()
    if newest is None or oldest is None:
        return
    rows = Chunk.objects.filter(
        mine=mine_id, pk__lte=newest.last_chunk, started_at__gte=oldest.since
    )
    for chunk in rows.order_by("pk").iterator(2000):
        name = f"chunk {chunk.key} of camera {chunk.camera_id}"
        if _leaf(chunk) not in bound.get((chunk.camera_id, chunk.stream), set()):
            yield f"{name}: the record does not bind it as it stands in the index"
            continue
        try:
            with (settings.RING_DIR / chunk.path).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != chunk.sha256:
                    yield f"{name}: its file was changed"
        except OSError:
            yield f"{name}: its file cannot be read"


def seals_forget(*, now: datetime | None = None) -> int:
    """Delete the trees of recordings that are gone and of which no clip is left.

    Needs a system scope. Their roots stay in the record.
    """
    longest = max((one.age_s for one in kept_by_camera(Camera.objects.all()).values()), default=0)
    age = timedelta(seconds=max(longest, settings.RING_AGE_S, 2 * 86400))
    clips = Clip.objects.filter(
        camera=OuterRef("camera"),
        wanted_from__lt=OuterRef("until") + MARGIN,
        wanted_until__gt=OuterRef("since") - MARGIN,
    ).exclude(state__in=[Clip.State.FAILED, Clip.State.EXPIRED])
    old = Seal.objects.filter(until__lt=(now or now_for_age()) - age)
    return old.filter(~Exists(clips)).delete()[0]


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")
