"""REST framework's view of a token that the middleware has already checked."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

__all__ = ["TokenAuthentication"]


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Token davy_<id>_<secret>`; such requests need no CSRF token."""

    def authenticate(self, request: Request) -> tuple[object, object] | None:
        """Return the person and the token, or None when the request carries no token."""
        token = getattr(request._request, "api_token", None)
        return None if token is None else (token.user, token)

    def authenticate_header(self, request: Request) -> str:
        """Make an anonymous request a 401 instead of a 403."""
        return "Token"


class TokenScheme(OpenApiAuthenticationExtension):
    """Describes the token in the OpenAPI schema."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Return the OpenAPI security scheme."""
        return {"type": "apiKey", "in": "header", "name": "Authorization"}
