"""Cameras, the chunks of their streams, and how their analysis stands."""

from datetime import timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.tenancy.models import MineRow

__all__ = ["AHEAD", "Analysis", "Camera", "Chunk", "Stream", "StreamState", "Worth"]

# What is dated so much later than now was dated before this machine's clock was set back.
AHEAD = timedelta(seconds=5)


class Stream(models.TextChoices):
    """The two streams that a camera sends."""

    MAIN = "main", _("main (evidence)")
    SUB = "sub", _("sub (analysis)")


class Worth(models.IntegerChoices):
    """What a chunk shows: what is worth least goes first when the disk is full."""

    NOTHING = 0, _("nothing moved")
    MOTION = 1, _("something moved")
    ALARM = 2, _("an alarm")
    NOT_JUDGED = 3, _("not judged yet")


class Camera(MineRow):
    """A camera; its password is kept encrypted and is in no address, answer or log."""

    class Keeps(models.TextChoices):
        """What of the recording is kept; everything is recorded and analysed first."""

        ALL = "all", _("everything, day and night")
        MOTION = "motion", _("where something moves, and alarms")
        ALARMS = "alarms", _("alarms only")

        @property
        def least(self) -> int:
            """What a chunk must be worth to be kept."""
            return {"all": Worth.NOTHING, "motion": Worth.MOTION, "alarms": Worth.ALARM}[self.value]

    area = models.ForeignKey("mines.Area", on_delete=models.PROTECT, related_name="cameras")
    name = models.CharField(_("name"), max_length=100)
    main_url = models.CharField(_("main stream"), max_length=500)
    sub_url = models.CharField(_("sub-stream"), max_length=500, blank=True)
    # Fernet: the whole address, where a parameter in it is secret and stands there as ***.
    main_box = models.TextField(blank=True, default="", db_default="")
    sub_box = models.TextField(blank=True, default="", db_default="")
    username = models.CharField(_("user name"), max_length=100, blank=True)
    password_box = models.TextField(blank=True)  # Fernet
    enabled = models.BooleanField(_("enabled"), default=True)
    chunk_s = models.FloatField(
        _("chunk length, s"),
        default=1.0,
        validators=[MinValueValidator(1.0), MaxValueValidator(4.0)],
    )
    keeps = models.CharField(
        _("keeps"), max_length=10, choices=Keeps, default=Keeps.ALL, db_default=Keeps.ALL
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["mine", "name"],
                name="camera_name_once",
                violation_error_message=_("This mine has a camera of that name already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def analysed_stream(self) -> str:
        """The stream that is analysed: the sub-stream where there is one."""
        return Stream.SUB if self.sub_url else Stream.MAIN


class StreamState(MineRow):
    """What the recorder last said of one stream."""

    class State(models.TextChoices):
        CONNECTING = "connecting", _("connecting")
        RECORDING = "recording", _("recording")
        LOST = "lost", _("lost")
        FROZEN = "frozen", _("frozen")
        UNUSABLE = "unusable", _("unusable")
        OFF = "off", _("off")

    camera = models.ForeignKey(Camera, on_delete=models.CASCADE, related_name="streams")
    stream = models.CharField(max_length=4, choices=Stream)
    state = models.CharField(max_length=20, choices=State, default=State.CONNECTING)
    reason = models.CharField(max_length=300, blank=True)
    since = models.DateTimeField()
    last_chunk_at = models.DateTimeField(null=True)
    # The highest number that a chunk of it ever had. Retention deletes chunks and not this, so that
    # the numbers of a stream never begin anew.
    last_sequence = models.BigIntegerField(default=0, db_default=0)
    codec = models.CharField(max_length=20, blank=True)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    fps = models.FloatField(default=0)
    duplicate_chunks = models.PositiveIntegerField(default=0)
    drift_s = models.FloatField(default=0)  # of the camera's clock, since it connected

    class Meta:
        constraints = [models.UniqueConstraint(fields=["camera", "stream"], name="stream_once")]


class Chunk(MineRow):
    """One to a few seconds of a stream, on disk in the ring."""

    class State(models.TextChoices):
        NEW = "new", _("waiting")
        DONE = "done", _("analysed")
        BAD = "bad", _("could not be decoded")
        KEPT = "kept", _("kept for evidence")  # a main stream's chunk is not analysed

    camera = models.ForeignKey(Camera, on_delete=models.CASCADE, related_name="chunks")
    stream = models.CharField(max_length=4, choices=Stream)
    sequence = models.BigIntegerField()
    started_at = models.DateTimeField()
    duration_s = models.FloatField()
    path = models.CharField(max_length=200)  # relative to the ring
    bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=4, choices=State)
    # The scene version whose masks the recorder filled; empty for a picture as the camera sent it.
    masked_by = models.PositiveIntegerField(null=True)
    worth = models.PositiveSmallIntegerField(
        choices=Worth, default=Worth.NOT_JUDGED, db_default=Worth.NOT_JUDGED
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    # Who was where in its analysed pictures (evidence/boxes.py); empty where nobody was.
    boxes = models.BinaryField(null=True)
    indexed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["camera", "stream", "sequence"], name="chunk_once"),
        ]
        indexes = [
            models.Index(fields=["camera", "stream", "started_at"]),
            models.Index(
                fields=["camera", "sequence"],
                condition=models.Q(state="new"),
                name="chunk_waiting",
            ),
            models.Index(fields=["started_at"]),
            models.Index(
                fields=["started_at"], condition=models.Q(worth=3), name="chunk_not_judged"
            ),
            # What goes first when the disk is full: docs/evidence.md.
            models.Index(fields=["worth", "-stream", "started_at"], name="chunk_goes_first"),
        ]

    @property
    def key(self) -> str:
        """How logs and events call a chunk of a camera."""
        return f"{self.stream}/{self.sequence}"


class Analysis(MineRow):
    """How far a camera's analysis has come: its lease and its checkpoint."""

    camera = models.OneToOneField(Camera, on_delete=models.CASCADE, related_name="analysis")
    # The lease: who may analyse this camera until when. The token fences a holder that woke late.
    lease_token = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)
    # The checkpoint: the engine's state after the chunk of this sequence. Each stream has numbers
    # of its own; without a stream (before the first chunk) it is of whichever comes.
    stream = models.CharField(max_length=4, choices=Stream, blank=True, default="", db_default="")
    sequence = models.BigIntegerField(default=-1)
    state = models.BinaryField(default=bytes)
    scene_version = models.PositiveIntegerField(default=0)
    # What the desk shows.
    machine_states = models.JSONField(default=dict)
    visibility = models.FloatField(null=True)
    faults = models.JSONField(default=list)  # [{"fault", "about", "since"}] in the picture now
    # Which way what was drawn was carried along with a knocked camera (workers.vision.way), by
    # name (workers.laid): {"zone:winch": [0.01, 0.0, ...]}; else empty.
    aside = models.JSONField(default=dict, db_default={})
    # What rules show while nothing is wrong, by the rule: a procedure's strip of steps.
    shown = models.JSONField(default=dict)
    # When a person said that the camera's view is right. The first chunk that was recorded after
    # that takes it as usual, and not one that waited meanwhile: it may show the view before.
    view_accepted_at = models.DateTimeField(null=True)
    analysed_until = models.DateTimeField(null=True)
    lag_s = models.FloatField(null=True)
    # How many chunks waited when that was looked at last; no time where few did: shedding.py.
    backlog = models.PositiveIntegerField(default=0, db_default=0)
    backlog_at = models.DateTimeField(null=True)
    # When chunks were left out last because this machine is too slow, and since when it does that.
    skipped_at = models.DateTimeField(null=True)
    skipping_since = models.DateTimeField(null=True)
    bad_chunks = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)
    shed_chunks = models.PositiveIntegerField(default=0)  # analysed at a lower rate than asked
    # The rate of the last chunk, {"fps", "look_s"}: empty where it was the one that was asked for.
    rate = models.JSONField(default=dict)

    def is_of(self, stream: str) -> bool:
        """Tell whether the checkpoint's number is one of this stream's."""
        return self.stream in ("", stream)

    def accepts(self, chunk: Chunk) -> bool:
        """Tell whether a chunk shows the view that a person called right."""
        at = self.view_accepted_at
        # In the future: the clock was set back since.
        return at is not None and (at <= chunk.started_at or at > timezone.now())

    def is_before(self, chunk: Chunk) -> bool:
        """Tell whether a chunk comes after the checkpoint; another stream's always does."""
        return not self.is_of(chunk.stream) or self.sequence < chunk.sequence
