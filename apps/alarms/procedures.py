"""Strips of steps: how a procedure goes, in words and times, for pages and the API."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from apps.alarms import words
from apps.cameras.models import Analysis, Camera

__all__ = ["procedures_of", "strip_of"]

# A procedure that is over stays on its camera's page for so long.
KEPT = timedelta(minutes=10)


def strip_of(values: dict[str, Any]) -> dict[str, Any] | None:
    """Return the strip of what a procedure's rule told, or None where there is none.

    steps, forbidden: rows of id, name, actor, state (a code), words, at, and of the step that is
    waited for `earliest` and `latest`; begun_at, ended_at: ISO times, None while it goes on.
    """
    steps = values.get("steps")
    if not isinstance(steps, list) or not steps:
        return None
    return {
        "begun_at": _iso(values.get("begun_t")),
        "ended_at": _iso(values.get("ended_t")),
        "steps": [_row(row) for row in steps],
        "forbidden": [_row(row) for row in values.get("forbidden", [])],
    }


def procedures_of(camera: Camera) -> list[dict[str, Any]]:
    """List the procedures that go on under a camera, or ended just now, the newest first."""
    analysis = getattr(camera, "analysis", None) or Analysis(camera=camera)
    oldest = (timezone.now() - KEPT).timestamp()
    rows = []
    for rule, shown in analysis.shown.items():
        strip = strip_of(shown)
        ended = shown.get("ended_t")
        if strip is not None and (ended is None or ended >= oldest):
            rows.append({"rule": rule, "name": shown.get("name") or rule, **strip})
    return sorted(rows, key=lambda row: row["begun_at"] or "", reverse=True)


def _row(row: dict[str, Any]) -> dict[str, Any]:
    made = {
        "id": row["id"],
        "name": row["name"],
        "actor": row.get("actor", ""),
        "state": row["state"],
        "words": words.say(words.STEP_STATES, row["state"]),
        "at": _iso(row.get("t")),
    }
    if "until_t" in row:
        made |= {"earliest": _iso(row.get("from_t")), "latest": _iso(row["until_t"])}
    return made


def _iso(unix_s: float | None) -> str | None:
    return None if unix_s is None else datetime.fromtimestamp(unix_s, tz=UTC).isoformat()
