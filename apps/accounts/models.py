"""People, their roles in mines, and the tokens that programs use."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from apps.mines.models import Organisation
from apps.tenancy.models import MineRow

__all__ = ["ApiToken", "Grant", "Membership", "Role", "User"]


class Role(models.TextChoices):
    """What a person is in a mine; `permissions.py` says what each may do."""

    OWNER = "owner", _("owner")
    ADMIN = "admin", _("admin")
    OPERATOR = "operator", _("operator")
    AUDITOR = "auditor", _("auditor")
    INTEGRATOR = "integrator", _("integrator")


class User(AbstractUser):
    """A person who signs in. What they may see comes from memberships alone."""

    # "" until the first signing in, which keeps what the browser asked for.
    language = models.CharField(_("language"), max_length=10, blank=True, default="")
    # Somebody else made the password and knows it.
    password_given = models.BooleanField(default=False)


class Membership(models.Model):
    """A person's role in one mine, or in every mine of an organisation when `mine` is empty."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    mine = models.ForeignKey("mines.Mine", on_delete=models.CASCADE, null=True, related_name="+")
    role = models.CharField(_("role"), max_length=20, choices=Role)

    objects = ScopedManager(mine="mine")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation", "mine"],
                nulls_distinct=False,
                name="one_role_in_a_mine",
            ),
        ]


class ApiToken(MineRow):
    """A program's key to one mine, acting for a person. Only a digest of the secret is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(_("name"), max_length=100)
    key_id = models.CharField(max_length=16, unique=True)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)


class Grant(MineRow):
    """A mine lets somebody look, from one moment to another and for a stated purpose.

    `cases` are numbers of alarms, of which alone the person learns; empty: the whole mine, as its
    auditor. The rows' times are the truth: nothing has to end a grant for it to be over.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="grants")
    purpose = models.CharField(_("purpose"), max_length=300)
    cases = models.JSONField(default=list)
    since = models.DateTimeField()
    until = models.DateTimeField()
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(until__gt=models.F("since")), name="grant_ends_after_it_begins"
            ),
        ]
        indexes = [models.Index(fields=["user", "until"], name="grant_of_person")]
