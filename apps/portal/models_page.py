"""The page of a mine's own models: registered, watched in shadow, promoted, rolled back."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.pages import attempt, find, page
from apps.accounts.permissions import Action
from apps.detectors.models import OwnModel
from apps.detectors.selectors import own_models, shadow_figures
from apps.detectors.services import model_promote, model_retire, model_roll_back
from apps.detectors.uploads import model_upload
from apps.portal.forms import ModelForm
from apps.portal.mines import mine_to

__all__ = ["model_act", "model_list"]

VERBS: dict[str, Callable[..., Any]] = {
    "promote": model_promote,
    "roll-back": model_roll_back,
    "retire": model_retire,
}


@require_http_methods(["GET", "POST"])
@page
def model_list(request: HttpRequest, pk: int) -> HttpResponse:
    """List a mine's own models with their figures, and take another into shadow."""
    mine = mine_to(request, pk, Action.CONFIGURE)
    form = ModelForm(request.POST or None, request.FILES or None, mine=mine)
    if form.is_valid():
        given = form.cleaned_data
        made = attempt(form, lambda: model_upload(mine=mine, actor=request.user, **given))
        if made is not None:
            messages.success(request, _("%s is in shadow now: it raises no alarm.") % made.name)
            return redirect("portal-models", pk=mine.pk)
    rows = [
        {"model": model, "figures": shadow_figures(model)}
        for model in own_models().filter(mine=mine)
    ]
    context = {"mine": mine, "form": form, "rows": rows, "states": OwnModel.State}
    status = 400 if request.method == "POST" else 200
    return render(request, "portal/models.html", context, status=status)


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
