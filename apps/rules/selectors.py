"""Reads of scenes."""

import json
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Func, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext

from apps.cameras.models import Camera
from apps.mines.models import Mine
from apps.rules.models import Scene
from apps.sentences import said_clauses
from workers.hazards import registry
from workers.templates import templates

__all__ = [
    "EMPTY_DOCUMENT",
    "guarded",
    "is_guarded",
    "rules_armed",
    "rules_disarmed",
    "rules_switched_off",
    "rules_unknown",
    "scene_document",
    "scene_in_force",
    "scenes_in_force",
    "template_data",
]

EMPTY_DOCUMENT: dict[str, Any] = {
    "version": 1,
    "analysis_fps": 5,
    "zones": [],
    "machines": [],
    "gauges": [],
    "masks": [],
    "rules": [],
}


def scene_in_force(*, camera: Camera) -> Scene | None:
    """Return the newest scene of a camera, or None before the first."""
    return Scene.objects.filter(camera=camera).order_by("-version").first()


def scenes_in_force(*, mine_ids: list[int]) -> QuerySet[Scene]:
    """List the newest scene of each of the mines' cameras."""
    return (
        Scene.objects.filter(mine__in=mine_ids)
        .select_related("mine", "camera__area")
        .order_by("camera_id", "-version")
        .distinct("camera_id")
    )


def scene_document(scene: Scene | None) -> dict[str, Any]:
    """Return the document, an empty one before the first scene."""
    return dict(scene.document) if scene else dict(EMPTY_DOCUMENT)


def rules_armed(document: dict[str, Any]) -> list[dict[str, Any]]:
    """List the rules of a scene that raise alarms: known ones, neither off nor in shadow."""
    kinds = registry()
    return [
        rule
        for rule in document.get("rules", [])
        if rule["type"] in kinds and rule.get("mode", kinds[rule["type"]].mode) == "armed"
    ]


def is_guarded(document: dict[str, Any]) -> bool:
    """Tell whether a rule of the scene raises alarms."""
    return bool(rules_armed(document))


# The same, told by the database.
_ARMED = (
    '$.rules[*] ? (@.mode == "armed" && @.type == $known[*]'
    " || !(exists(@.mode)) && @.type == $armed[*])"
)


def guarded() -> Coalesce:
    """Return an annotation of cameras: whether a rule of the scene in force raises alarms."""
    kinds = registry()
    given = {"known": sorted(kinds), "armed": sorted(k for k in kinds if kinds[k].mode == "armed")}
    template = f"jsonb_path_exists(%(expressions)s, '{_ARMED}', '{json.dumps(given)}')"
    newest = Scene.objects.filter(camera=OuterRef("pk")).order_by("-version")
    armed = newest.annotate(
        armed=Func("document", template=template, output_field=BooleanField())
    ).values("armed")
    return Coalesce(Subquery(armed[:1]), Value(False))


def rules_disarmed(*, before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return the life-critical rules that protect before and would not after.

    One does not when it is gone, of another type, in shadow, off, or no longer critical.
    """
    kept = {rule["id"]: rule for rule in after.get("rules", []) if _protects(rule)}
    return [
        rule["id"]
        for rule in before.get("rules", [])
        if _protects(rule) and kept.get(rule["id"], {}).get("type") != rule["type"]
    ]


def rules_switched_off(
    *, mine: Mine, since: datetime, after: int | None = None
) -> dict[int, list[dict[str, Any]]]:
    """Return by camera the rules that raised alarms at some time since a moment, and do not now.

    Those of the version in force at the moment count, and those of every version after it. after:
    the last row of then where it is known, whatever the clock did since.
    """
    found: dict[int, list[dict[str, Any]]] = {}
    until = Q(created_at__lte=since) if after is None else Q(pk__lte=after)
    changed = Scene.objects.filter(~until, mine=mine).order_by()
    for camera_id in changed.values_list("camera", flat=True).distinct():
        scenes = Scene.objects.filter(camera=camera_id)
        base = scenes.filter(until).first()  # the newest comes first
        later = scenes.filter(version__gte=base.version if base else 0)
        armed = [rules_armed(scene.document) for scene in later]
        now = {rule["id"] for rule in armed[0]}
        ever = {rule["id"]: rule for rules in reversed(armed) for rule in rules}
        if lost := [rule for name, rule in ever.items() if name not in now]:
            found[camera_id] = lost
    return found


def rules_unknown(document: dict[str, Any]) -> list[dict[str, Any]]:
    """List the rules of types that are not known here: they are kept and protect nobody."""
    return [rule for rule in document.get("rules", []) if rule["type"] not in registry()]


def _protects(rule: dict[str, Any]) -> bool:
    hazard = registry().get(rule["type"])
    if hazard is None or rule.get("severity", hazard.severity) != "critical":
        return False
    return rule.get("mode", hazard.mode) == "armed"


def template_data() -> list[dict[str, Any]]:
    """Return every template with what its form asks, in the reader's language."""
    return [
        {
            "id": template.id,
            "group": template.group,
            "title": gettext(template.title),
            "about": gettext(template.about),
            "asks": [
                {
                    "key": ask.key,
                    "kind": ask.kind,
                    "label": gettext(ask.label),
                    "help": gettext(ask.help) if ask.help else "",
                    "unit": ask.unit,
                    "min": ask.low,
                    "max": ask.high,
                    "default": gettext(ask.default) if ask.kind == "text" else ask.default,
                    "choices": {code: gettext(text) for code, text in (ask.choices or {}).items()},
                }
                for ask in template.asks
            ],
            "things": [
                {
                    "ref": one["id"],
                    "list": name,
                    "kind": one.get("kind", ""),
                    "id": one["id"].removeprefix("@"),
                }
                for name, one in template.things()
            ],
            "rules": [
                {"type": rule["type"], "id": rule["id"].removeprefix("@")}
                for rule in template.parts.get("rules", [])
            ],
            "clauses": said_clauses(template.clauses),
        }
        for template in templates().values()
    ]
