"""Gives every request its language, and the scope of whoever sent it."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.locale import LocaleMiddleware
from django.urls import reverse
from django.utils.translation import activate, get_language
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import (
    get_supported_language_variant,
    parse_accept_lang_header,
)

from apps.accounts.permissions import Access
from apps.accounts.selectors import access_of, find_token
from apps.accounts.services import token_used
from apps.inquiry.looks import note_look
from apps.tenancy.scope import mine_scope

__all__ = ["LanguageMiddleware", "ScopeMiddleware", "asked_language"]

# Answered without a database, so that they work when it is away.
UNSCOPED = (f"/{settings.STATIC_URL.strip('/')}/", "/healthz")
# All that is open to whoever has a password that somebody else made and knows.
BEFORE_OWN_PASSWORD = ("login", "logout", "account-password", "account-language")


class LanguageMiddleware(LocaleMiddleware):
    """A person's own language on pages; whatever a request asks for in the API.

    Who is not signed in, or never chose, gets the cookie of the log-in page, then the browser's.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Activate the language."""
        super().process_request(request)
        if request.path.startswith(UNSCOPED):
            return
        if request.path.startswith("/api/"):
            activate(asked_language(request))
        elif request.user.is_authenticated and request.user.language in dict(settings.LANGUAGES):
            activate(request.user.language)
        request.LANGUAGE_CODE = get_language()  # type: ignore[attr-defined]


def asked_language(request: HttpRequest) -> str:
    """Return the first of the languages in Accept-Language that Davy speaks."""
    for code, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        try:
            return get_supported_language_variant(code)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE


def _ask_for_own_password(request: HttpRequest) -> HttpResponse | None:
    """Send a page to where the person chooses a password, and from there on; refuse all else."""
    if request.path in {reverse(name) for name in BEFORE_OWN_PASSWORD}:
        return None
    a_page = not request.path.startswith("/api/") and (
        "text/html" in request.headers.get("Accept", "text/html")
    )
    if a_page:
        back = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
        return redirect_to_login(back, reverse("account-password"))
    words = _("Somebody else made your password and may know it. Choose one of your own first.")
    return JsonResponse({"errors": [{"code": "password_given", "message": words}]}, status=403)


class ScopeMiddleware:
    """Sets `request.access` and runs the view inside one transaction that sees its mines only."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(UNSCOPED):
            return self.get_response(request)
        refusal = self._sign_in_by_token(request)
        if refusal is not None:
            return refusal
        access = access_of(request.user.pk) if request.user.is_authenticated else Access()
        token = getattr(request, "api_token", None)
        if token is None and getattr(request.user, "password_given", False):
            refusal = _ask_for_own_password(request)
            if refusal is not None:
                return refusal
        if token is not None:
            # A token reaches its own mine and no other, whatever its person may reach.
            access = access.only(token.mine_id)
        request.access = access  # type: ignore[attr-defined]
        with mine_scope(
            *access.roles,
            organisation_ids=access.organisation_ids,
            user_id=request.user.pk,
        ):
            response = self.get_response(request)
            note_look(request, response)
            # What says nothing of it a browser keeps: whoever sat down at the desk after a person
            # signed out went back to their pages, whichever mine's they were.
            if request.user.is_authenticated and not response.has_header("Cache-Control"):
                response["Cache-Control"] = "private, no-store"
            # Django has turned the exception into an answer; the half-done write must go too. A
            # view that refuses and yet keeps what was said marks its answer.
            if response.status_code >= 400 and not getattr(response, "keeps", False):
                transaction.set_rollback(True)
        return response

    def _sign_in_by_token(self, request: HttpRequest) -> HttpResponse | None:
        """Set the user from an Authorization header; a bad token is refused, never ignored.

        It opens the API alone: on the pages its holder could make keys that outlive it.
        """
        scheme, _space, presented = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() not in ("token", "bearer"):
            return None
        if not request.path.startswith("/api/"):
            return _refused(403, "permission_denied", _("A token opens the API alone."))
        token = find_token(presented.strip())
        if token is None:
            request.user = AnonymousUser()
            return _refused(401, "not_authenticated", _("Unknown or expired token."))
        token_used(token=token)
        request.user = token.user
        request.api_token = token  # type: ignore[attr-defined]
        return None


def _refused(status: int, code: str, message: str) -> HttpResponse:
    answer = JsonResponse({"errors": [{"code": code, "message": message}]}, status=status)
    if status == 401:
        answer["WWW-Authenticate"] = "Token"
    return answer
