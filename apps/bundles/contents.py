"""What lies in a bundle, written straight into a ZIP: a piece of a file at a time is in memory."""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from django.db.models import Q

from apps.alarms.models import Alarm
from apps.alarms.selectors import alarm_data
from apps.audit.models import AuditEntry
from apps.bundles.models import Bundle
from apps.bundles.paper import LANGUAGES, Occasion, acts_of, paper_data
from apps.bundles.reach import TooEarly, reached
from apps.bundles.readme import README
from apps.bundles.selectors import clips_in
from apps.bundles.typeset import typeset
from apps.evidence.checks import clip_changed
from apps.evidence.file_views import file_of
from apps.evidence.manifest import marked
from apps.evidence.models import Clip
from apps.evidence.storage import get_file
from apps.ledger import verify
from apps.ledger.models import Link, Root, SigningKey, Stamp
from apps.ledger.selectors import handovers, link_data, root_data
from apps.ledger.services import key_open
from apps.ledger.stamping import stamped
from apps.privacy.selectors import unblur_holds
from apps.privacy.services import NotMade, clip_given, picture_taken
from apps.recordings.sealing import chunk_proofs, seals_of
from apps.tenancy.scope import mine_scope
from workers.media.errors import MediaError
from workers.words import sentence

__all__ = ["gaps_of", "write"]

FORMAT = "davy-bundle/1"


class Packer:
    """Writes files into a ZIP and keeps their hashes."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.files: list[dict[str, Any]] = []

    def bytes(self, path: str, content: bytes) -> None:
        """Add a small file."""
        self.archive.writestr(path, content)
        digest = hashlib.sha256(content).hexdigest()
        self.files.append({"path": path, "sha256": digest, "bytes": len(content)})

    def json(self, path: str, content: Any) -> None:
        """Add a JSON file for people and programs."""
        text = json.dumps(content, indent=1, ensure_ascii=False, default=str)
        self.bytes(path, text.encode() + b"\n")

    def blocks(self, path: str, blocks: Iterator[bytes]) -> str:
        """Add a file of any size; return its SHA-256."""
        hashed, size = hashlib.sha256(), 0
        # A clip is packed already: stored as it is, it can be cut out again by any tool.
        info = zipfile.ZipInfo(path, datetime.now(UTC).timetuple()[:6])
        with self.archive.open(info, "w", force_zip64=True) as entry:
            for block in blocks:
                entry.write(block)
                hashed.update(block)
                size += len(block)
        self.files.append({"path": path, "sha256": hashed.hexdigest(), "bytes": size})
        return hashed.hexdigest()


def write(
    bundle: Bundle,
    root: Root,
    out: Path,
    *,
    workshop: Path,
    packed: Callable[[int], None],
) -> None:
    """Write the bundle's ZIP; `packed` hears how many bytes of video are in, after each clip.

    Raises StorageError for a clip that the store does not give, ValueError for one that the store
    gives in another form than it was stored, TooEarly where the root does not prove all that was
    packed: a later one does. No transaction is open while videos are copied.
    """
    mine, done = bundle.mine_id, 0
    gaps: list[dict[str, Any]] = []
    masked: list[dict[str, Any]] = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        packer = Packer(archive)
        packer.bytes("README.txt", README.encode())
        packer.bytes("verify.py", Path(verify.__file__).read_bytes())
        for pk in bundle.alarms:
            folder = f"alarms/{pk}"
            with mine_scope(mine):
                alarm = Alarm.objects.select_related("mine", "camera__area").get(pk=pk)
                packer.json(f"{folder}/alarm.json", _alarm(alarm))
                picture: tuple[bytes, dict[str, Any], datetime] | None = None
                if (snapshot := getattr(alarm, "snapshot", None)) is not None:
                    jpeg = bytes(snapshot.jpeg)
                    picture = (*_snapshot(packer, folder, alarm, jpeg, snapshot.at), snapshot.at)
                clips = list(alarm.clips.order_by("wanted_from"))
            known = [gap for clip in clips for gap in gaps_of(clip)]
            gaps += known
            masked += masked_of(clips)
            done = _clips(packer, f"{folder}/clips", clips, workshop, done, packed)
            _papers(packer, folder, bundle, root, alarm, picture, known, workshop)
        with mine_scope(mine):
            alone = list(clips_in(bundle).filter(uid__in=bundle.clips))
        gaps += [gap for clip in alone for gap in gaps_of(clip)]
        masked += masked_of(alone)
        _clips(packer, "clips", alone, workshop, done, packed)
        with mine_scope(mine):
            newest = _ledger(packer, bundle, root)
        about = {"known_gaps": gaps, "recorded_masked": masked}
        _close(archive, packer, bundle, root, about | {"time_stamps": _stamped(root, newest)})


def _alarm(alarm: Alarm) -> dict[str, Any]:
    """Return the alarm with every step of its life."""
    steps = alarm.transitions.select_related("actor").order_by("pk")
    return alarm_data(alarm) | {
        "steps": [
            {
                "at": step.at.isoformat(),
                "from": step.from_state,
                "to": step.to_state,
                "cause": step.cause,
                "actor": step.actor and step.actor.get_username(),
                "desk": step.desk,
                "note": step.note,
                "detail": step.detail,
            }
            for step in steps
        ]
    }


def _snapshot(
    packer: Packer, folder: str, alarm: Alarm, jpeg: bytes, at: datetime
) -> tuple[bytes, dict[str, Any]]:
    """Add the picture and return it; one that is covered is a copy and names the original."""
    try:
        shown, facts = picture_taken(alarm=alarm, jpeg=jpeg, at=at)
        copy = marked(shown, picture=alarm.picture or {}, at=at, zone=alarm.mine.timezone)
    except MediaError as error:
        raise ValueError(f"The picture of alarm {alarm.pk}: {error.reason}") from None
    if not facts:
        packer.bytes(f"{folder}/snapshot.jpg", shown)
        packer.bytes(f"{folder}/snapshot-marked.jpg", copy)
        return shown, facts
    packer.bytes(f"{folder}/snapshot-covered.jpg", shown)
    packer.bytes(f"{folder}/snapshot-covered-marked.jpg", copy)
    packer.json(f"{folder}/snapshot.json", facts)
    return shown, facts


def gaps_of(clip: Clip) -> list[dict[str, Any]]:
    """Return what of a clip's span is not to be seen in it, with the reason where one is known."""
    asked = [clip.wanted_from.isoformat(), clip.wanted_until.isoformat()]
    about = {"clip": str(clip.uid), "camera": clip.camera_id}
    if clip.state != Clip.State.READY:
        reason = clip.error or sentence("the clip was not made yet when this was packed")
        if clip.state in (Clip.State.EXPIRING, Clip.State.EXPIRED):
            reason = sentence(f"the clip was deleted: {clip.expired_because}")
        return [about | {"from": asked[0], "until": asked[1], "reason": reason}]
    return [
        about
        | {"from": _utc(since), "until": _utc(until), "reason": sentence("nothing was recorded")}
        for since, until in clip.manifest.get("gaps_s", [])
    ] + [about | {"reason": str(reason)} for reason in clip.manifest.get("skipped", [])]


def masked_of(clips: list[Clip]) -> list[dict[str, Any]]:
    """Return which of the clips that are there were recorded with masks filled, and how much."""
    return [
        {
            "clip": str(clip.uid),
            "camera": clip.camera_id,
            "chunks": told["chunks"],
            "of_chunks": len(clip.manifest["chunks"]),
            "scene_versions": told["scene_versions"],
        }
        for clip in clips
        if clip.state == Clip.State.READY and (told := clip.manifest.get("recorded_masked"))
    ]


def _clips(
    packer: Packer,
    folder: str,
    clips: list[Clip],
    workshop: Path,
    done: int,
    packed: Callable[[int], None],
) -> int:
    """Add those of some clips that are there; return how many bytes of video are in after them."""
    for clip in clips:
        if clip.state == Clip.State.READY:
            _clip(packer, f"{folder}/{clip.uid}", clip, workshop)
            done += clip.bytes
            packed(done)
    return done


def _clip(packer: Packer, folder: str, clip: Clip, workshop: Path) -> None:
    """Add a clip with its manifest: its people blurred and masks filled, in a copy.

    As it was recorded only where two people said so and no mask covers it.
    """
    try:
        with mine_scope(clip.mine_id):
            given = clip_given(clip=clip, taken=True, original=unblur_holds(clip=clip))
    except NotMade:
        # It became ready, or a mask was drawn, since the others were covered: the next attempt
        # covers it.
        raise TooEarly from None
    name = "clip-covered.mp4" if given.copy else "clip.mp4"
    copy = workshop / f"{clip.uid}.mp4"
    get_file(given.key, copy)
    try:
        with copy.open("rb") as file:
            digest = packer.blocks(f"{folder}/{name}", iter(lambda: file.read(1 << 20), b""))
    finally:
        copy.unlink()
    if digest != given.sha256:
        if given.copy is None:
            with mine_scope(clip.mine_id):
                clip_changed(clip=clip, sha256=digest)
        raise ValueError(f"The store gave clip {clip.uid} in another form than it was stored.")
    packer.json(f"{folder}/manifest.json", clip.manifest)
    with mine_scope(clip.mine_id):
        packer.json(f"{folder}/chunks.json", chunk_proofs(clip))
    for file in clip.manifest.get("files", {}):
        if file.endswith(".json"):
            with mine_scope(clip.mine_id):
                beside = file_of(clip, file)
            if beside is not None:
                packer.bytes(f"{folder}/{beside.name}", beside.body)
    if given.copy:
        packer.json(
            f"{folder}/covered.json",
            {
                "what": "a copy of the clip, encoded anew; the clip itself stays in the mine",
                "sha256": given.copy.sha256,
                "original_sha256": given.copy.original_sha256,
                "people_blurred": given.copy.blurred,
                "people_found": given.copy.people,
                "detector": given.copy.detector,
                "masks": given.copy.masks,
                "made_at": given.copy.made_at,
            },
        )


def _papers(
    packer: Packer,
    folder: str,
    bundle: Bundle,
    root: Root,
    alarm: Alarm,
    picture: tuple[bytes, dict[str, Any], datetime] | None,
    gaps: list[dict[str, Any]],
    workshop: Path,
) -> None:
    """Add the alarm's time line as PDF, once in each language."""
    jpeg, facts, at = picture or (b"", {}, None)
    occasion = Occasion(
        made_at=datetime.now(UTC),
        made_for=bundle.asked_by.get_username(),
        purpose=bundle.purpose,
        bundle=str(bundle.uid),
        picture=jpeg,
        picture_at=at,
        facts=facts,
        files=[one for one in packer.files if one["path"].startswith(f"{folder}/")],
        gaps=gaps,
        root=root,
    )
    with mine_scope(bundle.mine_id):
        acts = acts_of(alarm, until=root.number)
        told = {one: paper_data(alarm, occasion, language=one, acts=acts) for one in LANGUAGES}
    for language, data in told.items():
        pdf = typeset(data, picture=jpeg, at=occasion.made_at, workshop=workshop)
        packer.bytes(f"{folder}/timeline-{LANGUAGES[language]}.pdf", pdf)


def _ledger(packer: Packer, bundle: Bundle, root: Root) -> int | None:
    """Add the chain from the first act about these alarms to the root.

    Return up to which link it is stamped by what lies in here; None where nothing is.
    """
    clips = list(clips_in(bundle))
    subjects = [f"alarm:{pk}" for pk in bundle.alarms] + [f"clip:{clip.pk}" for clip in clips]
    seals = [seal.entry_id for clip in clips if clip.sha256 for seal in seals_of(clip)]
    acts = AuditEntry.objects.filter(Q(subject__in=subjects) | Q(pk__in=seals), mine=bundle.mine_id)
    reached(root, acts, packer.files)
    told = set(acts.filter(link__number__lte=root.number).values_list("link__number", flat=True))
    first = min(told, default=root.number)
    chain = Link.objects.filter(mine=bundle.mine_id).order_by("number")
    before = chain.filter(number=first - 1).values_list("hash", flat=True).first() or verify.NONE

    def lines() -> Iterator[bytes]:
        previous = before
        rows = chain.filter(number__gte=first, number__lte=root.number).select_related("entry")
        for link in rows.iterator(2000):
            data = link_data(link, previous=previous, told=link.number in told)
            yield verify.canonical(data) + b"\n"
            previous = link.hash

    packer.blocks("ledger.jsonl", lines())
    roots = Root.objects.filter(mine=bundle.mine_id, number__gte=first, number__lte=root.number)
    keys = SigningKey.objects.filter(mine=bundle.mine_id).values("public", "made_at", "retired_at")
    signed = [root_data(one) for one in roots.select_related("key").order_by("number")]
    tie = handovers(mine_id=bundle.mine_id)
    packer.json("roots.json", {"roots": signed, "keys": list(keys), "handovers": tie})
    stamps = Stamp.objects.filter(root__in=roots).select_related("root__key")
    newest = None
    for stamp in stamps.order_by("root__number"):
        newest = stamp.root.number
        packer.bytes(f"stamps/root-{newest}.json", stamped(stamp.root))
        packer.bytes(f"stamps/root-{newest}.tsr", bytes(stamp.token))
    return newest


def _stamped(root: Root, newest: int | None) -> dict[str, Any]:
    # Its own root is signed as it is packed; an authority is asked only after that.
    own = "stamped" if newest == root.number else "not stamped when this was packed"
    return {"newest_stamped_root": newest, "own_root": own}


def _close(
    archive: zipfile.ZipFile,
    packer: Packer,
    bundle: Bundle,
    root: Root,
    about: dict[str, Any],
) -> None:
    """Write what lies in here and what is to be known about it, and sign it."""
    try:
        davy = version("davy")
    except PackageNotFoundError:
        davy = ""
    content = {
        "format": FORMAT,
        "bundle": str(bundle.uid),
        "mine": {"id": bundle.mine_id, "name": bundle.mine.name, "timezone": bundle.mine.timezone},
        "packed_at": _utc(datetime.now(UTC).timestamp()),
        "asked_by": bundle.asked_by.get_username(),
        "purpose": bundle.purpose,
        "alarms": bundle.alarms,
        "clips": bundle.clips,
        "software": davy or None,
        "root": root.number,
        "files": packer.files,
    } | about
    body = verify.canonical(content)
    archive.writestr("bundle.json", body)
    signature = key_open(root.key).sign(body).hex()
    archive.writestr("bundle.sig", verify.sealed(root.key.public, signature))


def _utc(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, tz=UTC).isoformat(timespec="milliseconds")
