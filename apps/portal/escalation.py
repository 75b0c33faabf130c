"""The page on which a mine says who is told when nobody answers."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from apps.accounts.pages import attempt, page
from apps.accounts.permissions import Action
from apps.alarms.escalation import ladder_set
from apps.alarms.ladders import WHOM, ladder, whom_of
from apps.alarms.models import Severity
from apps.alarms.words import say
from apps.portal.mines import mine_to
from apps.portal.stale import seen, still_so

__all__ = ["escalation"]

Rungs = list[tuple[int, str]]


class EscalationForm(forms.Form):
    """One box a severity; each line is a step: after how many seconds, and who."""

    def __init__(self, *args: Any, rungs: dict[str, Rungs], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for severity in Severity:
            steps = rungs[severity.value]
            self.fields[severity.value] = forms.CharField(
                label=severity.label,
                required=False,
                max_length=1000,
                widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
                initial="\n".join(f"{after_s} {say(WHOM, whom)}" for after_s, whom in steps),
                help_text=gettext_lazy("One step a line: seconds, then who is told."),
            )

    def clean(self) -> dict[str, Any]:
        """Turn lines into steps; a line that is none is named."""
        # A copy: a fault takes its field out of what is gone through.
        texts = list(self.cleaned_data.items())
        return {name: self._steps(name, text) for name, text in texts}

    def _steps(self, name: str, text: str) -> Rungs:
        steps: Rungs = []
        for line in filter(None, map(str.strip, text.splitlines())):
            after_s, _space, whom = line.partition(" ")
            if not (after_s.isascii() and after_s.isdigit() and len(after_s) < 9):
                self.add_error(name, _("“%(line)s” does not begin with seconds.") % {"line": line})
                continue
            steps.append((int(after_s), whom_of(whom)))
        return steps


@require_http_methods(["GET", "POST"])
@page
def escalation(request: HttpRequest, pk: int) -> HttpResponse:
    """Show and set a mine's ladders."""
    mine = mine_to(request, pk, Action.CONFIGURE)
    rungs = {severity: ladder(mine_id=pk, severity=severity) for severity in Severity.values}
    form = seen(EscalationForm(request.POST or None, rungs=rungs))
    if request.method == "POST" and form.is_valid() and still_so(form):
        steps = form.cleaned_data
        if attempt(form, lambda: ladder_set(mine=mine, rungs=steps, actor=request.user)):
            messages.success(request, _("The ladders were saved."))
            return redirect("portal-mine", pk=pk)
    status = 400 if request.method == "POST" else 200
    return render(request, "portal/escalation.html", {"mine": mine, "form": form}, status=status)
