"""The page of a mine's ledger: links, sealed roots, keys, and its proof."""

import hashlib
from itertools import chain, islice
from pathlib import Path

from django.conf import settings
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.pages import access_of_request, looked_at, page, require_somewhere
from apps.accounts.permissions import Action
from apps.audit.services import record
from apps.ledger import verify
from apps.ledger.models import Root, SigningKey, StampFailure
from apps.ledger.selectors import (
    ledger_faults,
    newest_link,
    newest_root,
    unsealed,
    untied_faults,
)
from apps.ledger.services import ledger_seal
from apps.ledger.stamping import WITHIN, newest_stamp, stamp_faults, stamped
from apps.lists.filters import Search, Since, Until
from apps.lists.listing import Column, Listing
from apps.lists.pages import answer_list
from apps.mines.models import Mine
from apps.mines.selectors import mines

__all__ = ["ledger", "ledgers", "prove", "stamp_file", "verifier"]

STAMP_FILES = {"tsr": "application/timestamp-reply", "json": "application/json"}

ROOTS = Listing(
    name="roots",
    title=_("Signed roots"),
    columns=(
        Column(key="at", label=_("When"), text=lambda row: row.at, order=("at",)),
        Column(key="number", label=_("Up to link"), text=lambda row: row.number, order=("number",)),
        Column(key="hash", label=_("Hash"), text=lambda row: row.hash),
        Column(key="signature", label=_("Signature"), text=lambda row: row.signature, shown=False),
        Column(key="key", label=_("Signing key"), text=lambda row: row.key.public, order=("key",)),
        Column(
            key="stamp",
            label=_("Time stamp"),
            text=lambda row: row.stamp.at if hasattr(row, "stamp") else None,
            order=("stamp__at",),
        ),
        Column(
            key="tsa",
            label=_("Time stamp authority"),
            text=lambda row: row.stamp.tsa if hasattr(row, "stamp") else None,
            shown=False,
        ),
    ),
    filters=(
        Search(label=_("Hash"), fields=("hash",)),
        Since(label=_("From"), fields=("at",)),
        Until(label=_("Until"), fields=("at",)),
    ),
    order="-number",
    below=True,
)
# So many faults are named, as the command does.
MOST_FAULTS = 20
# Proving so many links takes about half a minute; more are for `manage.py ledger verify`.
MOST_LINKS = 300_000


def _mine(request: HttpRequest, pk: int) -> Mine:
    access = access_of_request(request)
    mine = mines().filter(pk__in=access.mines_for(Action.VIEW), pk=pk).first()
    if mine is None:
        raise Http404
    access.require(Action.READ_AUDIT, mine.pk)
    looked_at(request, mine.pk)
    return mine


@require_GET
@page
def ledgers(request: HttpRequest) -> HttpResponse:
    """Send to the ledger of the first mine, or of `?mine=`."""
    allowed = require_somewhere(request, Action.READ_AUDIT)
    asked = request.GET.get("mine", "")
    return redirect("ledger", pk=next((pk for pk in allowed if str(pk) == asked), allowed[0]))


@require_GET
@never_cache
@page
def ledger(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show how long the chain is, up to where it is signed, with which keys."""
    return _ledger(request, _mine(request, pk))


def _ledger(
    request: HttpRequest,
    mine: Mine,
    faults: list[str] | None = None,
    *,
    untied: list[str] | None = None,
    proved: bool = False,
) -> HttpResponseBase:
    link, root = newest_link(mine_id=mine.pk), newest_root(mine_id=mine.pk)
    failures = StampFailure.objects.filter(root=OuterRef("pk")).order_by("-pk")
    roots = (
        Root.objects.filter(mine=mine)
        .select_related("key", "stamp")
        .annotate(not_stamped=Subquery(failures.values("reason")[:1]))
    )
    stamp = newest_stamp(mine_id=mine.pk)
    others = access_of_request(request).mines_for(Action.READ_AUDIT)
    context = {
        "section": "ledger",
        "mine": mine,
        "mines": mines().filter(pk__in=others),
        "link": link,
        "root": root,
        "unsigned": (link.number if link else 0) - (root.number if root else 0),
        "waiting": unsealed(mine_id=mine.pk).count(),
        "stamp": stamp,
        "stamping": bool(settings.TSA_URL),
        "stamps": stamp is not None or bool(settings.TSA_URL),
        "too_old": timezone.now() - WITHIN,
        "keys": SigningKey.objects.filter(mine=mine).order_by("-pk"),
        "verifier_sha256": hashlib.sha256(_verifier()).hexdigest(),
        "too_long": link is not None and link.number > MOST_LINKS,
        "faults": faults,
        "untied": untied,
        "proved": proved,
        "now": timezone.now(),
    }
    return answer_list(
        request, ROOTS, roots, mine_ids=[mine.pk], template="ledger/ledger.html", context=context
    )


@require_GET
@never_cache
@page
def stamp_file(request: HttpRequest, pk: int, number: int, kind: str) -> HttpResponse:
    """Send a root's time stamp (.tsr, RFC 3161), or the root as it was stamped (.json)."""
    mine = _mine(request, pk)
    root = Root.objects.select_related("key", "stamp").filter(mine=mine, number=number).first()
    if root is None or not hasattr(root, "stamp") or kind not in STAMP_FILES:
        raise Http404
    body = bytes(root.stamp.token) if kind == "tsr" else stamped(root)
    headers = {"Content-Disposition": f'attachment; filename="root-{number}.{kind}"'}
    return HttpResponse(body, content_type=STAMP_FILES[kind], headers=headers)


@require_GET
@page
def verifier(request: HttpRequest) -> HttpResponse:
    """Send verify.py, which proves bundles: not the one that lies in a bundle."""
    require_somewhere(request, Action.READ_AUDIT)
    headers = {"Content-Disposition": 'attachment; filename="verify.py"'}
    return HttpResponse(_verifier(), content_type="text/x-python; charset=utf-8", headers=headers)


def _verifier() -> bytes:
    return Path(verify.__file__).read_bytes()


@require_POST
@page
def prove(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Prove the whole chain against the record and say what came of it; that is an act as well."""
    mine = _mine(request, pk)
    last = newest_link(mine_id=mine.pk)
    if last is not None and last.number > MOST_LINKS:
        return _ledger(request, mine)
    while ledger_seal(mine_id=mine.pk):
        pass
    # Hundreds of roots by keys of before handovers must not hide what is wrong besides.
    untied = untied_faults(mine_id=mine.pk)
    expected = set(chain.from_iterable(untied.values()))
    found = chain(ledger_faults(mine_id=mine.pk), stamp_faults(mine_id=mine.pk))
    faults = list(islice((fault for fault in found if fault not in expected), MOST_FAULTS))
    keys = [told[0] for told in untied.values()]
    last = newest_link(mine_id=mine.pk)
    record(
        action="ledger.verified",
        subject=mine,
        mine_id=mine.pk,
        actor=request.user,
        detail={"links": last.number if last else 0, "faults": faults + keys},
    )
    return _ledger(request, mine, faults, untied=list(untied), proved=True)
