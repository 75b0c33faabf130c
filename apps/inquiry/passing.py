"""Sends an object of the store through Davy, to those whose right is looked at while it flows."""

from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _

from apps.accounts.permissions import Access, Action
from apps.evidence.storage import StorageError, open_object
from apps.inquiry.guard import Guard, guarded

__all__ = ["pass_on", "watched"]

BLOCK = 1 << 18


def watched(request: HttpRequest, mine_id: int) -> bool:
    """Tell whether what this person is sent goes through Davy rather than by a link."""
    access: Access = request.access  # type: ignore[attr-defined]
    return access.watched_in(mine_id)


def pass_on(
    request: HttpRequest,
    *,
    key: str,
    content_type: str,
    filename: str = "",
    mine_id: int,
    action: Action,
    alarm: int | None = None,
    subject: str,
    detail: dict[str, Any],
) -> HttpResponse | StreamingHttpResponse:
    """Send an object, or the stretch of it that was asked for; 503 when the store is away.

    It stops within a second when the person's right ends, and the record says how far it came.
    """
    span = request.headers.get("Range", "")
    span = span if span.startswith("bytes=") and "," not in span and len(span) < 60 else ""
    try:
        headers, body = open_object(key, span)
    except StorageError:
        return HttpResponse(_("The store does not answer."), status=503, content_type="text/plain")
    guard = Guard(
        request, mine_id=mine_id, action=action, alarm=alarm, subject=subject, detail=detail
    )
    headers |= {"Cache-Control": "no-store", "Accept-Ranges": "bytes"}
    if filename:
        headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    blocks = guarded(request, body.iter_chunks(BLOCK), guard, close=body.close)
    status = 206 if "Content-Range" in headers else 200
    return StreamingHttpResponse(blocks, status=status, content_type=content_type, headers=headers)
