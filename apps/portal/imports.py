"""The page on which many cameras are added from a table: upload, look, confirm."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from apps.accounts.pages import attempt, page
from apps.accounts.permissions import Action
from apps.cameras.bulk import cameras_import, pack, unpack
from apps.cameras.secrets import shown, split_credentials
from apps.cameras.sheets import COLUMNS, MOST_BYTES, MOST_ROWS, Row, Sheet, check, example, read
from apps.mines.models import Mine
from apps.portal.mines import mine_to
from workers.media.source import redact

__all__ = ["camera_import", "camera_import_example"]


class SheetForm(forms.Form):
    """A table, and what is done with places that the mine does not have."""

    REFUSE, CREATE = "refuse", "create"
    file = forms.FileField(
        label=gettext_lazy("Table"),
        required=False,
        help_text=gettext_lazy(
            "CSV in UTF-8 or GBK, as Excel saves it; commas, semicolons or tabs. At most 500 rows."
        ),
        widget=forms.FileInput(
            attrs={"accept": ".csv,.txt,text/csv", "data-most-bytes": str(MOST_BYTES)}
        ),
    )
    places = forms.ChoiceField(
        label=gettext_lazy("A place that the mine does not have"),
        choices=[
            (REFUSE, gettext_lazy("is a fault of its row")),
            (CREATE, gettext_lazy("is added to the mine")),
        ],
        initial=REFUSE,
        widget=forms.RadioSelect,
    )
    box = forms.CharField(required=False, widget=forms.HiddenInput)
    leave_out = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].required = not self.data.get("box")
        self.fields["file"].widget.attrs["data-too-large"] = _(
            "This file is larger than 2 MB: no list of cameras is."
        )

    @property
    def create_places(self) -> bool:
        """Tell whether new places are to be added."""
        return self.cleaned_data["places"] == self.CREATE


@require_http_methods(["GET", "POST"])
@never_cache
@page
def camera_import(request: HttpRequest, pk: int) -> HttpResponse:
    """Look at a table, or add the cameras of one that was looked at."""
    mine = mine_to(request, pk, Action.CONFIGURE)
    form = SheetForm(request.POST or None, request.FILES or None)
    sheet: Sheet | None = None
    if form.is_valid():
        given = form.cleaned_data
        sheet = attempt(form, lambda: _sheet(request, mine, given))
        if sheet is not None:
            check(sheet.rows, mine=mine, create_places=form.create_places)
            if given["box"] and not given["file"] and _confirmed(request, mine, form, sheet):
                return redirect(f"{reverse('portal-cameras')}?mine={mine.pk}")
    context: dict[str, Any] = {"mine": mine, "form": form, "most": MOST_ROWS, "columns": COLUMNS}
    if sheet is not None:
        context |= _preview(request, mine, sheet)
    status = 400 if request.method == "POST" and form.errors else 200
    return render(request, "portal/camera_import.html", context, status=status)


def _sheet(request: HttpRequest, mine: Mine, given: dict[str, Any]) -> Sheet:
    """Return the table of an uploaded file, or the one that is waiting to be confirmed."""
    file: UploadedFile | None = given["file"]
    if file is None:
        if not given["box"]:
            raise ValidationError({"file": _("Choose a file first.")})
        return Sheet(unpack(given["box"], mine=mine, user=request.user), "", [])
    if (file.size or 0) > MOST_BYTES:
        raise ValidationError({"file": _("This file is larger than 2 MB: no list of cameras is.")})
    try:
        return read(file.read())
    except ValidationError as error:
        raise ValidationError({"file": error.messages}) from error


def _confirmed(request: HttpRequest, mine: Mine, form: SheetForm, sheet: Sheet) -> bool:
    rows = sheet.rows
    if form.cleaned_data["leave_out"]:
        rows = [row for row in rows if not row.faults]
    made = attempt(
        form,
        lambda: cameras_import(
            mine=mine, rows=rows, create_places=form.create_places, actor=request.user
        ),
    )
    if made is None:
        return False
    words = ngettext("%(n)s camera was added.", "%(n)s cameras were added.", len(made))
    messages.success(request, words % {"n": len(made)})
    return True


def _preview(request: HttpRequest, mine: Mine, sheet: Sheet) -> dict[str, Any]:
    good = [row for row in sheet.rows if not row.faults]
    return {
        "sheet": sheet,
        "rows": [_shown(row) for row in sheet.rows],
        "good": len(good),
        "wrong": len(sheet.rows) - len(good),
        "new_places": sorted({row.data["place"] for row in good if row.new_place}),
        "box": pack(sheet.rows, mine=mine, user=request.user),
    }


def _shown(row: Row) -> dict[str, Any]:
    """Return a row's cells as the page shows them: passwords are never sent back."""
    cells = []
    for name in COLUMNS:
        text = row.data[name]
        if name == "password":
            given = text or split_credentials(row.data["main_url"])[2]
            text = _("given") if given else ""
        elif name in ("main_url", "sub_url"):
            # Of an address that was not understood everything before an @ may be a password.
            text = redact(text) if name in row.faults else shown(text)
        cells.append({"text": text, "faults": row.faults.get(name, [])})
    return {"line": row.line, "cells": cells, "faults": row.faults, "new_place": row.new_place}


@require_GET
@page
def camera_import_example(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a table to fill in."""
    mine_to(request, pk, Action.CONFIGURE)
    return HttpResponse(
        example(get_language() or "en"),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="davy-cameras-example.csv"'},
    )
