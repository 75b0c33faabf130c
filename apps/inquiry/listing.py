"""What the search of cases, the list of grants and that of receipts show, filter and export."""

from dataclasses import dataclass, replace

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Grant
from apps.accounts.permissions import Access
from apps.alarms.listing import ALARMS
from apps.alarms.models import Alarm
from apps.audit.words import DOWNLOADS, act_words
from apps.inquiry.models import CaseWord
from apps.inquiry.words import asked_words
from apps.lists.choices import area_choices, camera_choices, mine_choices
from apps.lists.filters import Choice, Filter, Options, Rows, Search, Since, Until
from apps.lists.listing import Column, Listing

__all__ = ["GRANTS", "RECEIPTS", "case_listing"]


@dataclass(frozen=True, kw_only=True)
class Text(Filter):
    """Words about a case, all of them: reason, rule, finding, hazard, number, what people wrote."""

    key: str = "q"
    kind = "search"

    def narrow(self, rows: Rows, value: str, zone: str) -> Rows:
        """Keep the cases in which every word stands, or a longer one that begins so."""
        assert isinstance(rows, QuerySet)
        asked = asked_words(value)
        if not asked:
            return rows.none()
        for word, begins in asked:
            last = f"{word}\U0010ffff" if begins else word
            there = CaseWord.objects.filter(word__gte=word, word__lte=last)
            rows = rows.filter(pk__in=there.values("alarm"))
        return rows


@dataclass(frozen=True, kw_only=True)
class Outcome(Filter):
    """What became of a case."""

    kind = "choice"

    def options(self, mine_ids: list[int]) -> Options:
        """List the outcomes."""
        return [
            ("open", _("not closed yet")),
            ("false", _("called a false alarm")),
            ("found", _("closed with a finding")),
            ("closed", _("closed without a finding")),
            ("unanswered", _("over before anybody answered")),
        ]

    def narrow(self, rows: Rows, value: str, zone: str) -> Rows:
        """Keep the cases with this outcome."""
        assert isinstance(rows, QuerySet)
        closed = Q(state=Alarm.State.CLOSED)
        wanted = {
            "open": ~closed,
            "false": Q(verdict="false"),
            "found": closed & ~Q(finding="") & ~Q(verdict="false"),
            "closed": closed & Q(finding="") & ~Q(verdict="false"),
            "unanswered": Q(state=Alarm.State.RETURNED),
        }
        return rows.filter(wanted[value])


def case_listing(access: Access, found: QuerySet[Alarm]) -> Listing:
    """Return the search of cases; of single cases it names only their own places and cameras."""
    single = [pk for numbers in access.cases.values() for pk in numbers]
    alone = found.filter(pk__in=single).order_by()

    def places(mine_ids: list[int]) -> Options:
        whole = [mine for mine in mine_ids if mine not in access.cases]
        rows = alone.values_list("camera__area", "camera__area__name").distinct()
        return area_choices(whole) + (list(rows) if single else [])

    def cameras(mine_ids: list[int]) -> Options:
        whole = [mine for mine in mine_ids if mine not in access.cases]
        rows = alone.values_list("camera", "camera__name").distinct()
        return camera_choices(whole) + (list(rows) if single else [])

    def kept(one: Filter) -> Filter:
        if one.key == "area" and isinstance(one, Choice):
            return replace(one, choices=places)
        if one.key == "camera" and isinstance(one, Choice):
            return replace(one, choices=cameras)
        return one

    filters = [kept(one) for one in ALARMS.filters if not isinstance(one, Search)]
    return replace(
        ALARMS,
        name="cases",
        title=_("Cases"),
        columns=(Column(key="number", label=_("Number"), text=lambda row: row.pk), *ALARMS.columns),
        filters=(
            Text(label=_("Words, or a number"), fields=("why",)),
            *filters,
            Search(key="rule", label=_("Rule"), fields=("rule",)),
            Outcome(key="outcome", label=_("Outcome"), fields=("state",)),
        ),
    )


def _standing(grant: Grant) -> str:
    now = timezone.now()
    if grant.ended_at or grant.until <= now:
        return str(_("over"))
    return str(_("runs")) if grant.since <= now else str(_("to come"))


GRANTS = Listing(
    name="grants",
    title=_("Access for auditors"),
    columns=(
        Column(key="who", label=_("Who"), text=lambda row: row.user.get_username()),
        Column(key="purpose", label=_("What it is for"), text=lambda row: row.purpose),
        Column(
            key="cases",
            label=_("Cases"),
            text=lambda row: ", ".join(map(str, row.cases)) or str(_("the whole mine")),
        ),
        Column(key="mine", label=_("Mine"), text=lambda row: row.mine.name, order=("mine__name",)),
        Column(key="since", label=_("From"), text=lambda row: row.since, order=("since",)),
        Column(key="until", label=_("Until"), text=lambda row: row.until, order=("until",)),
        Column(key="state", label=_("State"), text=_standing),
        Column(key="by", label=_("Granted by"), text=lambda row: row.granted_by.get_username()),
        Column(key="ended", label=_("Ended"), text=lambda row: row.ended_at, shown=False),
        Column(key="end", label=_("End now"), text=lambda row: "", exported=False),
    ),
    filters=(
        Choice(key="mine", label=_("Mine"), fields=("mine",), choices=mine_choices),
        Search(label=_("What it is for"), fields=("purpose",)),
        Search(key="who", label=_("Who"), fields=("user__username",)),
        Since(label=_("Granted from"), fields=("granted_at",)),
        Until(label=_("Granted until"), fields=("granted_at",)),
    ),
    order="-until",
)
RECEIPTS = Listing(
    name="receipts",
    title=_("What you took away"),
    columns=(
        Column(key="at", label=_("When"), text=lambda row: row.at, order=("pk",)),
        Column(key="act", label=_("Act"), text=lambda row: act_words(row.action)),
        Column(key="about", label=_("About"), text=lambda row: row.subject),
        Column(key="mine", label=_("Mine"), text=lambda row: row.mine.name),
        Column(key="sha256", label="SHA-256", text=lambda row: row.detail.get("sha256", "")),
        Column(
            key="link",
            label=_("Link"),
            text=lambda row: row.link.number if hasattr(row, "link") else None,
        ),
    ),
    filters=(
        Choice(
            key="act",
            label=_("Act"),
            fields=("action",),
            choices=lambda mine_ids: [(code, act_words(code)) for code in DOWNLOADS],
        ),
        Since(label=_("From"), fields=("at",)),
        Until(label=_("Until"), fields=("at",)),
    ),
    order="-at",
)
