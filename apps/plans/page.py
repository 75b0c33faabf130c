"""What the plan's island is given."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.alarms import words
from apps.alarms.models import Severity
from apps.plans.models import Plan
from apps.plans.selectors import plan_data

__all__ = ["plan_config"]


def plan_config(plan: Plan, *, may_place: bool) -> dict[str, Any]:
    """Return the data block of a plan's page."""
    return {
        "plan": plan_data(plan),
        "may_place": may_place,
        "urls": {
            "socket": "/ws/events/",
            "events": reverse("api:events"),
            "plan": reverse("api:plan", args=[plan.pk]),
            "place": reverse("api:plan-camera", args=[plan.pk, 0]),
            "picture": f"{reverse('plan-picture', args=[plan.pk])}?v={plan.sha256[:16]}",
            "alarm": reverse("alarm", args=[0]),
            "camera": reverse("portal-camera", args=[0])
            if may_place
            else f"{reverse('alarms')}?camera=0",
        },
        "strings": {
            "rule_type": {code: str(text) for code, text in words.RULE_TYPES.items()},
            "fault": {code: str(text) for code, text in words.FAULTS.items()},
            "blind": {code: str(text) for code, text in words.BLIND.items()},
            "severity": {code: str(text) for code, text in Severity.choices},
            "blind_word": _("BLIND"),
            "off_word": _("OFF"),
            "protecting_word": _("protecting"),
            "idle_word": _("protects nobody"),
            "more_alarms": _("%(what)s, and %(count)s more"),
            "live": _("Live"),
            "connecting": _("Connecting…"),
            "lost": _("Connection lost since %(time)s. Trying again by itself."),
            "polling": _("Live by polling: the direct line is being opened."),
            "blocked": _("Live by polling: the direct line is blocked."),
            "signed_out": _("Your session has ended. What you see is from %(time)s."),
            "not_placed": _("not on the plan yet"),
            "place": _("Put on the plan"),
            "saved": _("Saved"),
            "saving": _("Saving…"),
            "not_saved": _("Not saved: %(reason)s"),
            "no_picture": _("The picture cannot be loaded: the store may be away."),
        },
    }
