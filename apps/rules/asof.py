"""What was in force at a moment: scene versions, their rules with parameters, and silences."""

from dataclasses import MISSING, fields
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.alarms.models import Silence
from apps.audit.models import AuditEntry
from apps.cameras.models import Camera
from apps.rules.models import Scene
from workers.hazards import registry
from workers.hazards.params import REFERENCES

__all__ = ["moment_asked", "scenes_as_of", "settings_as_of"]

# What a rule watches of its scene, each by its id among the scene's zones, lines and so on.
NAMED = ("zone", "line", "gauge", "machine", "input")


def moment_asked(at: datetime) -> datetime:
    """Return the moment of which somebody asks what was in force.

    ValidationError for one that is still to come: what will be in force nobody knows.
    """
    if at > timezone.now():
        raise ValidationError({"at": _("This time is still to come: nothing was in force yet.")})
    return at


def scenes_as_of(*, camera_ids: list[int], at: datetime) -> QuerySet[Scene]:
    """List the version of each camera that was in force at a moment; none before its first."""
    return (
        Scene.objects.filter(camera__in=camera_ids, created_at__lte=at)
        .select_related("author", "mine", "camera__area")
        .order_by("camera_id", "-version")
        .distinct("camera_id")
    )


def settings_as_of(*, cameras: list[Camera], at: datetime) -> list[dict[str, Any]]:
    """Return for each camera what was in force at a moment, in a fixed number of queries.

    Each is {"camera", "camera_name", "area", "enabled", "stream", "scene", "rules", "silences"};
    "enabled" is None where the record does not tell it, "scene" before the first version. A rule
    has its mode, severity, what it watches and every parameter, with "set" telling whether the
    scene says it or the hazard's default stands; "names" calls by its name what it watches, and
    what a parameter points to, as far as that version gave it one. "stream" is what the recorder
    told last then.
    """
    ids = [camera.pk for camera in cameras]
    scenes = {scene.camera_id: scene for scene in scenes_as_of(camera_ids=ids, at=at)}
    silences: dict[int, list[dict[str, Any]]] = {}
    rows = Silence.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=at),
        Q(until=None) | Q(until__gt=at),
        camera__in=ids,
        since__lte=at,
    )
    for one in rows.select_related("asked_by", "agreed_by"):
        silences.setdefault(one.camera_id, []).append(_silence(one))
    streams, enabled = _streams(ids, at), _enabled(ids, at)
    return [
        {
            "camera": camera.pk,
            "camera_name": camera.name,
            "area": camera.area.name,
            "mine": camera.mine_id,
            "enabled": enabled.get(camera.pk),
            "stream": streams.get(camera.pk),
            "scene": _scene(scenes.get(camera.pk)),
            "rules": _rules(scenes.get(camera.pk), silences.get(camera.pk, [])),
            "silences": silences.get(camera.pk, []),
        }
        for camera in cameras
    ]


def _streams(ids: list[int], at: datetime) -> dict[int, dict[str, Any]]:
    """Return what the recorder said last of each camera's main stream before a moment."""
    subjects = {f"camera:{pk}/main": pk for pk in ids}
    rows = (
        AuditEntry.objects.filter(action="stream.state", subject__in=subjects, at__lte=at)
        .order_by("subject", "-pk")
        .distinct("subject")
    )
    return {
        subjects[row.subject]: {
            "state": row.detail.get("state", ""),
            "reason": row.detail.get("reason", ""),
            "since": row.at,
        }
        for row in rows
    }


def _enabled(ids: list[int], at: datetime) -> dict[int, bool]:
    """Return which cameras were switched on; only where the record of that time tells it."""
    subjects = {f"camera:{pk}": pk for pk in ids}
    rows = (
        AuditEntry.objects.filter(
            action__in=("camera.created", "camera.changed"),
            subject__in=subjects,
            at__lte=at,
            detail__has_key="enabled",
        )
        .order_by("subject", "-pk")
        .distinct("subject")
    )
    return {subjects[row.subject]: bool(row.detail["enabled"]) for row in rows}


def _scene(scene: Scene | None) -> dict[str, Any] | None:
    if scene is None:
        return None
    return {
        "version": scene.version,
        "since": scene.created_at,
        "author": scene.author.get_username() if scene.author else None,
        "reason": scene.reason,
    }


def _rules(scene: Scene | None, silences: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a version's rules; a rule of a type that this software lacks protects nobody."""
    found = []
    for rule in scene.document.get("rules", []) if scene else []:
        hazard = registry().get(rule["type"])
        severity = rule.get("severity", hazard.severity if hazard else "")
        said = rule.get("params", {})
        mode = rule.get("mode", hazard.mode) if hazard else "unknown"
        found.append(
            {
                "id": rule["id"],
                "type": rule["type"],
                "mode": mode,
                "severity": severity,
                "watches": {
                    key: rule[key] for key in (*NAMED, "schedule", "place") if rule.get(key)
                },
                "names": _names(scene.document if scene else {}, rule, hazard),
                "params": [*_params(hazard, said)] if hazard else _plain(said),
                "silenced": [one["kind"] for one in silences if one["rule"] == rule["id"]],
            }
        )
    return found


def _names(document: dict[str, Any], rule: dict[str, Any], hazard: Any) -> dict[str, str]:
    """Return how a version called what a rule watches, and what its parameters point to."""
    kinds = [(key, key, rule.get(key)) for key in NAMED]
    for one in fields(hazard.params) if hazard and hazard.params else ():
        kind = one.metadata.get("kind", "").removesuffix("s")
        if kind in REFERENCES:
            kinds.append((one.name, kind, rule.get("params", {}).get(one.name)))
    found = {}
    for key, kind, said in kinds:
        idents = said if isinstance(said, list) else [said]
        names = [_name(document, kind, ident) for ident in idents]
        if any(names):
            both = zip(names, idents, strict=True)
            found[key] = ", ".join(name or str(ident) for name, ident in both)
    return found


def _name(document: dict[str, Any], key: str, ident: Any) -> str:
    """Return how a version called a zone, a machine and so on; "" where it gave it no name."""
    rows = (one for one in document.get(f"{key}s", []) if one.get("id") == ident)
    return next((str(one.get("name", "")) for one in rows), "")


def _params(hazard: Any, said: dict[str, Any]) -> list[dict[str, Any]]:
    if hazard.params is None:
        return _plain(said)
    listed = []
    for one in fields(hazard.params):
        made = one.default_factory
        default = made() if made is not MISSING else one.default
        value = said.get(one.name, None if default is MISSING else default)
        listed.append(
            {
                "key": one.name,
                "label": one.metadata.get("label", one.name),
                "unit": one.metadata.get("unit", ""),
                "value": list(value) if isinstance(value, tuple) else value,
                "set": one.name in said,
            }
        )
    return listed


def _plain(said: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"key": key, "label": key, "unit": "", "value": value, "set": True}
        for key, value in said.items()
    ]


def _silence(one: Silence) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "kind": one.kind,
        "reason": one.reason,
        "since": one.since,
        "until": one.until,
        "asked_by": one.asked_by and one.asked_by.get_username(),
        "agreed_by": one.agreed_by and one.agreed_by.get_username(),
    }
