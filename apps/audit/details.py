"""What an act's details are called, by the names under which the record keeps them."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.alarms.life import State

__all__ = ["detail_name", "detail_value"]

# What is not here is shown as the record keeps it; so is what another system or a person named.
NAMES: dict[str, str | Promise] = {
    "address": _("address"),
    "after": pgettext_lazy("detail of an act", "after"),
    "alarm": _("alarm"),
    "alarms": _("alarms"),
    "area": _("place"),
    "at": pgettext_lazy("detail of an act", "at"),
    "attempts": _("tries"),
    "because": _("reason"),
    "before": pgettext_lazy("detail of an act", "before"),
    "blurred": _("people blurred"),
    "bundle": _("bundle"),
    "bytes": _("bytes"),
    "camera": _("camera"),
    "cameras": _("cameras"),
    "cases": _("cases"),
    "channel": _("channel"),
    "chunks": _("chunks"),
    "clip": _("video"),
    "clips": _("videos"),
    "desk": _("desk"),
    "device": _("device"),
    "disarmed": _("disarmed"),
    "enabled": _("enabled"),
    "faults": _("faults"),
    "fields": _("fields"),
    "file": _("file"),
    "filters": _("filters"),
    "from": pgettext_lazy("detail of an act", "from"),
    "gaps_s": _("gaps, s"),
    "grant": _("grant"),
    "handed_at": _("handed over at"),
    "handed_by": _("handed over by"),
    "hold": _("hold"),
    "input": _("input"),
    "keeps": _("keeps"),
    "key": _("key"),
    "kind": _("kind"),
    "language": _("language"),
    "late_s": _("late by, s"),
    "level": _("level"),
    "links": _("links"),
    "locked_until": _("locked until"),
    "machine": _("machine"),
    "made_at": _("made at"),
    "masks": _("masks"),
    "mine": _("mine"),
    "name": _("name"),
    "new": pgettext_lazy("detail of an act", "new"),
    "newest": _("newest"),
    "note": _("note"),
    "of": pgettext_lazy("detail of an act", "of"),
    "organisation": _("organisation"),
    "original_sha256": _("SHA-256 of the original"),
    "people": _("people"),
    "purpose": _("purpose"),
    "reason": _("reason"),
    "role": _("role"),
    "rows": _("rows"),
    "route": _("route"),
    "rule": _("rule"),
    "rung": _("rung"),
    "scene_version": _("version of the zones"),
    "sent_bytes": _("bytes sent"),
    "severities": _("severities"),
    "sha256": "SHA-256",
    "since": _("since"),
    "situation": _("situation"),
    "skipped": _("left out"),
    "span": _("span"),
    "state": _("state"),
    "steps": _("steps"),
    "stream": _("stream"),
    "streams": _("streams"),
    "taken_at": _("taken over at"),
    "taken_by": _("taken over by"),
    "to": pgettext_lazy("detail of an act", "to"),
    "type": _("type"),
    "until": _("until"),
    "username": _("user name"),
    "value": _("value"),
    "version": _("version"),
    "whom": _("whom"),
    "why": _("why"),
}
STATES = dict(State.choices)


def detail_name(name: str) -> str:
    """Say what a detail is."""
    return str(NAMES.get(name, name))


def detail_value(name: str, value: Any) -> Any:
    """Say a detail's value where it is the state of an alarm."""
    return STATES.get(value, value) if name in ("from", "to") and isinstance(value, str) else value
