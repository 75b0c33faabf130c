"""Says in the reader's language what was written in English when it happened.

A reason for an alarm is kept as phrases with their values apart. Other sentences, such as why a
stream is lost, are kept as they stand in the log: they are found again by the catalogue's own
templates (context "kept"). What is not found is shown in English rather than not at all.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, pgettext
from django.utils.translation import gettext_lazy as _
from django.utils.translation.trans_real import translation

from apps.alarms.words import (
    ACTIONS,
    BLIND,
    FAULT_ACTIONS,
    FAULTS,
    INPUT_STATES,
    MACHINE_STATES,
    SOURCES,
    WRONG,
)
from workers.checks import SceneError
from workers.report import CAMERA_TYPE
from workers.worded import Worded, first

__all__ = [
    "action_of",
    "clause_title",
    "kept",
    "machine_of",
    "own",
    "refusal",
    "said_alarm",
    "said_clauses",
    "said_event",
    "said_step",
    "why",
    "why_of",
]

PLACE = re.compile(r"%\((\w+)\)s|%%")
# What a rule may name and does not find.
KINDS = {
    "zone": _("zone"),
    "line": _("line"),
    "gauge": _("gauge"),
    "machine": _("machine"),
    "input": _("input"),
    "rule": _("rule"),
    "shift": _("shift"),
    "part": _("part of the template"),
}
# Values that are codes, by the name of their place in a sentence.
TOLD = MACHINE_STATES | INPUT_STATES
CODES: dict[str, Mapping[str, str | Promise]] = {
    **dict.fromkeys(("state", "wanted", "token", "value", "first", "second"), TOLD),
    "source": SOURCES,
    "fault": FAULTS | BLIND,
    "wrong": WRONG,
    "what": KINDS,
    "signal": MACHINE_STATES,
    "picture": MACHINE_STATES,
}


def why(alarm: Any) -> str:
    """Say what made an alarm, and which cameras see it where that was read with it."""
    read = getattr(alarm, "its_witnesses", ())
    return _seen_by(_why(alarm.why, alarm.values), [one.camera.name for one in read])


def why_of(data: Mapping[str, Any]) -> str:
    """Say what made an alarm, and where several cameras see it all of them, from its data."""
    names = [one["camera_name"] for one in data.get("witnesses", ())]
    return _seen_by(_why(data["why"], data["values"]), names)


def _seen_by(said: str, cameras: list[str]) -> str:
    """Add who sees it to a reason, where that is more than the alarm's own camera."""
    if len(cameras) < 2:
        return said
    # Translators: a reason for an alarm, and the names of the cameras that see it.
    text = _("%(why)s; seen by %(cameras)s")
    return str(text) % {"why": said, "cameras": pgettext("between reasons", ", ").join(cameras)}


def _why(english: str, values: Mapping[str, Any]) -> str:
    phrases = values.get("phrases")
    if not phrases:
        return kept(english)
    # Translators: stands between the reasons of an alarm.
    return pgettext("between reasons", ", ").join(_fill(text, given) for text, given in phrases)


def machine_of(values: Mapping[str, Any]) -> str:
    """Say which machine an alarm is about: as its reason calls it, else by its id; "" without."""
    key: str = values.get("machine") or ""
    given = (given for _text, given in values.get("phrases") or ())
    return next((str(one["machine"]) for one in given if one.get("machine")), key) if key else ""


def said_alarm(data: dict[str, Any]) -> dict[str, Any]:
    """Return an alarm's data with its reason and what to do in the reader's language."""
    values = data["values"]
    if action := action_of(data):
        values = {**values, "action": action}
    if values.get("clauses"):
        values = {**values, "clauses": said_clauses(values["clauses"])}
    said = {**data, "why": why_of(data), "values": values}
    if data.get("unwatched"):
        said["unwatched"] = kept(data["unwatched"])
    return said | {"clauses": said_clauses(data["clauses"])} if "clauses" in data else said


def said_step(detail: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept of a step, with why nobody watches any more in the reader's language."""
    unwatched = detail.get("unwatched")
    return {**detail, "unwatched": kept(unwatched)} if unwatched else detail


def action_of(data: Mapping[str, Any]) -> str:
    """Say what the operator is to do: the rule's own words, else what is usual, or ""."""
    if told := data["values"].get("action"):
        return own(told)
    rule_type, level = data.get("rule_type", ""), data.get("level", "")
    fault = FAULT_ACTIONS.get(level) if rule_type == CAMERA_TYPE else None
    return str(fault or ACTIONS.get(rule_type, ""))


def said_clauses(clauses: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return references to clauses of law with their words in the reader's language."""
    return [
        {key: own(word) if isinstance(word, Mapping) else word for key, word in clause.items()}
        for clause in clauses
    ]


def clause_title(clause: Mapping[str, Any]) -> str:
    """Say which clause it is, such as CN 313, of one that is in the reader's language already."""
    if not clause["clause"][:1].isdigit():
        return f"{clause['jurisdiction']} {clause['clause']}"
    # Translators: the number of an article of the law, after whose law it is.
    text = gettext("%(law)s %(number)s")
    return text % {"law": clause["jurisdiction"], "number": clause["clause"]}


def own(text: Worded) -> str:
    """Say what was written in some languages: the reader's, else the first that there is."""
    said = None if isinstance(text, str) else text.get(get_language() or "")
    return said or first(text)


def said_event(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event with its words in the reader's language; it is kept in English."""
    payload = event["payload"]
    if "why" in payload and "values" in payload:
        payload = said_alarm(payload)
    elif isinstance(payload.get("alarm"), dict) and "values" in payload["alarm"]:
        payload = {**payload, "alarm": said_alarm(payload["alarm"])}
    elif payload.get("reason"):
        payload = {**payload, "reason": kept(payload["reason"])}
    return {**event, "payload": payload}


def refusal(error: SceneError) -> str:
    """Say what is wrong with a document."""
    return _fill(error.text, error.values)


def _fill(text: str, values: Mapping[str, Any]) -> str:
    said = gettext(text)
    if not values:
        return said
    return said % {name: _value(name, value) for name, value in values.items()}


def _value(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name in CODES:
        return CODES[name].get(value, value)
    return kept(value) if name == "why" else value


def kept(sentence: str) -> str:
    """Say a sentence that was kept in English, such as why a stream is lost."""
    language = get_language()
    if not sentence or not language:
        return sentence
    for pattern, said in _templates(language):
        found = pattern.fullmatch(sentence)
        if found is not None:
            values = {name: _value(name, text) for name, text in found.groupdict().items()}
            return said % {name: kept(str(text)) for name, text in values.items()}
    head, colon, tail = sentence.partition(": ")
    if colon and (inner := kept(tail)) != tail:
        return gettext("%(name)s: %(what)s") % {"name": head, "what": inner}
    return sentence


@lru_cache
def _templates(language: str) -> list[tuple[re.Pattern[str], str]]:
    """Return what sentences look like in English and how they are said, the most certain first."""
    mark = "kept\x04"
    found = []
    # Django has no other way to list them, and its catalogue is no mapping.
    for key in translation(language)._catalog.keys():  # noqa: SIM118
        text = key[0] if isinstance(key, tuple) else key
        if isinstance(text, str) and text.startswith(mark):
            english = text.removeprefix(mark)
            said = pgettext("kept", english)
            if said != english:
                found.append((len(PLACE.sub("", english)), _pattern(english), said))
    found.sort(key=lambda one: -one[0])
    return [(pattern, said) for _, pattern, said in found]


def _pattern(english: str) -> re.Pattern[str]:
    parts, at = [], 0
    for place in PLACE.finditer(english):
        parts.append(re.escape(english[at : place.start()]))
        parts.append(f"(?P<{place[1]}>.*)" if place[1] else "%")
        at = place.end()
    return re.compile("".join(parts) + re.escape(english[at:]), re.DOTALL)
