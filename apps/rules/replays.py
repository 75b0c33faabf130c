"""Reads of replays, and the draft that one runs."""

from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from apps.alarms import words
from apps.rules.models import Replay
from apps.sentences import kept, said_alarm
from workers.scene import Scene, parse_scene

__all__ = ["LEASE", "draft", "replay_data", "replays", "replays_waiting"]

# Longer than one stretch with its clips may take.
LEASE = timedelta(seconds=60)


def draft(document: dict[str, Any], rule: str = "", *, stored: bool = False) -> Scene:
    """Return a draft as it would be if armed: the rule that is asked about, else every rule.

    stored: it was taken before. Raises workers.scene.SceneError, with the path of the fault.
    """
    rules = document.get("rules", [])
    if isinstance(rules, list):
        rules = [
            {**one, "mode": "armed"}
            if isinstance(one, dict) and (not rule or one.get("id") == rule)
            else one
            for one in rules
        ]
    return parse_scene({**document, "rules": rules}, stored=stored)


def replays() -> QuerySet[Replay]:
    """List the replays in scope, newest first, without what only their turns need."""
    return Replay.objects.select_related("camera", "author").defer("engine_state", "document")


def replays_waiting() -> list[tuple[int, int]]:
    """List (replay, mine) of those that nobody is at work on; needs a system scope."""
    free = Q(lease_until=None) | Q(lease_until__lt=timezone.now())
    rows = Replay.objects.filter(free, state__in=Replay.OPEN).order_by("created_at")
    return list(rows.values_list("pk", "mine_id"))


def replay_data(replay: Replay) -> dict[str, Any]:
    """Return a replay as the API gives it; reasons in the reader's language, times in seconds."""
    tally = replay.tally
    return {
        "id": str(replay.uid),
        "mine": replay.mine_id,
        "camera": replay.camera_id,
        "camera_name": replay.camera.name,
        "rule": replay.rule,
        "since": replay.since.isoformat(),
        "until": replay.until.isoformat(),
        "state": replay.state,
        "progress": round(replay.progress, 3),
        "author": replay.author and replay.author.get_username(),
        "created_at": replay.created_at.isoformat(),
        "ended_at": replay.ended_at and replay.ended_at.isoformat(),
        "error": kept(replay.error),
        "span_s": (replay.until - replay.since).total_seconds(),
        "seconds": round(tally.get("seconds", 0.0), 1),
        "not_recorded_s": round(tally.get("holes_s", 0.0), 1),
        "unreadable_s": round(tally.get("unread_s", 0.0), 1),
        "blind_s": round(tally.get("blind_s", 0.0), 1),
        "took_s": round(tally.get("took_s", 0.0), 1),
        "count": replay.count,
        "alarms": [
            {
                "number": alarm["number"],
                "at": alarm["at"],
                "rule": alarm["rule"],
                "rule_type": alarm["type"],
                "what": words.say(words.RULE_TYPES, alarm["type"]),
                "level": alarm["level"],
                "severity": alarm["severity"],
                "why": said_alarm(alarm)["why"],
                "clip": alarm["clip"]
                and reverse("replay-clip", args=[replay.uid, alarm["number"]])
                or None,
                "clip_error": kept(alarm["clip_error"]),
            }
            for alarm in replay.alarms
        ],
    }
