"""Signing in and out, the first page, and a person's own account."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import LoginView
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.forms import LanguageForm, PasswordForm, SignInForm, TokenForm
from apps.accounts.listing import TOKENS, tokens_standing
from apps.accounts.models import ApiToken, Role
from apps.accounts.pages import access_of_request, attempt, page, picture
from apps.accounts.passwords import password_change
from apps.accounts.permissions import Action
from apps.accounts.services import language_set, token_create, token_revoke
from apps.lists.pages import answer_list
from apps.mines.selectors import mines

__all__ = ["SignIn", "account", "home", "language", "password", "session", "token_add", "token_end"]


class SignIn(LoginView):
    """The login page."""

    template_name = "accounts/login.html"
    authentication_form = SignInForm

    @property
    def redirect_authenticated_user(self) -> bool:
        """Send who is signed in on from the page; the desk's question is always answered."""
        return self.request.accepts("text/html")

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the page again, or tell the desk's own question what is wrong."""
        if self.request.accepts("text/html"):
            return super().form_invalid(form)
        first = next(iter(form.errors.values()))[0]
        return JsonResponse({"errors": [{"message": first, "field": "password"}]}, status=400)

    def form_valid(self, form: Any) -> HttpResponse:
        """Sign in, and show pages in the person's own language from here on.

        The desk's own question takes no given password: only a page can ask for another one.
        """
        if form.get_user().password_given and not self.request.accepts("text/html"):
            form.add_error(
                None,
                _(
                    "Somebody else made this password. Load this page again and sign in with it:"
                    " you are asked for one of your own, and come back here."
                ),
            )
            return self.form_invalid(form)
        response = super().form_valid(form)
        user = form.get_user()
        if not user.language:
            language_set(user=user, language=get_language() or settings.LANGUAGE_CODE)
        if not self.request.accepts("text/html"):
            response = JsonResponse({"me": user.get_username()})
        _set_language(response, user.language)
        return response


def _set_language(response: HttpResponse, code: str) -> None:
    if code in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, code, max_age=365 * 86400, samesite="Lax"
        )


@require_GET
@never_cache
@picture
def session(request: HttpRequest) -> HttpResponse:
    """Say that the session lives; who is not signed in is answered 401."""
    return HttpResponse(status=204)


@require_GET
@page
def home(request: HttpRequest) -> HttpResponse:
    """Send a person to where their work is."""
    access = access_of_request(request)
    if access.mines_for(Action.VIEW):
        return redirect("desk")
    if access.organisations_for(Action.CREATE_MINE):
        return redirect("portal")
    if access.cases:
        return redirect("cases")
    return redirect("account")


@require_GET
@never_cache
@page
def account(request: HttpRequest) -> HttpResponseBase:
    """Show who is signed in, with which roles, and their keys, or send the keys as a file."""
    return _account(request)


def _account(request: HttpRequest, *, status: int = 200, **changed: Any) -> HttpResponseBase:
    access = access_of_request(request)
    roles = [
        {"mine": mine, "role": Role(access.roles[mine.pk]).label}
        for mine in mines().filter(pk__in=list(access.roles))
    ]
    allowed = list(access.roles)
    rows = tokens_standing(user_id=request.user.pk, mine_ids=allowed)
    context = {
        "roles": roles,
        "token_form": TokenForm(access=access, user_id=request.user.pk),
        **changed,
    }
    return answer_list(
        request, TOKENS, rows, mine_ids=allowed, template="accounts/account.html", context=context,
        status=status,
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@never_cache
@page
def password(request: HttpRequest) -> HttpResponse:
    """Change one's own password and go on to `next`; all other browsers are signed out."""
    form = PasswordForm(request, request.POST or None)
    if form.is_valid():
        new, key = form.cleaned_data["new_password1"], request.session.session_key or ""
        password_change(user=request.user, password=new, session_key=key)
        update_session_auth_hash(request, request.user)
        messages.success(request, _("The password was changed. Elsewhere you are signed out."))
        return redirect(_own(request, request.GET.get("next", "")) or "account")
    status = 400 if request.method == "POST" else 200
    return render(request, "accounts/password.html", {"form": form}, status=status)


def _own(request: HttpRequest, address: str) -> str:
    """Return an address of this server to go on to; nothing for a foreign one."""
    own = url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure())
    return address if own else ""


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Change the language of the pages and go back to the page where that was asked for.

    It is kept with the person; for whoever is not signed in, with the browser alone.
    """
    form = LanguageForm(request.POST)
    if not form.is_valid():
        raise BadRequest
    code = form.cleaned_data["language"]
    if request.user.is_authenticated:
        language_set(user=request.user, language=code)
    back = _own(request, request.POST.get("next") or request.headers.get("Referer", ""))
    response = redirect(back or ("account" if request.user.is_authenticated else "login"))
    _set_language(response, code)
    return response


@require_POST
@never_cache
@page
def token_add(request: HttpRequest) -> HttpResponseBase:
    """Make a key and show its text this once."""
    access = access_of_request(request)
    form = TokenForm(request.POST, access=access, user_id=request.user.pk)
    made = None
    if form.is_valid():
        given = form.cleaned_data
        access.require(Action.VIEW, given["mine"].pk)
        made = attempt(
            form,
            lambda: token_create(
                mine=given["mine"],
                user=request.user,
                name=given["name"],
                expires_at=form.expires_at(),
            ),
        )
    if made is None:
        return _account(request, status=400, token_form=form)
    token, text = made
    return _account(request, new_token=token, new_token_text=text)


@require_POST
@page
def token_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke one of the person's own keys."""
    token = get_object_or_404(ApiToken.objects.filter(user=request.user), pk=pk)
    token_revoke(token=token, actor=request.user)
    return redirect("account")
