"""Pages of an alarm's time line as PDF: asked for, being made, taken away."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.pages import find, page
from apps.accounts.permissions import Action
from apps.alarms.models import Alarm
from apps.alarms.selectors import alarms
from apps.bundles.models import Sheet
from apps.bundles.selectors import sheets
from apps.bundles.sheets import file_name, sheet_access, sheet_ask
from apps.evidence.storage import download_link
from apps.inquiry.passing import pass_on, watched

__all__ = ["ask", "download", "sheet_page"]


@require_POST
@page
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for an alarm's time line in one language."""
    alarm: Alarm = find(request, alarms(), Action.EXPORT, pk=pk)
    language = request.POST.get("language", "")
    sheet = sheet_ask(alarm=alarm, language=language, actor=request.user)
    return redirect("sheet", uid=sheet.uid)


@require_GET
@never_cache
@page
def sheet_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Show how far a sheet is, and what was made."""
    sheet: Sheet = find(request, sheets(), Action.EXPORT, uid=uid)
    return render(request, "bundles/sheet.html", {"sheet": sheet})


@require_GET
@page
def download(request: HttpRequest, uid: UUID) -> HttpResponseBase:
    """Note the download and send the browser to the store; to auditors it comes through Davy."""
    sheet: Sheet = find(request, sheets(), Action.EXPORT, uid=uid)
    if sheet.state != Sheet.State.READY:
        raise Http404
    address = request.META.get("REMOTE_ADDR") or None
    sheet_access(sheet=sheet, user=request.user, address=address)
    if watched(request, sheet.mine_id):
        return pass_on(
            request,
            key=sheet.key,
            content_type="application/pdf",
            filename=file_name(sheet),
            mine_id=sheet.mine_id,
            action=Action.EXPORT,
            subject=f"alarm:{sheet.alarm_id}",
            detail={"sheet": str(sheet.uid), "bytes": sheet.bytes},
        )
    link = download_link(sheet.key, filename=file_name(sheet))
    return HttpResponseRedirect(link, headers={"Cache-Control": "no-store"})
