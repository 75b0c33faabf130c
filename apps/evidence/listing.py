"""What the list of clips shows, filters and exports."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.alarms.words import RULE_TYPES, say
from apps.evidence.models import Clip, ClipAccess
from apps.lists.choices import area_choices, camera_choices, mine_choices
from apps.lists.filters import Choice, Search, Since, Until
from apps.lists.listing import Column, Listing

__all__ = ["CLIPS", "HOLDS", "LOOKS"]


def _about(row: Any) -> str:
    """Say what a clip, or a hold on an alarm, is about."""
    return say(RULE_TYPES, row.alarm.rule_type) if row.alarm else _("cut by hand")


CLIPS = Listing(
    name="clips",
    title=_("Videos"),
    columns=(
        Column(
            key="begins",
            label=_("Begins"),
            text=lambda row: row.starts_at or row.wanted_from,
            order=("wanted_from",),
        ),
        Column(key="ends", label=_("Ends"), text=lambda row: row.ends_at, shown=False),
        Column(
            key="what",
            label=_("What"),
            text=_about,
            order=("alarm__rule_type",),
        ),
        Column(key="alarm", label=_("Alarm"), text=lambda row: row.alarm_id, shown=False),
        Column(
            key="place",
            label=_("Place"),
            text=lambda row: row.camera.area.name,
            order=("camera__area__name", "camera__name"),
        ),
        Column(key="mine", label=_("Mine"), text=lambda row: row.mine.name, shown=False),
        Column(key="camera", label=_("Camera"), text=lambda row: row.camera.name, shown=False),
        Column(
            key="state",
            label=_("State"),
            text=lambda row: row.get_state_display(),
            order=("state",),
        ),
        Column(key="size", label=_("Size"), text=lambda row: row.bytes, order=("bytes",)),
        Column(key="reason", label=_("Why"), text=lambda row: row.reason, shown=False),
        Column(key="sha256", label="SHA-256", text=lambda row: row.sha256, shown=False),
        Column(key="take", label=_("File"), text=lambda row: str(row.uid)),
    ),
    filters=(
        Choice(key="mine", label=_("Mine"), fields=("mine",), choices=mine_choices),
        Choice(key="area", label=_("Place"), fields=("camera__area",), choices=area_choices),
        Choice(key="camera", label=_("Camera"), fields=("camera",), choices=camera_choices),
        Choice(
            key="state",
            label=_("State"),
            fields=("state",),
            choices=lambda mine_ids: Clip.State.choices,
        ),
        Choice(
            key="type",
            label=_("Hazard"),
            fields=("alarm__rule_type",),
            choices=lambda mine_ids: sorted(RULE_TYPES.items()),
        ),
        Since(label=_("From"), fields=("wanted_from",)),
        Until(label=_("Until"), fields=("wanted_from",)),
        Search(label=_("Rule, or why"), fields=("rule", "reason")),
    ),
    order="-begins",
)

HOLDS = Listing(
    name="holds",
    title=_("Holds"),
    columns=(
        Column(
            key="what",
            label=_("What"),
            text=lambda row: _about(row.clip or row),
        ),
        Column(
            key="thing",
            label=_("Held"),
            text=lambda row: f"clip {row.clip.uid}" if row.clip else f"alarm {row.alarm_id}",
            shown=False,
        ),
        Column(key="reason", label=_("Why"), text=lambda row: row.reason),
        Column(
            key="who",
            label=_("Who"),
            text=lambda row: row.placed_by.get_username(),
            order=("placed_by__username",),
        ),
        Column(key="since", label=_("Since"), text=lambda row: row.placed_at, order=("placed_at",)),
        Column(key="until", label=_("Until"), text=lambda row: row.until, order=("until",)),
        Column(key="ended", label=_("Ended"), text=lambda row: row.ended_at, order=("ended_at",)),
    ),
    filters=(
        Choice(key="mine", label=_("Mine"), fields=("mine",), choices=mine_choices),
        Choice(
            key="state",
            label=_("State"),
            fields=("state",),
            choices=lambda mine_ids: [("open", _("in force")), ("ended", _("ended"))],
        ),
        Search(label=_("Why"), fields=("reason",)),
    ),
    order="-since",
)

LOOKS = Listing(
    name="clip-looks",
    title=_("Who looked"),
    columns=(
        Column(key="clip", label=_("Video"), text=lambda row: str(row.clip.uid), shown=False),
        Column(key="at", label=_("When"), text=lambda row: row.at, order=("at",)),
        Column(
            key="who",
            label=_("Who"),
            text=lambda row: row.user.get_username(),
            order=("user__username",),
        ),
        Column(
            key="what", label=_("What"), text=lambda row: row.get_kind_display(), order=("kind",)
        ),
        Column(key="address", label=_("Address"), text=lambda row: row.address, order=("address",)),
    ),
    filters=(
        Search(label=_("Who"), fields=("user__username",)),
        Choice(
            key="kind",
            label=_("What"),
            fields=("kind",),
            choices=lambda mine_ids: ClipAccess.Kind.choices,
        ),
        Since(label=_("From"), fields=("at",)),
        Until(label=_("Until"), fields=("at",)),
    ),
    order="-at",
    below=True,
)
