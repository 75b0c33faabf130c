"""What an act's details are called and say, by the names under which the record keeps them."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.accounts.models import Role
from apps.alarms import words
from apps.alarms.ladders import WHOM
from apps.alarms.life import Silenced, State
from apps.alarms.models import Severity
from apps.cameras.models import Camera, Stream, StreamState
from apps.mines.models import Machine
from apps.notify.models import Channel, Kind, Picture
from apps.sentences import kept

__all__ = ["detail_name", "detail_value"]

# What is not here is shown as the record keeps it; so is what another system or a person named.
NAMES: dict[str, str | Promise] = {
    "active": _("in force"),
    "address": _("address"),
    "after": pgettext_lazy("detail of an act", "after"),
    "agreed_by": _("agreed to by"),
    "alarm": _("alarm"),
    "alarms": _("alarms"),
    "area": _("place"),
    "areas": _("places"),
    "asked_at": _("asked at"),
    "asked_by": _("asked by"),
    "at": pgettext_lazy("detail of an act", "at"),
    "attempts": _("tries"),
    "because": _("reason"),
    "before": pgettext_lazy("detail of an act", "before"),
    "blurred": _("people blurred"),
    "boxes_left_out": _("boxes left out"),
    "bundle": _("bundle"),
    "bytes": _("bytes"),
    "camera": _("camera"),
    "camera_name": _("camera"),
    "cameras": _("cameras"),
    "cases": _("cases"),
    "changes": _("changes"),
    "channel": _("channel"),
    "chunks": _("chunks"),
    "cleared": _("tells also that it is over"),
    "clip": _("video"),
    "clip_years": _("years of videos"),
    "clips": _("videos"),
    "contract": _("contract"),
    "days": _("days"),
    "delivery": _("message"),
    "desk": _("desk"),
    "device": _("device"),
    "disarmed": _("disarmed"),
    "enabled": _("enabled"),
    "end": _("ended by"),
    "ended_at": _("ended at"),
    "error": _("error"),
    "faults": _("faults"),
    "fields": _("fields"),
    "figures": _("figures"),
    "file": _("file"),
    "file_sha256": _("SHA-256 of the file"),
    "filled": _("filled"),
    "filters": _("filters"),
    "from": pgettext_lazy("detail of an act", "from"),
    "gap": _("gap"),
    "gaps_s": _("gaps, s"),
    "gigabytes": _("gigabytes"),
    "given_sha256": _("SHA-256 of what the store gives"),
    "gone": _("deleted before"),
    "grant": _("grant"),
    "handed_at": _("handed over at"),
    "handed_by": _("handed over by"),
    "hold": _("hold"),
    "id": _("number"),
    "input": _("input"),
    "keeps": _("keeps"),
    "key": _("key"),
    "kind": _("kind"),
    "language": _("language"),
    "late_s": _("late by, s"),
    "level": _("level"),
    "links": _("links"),
    "locked_until": _("locked until"),
    "lost": _("lost key"),
    "lost_signed_until": _("lost key signed up to link"),
    "machine": _("machine"),
    "made_at": _("made at"),
    "main_url": _("address of the main stream"),
    "manifest": _("SHA-256 of the manifest"),
    "masks": _("masks"),
    "mine": _("mine"),
    "mine_name": _("mine"),
    "model": _("model"),
    "name": _("name"),
    "needs_second": _("a second person must agree"),
    "new": pgettext_lazy("detail of an act", "new"),
    "newest": _("newest"),
    "newest_at": _("newest at"),
    "note": _("note"),
    "objects": _("files in the store"),
    "of": pgettext_lazy("detail of an act", "of"),
    "on_delay_s": _("delay that would help, s"),
    "organisation": _("organisation"),
    "original_sha256": _("SHA-256 of the original"),
    "outcomes": _("outcomes"),
    "pack": _("clauses of law"),
    "password": _("password"),
    "path": _("page"),
    "people": _("people"),
    "picture": _("picture"),
    "plan": _("plan"),
    "public": _("public key"),
    "purpose": _("purpose"),
    "reason": _("reason"),
    "replaced": _("replaced"),
    "role": _("role"),
    "root": _("signed root"),
    "route": _("route"),
    "rows": _("rows"),
    "rule": _("rule"),
    "rule_type": _("kind of rule"),
    "rung": _("rung"),
    "scene_version": _("version of the zones"),
    "secret": _("secret"),
    "sent_bytes": _("bytes sent"),
    "severities": _("severities"),
    "sha256": "SHA-256",
    "sheet": _("time line"),
    "silence": _("silence"),
    "since": _("since"),
    "situation": _("situation"),
    "skipped": _("left out"),
    "span": _("span"),
    "state": _("state"),
    "steps": _("steps"),
    "stream": _("stream"),
    "streams": _("streams"),
    "sub_url": _("address of the sub-stream"),
    "taken_at": _("taken over at"),
    "taken_by": _("taken over by"),
    "timezone": _("time zone"),
    "to": pgettext_lazy("detail of an act", "to"),
    "together": _("cut together as"),
    "tsa": _("time stamp authority"),
    "type": _("type"),
    "unblur": _("request"),
    "until": _("until"),
    "unwatched": _("no longer watched"),
    "username": _("user name"),
    "value": _("value"),
    "version": _("version"),
    "was": _("was"),
    "whom": _("whom"),
    "why": _("why"),
    "within_s": _("within, s"),
    "x": "x",
    "y": "y",
}
NAMES |= dict(Severity.choices)  # by which a ladder is kept
ENDS = {
    "not_agreed": _("nobody agreed"),
    "permit": _("the permit"),
    "person": _("a person"),
    "refused": _("refused"),
    "rule": _("a change of its rule"),
    "time": _("its time"),
}
# Codes in words: under a name alone, or where one means several things, under it in such acts.
VALUES: dict[str, Mapping[str, str | Promise]] = {
    "from": dict(State.choices),
    "to": dict(State.choices),
    **{f"escalation.{severity}": WHOM for severity in Severity.values},
    "alarm.end": ENDS,
    "alarm.kind": dict(Silenced.choices),
    "alarm.told.whom": WHOM,
    "camera.keeps": dict(Camera.Keeps.choices),
    "language": dict(settings.LANGUAGES),
    "level": words.FAULTS,
    "machine.kind": dict(Machine.Kind.choices),
    "member.before": dict(Role.choices),
    "notify.channel": dict(Channel.choices),
    "notify.kind": dict(Kind.choices),
    "notify.picture": dict(Picture.choices),
    "role": dict(Role.choices),
    "rule_type": words.RULE_TYPES,
    "rule.type": words.RULE_TYPES,
    "severities": dict(Severity.choices),
    "signal.newest": words.MACHINE_STATES,
    "signal.state": words.MACHINE_STATES,
    "silence.end": ENDS,
    "silence.kind": dict(Silenced.choices),
    "stream": dict(Stream.choices),
    "stream.state": dict(StreamState.State.choices),
}
# Sentences that are kept in English.
KEPT = ("alarm.unwatched", "notify.outcomes", "notify.reason", "stream.reason")


def detail_name(name: str) -> str:
    """Say what a detail is."""
    return str(NAMES.get(name, name))


def detail_value(act: str, name: str, value: Any) -> Any:
    """Say a detail's value where it is a code, a sentence of Davy's or the name of a field."""
    if not isinstance(value, str):
        return value
    where = f"{act.partition('.')[0]}.{name}"
    if where in KEPT:
        return kept(value)
    if name == "fields":
        return detail_name(value)
    codes = next((VALUES[key] for key in (f"{act}.{name}", where, name) if key in VALUES), {})
    return codes.get(value, value)
