"""What the list of gaps shows, filters and exports."""

from django.utils.translation import gettext_lazy as _

from apps.cameras.models import Stream
from apps.lists.choices import area_choices, camera_choices, mine_choices
from apps.lists.filters import Choice, Since, Until
from apps.lists.listing import Column, Listing
from apps.recordings.models import Cause
from apps.sentences import kept

__all__ = ["GAPS"]

GAPS = Listing(
    name="gaps",
    title=_("Gaps in recordings"),
    columns=(
        Column(key="begins", label=_("From"), text=lambda row: row.since, order=("since",)),
        Column(key="ends", label=_("Until"), text=lambda row: row.until, order=("until",)),
        Column(
            key="cause",
            label=_("Cause"),
            text=lambda row: row.get_cause_display(),
            order=("cause",),
        ),
        Column(key="reason", label=_("Reason"), text=lambda row: kept(row.reason), shown=False),
        Column(
            key="place",
            label=_("Camera"),
            text=lambda row: row.camera.name,
            order=("camera__area__name", "camera__name"),
        ),
        Column(key="area", label=_("Place"), text=lambda row: row.camera.area.name, shown=False),
        Column(key="mine", label=_("Mine"), text=lambda row: row.mine.name, shown=False),
        Column(key="stream", label=_("Stream"), text=lambda row: row.stream, order=("stream",)),
        Column(key="bytes", label=_("Deleted"), text=lambda row: row.bytes, order=("bytes",)),
    ),
    filters=(
        Choice(key="mine", label=_("Mine"), fields=("mine",), choices=mine_choices),
        Choice(key="area", label=_("Place"), fields=("camera__area",), choices=area_choices),
        Choice(key="camera", label=_("Camera"), fields=("camera",), choices=camera_choices),
        Choice(
            key="cause",
            label=_("Cause"),
            fields=("cause",),
            choices=lambda mine_ids: Cause.choices,
        ),
        Choice(
            key="stream",
            label=_("Stream"),
            fields=("stream",),
            choices=lambda mine_ids: Stream.choices,
        ),
        Since(label=_("From"), fields=("since",)),
        Until(label=_("Until"), fields=("since",)),
    ),
    order="-begins",
)
