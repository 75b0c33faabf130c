"""A case's time line as PDF, for whoever may see the case: also by a grant for it alone."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.pages import page
from apps.accounts.permissions import Action
from apps.alarms.models import Alarm
from apps.bundles.models import Sheet
from apps.bundles.selectors import sheets
from apps.bundles.sheets import file_name, sheet_access, sheet_ask
from apps.inquiry.cases import case_find, case_note
from apps.inquiry.passing import pass_on
from apps.inquiry.selectors import inquiry_scope

__all__ = ["ask", "download", "sheet_page"]


@require_POST
@page
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the case's time line in one language."""
    with inquiry_scope(request):
        alarm = case_find(request, pk)
        language = request.POST.get("language", "")
        sheet = sheet_ask(alarm=alarm, language=language, actor=request.user)
    return redirect("case-sheet", pk=pk, uid=sheet.uid)


@require_GET
@never_cache
@page
def sheet_page(request: HttpRequest, pk: int, uid: UUID) -> HttpResponse:
    """Show how far it is."""
    with inquiry_scope(request):
        alarm = case_find(request, pk)
        sheet = _own(request, alarm, uid)
        case_note(request, alarm.mine_id, f"alarm:{alarm.pk}")
        return render(request, "bundles/sheet.html", {"sheet": sheet, "case": alarm})


@require_GET
@page
def download(request: HttpRequest, pk: int, uid: UUID) -> HttpResponseBase:
    """Note that the person takes it away, and send it through Davy."""
    with inquiry_scope(request):
        alarm = case_find(request, pk)
        sheet = _own(request, alarm, uid)
        if sheet.state != Sheet.State.READY:
            raise Http404
        address = request.META.get("REMOTE_ADDR") or None
        sheet_access(sheet=sheet, user=request.user, address=address)
    return pass_on(
        request,
        key=sheet.key,
        content_type="application/pdf",
        filename=file_name(sheet),
        mine_id=sheet.mine_id,
        action=Action.READ_AUDIT,
        alarm=alarm.pk,
        subject=f"alarm:{alarm.pk}",
        detail={"sheet": str(sheet.uid), "bytes": sheet.bytes},
    )


def _own(request: HttpRequest, alarm: Alarm, uid: UUID) -> Sheet:
    """Return the person's own: it names who asked for it."""
    sheet = sheets().filter(alarm=alarm, uid=uid, asked_by=request.user).first()
    if sheet is None:
        raise Http404
    return sheet
