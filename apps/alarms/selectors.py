"""Reads of alarms."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Case, IntegerField, Prefetch, Q, QuerySet, Value, When
from django.utils import timezone

from apps.alarms.floods import flood_data, floods, recent
from apps.alarms.life import ASKING, SILENCED
from apps.alarms.models import Alarm, AlarmTransition, Severity, Silence, Silenced, Witness
from apps.cameras.selectors import camera_tile_data, cameras
from apps.live.selectors import cursor_now
from apps.sentences import said_alarm

__all__ = [
    "alarm_data",
    "alarms",
    "alarms_open",
    "asking",
    "desk_data",
    "silence_data",
    "silence_in_force",
    "silences",
    "steps_of",
]

MOST_OPEN = 500

RANK = Case(
    When(severity=Severity.CRITICAL, then=Value(0)),
    When(severity=Severity.HIGH, then=Value(1)),
    When(severity=Severity.MEDIUM, then=Value(2)),
    default=Value(3),
    output_field=IntegerField(),
)


def alarms() -> QuerySet[Alarm]:
    """List the alarms in scope, newest first, with what a row shows.

    Clips and witnesses are read into lists, `its_clips` and `its_witnesses`: Django would make two
    managers for every alarm, which takes a thousand times as long.
    """
    from apps.evidence.models import Clip

    return (
        Alarm.objects.select_related("mine", "camera__area", "acknowledged_by", "assigned_to")
        .prefetch_related(
            Prefetch("clips", queryset=Clip.objects.order_by("wanted_from"), to_attr="its_clips"),
            Prefetch(
                "witnesses",
                queryset=Witness.objects.select_related("camera"),
                to_attr="its_witnesses",
            ),
        )
        .order_by("-raised_at", "-pk")
    )


def alarms_open() -> QuerySet[Alarm]:
    """List what is not closed: unanswered first, silenced last, then the worst, then the newest."""
    return (
        alarms()
        .exclude(state=Alarm.State.CLOSED)
        .annotate(
            rank=RANK,
            answered=Case(
                When(state__in=[Alarm.State.ACKNOWLEDGED, Alarm.State.LATCHED], then=Value(1)),
                When(state__in=SILENCED, then=Value(2)),
                default=Value(0),
                output_field=IntegerField(),
            ),
        )
        .order_by("answered", "rank", "-raised_at", "-pk")
    )


def alarm_data(alarm: Alarm) -> dict[str, Any]:
    """Return an alarm as the desk, the socket and the API show it: the same in all three.

    Its reason is in English; whoever shows it says it in the reader's language (`said_alarm`).
    """
    camera = alarm.camera
    return {
        "id": alarm.pk,
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
        "active": alarm.cleared_at is None,
        "raised_at": alarm.raised_at.isoformat(),
        "last_seen_at": alarm.last_seen_at.isoformat(),
        "cleared_at": alarm.cleared_at and alarm.cleared_at.isoformat(),
        "unwatched": alarm.unwatched,
        "acknowledged_at": alarm.acknowledged_at and alarm.acknowledged_at.isoformat(),
        "acknowledged_by": alarm.acknowledged_by and alarm.acknowledged_by.get_username(),
        "asked_at": alarm.asked_at and alarm.asked_at.isoformat(),
        "told": alarm.told,
        "escalates_at": alarm.escalates_at and alarm.escalates_at.isoformat(),
        "escalates_to": alarm.escalates_to,
        "assigned_to": alarm.assigned_to and alarm.assigned_to.get_username(),
        "verdict": alarm.verdict,
        "finding": alarm.finding,
        "mark": alarm.mark,
        "chatter": alarm.chatter,
        "count": alarm.count,
        "why": alarm.why,
        "values": alarm.values,
        "boxes": alarm.boxes,
        "zone": alarm.zone,
        "picture": alarm.picture,
        "scene_version": alarm.scene_version,
        "clauses": alarm.clauses,
        "committed_at": alarm.committed_at.isoformat(),
        "stages": alarm.stages,
        "witnesses": [
            {
                "camera": one.camera_id,
                "camera_name": one.camera.name,
                "active": one.cleared_at is None,
            }
            for one in _read_with(alarm, "witnesses")
        ],
        "clips": [
            {
                "id": str(clip.uid),
                "camera": clip.camera_id,
                "state": clip.state,
                "starts_at": clip.starts_at and clip.starts_at.isoformat(),
                "ends_at": clip.ends_at and clip.ends_at.isoformat(),
            }
            for clip in sorted(
                _read_with(alarm, "clips"),
                key=lambda clip: (clip.wanted_from, clip.camera_id != alarm.camera_id, clip.pk),
            )
        ],
    }


def _read_with(alarm: Alarm, name: str) -> Iterable[Any]:
    """Return what was read together with the alarms, else ask for it."""
    found: Iterable[Any] | None = getattr(alarm, f"its_{name}", None)
    return getattr(alarm, name).all() if found is None else found


def desk_data(*, mine_ids: list[int]) -> dict[str, Any]:
    """Return the snapshot that a live page starts from; events after its cursor complete it."""
    cursor = cursor_now()  # read first: what commits meanwhile is sent again rather than missed
    return {
        "cursor": cursor,
        "alarms": [
            said_alarm(alarm_data(alarm))
            for alarm in alarms_open().filter(mine__in=mine_ids)[:MOST_OPEN]
        ],
        "silences": [silence_data(s) for s in silences().filter(mine__in=mine_ids)],
        "floods": [flood_data(flood) for flood in floods().filter(mine__in=mine_ids)],
        "recent": [
            {"id": pk, "mine": mine, "at": at.isoformat()}
            for pk, mine, at in recent(now=timezone.now())
            .filter(mine__in=mine_ids)
            .order_by("committed_at", "pk")
            .values_list("pk", "mine", "committed_at")
        ],
        "cameras": [camera_tile_data(c) for c in cameras().filter(mine__in=mine_ids)],
    }


def asking(*, mine_ids: list[int]) -> list[dict[str, Any]]:
    """List what asks for an answer, the worst first: what other pages than the desk show and sound.

    `folds`: it is a lesser alarm in a flood, which makes no sound.
    """
    flooded = set(floods().filter(mine__in=mine_ids).values_list("mine", flat=True))
    rows = (
        Alarm.objects.filter(mine__in=mine_ids, state__in=ASKING)
        .annotate(rank=RANK)
        .order_by("rank", "-raised_at", "-pk")
        .values_list("pk", "mine", "severity", "state", "cleared_at")
    )
    return [
        {
            "id": pk,
            "severity": severity,
            "state": state,
            "active": cleared_at is None,
            "folds": mine in flooded and severity not in (Severity.CRITICAL, Severity.HIGH),
        }
        for pk, mine, severity, state, cleared_at in rows
    ]


def silences() -> QuerySet[Silence]:
    """List the silences that are in force or wait for a second person, first to end first."""
    return (
        Silence.objects.filter(ended_at=None)
        .select_related("mine", "camera__area", "asked_by", "agreed_by")
        .order_by("until", "pk")
    )


def silence_in_force(*, camera_id: int, rule: str, rule_type: str, severity: str) -> str:
    """Return the kind of silence that holds for a rule now, or "".

    It was asked for a rule of one type: another type under the same name is another rule. Only
    where nobody knew the type it holds for any, until the next scene. The row's times are the
    truth: one whose time is over holds no more, however late the beat that ends it. A critical
    alarm is silenced by two people or by a permit, never by one person.
    """
    rows = Silence.objects.filter(
        Q(until=None) | Q(until__gt=timezone.now()),
        camera=camera_id,
        rule=rule,
        rule_type__in=["", rule_type],
        ended_at=None,
        since__isnull=False,
    )
    if severity == Severity.CRITICAL:
        rows = rows.filter(Q(kind=Silenced.SUPPRESSED) | Q(agreed_by__isnull=False))
    kinds = set(rows.values_list("kind", flat=True))
    for kind in (Silenced.OUT_OF_SERVICE, Silenced.SUPPRESSED, Silenced.SHELVED):
        if kind in kinds:
            return kind.value
    return ""


def silence_data(silence: Silence) -> dict[str, Any]:
    """Return a silence as the desk, the socket and the API show it."""
    camera = silence.camera
    return {
        "id": silence.pk,
        "mine": silence.mine_id,
        "mine_name": silence.mine.name,
        "timezone": silence.mine.timezone,
        "area": camera.area.name,
        "camera": camera.pk,
        "camera_name": camera.name,
        "rule": silence.rule,
        "rule_type": silence.rule_type,
        "kind": silence.kind,
        "reason": silence.reason,
        "asked_by": silence.asked_by and silence.asked_by.get_username(),
        "asked_at": silence.asked_at.isoformat(),
        "needs_second": silence.needs_second,
        "agreed_by": silence.agreed_by and silence.agreed_by.get_username(),
        "since": silence.since and silence.since.isoformat(),
        "until": silence.until and silence.until.isoformat(),
        "ended_at": silence.ended_at and silence.ended_at.isoformat(),
        "end": silence.end,
    }


def steps_of(alarm: Alarm) -> QuerySet[AlarmTransition]:
    """List the steps of an alarm's life as they happened, for a person to read.

    What is found late, as a clearing that waited for its analysis, may be written after what
    followed it; rows, and the numbers that machines follow, keep the order of their writing.
    """
    return alarm.transitions.select_related("actor").order_by("at", "pk")
