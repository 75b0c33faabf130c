"""What the list of alarms shows, filters and exports."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps import sentences
from apps.alarms.life import SILENCED
from apps.alarms.models import Alarm, Severity
from apps.alarms.words import FAULTS, RULE_TYPES, say, standing
from apps.lists.choices import area_choices, camera_choices, mine_choices
from apps.lists.filters import Choice, Search, Since, Until
from apps.lists.listing import Column, Listing

__all__ = ["ALARMS"]

OPEN = tuple(code for code in Alarm.State.values if code != Alarm.State.CLOSED)


def _what(alarm: Any) -> str:
    if alarm.rule_type == "camera_health":
        return say(FAULTS, alarm.level)
    return say(RULE_TYPES, alarm.rule_type)


def _who(row: Any) -> str:
    return row.acknowledged_by.get_username() if row.acknowledged_by else ""


ALARMS = Listing(
    name="alarms",
    title=_("Alarms"),
    columns=(
        Column(
            key="raised", label=_("Raised"), text=lambda row: row.raised_at, order=("raised_at",)
        ),
        Column(
            key="severity",
            label=_("Severity"),
            text=lambda row: Severity(row.severity).label,
            order=("severity_rank",),
        ),
        Column(key="what", label=_("What"), text=_what, order=("rule_type", "level")),
        Column(key="why", label=_("Why"), text=sentences.why, shown=False),
        Column(
            key="place",
            label=_("Place"),
            text=lambda row: row.camera.area.name,
            order=("camera__area__name", "camera__name"),
        ),
        Column(key="mine", label=_("Mine"), text=lambda row: row.mine.name, shown=False),
        Column(key="camera", label=_("Camera"), text=lambda row: row.camera.name, shown=False),
        Column(key="rule", label=_("Rule"), text=lambda row: row.rule, shown=False),
        Column(
            key="state",
            label=_("State"),
            text=lambda row: standing(row.state, row.unwatched),
            order=("state",),
        ),
        Column(key="over", label=_("Over since"), text=lambda row: row.cleared_at, shown=False),
        Column(
            key="answered",
            label=_("Answered by"),
            text=_who,
            order=("acknowledged_by__username",),
        ),
        Column(
            key="answered_at",
            label=_("Answered at"),
            text=lambda row: row.acknowledged_at,
            shown=False,
        ),
        Column(key="finding", label=_("Finding"), text=lambda row: row.finding, shown=False),
        Column(key="count", label=_("How often"), text=lambda row: row.count, shown=False),
        Column(
            key="video",
            label=_("Video"),
            text=lambda row: ", ".join(str(clip.State(clip.state).label) for clip in row.its_clips),
        ),
    ),
    filters=(
        Choice(key="mine", label=_("Mine"), fields=("mine",), choices=mine_choices),
        Choice(key="area", label=_("Place"), fields=("camera__area",), choices=area_choices),
        Choice(key="camera", label=_("Camera"), fields=("camera",), choices=camera_choices),
        Choice(
            key="state",
            label=_("State"),
            fields=("state",),
            choices=lambda mine_ids: [
                ("open", _("open")),
                ("silenced", _("silenced")),
                *Alarm.State.choices,
            ],
            groups={"open": OPEN, "silenced": tuple(SILENCED)},
        ),
        Choice(
            key="severity",
            label=_("Severity"),
            fields=("severity",),
            choices=lambda mine_ids: Severity.choices,
        ),
        Choice(
            key="type",
            label=_("Hazard"),
            fields=("rule_type",),
            choices=lambda mine_ids: sorted(RULE_TYPES.items()),
        ),
        Since(label=_("Raised from"), fields=("raised_at",)),
        Until(label=_("Raised until"), fields=("raised_at",)),
        Search(label=_("Rule or finding"), fields=("rule", "finding")),
    ),
    order="-raised",
)
