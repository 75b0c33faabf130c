"""The names of what acts are about: the record keeps numbers, which say nothing to a reader.

A name is that of today, and the number stands beside it; what is gone has its number alone.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from apps.accounts.models import ApiToken, Grant, User
from apps.alarms.models import Alarm
from apps.alarms.templatetags.words import alarm_words
from apps.audit.models import AuditEntry
from apps.bundles.models import Bundle
from apps.cameras.models import Camera
from apps.evidence.models import Clip
from apps.mines.models import Area, Machine, Mine, Organisation
from apps.notify.models import Route

__all__ = ["Names"]

# "camera:3", "camera:3/main"; a look names the page: "camera-tile:3", "api:alarm:7".
SUBJECT = re.compile(r"(?:api:)?([a-z]+)(-[a-z-]+)?:([0-9]{1,18})(?:/\w+)?")
# What a page that begins so is about; the number in the address of others is of something else.
LOOKED_AT = {"camera": "camera", "alarm": "alarm", "case": "alarm"}
# Under which names, in which acts or in all of them, details keep a number, or several.
DETAILS = {
    "camera": "camera",
    "route": "route",
    "notify.areas": "area",
    "notify.people": "user",
}

Pairs = Iterable[tuple[int, str]]


def _plain(model: Any, field: str = "name") -> Callable[[set[int]], Pairs]:
    def found(keys: set[int]) -> Pairs:
        return list(model.objects.filter(pk__in=keys).values_list("pk", field))

    return found


def _alarms(keys: set[int]) -> Pairs:
    for alarm in Alarm.objects.filter(pk__in=keys):
        yield alarm.pk, f"{_('Alarm')} {alarm.pk}: {alarm_words(alarm)}"


def _clips(keys: set[int]) -> Pairs:
    for pk, camera in Clip.objects.filter(pk__in=keys).values_list("pk", "camera__name"):
        yield pk, _("Video of %(camera)s") % {"camera": camera}


FOUND: dict[str, Callable[[set[int]], Pairs]] = {
    "alarm": _alarms,
    "apitoken": _plain(ApiToken),
    "area": _plain(Area),
    "bundle": _plain(Bundle, "purpose"),
    "camera": _plain(Camera),
    "clip": _clips,
    "grant": _plain(Grant, "user__username"),
    "machine": _plain(Machine),
    "mine": _plain(Mine),
    "organisation": _plain(Organisation),
    "route": _plain(Route),
    "user": _plain(User, "username"),
}


class Names:
    """The names of what some acts are about: one query for each kind of thing, in their scope."""

    def __init__(self, entries: Iterable[AuditEntry]) -> None:
        wanted: dict[str, set[int]] = defaultdict(set)
        for entry in entries:
            for kind, pk in _numbers(entry):
                wanted[kind].add(pk)
        self._names = {
            (kind, pk): name for kind, keys in wanted.items() for pk, name in FOUND[kind](keys)
        }

    def subject(self, subject: str) -> str:
        """Return the name of what an act is about; "" where it has none."""
        about = _about(subject)
        return self._names.get(about, "") if about else ""

    def detail(self, act: str, name: str, value: Any) -> str:
        """Return the name that stands behind a number among the details; "" where none does."""
        kind = _kind(act, name)
        return self._names.get((kind, value), "") if kind and _is_number(value) else ""


def _about(subject: str) -> tuple[str, int] | None:
    found = SUBJECT.fullmatch(subject)
    if found is None:
        return None
    kind = found[1]
    if found[2] or subject.startswith("api:") or kind == "case":
        kind = LOOKED_AT.get(kind, "")
    return (kind, int(found[3])) if kind in FOUND else None


def _kind(act: str, name: str) -> str:
    return DETAILS.get(f"{act.partition('.')[0]}.{name}") or DETAILS.get(name, "")


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _numbers(entry: AuditEntry) -> Iterator[tuple[str, int]]:
    if about := _about(entry.subject):
        yield about
    yield from _detailed(entry.action, entry.detail)


def _detailed(act: str, details: Any) -> Iterator[tuple[str, int]]:
    """Find the numbers at any depth: a change keeps what was before and after."""
    if not isinstance(details, dict):
        return
    for name, value in details.items():
        yield from _detailed(act, value)
        if kind := _kind(act, name):
            for one in value if isinstance(value, list) else [value]:
                if _is_number(one):
                    yield kind, one
