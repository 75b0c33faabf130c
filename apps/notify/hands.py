"""A browser that changes hands: who has left it is told nothing by it any more.

The page sends the address that the browser's maker gave it along with who signs in or out. A
session that merely ended leaves all as it is: a phone in a pocket goes on calling.
"""

import hashlib
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from apps.accounts.models import User
from apps.notify.models import Subscription
from apps.notify.services import device_remove
from apps.tenancy.scope import system_scope

__all__ = ["signed_in", "signed_out"]


@receiver(user_logged_out)
def signed_out(request: HttpRequest, user: User | None, **_kwargs: Any) -> None:
    """Tell somebody nothing more in the browser where they signed out."""
    digest = _browser(request)
    if not digest or user is None:
        return
    with system_scope("a browser may take messages of several mines"):
        for row in Subscription.objects.filter(endpoint_hash=digest, user=user):
            device_remove(subscription=row, actor=user)


@receiver(user_logged_in)
def signed_in(request: HttpRequest, user: User, **_kwargs: Any) -> None:
    """Tell nobody else anything in the browser where somebody signs in."""
    digest = _browser(request)
    if not digest:
        return
    with system_scope("whoever used the browser before may be of another mine"):
        for row in Subscription.objects.filter(endpoint_hash=digest).exclude(user=user):
            device_remove(subscription=row, actor=None)


def _browser(request: HttpRequest) -> str:
    endpoint = request.POST.get("push_endpoint", "")
    return hashlib.sha256(endpoint.encode()).hexdigest() if endpoint else ""
