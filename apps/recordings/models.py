"""The index of what is recorded: stretches and gaps; and how long a mine keeps what."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.tenancy.models import MineRow

__all__ = ["Cause", "Gap", "Masking", "Retention", "Seal", "Stretch"]


class Cause(models.TextChoices):
    """Why there are no pictures of a time."""

    LOST = "lost", _("stream lost")
    FROZEN = "frozen", _("picture frozen")
    UNUSABLE = "unusable", _("stream not usable")
    DISK = "disk", _("disk full")
    RECORDER = "recorder", _("recorder not running")
    OFF = "off", _("camera switched off")
    CLOCK = "clock", _("clock was set")
    JUMP = "jump", _("the camera or its link paused")
    BEHIND = "behind", _("recorded, not entered yet")
    MASKS = "masks", _("masks could not be filled")
    MISSING = "missing", _("file missing")
    POLICY = "policy", _("nothing happened: not kept")
    AGE = "age", _("older than is kept")
    LIMIT = "limit", _("more than may be kept")
    PRESSURE = "pressure", _("disk too full")


class Stretch(MineRow):
    """A time that is recorded without a gap, within one clock hour (UTC).

    A year of fifty cameras with two streams is a million of these, where its chunks would be
    three thousand million: timelines and sums are read from here.
    """

    camera = models.ForeignKey("cameras.Camera", on_delete=models.CASCADE, related_name="+")
    stream = models.CharField(max_length=4)
    since = models.DateTimeField()
    until = models.DateTimeField()
    chunks = models.PositiveIntegerField()
    bytes = models.PositiveBigIntegerField()

    class Meta:
        ordering = ["since"]
        indexes = [models.Index(fields=["camera", "stream", "since"], name="stretch_of_stream")]


class Gap(MineRow):
    """A time of which a stream has no pictures, and why; `until` is empty while it lasts.

    What was recorded and then deleted is a gap as well: its `bytes` say how much went.
    """

    camera = models.ForeignKey("cameras.Camera", on_delete=models.CASCADE, related_name="+")
    stream = models.CharField(max_length=4)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    cause = models.CharField(max_length=10, choices=Cause)
    reason = models.CharField(max_length=300, blank=True)
    bytes = models.PositiveBigIntegerField(default=0)
    noted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-since"]
        indexes = [
            models.Index(fields=["camera", "stream", "since"], name="gap_of_stream"),
            models.Index(
                fields=["camera", "stream"], condition=models.Q(until=None), name="gap_open"
            ),
            models.Index(fields=["mine", "-since"], name="gap_of_mine"),
        ]


class Seal(MineRow):
    """The Merkle tree over some minutes of a stream's chunks; an act of the record tells its root.

    leaves: 32 bytes a chunk, in the order of their times; gone with the recording unless a clip
    needs them.
    """

    camera = models.ForeignKey("cameras.Camera", on_delete=models.CASCADE, related_name="+")
    stream = models.CharField(max_length=4)
    since = models.DateTimeField()
    until = models.DateTimeField()
    chunks = models.PositiveIntegerField()
    root = models.CharField(max_length=64)
    leaves = models.BinaryField()
    last_chunk = models.BigIntegerField()  # what was entered up to here is bound
    entry = models.ForeignKey("audit.AuditEntry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["camera", "since"], name="seal_of_camera"),
            models.Index(fields=["until"], name="seal_until"),
        ]

    @property
    def name(self) -> str:
        """How the record calls the stream."""
        return f"{self.camera_id}/{self.stream}"


class Retention(MineRow):
    """How long one mine, or one camera of it, keeps what; what is empty comes from above.

    A camera's figure goes before its mine's, the mine's before the installation's.
    """

    camera = models.OneToOneField(
        "cameras.Camera", on_delete=models.CASCADE, null=True, related_name="retention"
    )
    days = models.FloatField(
        _("recordings, days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.01), MaxValueValidator(3660)],
    )
    gigabytes = models.FloatField(
        _("recordings, GB"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.01), MaxValueValidator(1_000_000)],
    )
    clip_years = models.FloatField(
        _("videos of alarms, years"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mine"],
                condition=models.Q(camera=None),
                name="one_retention_of_a_mine",
            ),
        ]


class Masking(MineRow):
    """Whether a mine, or one camera of it, is recorded with its masks filled.

    A camera whose row says nothing does as its mine does; a mine that says nothing does not.
    """

    camera = models.OneToOneField(
        "cameras.Camera", on_delete=models.CASCADE, null=True, related_name="masking"
    )
    filled = models.BooleanField(_("masks in the recording"), null=True)
    reason = models.CharField(_("reason"), max_length=300)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mine"], condition=models.Q(camera=None), name="one_masking_of_a_mine"
            ),
        ]
