"""One shape for every error of the API: {"errors": [{"code", "message", "field"?}]}."""

import re
import sys
from typing import Any

from django.core.exceptions import DisallowedHost, PermissionDenied, ValidationError
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language_from_request, override
from django.utils.translation import gettext as _
from django.views import defaults
from psycopg.errors import UniqueViolation
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from apps.accounts.middleware import asked_language
from apps.passing import is_passing
from apps.rules.services import ConflictError
from apps.sentences import refusal
from workers.scene import SceneError

__all__ = ["answer", "broken", "not_allowed", "not_found", "not_understood"]

# In so many seconds the same may be asked again.
AGAIN_S = 5
# Where a parser stumbled; the rest of what it says depends on the language.
PLACE = re.compile(r"line (?P<line>\d+) column (?P<column>\d+)")
# Under these names the libraries tell of the whole, not of a field.
WHOLE = ("detail", "__all__", "non_field_errors")


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an exception into the answer; None leaves it to Django (a fault of ours: 500)."""
    if isinstance(error, SceneError):
        items = [
            {"code": "invalid", "message": refusal(fault), "field": fault.path}
            for fault in error.faults
        ]
        if isinstance(error, ConflictError):
            return Response({"errors": [{**items[0], "code": "conflict"}]}, status=409)
        return Response({"errors": items}, status=400)
    if isinstance(error, IntegrityError) and isinstance(error.__cause__, UniqueViolation):
        # It was not there when it was looked for: another wrote the same in this very instant.
        words = _("Somebody else has just written the same: look at what is there now.")
        return Response({"errors": [{"code": "conflict", "message": words}]}, status=409)
    if isinstance(error, ValidationError):
        error = exceptions.ValidationError(
            error.message_dict if hasattr(error, "error_dict") else error.messages
        )
    elif isinstance(error, Http404):
        error = _nothing()
    elif isinstance(error, exceptions.APIException):
        error = _said(error, context)
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied(str(error) or None)
    response = exception_handler(error, context)
    if response is None or not isinstance(error, exceptions.APIException):
        return response
    response.data = {"errors": _items(error.detail)}
    return response


def _nothing() -> exceptions.NotFound:
    words = _("There is nothing at this address, or it belongs to a mine that you have no role in.")
    return exceptions.NotFound(words)


def _said(error: exceptions.APIException, context: dict[str, Any]) -> exceptions.APIException:
    """Say what REST framework says in its own terms so that it tells what to do; codes stay."""
    view = context.get("view")
    if isinstance(error, exceptions.NotAuthenticated):
        error.detail = _words(
            error, _("Send a key with the request: “Authorization: Token davy_…”. Whoever has an "
                     "account makes keys on its page.")
        )  # fmt: skip
    elif isinstance(error, exceptions.MethodNotAllowed) and view is not None:
        methods = ", ".join(sorted({*view.allowed_methods} - {"HEAD", "OPTIONS"}))
        error.detail = _words(error, _("This address takes %s alone.") % methods)
    elif isinstance(error, exceptions.UnsupportedMediaType) and view is not None:
        known = ", ".join(parser.media_type for parser in view.get_parsers())
        error.detail = _words(error, _("Send the body with a Content-Type of: %s.") % known)
    elif isinstance(error, exceptions.ParseError) and (place := PLACE.search(str(error.detail))):
        words = _("The body is no JSON: look at line %(line)s, column %(column)s.")
        error.detail = _words(error, words % place.groupdict())
    return error


def _words(error: exceptions.APIException, words: str) -> exceptions.ErrorDetail:
    return exceptions.ErrorDetail(words, getattr(error.detail, "code", error.default_code))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that is none: the API's in its own form, a page as always."""
    if not _of_api(request):
        return defaults.page_not_found(request, exception)
    return JsonResponse({"errors": _items(_nothing().detail)}, status=404)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what is refused before a view of the API could."""
    if not _of_api(request):
        return defaults.permission_denied(request, exception)
    return JsonResponse({"errors": _items(exceptions.PermissionDenied().detail)}, status=403)


def not_understood(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that no view is asked about, such as one to another server's name."""
    # It comes before the request's language is known.
    if not _of_api(request):
        with override(get_language_from_request(request)):
            return defaults.bad_request(request, exception)
    with override(asked_language(request)):
        words = _("This request could not be understood.")
        if isinstance(exception, DisallowedHost):
            words = _("Davy does not answer to this name: DAVY_ALLOWED_HOSTS says to which.")
    return JsonResponse({"errors": [{"code": "invalid", "message": words}]}, status=400)


def broken(request: HttpRequest) -> HttpResponse:
    """Answer what failed for a fault of ours; why is in the log alone.

    503 where it was the moment that was wrong: the database is away, or all its connections are
    taken.
    """
    error = sys.exc_info()[1]
    if error is not None and is_passing(error):
        return _away(request)
    if not _of_api(request):
        return defaults.server_error(request)
    words = _("Davy could not answer this: something is broken. Its log says more.")
    return JsonResponse({"errors": [{"code": "error", "message": words}]}, status=500)


def _away(request: HttpRequest) -> HttpResponse:
    headers = {"Retry-After": str(AGAIN_S)}
    if not _of_api(request):
        return HttpResponse(render_to_string("503.html"), status=503, headers=headers)
    words = _("Davy's database does not answer just now. Ask again in some seconds.")
    said = {"errors": [{"code": "unavailable", "message": words}]}
    return JsonResponse(said, status=503, headers=headers)


def _of_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _items(detail: Any, field: str = "") -> list[dict[str, str]]:
    """Flatten REST framework's nested details; fields are joined by dots."""
    if isinstance(detail, dict):
        return [
            item
            for name, inner in detail.items()
            for item in _items(inner, f"{field}.{'' if name in WHOLE else name}".strip("."))
        ]
    if isinstance(detail, list):
        return [item for inner in detail for item in _items(inner, field)]
    item = {"code": getattr(detail, "code", "invalid"), "message": str(detail)}
    return [item | {"field": field}] if field else [item]
