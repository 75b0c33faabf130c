"""From which desk somebody acts: a name kept by the browser, for a desk outlives its people."""

from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse

__all__ = ["desk_name", "desk_of", "keep_desk"]

COOKIE = "davy_desk"
LONGEST = 60
A_YEAR_S = 365 * 24 * 3600


def desk_of(request: HttpRequest) -> str:
    """Return the desk's name, else the key's name, else the address that the request came from."""
    token = getattr(request, "api_token", None)
    if token is not None:
        return str(token.name)[:LONGEST]
    return desk_name(request) or request.META.get("REMOTE_ADDR", "")[:LONGEST]


def desk_name(request: HttpRequest) -> str:
    """Return the name that was given to this browser's desk, or ""."""
    try:
        return str(request.get_signed_cookie(COOKIE, default=""))[:LONGEST]
    except BadSignature:
        return ""


def keep_desk(response: HttpResponse, name: str) -> None:
    """Let the browser keep the desk's name."""
    response.set_signed_cookie(
        COOKIE, name.strip()[:LONGEST], max_age=A_YEAR_S, httponly=True, samesite="Lax"
    )
