"""What is stored beside a clip: its manifest, the boxes of what was found, and its picture."""

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from apps.alarms.models import Snapshot
from apps.cameras.models import Chunk, Stream, StreamState
from apps.evidence.boxes import boxes_data
from apps.evidence.models import Clip
from apps.evidence.sightings import findings_data
from apps.ledger.verify import digest
from apps.rules.masks import covering
from apps.rules.models import Scene
from workers.media.cut import Cut
from workers.media.errors import MediaError
from workers.media.mark import mark_jpeg
from workers.words import sentence

__all__ = ["Beside", "TYPES", "beside", "caption", "chunk_facts", "marked"]

TYPES = {"json": "application/json", "jpg": "image/jpeg"}


@dataclass(frozen=True)
class Beside:
    """A clip's manifest, and the files that lie beside it by name."""

    manifest: dict[str, Any]
    files: dict[str, bytes]


def caption(at: datetime, zone: str) -> str:
    """Write a moment by the mine's clock, as it is drawn into a picture."""
    return at.astimezone(ZoneInfo(zone)).isoformat(sep=" ", timespec="milliseconds")


def marked(jpeg: bytes, *, picture: dict[str, Any], at: datetime, zone: str) -> bytes:
    """Return a copy of an alarm's picture with its boxes, zone and time drawn into it."""
    return mark_jpeg(
        jpeg,
        boxes=picture.get("boxes", []),
        zone=picture.get("zone", []),
        caption=caption(at, zone),
    )


def beside(clip: Clip, chunks: list[Chunk], cut: Cut) -> Beside:
    """Return everything that is stored beside a clip that was just cut; in the mine's scope."""
    starts_at, ends_at = _moment(cut.start_s), _moment(cut.end_s)
    chunks = [chunk for chunk in chunks if chunk.sequence not in cut.unused]
    found, models = findings_data(
        camera_id=clip.camera_id, since=starts_at, until=ends_at, clip=str(clip.uid)
    )
    files = {"findings.json": json.dumps(found, indent=1).encode()}
    boxes = boxes_data(camera_id=clip.camera_id, since=starts_at, until=ends_at, clip=str(clip.uid))
    if boxes is not None:
        files["boxes.json"] = json.dumps(boxes, separators=(",", ":")).encode()
    alarm = clip.alarm if clip.alarm and clip.alarm.camera_id == clip.camera_id else None
    snapshot = Snapshot.objects.filter(alarm=alarm).first() if alarm else None
    drawn = (alarm.picture or {}) if alarm else {}
    if alarm is not None and snapshot is not None:
        files["snapshot.jpg"] = bytes(snapshot.jpeg)
        with suppress(MediaError):  # a picture that cannot be read is kept as it is
            files["snapshot-marked.jpg"] = marked(
                files["snapshot.jpg"], picture=drawn, at=snapshot.at, zone=clip.mine.timezone
            )
    manifest = _manifest(clip, chunks, cut) | {
        "models": models,
        "findings": {"file": "findings.json", "count": len(found["findings"])},
        "snapshot": {
            "at": _utc(snapshot.at),
            "boxes": drawn.get("boxes", []),
            "zone": drawn.get("zone", []),
        }
        if snapshot
        else None,
        "files": {
            name: {"sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body)}
            for name, body in files.items()
        },
    }
    files["manifest.json"] = json.dumps(manifest, indent=1).encode()
    return Beside(manifest, files)


def _manifest(clip: Clip, chunks: list[Chunk], cut: Cut) -> dict[str, Any]:
    """Return what the clip is made of; stored beside it and in its row."""
    alarm, shorter = clip.alarm, clip.extends
    scene = _scene(clip)
    document = scene.document if scene else {}
    stream = StreamState.objects.filter(camera=clip.camera_id, stream=Stream.MAIN).first()
    return {
        "clip": str(clip.uid),
        "mine": clip.mine_id,
        "camera": {"id": clip.camera_id, "name": clip.camera.name, "area": clip.camera.area.name},
        "cameras": _cameras(clip),
        "alarm": clip.alarm_id,
        "rule": clip.rule,
        "rule_type": alarm.rule_type if alarm else "",
        "rule_as_set": next(
            (rule for rule in document.get("rules", []) if clip.rule == rule["id"]), None
        ),
        "scene_version": scene.version if scene else None,
        "scene_digest": digest(document) if scene else None,
        "asked_by": clip.asked_by and clip.asked_by.get_username(),
        "reason": clip.reason,
        "extends": {"clip": str(shorter.uid), "sha256": shorter.sha256} if shorter else None,
        "together": str(clip.together) if clip.together else None,
        "wanted": [_utc(clip.wanted_from), _utc(clip.wanted_until)],
        "holds": [_utc(_moment(cut.start_s)), _utc(_moment(cut.end_s))],
        "time_source": sentence("recorder's clock at arrival"),
        # By how much the camera's own clock has moved against the recorder's since it connected.
        "camera_clock_drift_s": stream.drift_s if stream else None,
        "timezone": clip.mine.timezone,
        "utc_offset": f"{clip.wanted_from.astimezone(ZoneInfo(clip.mine.timezone)):%z}",
        "sha256": cut.sha256,
        "bytes": cut.bytes,
        "codec": cut.codec,
        "copied": cut.copied,
        "gaps_s": [list(gap) for gap in cut.gaps],
        "skipped": cut.skipped,
        "chunks": [chunk_facts(chunk) for chunk in chunks],
        "recorded_masked": _masked(chunks),
    }


def _masked(chunks: list[Chunk]) -> dict[str, Any] | None:
    """Tell which chunks were recorded with their masks filled, by which scenes; None for none."""
    filled = [chunk for chunk in chunks if chunk.masked_by is not None]
    if not filled:
        return None
    versions = sorted({chunk.masked_by for chunk in filled if chunk.masked_by is not None})
    scenes = Scene.objects.filter(camera=filled[0].camera_id, version__in=versions)
    return {
        "chunks": len(filled),
        "scene_versions": versions,
        "masks": {
            str(scene.version): covering([scene.document]) for scene in scenes.order_by("version")
        },
    }


def chunk_facts(chunk: Chunk) -> dict[str, Any]:
    """Return a chunk as manifests name it, and as the record binds it."""
    return {
        "sequence": chunk.sequence,
        "started_at": _utc(chunk.started_at),
        "duration_s": chunk.duration_s,
        "sha256": chunk.sha256,
    } | ({} if chunk.masked_by is None else {"masked_by": chunk.masked_by})


def _cameras(clip: Clip) -> list[dict[str, Any]]:
    """List every camera whose clip shows the same seconds, this one's too."""
    rows = Clip.objects.filter(pk=clip.pk)
    if clip.together is not None:
        rows = Clip.objects.filter(together=clip.together)
    rows = rows.select_related("camera__area").order_by("pk")
    return [
        {
            "id": one.camera_id,
            "name": one.camera.name,
            "area": one.camera.area.name,
            "clip": str(one.uid),
        }
        for one in rows
    ]


def _scene(clip: Clip) -> Scene | None:
    """Return the version that judged the alarm, or that was in force when the clip begins."""
    rows = Scene.objects.filter(camera=clip.camera_id)
    if clip.alarm is not None and clip.alarm.camera_id == clip.camera_id:
        return rows.filter(version=clip.alarm.scene_version).first()
    return rows.filter(created_at__lte=clip.wanted_from).order_by("-version").first()


def _moment(unix_s: float) -> datetime:
    return datetime.fromtimestamp(unix_s, tz=UTC)


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
