"""Notes the looks of auditors: which pages and rows they were shown.

Asked by the middleware after each answer, inside the request's own transaction.
"""

from django.http import HttpRequest, HttpResponseBase

from apps.accounts.permissions import Access
from apps.inquiry.services import look_note

__all__ = ["note_look"]

# What notes itself, belongs to the person, or shows nothing of a mine.
THEMSELVES = frozenset(
    {
        "account", "alarm-tile", "api:bundle-download", "api:camera-live", "api:camera-media",
        "api:camera-preview", "api:camera-segment", "api:camera-span-download",
        "api:clip-download", "api:notify-device-list", "api:schema", "bundle-download", "case",
        "api:sheet-download", "case-boxes", "case-download", "case-picture", "case-play",
        "case-sheet", "case-sheet-download", "clip-download", "clip-play", "healthz", "home",
        "login", "logout", "notify-devices", "notify-worker", "replay-clip", "sheet-download",
        "span-download",
    }
)  # fmt: skip


def note_look(request: HttpRequest, response: HttpResponseBase) -> None:
    """Note what was shown to somebody all of whose looks at a mine are noted."""
    access: Access = request.access  # type: ignore[attr-defined]
    match = request.resolver_match
    if (
        request.method not in ("GET", "HEAD")
        or response.status_code != 200
        or match is None
        or match.view_name in THEMSELVES
    ):
        return
    watched = {mine for mine in access.roles if access.watched_in(mine)}
    if not watched:
        return
    # A row says whose it is; a list is of every mine, or of the one that was asked for.
    found: set[int] = getattr(request, "looked", set())
    asked = {mine for mine in watched if str(mine) == request.GET.get("mine")}
    subject = match.view_name
    if found:
        subject += "".join(f":{value}" for value in match.kwargs.values())
    for mine_id in sorted((found & watched) if found else (asked or watched)):
        look_note(
            mine_id=mine_id,
            user=request.user,
            subject=subject[:100],
            # A page's filters tell what was looked for; a player's questions are all alike.
            path=request.path if request.path.startswith("/api/") else request.get_full_path(),
            grant=access.guest_of.get(mine_id),
            address=request.META.get("REMOTE_ADDR") or None,
        )
