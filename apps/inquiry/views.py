"""Pages of grants, receipts and of the settings of a moment."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.models import Grant, User
from apps.accounts.pages import attempt, find, looked_at, page, require_somewhere
from apps.accounts.passwords import password_made
from apps.accounts.permissions import Action
from apps.audit.models import AuditEntry
from apps.audit.naming import Names
from apps.audit.words import DOWNLOADS, act_words
from apps.cameras.selectors import cameras
from apps.clocks import Moment
from apps.inquiry.forms import GrantForm
from apps.inquiry.listing import GRANTS, RECEIPTS
from apps.inquiry.selectors import grants, inquiry_scope, receipt_data
from apps.inquiry.services import grant_end, grant_give
from apps.ledger.services import ledger_seal, statement_sign
from apps.ledger.verify import canonical
from apps.lists.pages import answer_list
from apps.mines.models import Mine
from apps.mines.selectors import mines
from apps.natural import natural
from apps.portal.passwords import password_hand_over
from apps.rules.asof import moment_asked, settings_as_of

__all__ = ["end", "give", "grant_list", "receipt", "receipt_list", "settings"]

MOST_CAMERAS = 200


@require_GET
@page
def grant_list(request: HttpRequest) -> HttpResponseBase:
    """List who may look or might: visible to everybody who may read the mine's record."""
    mine_ids = require_somewhere(request, Action.READ_AUDIT)
    managed = request.access.mines_for(Action.MANAGE_PEOPLE)  # type: ignore[attr-defined]
    context = {"section": "grants", "now": timezone.now(), "managed": managed,
               "mines": mines().filter(pk__in=managed)}  # fmt: skip
    rows = grants().filter(mine__in=mine_ids)
    return answer_list(
        request, GRANTS, rows, mine_ids=mine_ids, template="inquiry/grants.html", context=context
    )


@require_http_methods(["GET", "POST"])
@never_cache
@page
def give(request: HttpRequest, pk: int) -> HttpResponse:
    """Let somebody look at a mine, or at single cases, for a time and a purpose."""
    mine = _mine(request, pk, Action.MANAGE_PEOPLE)
    initial = {"cases": request.GET.get("cases", "")[:200]}
    form = GrantForm(request.POST or None, mine=mine, initial=initial)
    if form.is_valid():
        password = password_made()
        grant = attempt(form, lambda: _give(form, mine, password, request.user))
        if grant is not None and form.is_new:
            return password_hand_over(request, person=grant.user, password=password, place=mine)
        if grant is not None:
            name = grant.user.get_username()
            messages.success(request, _("%s may look.") % name)
            return redirect("grants")
    status = 400 if request.method == "POST" else 200
    return render(request, "inquiry/grant.html", {"mine": mine, "form": form}, status=status)


def _mine(request: HttpRequest, pk: int, action: Action) -> Mine:
    access = request.access  # type: ignore[attr-defined]
    mine = mines().filter(pk__in=access.mines_for(Action.VIEW), pk=pk).first()
    if mine is None:
        raise Http404
    access.require(action, mine.pk)
    looked_at(request, mine.pk)
    return mine


def _give(form: GrantForm, mine: Mine, password: str, actor: User) -> Grant | None:
    user, given = form.person(password=password), form.cleaned_data
    if user is None:
        return None
    names = ("purpose", "cases", "since", "until")
    return grant_give(mine=mine, user=user, actor=actor, **{name: given[name] for name in names})


@require_POST
@page
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a grant now."""
    grant = find(request, grants(), Action.MANAGE_PEOPLE, pk=pk)
    grant_end(grant=grant, actor=request.user)
    messages.success(request, _("%s sees no more.") % grant.user.get_username())
    return redirect("grants")


@require_GET
@page
def receipt_list(request: HttpRequest) -> HttpResponseBase:
    """List what the person took away, each with its receipt."""
    with inquiry_scope(request):
        access = request.access  # type: ignore[attr-defined]
        mine_ids = sorted({*access.roles, *access.cases})
        rows = AuditEntry.objects.filter(
            mine__in=mine_ids, actor=request.user, action__in=DOWNLOADS
        ).select_related("actor", "mine", "link")
        return answer_list(
            request, RECEIPTS, rows, mine_ids=mine_ids, template="inquiry/receipts.html",
            context={"section": "receipts"},
        )  # fmt: skip


@require_GET
@never_cache
@page
def receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the receipt of one download, or send it as a signed text: `?as=text`.

    For who took it away, and for everybody who may read the mine's record.
    """
    with inquiry_scope(request):
        access = request.access  # type: ignore[attr-defined]
        rows = AuditEntry.objects.filter(pk=pk, action__in=DOWNLOADS)
        entry = rows.select_related("mine", "actor").first()
        if entry is None or entry.mine_id is None:
            raise Http404
        mine_id = entry.mine_id
        if entry.actor_id != request.user.pk and not access.can(Action.READ_AUDIT, mine_id):
            raise Http404
        ledger_seal(mine_id=mine_id)  # so that its number is there at once
        entry = AuditEntry.objects.select_related("mine", "actor", "link").get(pk=pk)
        data = receipt_data(entry)
        if request.GET.get("as") != "text":
            context = {
                "entry": entry, "receipt": data, "act": act_words(entry.action),
                "about": Names([entry]).subject(entry.subject),
            }  # fmt: skip
            return render(request, "inquiry/receipt.html", context)
        key, signature = statement_sign(mine_id=mine_id, statement=data)
        text = _receipt_text(entry, data, key, signature)
    name = f"davy-receipt-{entry.pk}.txt"
    return HttpResponse(
        text,
        content_type="text/plain; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def _receipt_text(entry: AuditEntry, data: dict[str, Any], key: str, signature: str) -> str:
    link = data["link"] or {}
    about = Names([entry]).subject(entry.subject)
    zone = ZoneInfo(entry.mine.timezone) if entry.mine else UTC
    there = entry.at.astimezone(zone).isoformat(" ", timespec="seconds")
    lines = [
        _("Receipt of a download"),
        "",
        f"{_('Mine')}: {data['mine']}",
        f"{_('What')}: {act_words(entry.action)}: {about} ({entry.subject})"
        if about
        else f"{_('What')}: {act_words(entry.action)}, {entry.subject}",
        f"SHA-256: {entry.detail.get('sha256', '')}",
        f"{_('Who')}: {data['by']}",
        f"{_('When')}: {there} ({entry.at.isoformat()})",
        f"{_('Link of the record')}: {link.get('number', '–')} {link.get('hash', '')}",
        "",
        _("Signed with the mine's key (Ed25519) over the following line:"),
        canonical(data).decode(),
        f"{_('Key')}: {key}",
        f"{_('Signature')}: {signature}",
        "",
        _("Only that line is signed. To prove it, and that FILE is what was taken away:"),
        f"    python verify.py davy-receipt-{entry.pk}.txt --key KEY --file FILE",
        _("verify.py lies in each bundle, the mine hands it out too; KEY is its public key."),
        "",
    ]
    return "\n".join(lines)


@require_GET
@page
def settings(request: HttpRequest) -> HttpResponse:
    """Show which rules were in force at a moment, and how: of a mine or of one camera."""
    allowed = require_somewhere(request, Action.VIEW)
    listed = list(mines().filter(pk__in=allowed))
    chosen = next((m for m in listed if str(m.pk) == request.GET.get("mine")), None)
    mine = chosen or listed[0]
    rows = cameras().filter(mine=mine).order_by(natural("area__name"), natural("name"))
    field = Moment(zone=mine.timezone, attrs={"id": "as-of-at", "step": "1"}, required=False)
    asked, fault = (field.widget.value_from_datadict(request.GET, {}, "at") or "").strip()[:40], ""
    at: datetime = timezone.now()
    if asked:
        try:
            at = moment_asked(field.clean(asked))
        except ValidationError as error:
            fault = error.messages[0]
    camera = request.GET.get("camera", "")
    one = rows.filter(pk=int(camera)) if camera.isdecimal() and len(camera) < 19 else rows
    found = [] if fault else settings_as_of(cameras=list(one[:MOST_CAMERAS]), at=at)
    looked_at(request, mine.pk)
    wrong = {"aria-invalid": "true", "aria-describedby": "as-of-fault"} if fault else {}
    context = {
        "section": "settings", "mines": listed, "mine": mine, "cameras": rows, "camera": camera,
        "at": at, "asked": asked, "fault": fault, "found": found,
        "field": field.widget.render("at", asked, wrong),
    }  # fmt: skip
    return render(request, "inquiry/settings.html", context, status=400 if fault else 200)
