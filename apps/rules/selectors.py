"""Reads of scenes."""

import json
from typing import Any

from django.db.models import BooleanField, Func, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext

from apps.cameras.models import Camera
from apps.rules.models import Scene
from apps.sentences import said_clauses
from workers.hazards import registry
from workers.templates import templates

__all__ = [
    "EMPTY_DOCUMENT",
    "guarded",
    "is_guarded",
    "rules_disarmed",
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


def is_guarded(document: dict[str, Any]) -> bool:
    """Tell whether a rule of the scene raises alarms: a known one, neither off nor in shadow."""
    kinds = registry()
    return any(
        rule["type"] in kinds and rule.get("mode", kinds[rule["type"]].mode) == "armed"
        for rule in document.get("rules", [])
    )


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
