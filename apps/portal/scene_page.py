"""What the islands of the portal are given: data, addresses, and every string they show."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.alarms import words
from apps.alarms.chatter import proposals
from apps.alarms.models import Severity
from apps.cameras.models import Camera
from apps.lists.filters import Search, Since, Until
from apps.lists.listing import Column, Listing
from apps.mines.models import Machine
from apps.playback.page import camera_given
from apps.portal.replay_words import replay_words
from apps.portal.rule_words import rule_words
from apps.portal.scene_words import scene_words
from apps.rules.aside import lies_now
from apps.rules.masks import masks_now
from apps.rules.selectors import scene_document, scene_in_force, template_data
from workers.hazards import registry
from workers.hazards.params import describe

__all__ = ["VERSIONS", "camera_config", "scene_config"]

VERSIONS = Listing(
    name="scene-versions",
    title=gettext_lazy("Versions"),
    columns=(
        Column(
            key="camera",
            label=gettext_lazy("Camera"),
            text=lambda row: row.camera.name,
            shown=False,
        ),
        Column(
            key="version",
            label=gettext_lazy("Version"),
            text=lambda row: row.version,
            order=("version",),
        ),
        Column(
            key="at",
            label=gettext_lazy("When"),
            text=lambda row: row.created_at,
            order=("created_at",),
        ),
        Column(
            key="who",
            label=gettext_lazy("Who"),
            text=lambda row: row.author.get_username() if row.author else None,
            order=("author__username",),
        ),
        Column(
            key="reason",
            label=gettext_lazy("Reason"),
            text=lambda row: row.reason,
            order=("reason",),
        ),
        Column(
            key="changed", label=gettext_lazy("What changed"), text=lambda row: "", exported=False
        ),
    ),
    filters=(
        Search(label=gettext_lazy("Who, or why"), fields=("author__username", "reason")),
        Since(label=gettext_lazy("From"), fields=("created_at",)),
        Until(label=gettext_lazy("Until"), fields=("created_at",)),
    ),
    order="-version",
    below=True,
)


def camera_config(camera: Camera | None) -> dict[str, Any]:
    """Return the data block of the camera form."""
    return {
        "camera": camera and camera.pk,
        "test_url": reverse("api:camera-test"),
        "strings": {
            "no_address": _("Give an address or a video file first."),
            "trying": _("Trying… this takes up to eight seconds."),
            "none": _("No picture:"),
            "answered": _("Answered after %(seconds)s s."),
            "picture_alt": _("What the camera shows now"),
            "size": _("Size"),
            "rate": _("Rate"),
            "rate_value": _("%(fps)s pictures a second"),
            "codec": _("Codec"),
            "keys": _("Key frames"),
            "keys_value": _("one in %(seconds)s s"),
            "unknown": _("unknown"),
        },
    }


def scene_config(camera: Camera, *, me: str) -> dict[str, Any]:
    """Return the data block of the zone editor for a person."""
    scene = scene_in_force(camera=camera)
    machines = Machine.objects.filter(mine_id=camera.mine_id).order_by("area_id", "key")
    return {
        "document": scene_document(scene),
        "version": scene.version if scene else 0,
        "timezone": camera.mine.timezone,
        "machines": [
            {
                "key": machine.key,
                "name": machine.name,
                "kind": machine.kind,
                "here": machine.area_id == camera.area_id,
            }
            for machine in machines
        ],
        "hazards": _hazards(),
        "templates": template_data(),
        "severities": {code: str(text) for code, text in Severity.choices},
        "urls": {
            "frame": reverse("camera-frame", args=[camera.pk]),
            "scene": reverse("api:camera-scene", args=[camera.pk]),
            "sight": reverse("api:camera-sight", args=[camera.pk]),
            "template": reverse("api:camera-scene-template", args=[camera.pk]),
            "replays": reverse("api:replays"),
            "login": reverse("login") + "?next=" + reverse("portal-scene", args=[camera.pk]),
        },
        "camera": camera.pk,
        "me": me,
        "now": timezone.now().timestamp(),
        "video": camera_given(camera, masks_now(camera_ids=[camera.pk]).get(camera.pk, [])),
        "proposals": proposals(camera=camera, scene=scene) if scene else [],
        "lies": lies_now(camera=camera, scene=scene),
        "strings": scene_words() | rule_words() | replay_words(),
    }


def _hazards() -> list[dict[str, Any]]:
    """Describe the hazard types from their own files: the form is made of it."""
    return [
        {
            "type": hazard.type,
            "label": words.say(words.RULE_TYPES, hazard.type),
            "severity": hazard.severity,
            "mode": hazard.mode,
            "note": _(hazard.note) if hazard.note else "",
            "needs_zone": hazard.needs_zone,
            "needs_machine": hazard.needs_machine,
            "action": _(hazard.action) if hazard.action else "",
            "confirm": list(hazard.confirm),
            "min_visibility": hazard.min_visibility,
            "params": [_param(param) for param in describe(hazard.params)],
        }
        for hazard in registry().values()
    ]


def _param(param: dict[str, Any]) -> dict[str, Any]:
    """Say a parameter in the reader's language."""
    said = {**param, "label": _(param["label"]), "help": _(param["help"])}
    said.pop("schema", None)
    if "choices" in param:
        said["choices"] = {code: _(text) for code, text in param["choices"].items()}
    return said
