"""The hash of every chunk stands in the record: bound when it is written, proven years later."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.cameras.models import Chunk
from apps.evidence.models import Clip
from apps.evidence.services import clip_make
from apps.ledger import verify
from apps.ledger.selectors import ledger_faults
from apps.ledger.services import ledger_seal
from apps.ledger.verify import leaf_of, merkle_climb, merkle_path, merkle_root
from apps.recordings import tasks
from apps.recordings.models import Seal
from apps.recordings.sealing import chunk_proofs, chunks_seal, seal_faults, seals_forget
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast, an_alarm
from tests.film import record_chunks
from tests.recordings.recorded import put
from workers.media.ring import Ring

LATER = timedelta(seconds=40)


@pytest.fixture
def hill(cast: Cast):
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


def sealed(hill: Cast, after: timedelta = LATER) -> int:
    return chunks_seal(mine_id=hill.lamp_hill.mine.pk, now=timezone.now() + after)


def faults(hill: Cast) -> list[str]:
    return list(seal_faults(mine_id=hill.lamp_hill.mine.pk, files=True))


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 13])
def test_each_leaf_climbs_to_the_root_and_no_other_does(count: int):
    facts = [
        {"sequence": n, "started_at": f"t{n}", "duration_s": 1.0, "sha256": str(n)}
        for n in range(count)
    ]
    leaves = [leaf_of(one) for one in facts]
    root = merkle_root(leaves).hex()
    for n in range(count):
        assert merkle_climb(leaves[n], merkle_path(leaves, n)) == root
        other = leaf_of(facts[n] | {"started_at": "later"})
        assert merkle_climb(other, merkle_path(leaves, n)) != root


def test_a_stretch_of_all_streams_is_one_act_of_the_record(hill: Cast, ring: Ring):
    camera = hill.lamp_hill.camera
    start = timezone.now() - timedelta(seconds=60)
    record_chunks(ring, camera, start, 20)
    record_chunks(ring, camera, start, 20, stream="sub")
    assert sealed(hill) == 40
    assert sealed(hill) == 0, "what is bound is bound once"
    record_chunks(ring, camera, start + timedelta(seconds=20), 5, first=21)
    assert sealed(hill) == 5
    acts = AuditEntry.objects.filter(action="recording.sealed").order_by("pk")
    streams = acts[0].detail["streams"]
    assert {name: said["chunks"] for name, said in streams.items()} == {
        f"{camera.pk}/main": 20, f"{camera.pk}/sub": 20,
    }  # fmt: skip
    assert acts.count() == 2
    ledger_seal(mine_id=camera.mine_id)
    assert faults(hill) == list(ledger_faults(mine_id=camera.mine_id)) == []


def test_what_was_entered_a_moment_ago_waits_for_the_next_time(hill: Cast, ring: Ring):
    put(ring, hill.lamp_hill.camera, timezone.now() - timedelta(seconds=9), 5)
    assert sealed(hill, timedelta(0)) == 0
    assert sealed(hill) == 5


def test_what_was_entered_before_the_clock_was_set_back_is_bound_with_what_came_after(
    hill: Cast, ring: Ring
):
    now = timezone.now()
    put(ring, hill.lamp_hill.camera, now + timedelta(hours=8), 5)
    Chunk.objects.update(indexed_at=now + timedelta(hours=8))
    assert sealed(hill) == 0, "nobody knows how long ago that was"
    put(ring, hill.lamp_hill.camera, now, 3)
    assert sealed(hill, timedelta(0)) == 0
    assert sealed(hill) == 8


def test_a_changed_file_row_or_root_is_named(hill: Cast, ring: Ring):
    record_chunks(ring, hill.lamp_hill.camera, timezone.now() - timedelta(seconds=60), 6)
    sealed(hill)
    chunks = list(Chunk.objects.order_by("sequence"))
    path = ring.path(chunks[1].path)
    path.write_bytes(path.read_bytes()[:-1] + b"X")
    ring.path(chunks[2].path).unlink()
    Chunk.objects.filter(pk=chunks[3].pk).update(sha256="0" * 64)
    Chunk.objects.filter(pk=chunks[4].pk).update(started_at=timezone.now())
    told = faults(hill)
    for number, words in (
        (2, "its file was changed"), (3, "its file cannot be read"),
        (4, "does not bind it"), (5, "does not bind it"),
    ):  # fmt: skip
        assert any(f"main/{number} " in one and words in one for one in told), told
    assert len(told) == 4
    Seal.objects.update(root="0" * 64)
    assert any("another root" in one for one in faults(hill))


def test_the_command_proves_the_recordings_too(cast: Cast, ring: Ring, capsys):
    mine = cast.lamp_hill.mine
    with mine_scope(mine.pk):
        record_chunks(ring, cast.lamp_hill.camera, timezone.now() - timedelta(seconds=60), 4)
        sealed(cast)
        ledger_seal(mine_id=mine.pk)
    call_command("ledger", "verify", "--mine", str(mine.pk), "--files")
    with mine_scope(mine.pk):
        path = ring.path(Chunk.objects.first().path)
    path.write_bytes(b"other")
    with pytest.raises(CommandError):
        call_command("ledger", "verify", "--mine", str(mine.pk), "--files")


def bundle_says(proofs, clip: Clip, act: AuditEntry, folder: Path) -> list[str]:
    """Return what the verifier of a bundle finds wrong with a clip's chunks."""
    (folder / "chunks.json").write_text(json.dumps(proofs))
    (folder / "manifest.json").write_text(json.dumps(clip.manifest))
    bundle, listed = verify.Bundle(folder), {"x/manifest.json": {}}
    bundle.read = lambda name: (folder / name.rpartition("/")[2]).read_bytes()
    acts = [{"action": act.action, "detail": act.detail}]
    return list(verify._chunk_faults(bundle, "x/chunks.json", listed, acts))


def test_a_clips_chunks_are_proven_after_the_ring_let_them_go(hill: Cast, ring: Ring, tmp_path):
    alarm = an_alarm(hill.lamp_hill, at=timezone.now() - timedelta(seconds=40))
    record_chunks(ring, hill.lamp_hill.camera, alarm.raised_at - timedelta(seconds=12), 35)
    clip = alarm.clips.get()
    clip_make(clip_id=clip.pk, mine_id=clip.mine_id)
    clip.refresh_from_db()
    sealed(hill)
    put(ring, hill.lamp_hill.camera, timezone.now() - timedelta(minutes=20), 5, first=500)
    sealed(hill)
    Chunk.objects.all().delete()
    years = timezone.now() + timedelta(days=900)
    with system_scope("test"):
        assert seals_forget(now=years) == 1, "only that of which there is no clip"
    [act] = AuditEntry.objects.filter(action="recording.sealed").order_by("pk")[:1]
    root = act.detail["streams"][f"{clip.camera_id}/main"]["root"]
    facts = {one["sequence"]: one for one in clip.manifest["chunks"]}
    proofs = chunk_proofs(clip)
    assert len(proofs) == len(facts) == 31
    for proof in proofs:
        assert merkle_climb(leaf_of(facts[proof["sequence"]]), proof["path"]) == root
    assert bundle_says(proofs, clip, act, tmp_path) == []
    moved = [dict(one) for one in clip.manifest["chunks"]]
    moved[3]["started_at"] = moved[4]["started_at"]
    clip.manifest["chunks"] = moved
    [told] = bundle_says(proofs, clip, act, tmp_path)
    assert f"chunk {moved[3]['sequence']}: is not what was recorded" in told
    act.detail = {"streams": {}}
    assert len(bundle_says(proofs, clip, act, tmp_path)) == 31
    Clip.objects.update(state=Clip.State.EXPIRED)
    with system_scope("test"):
        assert seals_forget(now=years) == 1


@pytest.mark.django_db
def test_a_mine_whose_recordings_cannot_be_bound_keeps_no_other_from_it(cast: Cast, monkeypatch):
    bound: list[int] = []

    def bind(*, mine_id: int) -> int:
        if mine_id == cast.lamp_hill.mine.pk:
            raise ZeroDivisionError("nobody thought of this")
        bound.append(mine_id)
        return 1

    monkeypatch.setattr(tasks, "chunks_seal", bind)
    with pytest.raises(ExceptionGroup) as seen:
        tasks.seal()
    assert seen.group_contains(ZeroDivisionError)
    assert cast.deep_vale.mine.pk in bound
