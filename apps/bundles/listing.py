"""What the list of bundles shows, filters and exports."""

from django.utils.translation import gettext_lazy as _

from apps.bundles.models import Bundle
from apps.lists.choices import mine_choices
from apps.lists.filters import Choice, Search, Since, Until
from apps.lists.listing import Column, Listing

__all__ = ["BUNDLES"]

BUNDLES = Listing(
    name="bundles",
    title=_("Evidence bundles"),
    columns=(
        Column(key="asked", label=_("Asked at"), text=lambda row: row.asked_at, order=("pk",)),
        Column(key="purpose", label=_("What it is for"), text=lambda row: row.purpose),
        Column(
            key="alarms",
            label=_("Alarms"),
            text=lambda row: ", ".join(str(pk) for pk in row.alarms),
        ),
        Column(key="videos", label=_("Videos"), text=lambda row: len(row.clips) or "", shown=False),
        Column(key="mine", label=_("Mine"), text=lambda row: row.mine.name, order=("mine__name",)),
        Column(
            key="who",
            label=_("Who"),
            text=lambda row: row.asked_by.get_username(),
            order=("asked_by__username",),
        ),
        Column(
            key="state",
            label=_("State"),
            text=lambda row: row.get_state_display(),
            order=("state",),
        ),
        Column(key="sha256", label="SHA-256", text=lambda row: row.sha256, shown=False),
        Column(key="take", label=_("File"), text=lambda row: str(row.uid)),
    ),
    filters=(
        Choice(key="mine", label=_("Mine"), fields=("mine",), choices=mine_choices),
        Choice(
            key="state",
            label=_("State"),
            fields=("state",),
            choices=lambda mine_ids: Bundle.State.choices,
        ),
        Search(label=_("What it is for"), fields=("purpose",)),
        Search(key="who", label=_("Who"), fields=("asked_by__username",)),
        Since(label=_("From"), fields=("asked_at",)),
        Until(label=_("Until"), fields=("asked_at",)),
    ),
    order="-asked",
)
