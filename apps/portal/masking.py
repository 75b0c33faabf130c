"""Pages on which a mine, or one of its cameras, chooses to be recorded with its masks filled."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from apps.accounts.pages import attempt, find, page
from apps.accounts.permissions import Action
from apps.cameras.models import Camera
from apps.cameras.selectors import cameras
from apps.mines.models import Mine
from apps.portal.mines import mine_to
from apps.portal.stale import seen, still_so
from apps.recordings.masking import Said, masking_by_camera, masking_of_mine, masking_set
from apps.rules.masks import covering, hidden_parts
from apps.rules.models import Scene

__all__ = ["camera_masking", "mine_masking"]

VALUES = {"": None, "yes": True, "no": False}
WORDS = {
    False: gettext_lazy("as the camera sends it; masks are filled whenever it is shown"),
    True: gettext_lazy("with its masks filled: what they hide is recorded nowhere"),
}


class MaskingForm(forms.Form):
    """Whether what masks hide is recorded, and why that is changed."""

    filled = forms.TypedChoiceField(
        label=gettext_lazy("The recording"), required=False, coerce=VALUES.get, empty_value=None
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        help_text=gettext_lazy("It stands in the record: the works council, a locker room, a law."),
    )

    def __init__(self, *args: Any, said: Said, above: Said | None, **kwargs: Any) -> None:
        kwargs["initial"] = {"filled": {None: "", True: "yes", False: "no"}[said.own]}
        if above is None and said.own is None:
            kwargs["initial"]["filled"] = "no"
        super().__init__(*args, **kwargs)
        choices = [("no", WORDS[False]), ("yes", WORDS[True])]
        if above is not None:
            words = _("as the mine says: %(what)s") % {"what": WORDS[above.filled]}
            choices.insert(0, ("", words))
        self.fields["filled"].choices = choices
        self.fields["filled"].required = above is None


@require_http_methods(["GET", "POST"])
@page
def mine_masking(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose for a mine, and show what each camera does and what its masks hide."""
    return _change(request, mine_to(request, pk, Action.CONFIGURE), None)


@require_http_methods(["GET", "POST"])
@page
def camera_masking(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose for one camera."""
    camera: Camera = find(request, cameras(), Action.CONFIGURE, pk=pk)
    return _change(request, camera.mine, camera)


def _change(request: HttpRequest, mine: Mine, camera: Camera | None) -> HttpResponse:
    above = masking_of_mine(mine.pk)
    said = masking_by_camera([camera])[camera.pk] if camera else above
    form = seen(MaskingForm(request.POST or None, said=said, above=above if camera else None))
    if request.method == "POST" and form.is_valid() and still_so(form):
        chosen = form.cleaned_data
        saved = attempt(
            form, lambda: masking_set(mine=mine, camera=camera, actor=request.user, **chosen)
        )
        if saved is not None:
            words = _("Saved. It holds for what is recorded from now on, within seconds.")
            messages.success(request, words)
            return redirect("portal-mine-masking", pk=mine.pk)
    rows = [camera] if camera else list(cameras().filter(mine=mine))
    context = {
        "section": "retention", "mine": mine, "camera": camera, "form": form,
        "cameras": _rows(rows), "said": said,
    }  # fmt: skip
    status = 400 if request.method == "POST" else 200
    return render(request, "portal/masking_form.html", context, status=status)


def _rows(found: list[Camera]) -> list[dict[str, Any]]:
    said = masking_by_camera(found)
    newest = (
        Scene.objects.filter(camera__in=found)
        .order_by("camera_id", "-version")
        .distinct("camera_id")
    )
    documents = {scene.camera_id: scene.document for scene in newest}
    return [
        {
            "camera": camera,
            "filled": said[camera.pk].filled,
            "own": said[camera.pk].own is not None,
            "masks": len(covering([document])),
            "hidden": hidden_parts(document),
        }
        for camera in found
        for document in [documents.get(camera.pk, {})]
    ]
