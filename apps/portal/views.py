"""What answers without a mine."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

__all__ = ["healthz"]


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that the web process answers; touches neither database nor broker."""
    return HttpResponse("ok", content_type="text/plain")
