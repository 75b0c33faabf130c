"""The page of what is not recorded, and why."""

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_GET

from apps.accounts.pages import page, require_somewhere
from apps.accounts.permissions import Action
from apps.lists.pages import answer_list
from apps.recordings.listing import GAPS
from apps.recordings.selectors import gaps

__all__ = ["gap_list"]


@require_GET
@page
def gap_list(request: HttpRequest) -> HttpResponseBase:
    """List gaps, newest first, or send the list as a file."""
    allowed = require_somewhere(request, Action.VIEW)
    rows = gaps().filter(mine__in=allowed)
    template = "recordings/gaps.html"
    return answer_list(request, GAPS, rows, mine_ids=allowed, template=template)
