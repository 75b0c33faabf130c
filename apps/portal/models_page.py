"""The page of a mine's own models: registered, watched in shadow, promoted, rolled back."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.pages import attempt, find, page
from apps.accounts.permissions import Action
from apps.detectors.models import OwnModel
from apps.detectors.selectors import own_models, shadow_figures_of
from apps.detectors.services import model_promote, model_retire, model_roll_back
from apps.detectors.uploads import model_upload
from apps.lists.choices import camera_choices
from apps.lists.filters import Choice, Options, Search
from apps.lists.listing import Column, Listing
from apps.lists.pages import answer_list
from apps.portal.forms import ModelForm
from apps.portal.lists import of_codes
from apps.portal.mines import mine_to

__all__ = ["model_act", "model_list"]

VERBS: dict[str, Callable[..., Any]] = {
    "promote": model_promote,
    "roll-back": model_roll_back,
    "retire": model_retire,
}

EVERY = "every"


def _cameras(mine_ids: list[int]) -> Options:
    return [(EVERY, gettext_lazy("all")), *camera_choices(mine_ids)]


def _figure(key: str, label: Any) -> Column:
    return Column(
        key=key,
        label=label,
        text=lambda row: getattr(row.figures, key),
        order=(f"figures__{key}",),
    )


MODELS = Listing(
    name="models",
    title=gettext_lazy("Own models"),
    columns=(
        Column(key="name", label=gettext_lazy("Model"), text=lambda row: row.name, order=("name",)),
        Column(key="file", label=gettext_lazy("Kind"), text=lambda row: row.kind, shown=False),
        Column(key="sha256", label="SHA-256", text=lambda row: row.sha256, shown=False),
        Column(
            key="camera",
            label=gettext_lazy("Camera"),
            text=lambda row: row.camera.name if row.camera else _("all"),
            order=("camera__name",),
        ),
        Column(
            key="state",
            label=gettext_lazy("State"),
            text=lambda row: row.get_state_display(),
            order=("rank", "created_at"),
        ),
        _figure("frames", gettext_lazy("Compared")),
        _figure("both", gettext_lazy("People found by both")),
        _figure("ours_only", gettext_lazy("only by ours")),
        _figure("theirs_only", gettext_lazy("only by it")),
        _figure("agreement", gettext_lazy("Agreement")),
        Column(
            key="cost",
            label=gettext_lazy("Cost"),
            text=lambda row: row.cost_ms,
            order=("cost_ms",),
        ),
        Column(
            key="since",
            label=gettext_lazy("Since"),
            text=lambda row: row.created_at,
            order=("created_at",),
            shown=False,
        ),
        Column(key="act", label=gettext_lazy("Act"), text=lambda row: "", exported=False),
    ),
    filters=(
        Search(label=gettext_lazy("Name"), fields=("name", "sha256")),
        Choice(key="camera", label=gettext_lazy("Camera"), fields=("place",), choices=_cameras),
        of_codes("state", gettext_lazy("State"), "state", OwnModel.State.choices),
    ),
    order="-state",
)
# What decides now comes before what waits and what is past; the list begins at the end.
RANKS = {OwnModel.State.RETIRED: 0, OwnModel.State.SHADOW: 1, OwnModel.State.ACTIVE: 2}


@require_http_methods(["GET", "POST"])
@page
def model_list(request: HttpRequest, pk: int) -> HttpResponseBase:
    """List a mine's own models with their figures, and take another into shadow."""
    mine = mine_to(request, pk, Action.CONFIGURE)
    form = ModelForm(request.POST or None, request.FILES or None, mine=mine)
    if form.is_valid():
        given = form.cleaned_data
        made = attempt(form, lambda: model_upload(mine=mine, actor=request.user, **given))
        if made is not None:
            messages.success(request, _("%s is in shadow now: it raises no alarm.") % made.name)
            return redirect("portal-models", pk=mine.pk)
    rows: list[Any] = list(own_models().filter(mine=mine))
    figures = shadow_figures_of(rows)
    for model in rows:
        model.figures = SimpleNamespace(**figures[model.pk])
        model.cost_ms = model.cpu_ms if model.figures.cpu_ms is None else model.figures.cpu_ms
        model.place = model.camera_id or EVERY
        model.rank = RANKS[model.state]
    context = {"mine": mine, "form": form, "states": OwnModel.State}
    return answer_list(
        request, MODELS, rows, mine_ids=[mine.pk], template="portal/models.html", context=context,
        status=400 if request.method == "POST" else 200,
    )  # fmt: skip


@require_POST
@page
def model_act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Promote, roll back or retire a model."""
    model: OwnModel = find(request, own_models(), Action.CONFIGURE, pk=pk)
    if verb not in VERBS:
        raise Http404
    try:
        with transaction.atomic():
            VERBS[verb](model=model, actor=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Done."))
    return redirect("portal-models", pk=model.mine_id)
