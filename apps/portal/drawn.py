"""The lists of what is drawn and ruled in the scenes in force: gauges and rules."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from apps.accounts.pages import page
from apps.alarms.models import Severity
from apps.alarms.words import RULE_TYPES, say
from apps.cameras.models import Camera
from apps.lists.choices import camera_choices
from apps.lists.filters import Choice, Rows, Search
from apps.lists.listing import Column, Listing
from apps.mines.models import Area, Mine
from apps.portal.lists import MINE, OF_MINE, PLACE, mine_list_page, of_codes
from apps.readings.selectors import readings_newest
from apps.rules.selectors import scenes_in_force
from workers.hazards import registry

__all__ = ["gauge_list", "rule_list"]

MODES = {
    "armed": _("raises alarms"),
    "shadow": _("in shadow: tells, raises no alarm"),
    "off": _("off"),
    "unknown": _("This version does not know this rule: it is kept and protects nobody."),
}


@dataclass(frozen=True)
class Drawn:
    """One gauge or rule of a camera's scene in force."""

    mine: Mine
    area: Area
    camera: Camera
    version: int
    id: str
    type: str = ""
    severity: str = ""
    severity_rank: int = 0
    mode: str = ""
    about: str = ""
    read: dict[str, Any] | None = None  # the newest of the gauge's series

    @property
    def mine_id(self) -> int:
        """Return whose it is."""
        return self.mine.pk

    @property
    def mode_words(self) -> str:
        """Say what the rule does."""
        return say(MODES, self.mode)


OF_CAMERA = Choice(key="camera", label=_("Camera"), fields=("camera__pk",), choices=camera_choices)
OF_MINE_ROWS = Choice(key="mine", label=_("Mine"), fields=("mine_id",), choices=OF_MINE.choices)
CAMERA = Column(
    key="camera", label=_("Camera"), text=lambda row: row.camera.name, order=("camera__name",)
)
RULES = Listing(
    name="rules",
    title=_("Rules"),
    columns=(
        Column(key="rule", label=_("Rule"), text=lambda row: row.id, order=("id",)),
        Column(
            key="type",
            label=_("Hazard"),
            text=lambda row: say(RULE_TYPES, row.type),
            order=("type",),
        ),
        Column(
            key="severity",
            label=_("Severity"),
            text=lambda row: say(dict(Severity.choices), row.severity),
            order=("severity_rank",),
        ),
        Column(key="mode", label=_("Mode"), text=lambda row: say(MODES, row.mode), order=("mode",)),
        CAMERA,
        PLACE,
        MINE,
        Column(key="about", label=_("Watches"), text=lambda row: row.about),
        Column(
            key="version",
            label=_("Scene version"),
            text=lambda row: row.version,
            order=("version",),
            shown=False,
        ),
    ),
    filters=(
        Search(label=_("Rule or what it watches"), fields=("id", "about", "camera__name")),
        OF_MINE_ROWS,
        OF_CAMERA,
        of_codes("type", _("Hazard"), "type", sorted(RULE_TYPES.items())),
        of_codes("severity", _("Severity"), "severity", Severity.choices),
        of_codes("mode", _("Mode"), "mode", MODES.items()),
    ),
    order="severity",
)
GAUGES = Listing(
    name="gauges",
    title=_("Gauges"),
    columns=(
        Column(key="gauge", label=_("Gauge"), text=lambda row: row.id, order=("id",)),
        Column(key="about", label=_("Reads"), text=lambda row: row.about, order=("about",)),
        CAMERA,
        PLACE,
        MINE,
        Column(key="value", label=_("Last value"), text=lambda row: row.read and row.read["value"]),
        Column(key="at", label=_("Read at"), text=lambda row: row.read and row.read["at"]),
    ),
    filters=(
        Search(label=_("Gauge or camera"), fields=("id", "camera__name")),
        OF_MINE_ROWS,
        OF_CAMERA,
    ),
    order="gauge",
)


def _scenes(mine_ids: list[int], part: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for scene in scenes_in_force(mine_ids=mine_ids):
        where = {
            "mine": scene.mine,
            "area": scene.camera.area,
            "camera": scene.camera,
            "version": scene.version,
        }
        for one in scene.document.get(part, []):
            yield where, one


def _rules(mine_ids: list[int]) -> Rows:
    rows = []
    ranks = {code: rank for rank, code in enumerate(("critical", "high", "medium", "low"))}
    for where, rule in _scenes(mine_ids, "rules"):
        hazard = registry().get(rule["type"])
        severity = rule.get("severity") or getattr(hazard, "severity", "")
        things = (rule.get(name) for name in ("zone", "line", "gauge", "machine", "input"))
        rows.append(
            Drawn(
                **where,
                id=rule["id"],
                type=rule["type"],
                severity=severity,
                severity_rank=ranks.get(severity, len(ranks)),
                mode=(rule.get("mode") or hazard.mode) if hazard else "unknown",
                about=", ".join(str(thing) for thing in things if thing),
            )
        )
    return rows


def _gauges(mine_ids: list[int]) -> Rows:
    scenes = list(_scenes(mine_ids, "gauges"))
    cameras = {where["camera"].pk for where, _gauge in scenes}
    newest = {
        (row["camera"], row["name"].rpartition(".")[0]): row
        for row in readings_newest(camera_ids=sorted(cameras))
    }
    return [
        Drawn(
            **where,
            id=gauge["id"],
            about=str(_("wet share of the floor") if gauge.get("zone") else _("water level")),
            read=newest.get((where["camera"].pk, gauge["id"])),
        )
        for where, gauge in scenes
    ]


@require_GET
@page
def rule_list(request: HttpRequest) -> HttpResponseBase:
    """List the rules in force."""
    return mine_list_page(request, RULES, _rules, "portal/rule_list.html")


@require_GET
@page
def gauge_list(request: HttpRequest) -> HttpResponseBase:
    """List the gauges in force with what was read last."""
    return mine_list_page(request, GAUGES, _gauges, "portal/gauge_list.html")
