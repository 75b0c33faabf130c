"""Shift hand-over: one page of how the mine stands, signed by who goes and by who comes.

Nobody signs while a high or critical alarm asks for an answer. Both signatures are rows that the
database refuses to change; each is written with the audit entry and the event in one transaction.
"""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.models import User
from apps.alarms.life import ASKING
from apps.alarms.models import Alarm, Handover, Severity, Takeover
from apps.alarms.selectors import alarms, alarms_open, silence_data, silences
from apps.audit.services import record
from apps.cameras.models import AHEAD, Camera
from apps.cameras.selectors import camera_health, cameras
from apps.clocks import clock_words
from apps.live.services import emit, take_turn
from apps.mines.models import Mine
from apps.readings.models import Reading
from apps.readings.selectors import STALE
from apps.rules.models import Scene
from apps.rules.selectors import rules_switched_off

__all__ = [
    "handover_data",
    "handover_page",
    "handover_sign",
    "handover_take",
    "handovers",
    "in_the_way",
]

MUST_BE_ANSWERED = (Severity.CRITICAL.value, Severity.HIGH.value)
LEVEL = ".level_m"
# So many alarms that come and go are listed, the newest; of the others the page says how many.
MOST_CHATTERING = 50
TREND = timedelta(hours=1)
# The same person's same words so soon are one signature that was sent twice.
SENT_TWICE = timedelta(minutes=1)
# What a mine without any hand-over looks back on; handover_content.html says it.
FIRST = timedelta(hours=12)
# Of the cameras that protect nobody the news come first, and what is off on purpose last.
ORDER = ("disarmed", "blind", "idle", "off")


def handovers() -> QuerySet[Handover]:
    """List the hand-overs in scope, the last one first.

    As they were signed, not by their times: this machine's clock may have been set back since.
    """
    rows = Handover.objects.select_related("mine", "handed_by", "takeover__taken_by")
    return rows.order_by("-pk")


def handover_data(row: Handover, *, whole: bool = False) -> dict[str, Any]:
    """Return a hand-over as the API shows it; whole: with how the mine stood then."""
    taken: Takeover | None = getattr(row, "takeover", None)
    data = {
        "id": row.pk,
        "mine": row.mine_id,
        "handed_by": row.handed_by.get_username(),
        "handed_at": row.handed_at.isoformat(),
        "desk": row.desk,
        "note": row.note,
        "takeover": taken and {
            "taken_by": taken.taken_by.get_username(),
            "taken_at": taken.taken_at.isoformat(),
            "desk": taken.desk,
            "note": taken.note,
        },
    }  # fmt: skip
    return {**data, "content": row.content} if whole else data


def in_the_way(*, mine: Mine) -> QuerySet[Alarm]:
    """List what must be answered before anybody signs: high and critical alarms that ask."""
    rows = alarms().filter(mine=mine, state__in=ASKING, severity__in=MUST_BE_ANSWERED)
    return rows.order_by("raised_at")


def handover_page(*, mine: Mine, now: datetime) -> dict[str, Any]:
    """Return how the mine stands, as plain data: what the page shows and a signature keeps."""
    last = handovers().filter(mine=mine).first()
    since, after = _since(last, now)
    came = Alarm.objects.filter(mine=mine)
    came = came.filter(pk__gt=after["alarm"]) if after else came.filter(committed_at__gt=since)
    false = Count("pk", filter=Q(verdict="false"))
    counted = {
        row["severity"]: row
        for row in came.order_by().values("severity").annotate(count=Count("pk"), false=false)
    }
    chattering = alarms().prefetch_related(None).filter(pk__in=came.values("pk"))
    chattering = chattering.exclude(chatter={})
    off = _off(mine, since, after)
    return {
        "at": now.isoformat(),
        "since": since.isoformat(),
        "after": after,
        "newest": _newest(mine),
        "first": last is None,
        "untaken": last is not None and not hasattr(last, "takeover"),
        "counts": {
            severity: counted[severity]["count"] if severity in counted else 0
            for severity in Severity.values
        },
        "false": sum(row["false"] for row in counted.values()),
        "alarms": [_alarm(alarm) for alarm in alarms_open().filter(mine=mine)],
        "chattering": [_alarm(alarm) for alarm in chattering[:MOST_CHATTERING]],
        "chattering_more": max(0, chattering.count() - MOST_CHATTERING),
        "silences": [silence_data(row) for row in silences().filter(mine=mine)],
        "off": off,
        "cameras": Camera.objects.filter(mine=mine).count(),
        "blind": _blind(mine, {row["camera"] for row in off}),
        "water": _water(mine, now),
    }  # fmt: skip


def _since(last: Handover | None, now: datetime) -> tuple[datetime, dict[str, int] | None]:
    """Return from when a page counts, and after which rows: what nobody took over is told again.

    The rows decide where they are known. By the time, what comes within the hour by which this
    machine's clock was set back would stand in no hand-over.
    """
    if last is None:
        return now - FIRST, None
    if hasattr(last, "takeover"):
        return last.handed_at, last.content.get("newest")
    since = datetime.fromisoformat(last.content.get("since") or last.handed_at.isoformat())
    return since, last.content.get("after")


def _newest(mine: Mine) -> dict[str, int]:
    """Return the last alarm and the last version of a camera's rules that there are by now."""
    rows = {"alarm": Alarm.objects.filter(mine=mine), "scene": Scene.objects.filter(mine=mine)}
    return {name: found.aggregate(last=Max("pk"))["last"] or 0 for name, found in rows.items()}


def _alarm(alarm: Alarm) -> dict[str, Any]:
    return {
        "id": alarm.pk,
        "rule": alarm.rule,
        "rule_type": alarm.rule_type,
        "level": alarm.level,
        "severity": alarm.severity,
        "state": alarm.state,
        "unwatched": alarm.unwatched,
        "area": alarm.camera.area.name,
        "camera_name": alarm.camera.name,
        "raised_at": alarm.raised_at.isoformat(),
        "why": alarm.why,
        "values": {"phrases": alarm.values.get("phrases", [])},
        "count": alarm.count,
        "chatter": alarm.chatter,
        "assigned_to": alarm.assigned_to and alarm.assigned_to.get_username(),
        "acknowledged_by": alarm.acknowledged_by and alarm.acknowledged_by.get_username(),
    }


def _off(mine: Mine, since: datetime, after: dict[str, int] | None) -> list[dict[str, Any]]:
    """List the rules that were switched off, or taken away, since the last hand-over."""
    lost = rules_switched_off(mine=mine, since=since, after=after and after["scene"])
    return [
        {
            "camera": camera.pk,
            "area": camera.area.name,
            "camera_name": camera.name,
            "rule": rule["id"],
            "rule_type": rule["type"],
        }
        for camera in cameras().filter(pk__in=lost)
        for rule in lost[camera.pk]
    ]


def _blind(mine: Mine, off: set[int]) -> list[dict[str, Any]]:
    """List every camera that protects nobody now, and why: blind, without an armed rule, or off.

    What was disarmed in this shift comes first, what is off last; each by place and name.
    off: the cameras of which a rule was switched off in this shift.
    """
    found = []
    for camera in cameras().filter(mine=mine):
        health = camera_health(camera)
        if health["state"] != "protecting":
            where = {"area": camera.area.name, "camera_name": camera.name}
            told = {"state": health["state"], "because": health["because"]}
            found.append({**where, **told, "disarmed": camera.pk in off and not camera.guarded})
    return sorted(
        found, key=lambda row: ORDER.index("disarmed" if row["disarmed"] else row["state"])
    )


def _water(mine: Mine, now: datetime) -> list[dict[str, Any]]:
    """List each gauge's level now and an hour ago; None where nothing readable is newer than that.

    level_m: metres, None when stale for five minutes; rise_m: metres in the last hour.
    """
    rows = Reading.objects.filter(mine=mine, name__endswith=LEVEL, at__gt=now - TREND - STALE)
    # In the order in which they were read, whatever the clock did since; what was read last and is
    # of a time that is yet to come tells nothing of now.
    rows = rows.filter(value__isnull=False).select_related("camera__area").order_by("pk")
    last, before = (
        {(row.camera_id, row.name): row for row in found}
        for found in (
            rows.filter(at__gt=now - STALE),
            rows.filter(at__gt=now - TREND - STALE, at__lte=now - TREND),
        )
    )
    newest = {key: row for key, row in last.items() if row.at <= now + AHEAD}
    found = []
    for camera_id, name in sorted({*newest, *before}):
        one, old = newest.get((camera_id, name)), before.get((camera_id, name))
        camera = (one or old).camera  # type: ignore[union-attr]
        rise_m = None if one is None or old is None else round(one.value - old.value, 3)
        found.append(
            {
                "area": camera.area.name,
                "camera_name": camera.name,
                "gauge": name.removesuffix(LEVEL),
                "level_m": one and round(one.value, 3),
                "rise_m": rise_m,
            }
        )
    return found


def _refuse_unanswered(mine: Mine) -> None:
    count = in_the_way(mine=mine).count()
    if count:
        raise ValidationError(
            ngettext(
                "Answer the critical and high alarms first: %(count)s of them asks.",
                "Answer the critical and high alarms first: %(count)s of them ask.",
                count,
            )
            % {"count": count}
        )


def _note(note: str) -> str:
    note = note.strip()
    if len(note) > 2000:
        raise ValidationError({"note": _("At most %(most)s characters.") % {"most": 2000}})
    return note


@transaction.atomic
def handover_sign(*, mine: Mine, actor: User, note: str = "", desk: str = "") -> Handover:
    """Sign for who goes; what the page shows now is kept.

    Sent twice within a minute, the first one stands, unless an alarm came in between.
    """
    take_turn(mine_id=mine.pk)
    note, now = _note(note), timezone.now()
    _refuse_unanswered(mine)
    last = handovers().filter(mine=mine).first()
    same = last and not hasattr(last, "takeover") and (last.handed_by, last.note) == (actor, note)
    if last and same and abs(now - last.handed_at) <= SENT_TWICE:
        return last
    handover = Handover.objects.create(
        mine=mine,
        handed_by=actor,
        handed_at=now,
        desk=desk,
        note=note,
        content=handover_page(mine=mine, now=now),
    )
    _told(handover, "signed", actor, desk)
    return handover


@transaction.atomic
def handover_take(*, handover: Handover, actor: User, note: str = "", desk: str = "") -> Takeover:
    """Sign for who comes: another person, and again with no high alarm that asks.

    Sent twice by one person, the first one stands; whoever comes second is told who was first.
    """
    take_turn(mine_id=handover.mine_id)
    note = _note(note)
    taken = Takeover.objects.filter(handover=handover).select_related("taken_by").first()
    if taken is not None and (taken.taken_by_id, taken.note) == (actor.pk, note):
        return taken
    if taken is not None:
        at = clock_words(taken.taken_at, handover.mine.timezone, "%Y-%m-%d %H:%M")
        raise ValidationError(
            _("%(name)s took this over at %(time)s.")
            % {"name": taken.taken_by.get_username(), "time": at}
        )
    if handover.handed_by_id == actor.pk:
        raise ValidationError(_("Whoever comes signs, not who hands over."))
    newer = Handover.objects.filter(mine=handover.mine_id, pk__gt=handover.pk)
    if newer.exists():
        raise ValidationError(_("There is a newer hand-over: take that one."))
    _refuse_unanswered(handover.mine)
    taken = Takeover.objects.create(
        mine_id=handover.mine_id,
        handover=handover,
        taken_by=actor,
        taken_at=timezone.now(),
        desk=desk,
        note=note,
    )
    _told(handover, "taken", actor, desk)
    return taken


def _told(handover: Handover, what: str, actor: User, desk: str) -> None:
    record(
        action=f"handover.{what}",
        subject=handover,
        mine_id=handover.mine_id,
        actor=actor,
        detail={"desk": desk},
    )
    payload = {"id": handover.pk, "by": actor.get_username()}
    emit(mine_id=handover.mine_id, kind=f"handover.{what}", payload=payload)
