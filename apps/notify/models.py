"""Routes, what was sent along them, and the devices that take browser push."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.alarms.models import Severity
from apps.notify.match import Wish
from apps.tenancy.models import MineRow

__all__ = ["Attempt", "Channel", "Delivery", "Kind", "Picture", "Route", "Subscription"]


class Channel(models.TextChoices):
    """What carries a message."""

    EMAIL = "email", _("e-mail")
    WEBHOOK = "webhook", _("webhook (signed, for programs)")
    WECOM = "wecom", _("WeCom group robot")
    DINGTALK = "dingtalk", _("DingTalk group robot")
    FEISHU = "feishu", _("Feishu group robot")
    PUSH = "push", _("browser push")


class Picture(models.TextChoices):
    """What of the alarm's picture goes along."""

    NONE = "none", _("no picture")
    LINK = "link", _("a link to the alarm's page, where the picture is")
    ATTACH = "attach", _("the picture itself (e-mail only)")


class Kind(models.TextChoices):
    """What a message is about."""

    RAISED = "raised", _("needs an answer")
    WORSE = "worse", _("became worse")
    TOLD = "told", _("nobody answered")
    CLEARED = "cleared", _("over")
    FOLDED = "folded", _("several lesser alarms in one")
    TEST = "test", _("test")


class Route(MineRow):
    """Who is told of what, when and how. Address and secret are kept encrypted, never shown."""

    name = models.CharField(_("name"), max_length=60)
    channel = models.CharField(max_length=10, choices=Channel)
    enabled = models.BooleanField(default=True)
    severities = models.JSONField(default=list)
    areas = models.JSONField(default=list)  # ids; empty: the whole mine
    steps = models.JSONField(default=list)  # 0: at once; n: the n-th step of the ladder
    since = models.TimeField(null=True)  # by the mine's clock; both empty: always
    until = models.TimeField(null=True)
    cleared = models.BooleanField(default=False)  # say also when it is over
    language = models.CharField(max_length=10, choices=settings.LANGUAGES, default="en")
    picture = models.CharField(max_length=6, choices=Picture, default=Picture.LINK)
    people = models.JSONField(default=list)  # push: user ids; empty: all with a device
    address_box = models.TextField(blank=True)  # Fernet: e-mail addresses, or a URL
    secret_box = models.TextField(blank=True)  # Fernet: what messages are signed with
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True)  # the log of what it sent stays
    # Who sends along it now: one worker at a time, so a dead receiver holds up only itself.
    lease_token = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["mine", "name"],
                condition=models.Q(removed_at=None),
                name="route_name_once",
                violation_error_message=_("This mine has a route of that name already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def wish(self) -> Wish:
        """What it wants to hear of."""
        return Wish(
            severities=frozenset(self.severities),
            steps=frozenset(self.steps),
            areas=frozenset(self.areas),
            since=self.since,
            until=self.until,
        )


class Delivery(MineRow):
    """One message to one target. The row is the truth: it is sent until it is sent or given up."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("given up")
        DROPPED = "dropped", _("not needed any more")
        FOLDED = "folded", _("folded into one message")

    uid = models.UUIDField(default=uuid.uuid4, unique=True)  # the receiver's idempotency key
    route = models.ForeignKey(Route, on_delete=models.PROTECT, related_name="deliveries")
    kind = models.CharField(max_length=10, choices=Kind)
    occasion = models.CharField(max_length=80)  # step:<transition>, flood:<flood>:<n>, test:<uid>
    target = models.CharField(max_length=300, blank=True)  # an e-mail address, or a device's id
    alarm = models.ForeignKey(
        "alarms.Alarm", on_delete=models.CASCADE, null=True, related_name="deliveries"
    )
    severity = models.CharField(max_length=10, choices=Severity)
    facts = models.JSONField(default=dict)  # what is to be said, as it was then
    into = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, related_name="folded"
    )  # the one message that tells of it
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    give_up_at = models.DateTimeField()
    said = models.CharField(max_length=300, blank=True)  # the latest outcome, in English
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["route", "occasion", "target"], name="delivery_once"),
        ]
        indexes = [
            models.Index(
                fields=["route", "next_at"],
                condition=models.Q(state="waiting"),
                name="delivery_waiting",
            ),
            models.Index(
                fields=["route", "-id"],
                condition=models.Q(state="failed"),
                name="delivery_failed",
            ),
            models.Index(
                fields=["route", "-ended_at"],
                condition=models.Q(state="sent"),
                name="delivery_sent",
            ),
            models.Index(fields=["mine", "-id"]),
            models.Index(fields=["created_at"]),
        ]


class Attempt(MineRow):
    """One try to send. Written before it: `ok` stays empty where the worker died meanwhile."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tries")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    took_s = models.FloatField(null=True)
    ok = models.BooleanField(null=True)
    said = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["delivery", "number"], name="attempt_once"),
        ]


class Subscription(MineRow):
    """One browser of one person that takes push messages of one mine."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    device = models.CharField(max_length=100)
    endpoint_hash = models.CharField(max_length=64)
    endpoint_box = models.TextField()  # Fernet: whoever knows it can send there
    key = models.CharField(max_length=100)  # p256dh, base64url
    auth_box = models.TextField()  # Fernet
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["mine", "endpoint_hash"], name="subscription_once"),
        ]
