"""A password that was just made: its page is shown once, and making it is not repeated by it.

The making redirects here, so that loading the page again makes no other password. In between the
password lies sealed in the session of whoever made it.
"""

from contextlib import suppress

from cryptography.fernet import InvalidToken
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.accounts.models import User
from apps.accounts.pages import page
from apps.cameras.secrets import open_box, seal
from apps.mines.models import Mine, Organisation

__all__ = ["password_hand_over", "password_shown"]

KEY = "password_made"
# The redirect follows at once; what nobody fetched by then is not shown any more.
LIFE_S = 600


def password_hand_over(
    request: HttpRequest,
    *,
    person: User,
    password: str,
    place: Mine | Organisation,
    renewed: bool = False,
) -> HttpResponse:
    """Lead to the page that shows a password once, and from there back to the place."""
    name = "portal-mine" if isinstance(place, Mine) else "portal-organisation"
    request.session[KEY] = {
        "box": seal(password),
        "person": person.get_username(),
        "renewed": renewed,
        "back": reverse(name, args=[place.pk]),
        "place": place.name,
    }
    return redirect("portal-password")


@require_GET
@never_cache
@page
def password_shown(request: HttpRequest) -> HttpResponse:
    """Show the password that was just made; the next time say that it is not kept."""
    made = request.session.get(KEY)
    if made is None:
        return redirect("home")
    box = made.pop("box", "")
    request.session.modified = True
    password = ""
    with suppress(InvalidToken):
        password = open_box(box, LIFE_S) if box else ""
    return render(request, "portal/person_added.html", {**made, "password": password})
