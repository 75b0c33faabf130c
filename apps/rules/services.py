"""Writes of scenes and of replays."""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.alarms.silences import silences_follow
from apps.audit.services import record
from apps.cameras.models import Camera
from apps.live.services import emit, take_turn
from apps.rules.models import Replay, Scene
from apps.rules.replays import draft
from apps.rules.selectors import rules_disarmed, scene_document, scene_in_force
from workers.report import Finding
from workers.scene import SceneError, parse_scene

__all__ = [
    "BusyError",
    "ConflictError",
    "DisarmError",
    "replay_cancel",
    "replay_end",
    "replay_start",
    "rule_shadow",
    "scene_publish",
]

LONGEST_REPLAY = timedelta(days=7)


class DisarmError(SceneError):
    """A life-critical rule would stop protecting, and nobody confirmed that."""


class ConflictError(SceneError):
    """Somebody else put a version in force since the one that this draft began with."""


class BusyError(ValidationError):
    """Another replay of the same mine goes on: one at a time, so that it takes one core at most."""


@transaction.atomic
def scene_publish(
    *,
    camera: Camera,
    document: dict[str, Any],
    reason: str = "",
    disarm: bool = False,
    base: int | None = None,
    actor: User | None = None,
) -> Scene:
    """Put a new version of a camera's scene in force.

    base: the version that the draft began with; ConflictError when another is in force by now.
    Raises workers.scene.SceneError, with the path of the fault, when the document is not valid,
    and DisarmError when a life-critical rule would stop protecting without `disarm` and a reason.
    A rule of a type that is not known here stays if it was there before, and is refused as new.
    What silences a rule that is gone, or of another type by now, ends.
    """
    take_turn(mine_id=camera.mine_id)  # two people may save at once
    before = scene_in_force(camera=camera)
    newest = before.version if before else 0
    if base is not None and base != newest:
        raise ConflictError("base", "version %(version)s is in force by now", version=newest)
    there = scene_document(before)
    parse_scene(document, keep=[(rule["id"], rule["type"]) for rule in there.get("rules", [])])
    lost = rules_disarmed(before=there, after=document)
    if lost and not (disarm and reason.strip()):
        raise DisarmError(
            "disarm",
            "%(rules)s would no longer protect anybody: confirm it, and give a reason",
            rules=", ".join(lost),
        )
    scene = Scene.objects.create(
        mine_id=camera.mine_id,
        camera=camera,
        version=newest + 1,
        document=document,
        reason=reason,
        author=actor,
    )
    record(
        action="scene.published",
        subject=camera,
        mine_id=camera.mine_id,
        actor=actor,
        detail={"version": scene.version, "reason": reason, "disarmed": lost},
    )
    emit(
        mine_id=camera.mine_id,
        kind="scene.published",
        payload={"camera": camera.pk, "version": scene.version},
    )
    kept = {rule["id"]: rule["type"] for rule in document.get("rules", [])}
    silences_follow(camera=camera, rules=kept, actor=actor)
    return scene


@transaction.atomic
def rule_shadow(*, camera: Camera, scene: Scene | None, finding: Finding, at: datetime) -> None:
    """Tell what a rule in shadow raised or cleared: an event and an audit entry, no alarm."""
    take_turn(mine_id=camera.mine_id)
    told = {
        "camera": camera.pk,
        "rule": finding.rule,
        "type": finding.type,
        "situation": finding.situation,
        "state": finding.state,
        "level": finding.level,
        "at": at.isoformat(),
        "why": finding.why,
        "scene_version": scene.version if scene else 0,
    }
    record(action="rule.shadow", subject=camera, mine_id=camera.mine_id, detail=told)
    emit(mine_id=camera.mine_id, kind="rule.shadow", payload=told)


@transaction.atomic
def replay_start(
    *,
    camera: Camera,
    document: dict[str, Any],
    since: datetime,
    until: datetime,
    rule: str = "",
    actor: User | None = None,
) -> Replay:
    """Ask for a draft to be run over what is recorded; the span ends now at the latest.

    Raises workers.scene.SceneError with the path of a fault in the draft, BusyError while another
    replay of the mine goes on, and ValidationError for a span that cannot be.
    """
    parsed = draft(document, rule)
    if rule and rule not in {one.id for one in parsed.rules}:
        unknown = _("The draft has no rule “%s” that this version knows.")
        raise ValidationError({"rule": unknown % rule})
    now = timezone.now()
    until = min(until, now)
    if until <= since:
        raise ValidationError({"since": _("The span must begin before it ends, and in the past.")})
    if until - since > LONGEST_REPLAY:
        raise ValidationError({"since": _("At most seven days.")})
    take_turn(mine_id=camera.mine_id)  # two people may start at once
    other = Replay.objects.filter(mine_id=camera.mine_id, state__in=Replay.OPEN).first()
    if other is not None:
        raise BusyError(
            _("A replay of %(camera)s is running in this mine; wait for its end or cancel it.")
            % {"camera": other.camera.name}
        )
    replay = Replay.objects.create(
        mine_id=camera.mine_id, camera=camera, author=actor, document=document, rule=rule,
        since=since, until=until,
    )  # fmt: skip
    span = {"since": since.isoformat(), "until": until.isoformat()}
    _note(replay, "started", actor, {"camera": camera.pk, "rule": rule, **span})
    return replay


@transaction.atomic
def replay_cancel(*, replay: Replay, actor: User | None = None) -> Replay:
    """Stop a replay; what it has found so far stays. One that is over is left as it is."""
    return _end(replay, Replay.State.CANCELLED, "", actor)


@transaction.atomic
def replay_end(*, replay: Replay, error: str = "") -> Replay:
    """End a replay that came to the end of its span, or that failed for the reason given."""
    return _end(replay, Replay.State.FAILED if error else Replay.State.DONE, error, None)


def _end(replay: Replay, state: str, error: str, actor: User | None) -> Replay:
    take_turn(mine_id=replay.mine_id)
    ended = Replay.objects.filter(pk=replay.pk, state__in=Replay.OPEN).update(
        state=state, error=error[:300], ended_at=timezone.now(), engine_state=b"",
        lease_token="", lease_until=None,
    )  # fmt: skip
    replay.refresh_from_db()
    if ended:
        _note(replay, state, actor, {"error": error, "alarms": replay.count})
    return replay


def _note(replay: Replay, verb: str, actor: User | None, detail: dict[str, Any]) -> None:
    record(
        action=f"replay.{verb}", subject=replay, mine_id=replay.mine_id, actor=actor,
        part="" if actor else "replay", detail=detail,
    )  # fmt: skip
    emit(
        mine_id=replay.mine_id,
        kind=f"replay.{verb}",
        payload={"replay": str(replay.uid), "camera": replay.camera_id, "state": replay.state},
    )
