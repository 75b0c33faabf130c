"""The lists of how long mines and their cameras keep what, and the words for it."""

from types import SimpleNamespace
from typing import Any

from django.db.models import Min, Sum
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.cameras.models import Camera
from apps.cameras.selectors import cameras
from apps.evidence.models import Clip
from apps.lists.choices import area_choices
from apps.lists.filters import Choice, Filter, Search
from apps.lists.listing import Column, Listing
from apps.mines.models import Mine
from apps.mines.selectors import mines
from apps.portal.lists import PLACE, of_codes
from apps.recordings.keeping import FIELDS, Kept, kept_by_camera, kept_from
from apps.recordings.models import Retention, Stretch

__all__ = [
    "KEPT_CAMERAS",
    "KEPT_MINES",
    "days_words",
    "kept_by_mine",
    "kept_of_cameras",
    "kept_words",
    "number_words",
]

OWN = {"own": gettext_lazy("figures of its own"), "above": gettext_lazy("as the one above says")}
SAID: Filter = of_codes("said", gettext_lazy("Who says so"), "said", OWN.items())


def _kept(key: str, label: Any) -> Column:
    return Column(key=key, label=label, text=lambda row: row.words[key], order=(f"sizes__{key}",))


KEPT = (
    _kept("days", gettext_lazy("Recordings")),
    _kept("gigabytes", gettext_lazy("Their share")),
    _kept("clip_years", gettext_lazy("Videos of alarms")),
)
SAID_BY = Column(
    key="said", label=gettext_lazy("Who says so"), text=lambda row: OWN[row.said], shown=False
)
CHANGE = Column(key="change", label=gettext_lazy("Change"), text=lambda row: "", exported=False)
KEPT_MINES = Listing(
    name="retention",
    title=gettext_lazy("Retention"),
    columns=(
        Column(key="mine", label=gettext_lazy("Mine"), text=lambda row: row.name, order=("name",)),
        *KEPT,
        SAID_BY,
        Column(
            key="own",
            label=gettext_lazy("Cameras that say something else"),
            text=lambda row: row.own,
            shown=False,
        ),
        Column(
            key="bytes",
            label=gettext_lazy("There now"),
            text=lambda row: row.recorded.get("bytes"),
            order=("bytes",),
        ),
        Column(
            key="oldest",
            label=gettext_lazy("Oldest recording"),
            text=lambda row: row.recorded.get("oldest"),
            shown=False,
        ),
        Column(
            key="videos",
            label=gettext_lazy("Bytes of videos"),
            text=lambda row: row.clips.get("bytes"),
            shown=False,
        ),
        CHANGE,
    ),
    filters=(Search(label=gettext_lazy("Name"), fields=("name",)), SAID),
    order="mine",
    mine="pk",
)
KEPT_CAMERAS = Listing(
    name="retention-cameras",
    title=gettext_lazy("Cameras"),
    columns=(
        Column(
            key="camera", label=gettext_lazy("Camera"), text=lambda row: row.name, order=("name",)
        ),
        PLACE,
        Column(
            key="keeps",
            label=gettext_lazy("Recordings to keep"),
            text=lambda row: row.get_keeps_display(),
            order=("keeps",),
            shown=False,
        ),
        *KEPT,
        SAID_BY,
        CHANGE,
    ),
    filters=(
        Search(label=gettext_lazy("Name"), fields=("name", "area__name")),
        Choice(key="area", label=gettext_lazy("Place"), fields=("area_id",), choices=area_choices),
        of_codes("keeps", gettext_lazy("Recordings to keep"), "keeps", Camera.Keeps.choices),
        SAID,
    ),
    order="camera",
    below=True,
)


def _tell(row: Any, kept: Kept, by: str) -> None:
    """Write to a row of a list what holds for it; without a limit is more than any."""
    row.kept, row.words = kept, kept_words(kept)
    row.sizes = SimpleNamespace(
        days=kept.days,
        gigabytes=float("inf") if kept.gigabytes is None else kept.gigabytes,
        clip_years=kept.clip_years or float("inf"),
    )
    row.figures = {name for name in FIELDS if kept.said_by[name] == by}
    row.said = "own" if row.figures else "above"


def kept_by_mine(mine_ids: list[int]) -> list[Mine]:
    """List mines with how long each keeps what, and how much there is of it now."""
    recorded = Stretch.objects.filter(mine__in=mine_ids).order_by().values("mine")
    there = {row["mine"]: row for row in recorded.annotate(oldest=Min("since"), bytes=Sum("bytes"))}
    ready = Clip.objects.filter(mine__in=mine_ids, state=Clip.State.READY).order_by()
    clips = {row["mine"]: row for row in ready.values("mine").annotate(bytes=Sum("bytes"))}
    own: dict[int, int] = {}
    by_mine: dict[int, Retention] = {}
    for said in Retention.objects.filter(mine__in=mine_ids):
        if said.camera_id is None:
            by_mine[said.mine_id] = said
        elif any(getattr(said, name) is not None for name in FIELDS):
            own[said.mine_id] = own.get(said.mine_id, 0) + 1
    rows: list[Any] = list(mines().filter(pk__in=mine_ids))
    for mine in rows:
        _tell(mine, kept_from(by_mine.get(mine.pk)), "mine")
        mine.own = own.get(mine.pk, 0)
        mine.recorded, mine.clips = there.get(mine.pk, {}), clips.get(mine.pk, {})
        mine.bytes = mine.recorded.get("bytes")
    return rows


def kept_of_cameras(mine: Mine) -> list[Camera]:
    """List a mine's cameras with how long each keeps what."""
    rows: list[Any] = list(cameras().filter(mine=mine))
    kept = kept_by_camera(rows)
    for camera in rows:
        _tell(camera, kept[camera.pk], "camera")
    return rows


def kept_words(kept: Kept) -> dict[str, str]:
    """Say what holds, in words."""
    years = number_words(kept.clip_years)
    return {
        "days": days_words(kept.days),
        "gigabytes": _("what the disk gives")
        if kept.gigabytes is None
        else _("%(n)s GB") % {"n": number_words(kept.gigabytes)},
        "clip_years": _("for good")
        if not kept.clip_years
        else ngettext("%(n)s year", "%(n)s years", round(kept.clip_years)) % {"n": years},
    }


def number_words(value: float) -> str:
    return str(localize(int(value) if value == int(value) else round(value, 2)))


def days_words(days: float) -> str:
    if days < 1:
        minutes = round(days * 1440)
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    return ngettext("%(n)s day", "%(n)s days", round(days)) % {"n": number_words(days)}
