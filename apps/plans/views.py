"""Pages of plans: the list, one plan live, and their pictures."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.pages import access_of_request, attempt, find, page, picture, require_somewhere
from apps.accounts.permissions import Action
from apps.evidence.storage import StorageError, get_file
from apps.lists.choices import area_choices, mine_choices
from apps.lists.filters import Choice, Search
from apps.lists.listing import Column, Listing
from apps.lists.pages import answer_list
from apps.mines.models import Mine
from apps.mines.selectors import areas
from apps.plans.models import Plan
from apps.plans.page import plan_config
from apps.plans.pictures import MOST_BYTES
from apps.plans.selectors import plans
from apps.plans.services import plan_remove, plan_set
from apps.portal.mines import mine_to

__all__ = ["plan_add", "plan_list", "plan_page", "plan_picture", "plan_take_away"]

PLANS = Listing(
    name="plans",
    title=gettext_lazy("Plans"),
    columns=(
        Column(
            key="title",
            label=gettext_lazy("Plan of"),
            text=lambda row: row.title,
            order=("area__name",),
        ),
        Column(
            key="mine",
            label=gettext_lazy("Mine"),
            text=lambda row: row.mine.name,
            order=("mine__name",),
        ),
        Column(
            key="cameras",
            label=gettext_lazy("Cameras on it"),
            text=lambda row: row.camera_count,
            order=("camera_count",),
        ),
        Column(
            key="uploaded",
            label=gettext_lazy("Picture from"),
            text=lambda row: row.uploaded_at,
            order=("uploaded_at",),
        ),
    ),
    filters=(
        Search(label=gettext_lazy("Name"), fields=("area__name", "mine__name")),
        Choice(key="mine", label=gettext_lazy("Mine"), fields=("mine",), choices=mine_choices),
        Choice(key="area", label=gettext_lazy("Place"), fields=("area",), choices=area_choices),
    ),
    order="title",
)


class PlanForm(forms.Form):
    """A picture, and what it is a plan of."""

    area = forms.ModelChoiceField(
        label=gettext_lazy("Plan of"),
        queryset=None,
        required=False,
        empty_label=gettext_lazy("The whole mine"),
        help_text=gettext_lazy(
            "A new picture of the same place replaces the old one; its cameras stay where they are."
        ),
    )
    file = forms.FileField(
        label=gettext_lazy("Picture"),
        help_text=gettext_lazy(
            "PNG or JPEG, at most 25 MB. From a drawing program: export it as PNG."
        ),
        widget=forms.FileInput(
            attrs={"accept": "image/png,image/jpeg", "data-most-bytes": str(MOST_BYTES)}
        ),
    )

    def __init__(self, *args: Any, mine: Mine, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].queryset = areas(mine=mine)
        self.fields["file"].widget.attrs["data-too-large"] = _(
            "This file is larger than 25 MB. Export the plan smaller, then choose it again."
        )


@require_GET
@page
def plan_list(request: HttpRequest) -> HttpResponseBase:
    """List the plans of the person's mines."""
    mine_ids = require_somewhere(request, Action.VIEW)
    rows = plans().filter(mine__in=mine_ids)
    configurable = access_of_request(request).mines_for(Action.CONFIGURE)
    chosen = request.GET.get("mine", "")
    context = {
        "section": "plans",
        "mine_pk": int(chosen) if chosen in map(str, configurable) else None,
        "only_mine": configurable[0] if len(configurable) == 1 else None,
    }
    return answer_list(
        request, PLANS, rows, mine_ids=mine_ids, template="plans/plans.html", context=context
    )


@require_GET
@page
def plan_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a plan live; whoever sets the mine up places cameras on it."""
    plan: Plan = find(request, plans(), Action.VIEW, pk=pk)
    may_place = access_of_request(request).can(Action.CONFIGURE, plan.mine_id)
    context = {
        "plan": plan,
        "mine": plan.mine,
        "may_place": may_place,
        "config": plan_config(plan, may_place=may_place),
    }
    return render(request, "plans/plan.html", context)


@require_http_methods(["GET", "POST"])
@page
def plan_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a picture of a plan in."""
    mine = mine_to(request, pk, Action.CONFIGURE)
    initial = {"area": request.GET.get("area")}
    form = PlanForm(request.POST or None, request.FILES or None, mine=mine, initial=initial)
    if form.is_valid():
        given = form.cleaned_data
        plan = attempt(form, lambda: plan_set(mine=mine, actor=request.user, **given))
        if plan is not None:
            messages.success(request, _("The plan was saved. Now place cameras on it."))
            return redirect(f"{reverse('plan', args=[plan.pk])}#place")
    context = {"mine": mine, "form": form}
    status = 400 if request.method == "POST" else 200
    return render(request, "plans/plan_form.html", context, status=status)


@require_POST
@page
def plan_take_away(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a plan away."""
    plan: Plan = find(request, plans(), Action.CONFIGURE, pk=pk)
    title = plan.title
    plan_remove(plan=plan, actor=request.user)
    messages.success(request, _("The plan of %s was removed.") % title)
    return redirect("plans")


@require_GET
@picture
def plan_picture(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer a plan's picture; its address carries its hash, so a browser may keep it."""
    plan: Plan = find(request, plans(), Action.VIEW, pk=pk)
    with TemporaryDirectory(prefix="davy-plan-") as folder:
        path = Path(folder) / "plan"
        try:
            get_file(plan.key, path)
        except StorageError:
            raise Http404 from None
        body = path.read_bytes()
    return HttpResponse(
        body,
        content_type=plan.content_type,
        headers={
            "Cache-Control": "private, max-age=604800, immutable",
            "X-Content-Type-Options": "nosniff",
        },
    )
