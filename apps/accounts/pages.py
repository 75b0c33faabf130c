"""What all pages share: who may open them, and how a row in scope is found."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse

from apps.accounts.permissions import Access, Action

__all__ = [
    "access_of_request",
    "attempt",
    "find",
    "looked_at",
    "page",
    "picture",
    "require_somewhere",
]

View = Callable[..., HttpResponse]
Result = TypeVar("Result")


def page(view: View) -> View:
    """Send whoever is not signed in to the login page and back."""
    return login_required(view)


def picture(view: View) -> View:
    """Answer 401 to whoever is not signed in: a picture has no use for a login page."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return HttpResponse(status=401)
        return view(request, *args, **kwargs)

    return guarded


def access_of_request(request: HttpRequest) -> Access:
    """Return what the person may reach, as the middleware found it."""
    return request.access  # type: ignore[attr-defined]


def find(request: HttpRequest, rows: Any, action: Action, **lookup: Any) -> Any:
    """Return one row of a mine in scope and check the action there.

    Raises Http404 for a row of another mine, as if it did not exist, and PermissionDenied when
    the role in its mine does not allow the action.
    """
    access = access_of_request(request)
    row = rows.filter(mine__in=access.mines_for(Action.VIEW), **lookup).first()
    if row is None:
        raise Http404
    access.require(action, row.mine_id)
    looked_at(request, row.mine_id)
    return row


def looked_at(request: HttpRequest, mine_id: int) -> None:
    """Remember which mine an answer is about: an auditor's look is noted there and nowhere else."""
    request.__dict__.setdefault("looked", set()).add(mine_id)


def require_somewhere(request: HttpRequest, action: Action) -> list[int]:
    """Return the mines in which the action is allowed; raises PermissionDenied when in none."""
    access = access_of_request(request)
    mines = access.mines_for(action)
    if not mines:
        access.require(action, 0)
    return mines


def attempt(form: Form, write: Callable[[], Result]) -> Result | None:
    """Run a service and put what it refuses beside the fields it is about; None when refused."""
    try:
        return _written(write)
    except ValidationError as error:
        faults = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for name, messages in faults.items():
            for message in messages:
                form.add_error(name if name in form.fields else None, message)
        return None


def _written(write: Callable[[], Result]) -> Result:
    """Run a service; where another wrote the same in this very instant, once more.

    Their row is seen by then, and the service refuses in its own words what is there already.
    """
    try:
        with transaction.atomic():
            return write()
    except IntegrityError:
        with transaction.atomic():
            return write()
