"""When a request gives its connection to the database back."""

from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, HttpResponse

__all__ = ["ConnectionMiddleware"]


class ConnectionMiddleware:
    """Gives the connection to the database back before the answer is sent.

    Django does so only when the last byte has gone: a few who read a video over a weak link would
    hold all that the pool has, and no page and no desk would be answered.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not connection.in_atomic_block:  # that of a test goes on
            connection.close()
        return response
