"""Pages of bundles. The file itself comes from the store by a link that lives five minutes.

An auditor's download stops when the right to it ends; anybody else's that has begun ends.
"""

from contextlib import suppress
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from apps.accounts.pages import attempt, find, page, require_somewhere
from apps.accounts.permissions import Action
from apps.alarms.models import Alarm
from apps.bundles.forms import BundleForm
from apps.bundles.listing import BUNDLES
from apps.bundles.models import Bundle
from apps.bundles.selectors import bundles, covering_of, key_of, percent_of
from apps.bundles.services import bundle_access, bundle_ask
from apps.evidence.selectors import clips
from apps.evidence.storage import download_link
from apps.inquiry.passing import pass_on, watched
from apps.lists.pages import answer_list

__all__ = ["bundle_list", "bundle_new", "bundle_page", "download"]


@require_GET
@page
def bundle_list(request: HttpRequest) -> HttpResponseBase:
    """List bundles, newest first, or send the list as a file."""
    allowed = require_somewhere(request, Action.EXPORT)
    rows = bundles().filter(mine__in=allowed)
    return answer_list(
        request, BUNDLES, rows, mine_ids=allowed, template="bundles/bundles.html",
        context={"section": "bundles"},
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@page
def bundle_new(request: HttpRequest) -> HttpResponse:
    """Ask for a bundle; `?alarms=12,15` and `?clips=` with ids fill the form in."""
    allowed = require_somewhere(request, Action.EXPORT)
    asked = {name: request.GET.get(name, "")[:4000] for name in ("alarms", "clips")}
    form = BundleForm(request.POST or None, initial=asked)
    if request.method == "POST" and form.is_valid():
        numbers, purpose = form.cleaned_data["alarms"], form.cleaned_data["purpose"]
        videos = form.cleaned_data["clips"]
        # What is of another mine is nothing, here and to the service, in the same words.
        alarms = Alarm.objects.filter(mine__in=allowed, pk__in=numbers).select_related("mine")
        found = clips().filter(mine__in=allowed, uid__in=videos)
        first = alarms.order_by("pk").first() or found.first()
        if first is None and numbers:
            form.add_error(
                "alarms", _("There is no alarm %(number)s here.") % {"number": numbers[0]}
            )
        elif first is None and videos:
            form.add_error("clips", _("There is no such video here."))
        elif first is None:
            form.add_error("alarms", _("Choose at least one alarm."))
        else:
            mine = first.mine
            made = attempt(
                form,
                lambda: bundle_ask(
                    mine=mine, alarms=numbers, clips=videos, purpose=purpose, actor=request.user
                ),
            )
            if made is not None:
                return redirect("bundle", uid=made.uid)
    status = 400 if form.is_bound else 200
    videos = _videos(form["clips"].value() or "")
    context = {"form": form, "videos": clips().filter(mine__in=allowed, uid__in=videos)}
    return render(request, "bundles/new.html", context, status=status)


def _videos(text: str) -> list[UUID]:
    """Return the ids in a text, as far as they are any."""
    found = []
    for word in text.split(","):
        with suppress(ValueError):
            found.append(UUID(word))
    return found


@require_GET
@page
def bundle_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Show how far a bundle is, what is in it, and how to prove it."""
    bundle: Bundle = find(request, bundles(), Action.EXPORT, uid=uid)
    videos = clips().filter(uid__in=bundle.clips)
    context = {"bundle": bundle, "percent": percent_of(bundle), "key": key_of(bundle)}
    context |= {"videos": videos, "covering": covering_of(bundle)}
    return render(request, "bundles/bundle.html", context)


@require_GET
@page
def download(request: HttpRequest, uid: UUID) -> HttpResponseBase:
    """Note the download and send the browser to the store; to auditors it comes through Davy."""
    bundle: Bundle = find(request, bundles(), Action.EXPORT, uid=uid)
    if bundle.state != Bundle.State.READY:
        raise Http404
    address = request.META.get("REMOTE_ADDR") or None
    bundle_access(bundle=bundle, user=request.user, address=address)
    name = f"davy-{bundle.uid}.zip"
    if watched(request, bundle.mine_id):
        return pass_on(
            request,
            key=bundle.key,
            content_type="application/zip",
            filename=name,
            mine_id=bundle.mine_id,
            action=Action.EXPORT,
            subject=f"bundle:{bundle.pk}",
            detail={"bundle": str(bundle.uid), "bytes": bundle.bytes},
        )
    link = download_link(bundle.key, filename=name)
    return HttpResponseRedirect(link, headers={"Cache-Control": "no-store"})
