"""What a message says, in one language: the same words for every channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override, pgettext

from apps.alarms import words
from apps.alarms.ladders import WHOM
from apps.alarms.models import Alarm, Severity
from apps.clocks import clock_words
from apps.notify.models import Kind
from apps.sentences import action_of, kept, why_of

__all__ = ["Message", "alarm_facts", "message"]

# A message that is older than this says so.
LATE_S = 60
MOST_LINES = 10
# Receivers cut a message at its end, where it says what to do and where to answer.
MOST_LETTERS = 500


@dataclass(frozen=True)
class Message:
    """A heading, the reason, facts as (name, value), and where to answer."""

    severity: str
    title: str
    text: str
    lines: Sequence[tuple[str, str]]
    url: str
    link: str  # what the link is called

    def plain(self) -> str:
        """Return it as plain text."""
        rows = [f"{name}: {value}" for name, value in self.lines]
        return "\n".join(filter(None, [self.title, self.text, *rows, f"{self.link}: {self.url}"]))

    def markdown(self) -> str:
        """Return it in the little Markdown that group robots know."""
        rows = [f"> {_marked(name)}: {_marked(value)}" for name, value in self.lines]
        head = f"**{_marked(self.title)}**"
        parts = [head, _marked(self.text), *rows, f"[{_marked(self.link)}]({self.url})"]
        return "\n\n".join(filter(None, parts))


def _marked(text: str) -> str:
    """Keep what people named from being read as Markdown, or as a link."""
    for sign in "\\`*_[]<>#":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", " ")


def alarm_facts(alarm: Alarm, detail: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return what a message needs of an alarm, as it is now."""
    camera = alarm.camera
    detail = detail or {}
    return {
        "alarm": alarm.pk,
        "mine": alarm.mine_id,
        "mine_name": alarm.mine.name,
        "timezone": alarm.mine.timezone,
        "area": camera.area.name,
        "camera": camera.pk,
        "camera_name": camera.name,
        "rule": alarm.rule,
        "rule_type": alarm.rule_type,
        "state": alarm.state,
        "level": alarm.level,
        "severity": alarm.severity,
        "why": alarm.why,
        "values": alarm.values,
        "count": alarm.count,
        "raised_at": alarm.raised_at.isoformat(),
        "cleared_at": alarm.cleared_at and alarm.cleared_at.isoformat(),
        "unwatched": alarm.unwatched,
        "whom": detail.get("whom", ""),
        "rung": detail.get("rung", 0),
        "late_s": detail.get("late_s", 0),
    }


def message(
    *,
    kind: str,
    facts: dict[str, Any],
    language: str,
    created_at: datetime,
    now: datetime,
    folded: Sequence[dict[str, Any]] = (),
) -> Message:
    """Put an occasion into words; `folded` are the facts of the alarms that one message tells."""
    with override(language):
        if kind == Kind.TEST:
            return _test(facts, now)
        if kind == Kind.FOLDED:
            return _folded(facts, folded)
        return _alarm(kind, facts, created_at, now)


def _alarm(kind: str, facts: dict[str, Any], created_at: datetime, now: datetime) -> Message:
    severity = words.say(dict(Severity.choices), facts["severity"])
    about = _about(facts)
    unwatched = facts.get("unwatched", "")  # what was written before this was told has none
    heading = {
        Kind.RAISED: _("%(severity)s: %(what)s"),
        Kind.WORSE: _("Became %(severity)s: %(what)s"),
        Kind.TOLD: _("Nobody answered (%(severity)s): %(what)s"),
        Kind.CLEARED: _("No longer watched (%(severity)s): %(what)s")
        if unwatched
        else _("Over (%(severity)s): %(what)s"),
    }[Kind(kind)]
    lines = [(_("Where"), _place(facts)), (_("Since"), _clock(facts["raised_at"], facts))]
    if kind == Kind.CLEARED and facts["cleared_at"]:
        until = _("Watched until") if unwatched else _("Until")
        lines.append((until, _clock(facts["cleared_at"], facts)))
    if kind == Kind.CLEARED and unwatched:
        lines.append((_("No longer watched"), kept(unwatched)))
    if kind == Kind.TOLD:
        lines.append((_("Now told"), words.say(WHOM, facts["whom"])))
    if kind != Kind.CLEARED and (action := action_of(facts)):
        lines.append((_("What to do"), action))
    if facts["count"] > 1:
        lines.append((_("Times"), str(facts["count"])))
    late_s = (now - created_at).total_seconds()
    if late_s > LATE_S:
        late = _("%(minutes)s minutes late: it could not be sent earlier")
        lines.append((_("This message"), late % {"minutes": round(late_s / 60)}))
    url = settings.BASE_URL.rstrip("/") + reverse("alarm", args=[facts["alarm"]])
    link = (
        pgettext("an alarm that is over", "Look at it")
        if kind == Kind.CLEARED
        else _("Look and answer")
    )
    title = heading % {"severity": severity, "what": about}
    text = Truncator(why_of(facts)).chars(MOST_LETTERS)
    return Message(facts["severity"], title, text, lines, url, link)


def _folded(facts: dict[str, Any], folded: Sequence[dict[str, Any]]) -> Message:
    count = len(folded)
    title = ngettext(
        "%(count)s lesser alarm in a flood", "%(count)s lesser alarms in a flood", count
    ) % {"count": count}
    lines = [
        (_clock(one["raised_at"], one), f"{_about(one)}: {one['camera_name']}")
        for one in folded[:MOST_LINES]
    ]
    if count > MOST_LINES:
        more = _("%(count)s more, on the desk") % {"count": count - MOST_LINES}
        lines.append((_("and"), more))
    text = _("More alarms than one person can answer: the lesser ones come in one message.")
    url = settings.BASE_URL.rstrip("/") + reverse("desk")
    return Message(facts["severity"], title, text, lines, url, _("To the desk"))


def _test(facts: dict[str, Any], now: datetime) -> Message:
    title = _("Test from Davy: %(mine)s") % {"mine": facts["mine_name"]}
    text = _("This message only shows that the route “%(name)s” works. There is no alarm.")
    lines = [(_("Asked for by"), facts["actor"]), (_("Time"), _clock(now.isoformat(), facts))]
    url = settings.BASE_URL.rstrip("/") + reverse("desk")
    return Message("low", title, text % {"name": facts["route"]}, lines, url, _("To the desk"))


def _about(facts: dict[str, Any]) -> str:
    if facts["rule_type"] == "camera_health":
        return words.say(words.FAULTS, facts["level"])
    text = words.say(words.RULE_TYPES, facts["rule_type"])
    return text[:1].upper() + text[1:]


def _place(facts: dict[str, Any]) -> str:
    return " · ".join([facts["mine_name"], facts["area"], facts["camera_name"]])


def _clock(iso: str, facts: dict[str, Any]) -> str:
    """Write a moment by the mine's clock, with the zone that it is of."""
    zone = facts["timezone"]
    return f"{clock_words(datetime.fromisoformat(iso), zone)} ({zone})"
