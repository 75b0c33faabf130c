"""Scenes: everything drawn and ruled for one camera, and drafts that are tried on recordings."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.tenancy.models import MineRow

__all__ = ["MasksCarried", "Replay", "Scene"]


class Scene(MineRow):
    """One version of a camera's scene document; the newest is in force, none is ever changed."""

    camera = models.ForeignKey("cameras.Camera", on_delete=models.CASCADE, related_name="scenes")
    version = models.PositiveIntegerField()
    document = models.JSONField(_("document"))
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    author = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["camera", "version"], name="scene_version_once"),
        ]


class MasksCarried(MineRow):
    """Where a camera's masks lie since it was knocked a little; the newest row of a camera holds.

    polygons: of those masks alone that lie elsewhere than they were drawn; none: each does again.
    """

    camera = models.ForeignKey("cameras.Camera", on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()
    polygons = models.JSONField(default=list)

    class Meta:
        ordering = ["-since", "-pk"]
        indexes = [models.Index(fields=["camera", "since"], name="masks_carried_since")]


class Replay(MineRow):
    """A draft that runs over what a camera recorded: how far it is, and what it would have raised.

    Done in turns of some seconds by whoever holds the lease; each turn goes on from what stands
    here, so a turn that is lost or comes twice costs time and changes nothing.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    OPEN = (State.WAITING, State.RUNNING)

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    camera = models.ForeignKey("cameras.Camera", on_delete=models.CASCADE, related_name="replays")
    author = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+"
    )
    document = models.JSONField()
    rule = models.CharField(max_length=100, blank=True)  # whose alarms; empty: those of every rule
    since = models.DateTimeField()
    until = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    progress = models.FloatField(default=0.0)  # share of the span
    # The first alarms, each {"number", "at", "rule", "type", "level", "severity", "why", "values",
    # "clip", "clip_error"}; `count` is of all.
    alarms = models.JSONField(default=list)
    count = models.PositiveIntegerField(default=0)
    tally = models.JSONField(default=dict)  # apps.rules.replay.Tally
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    # Where the next turn goes on: the engine's state after the chunk of this sequence.
    sequence = models.BigIntegerField(default=-1)
    engine_state = models.BinaryField(default=bytes)
    lease_token = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)  # turns in a row that came no further

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["mine"],
                condition=models.Q(state__in=["waiting", "running"]),
                name="one_replay_a_mine",
            ),
        ]
        indexes = [models.Index(fields=["camera", "-created_at"])]
