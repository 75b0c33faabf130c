"""Doorbells for messages; each may be lost, late or doubled."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from apps.live.clock import now_for_age
from apps.notify.models import Delivery
from apps.notify.selectors import routes_waiting
from apps.tenancy.scope import system_scope

BELL_S = 30


@shared_task(expires=BELL_S)
def deliver(route_id: int, mine_id: int) -> None:
    """Send what is due along a route; delivered twice, the route's lease lets one in."""
    from apps.notify.delivery import drain

    if drain(route_id=route_id, mine_id=mine_id):
        deliver.delay(route_id, mine_id)


@shared_task
def sweep() -> None:
    """Ring once for each route that has something due with nobody at work on it."""
    from apps.notify.delivery import future_forget

    now = timezone.now()
    with system_scope("the sweep looks at the messages of every mine"):
        future_forget(now=now)
        waiting = routes_waiting(now=now)
    for route_id, mine_id in waiting:
        deliver.delay(route_id, mine_id)


@shared_task
def forget() -> None:
    """Delete the log of messages that ended long ago."""
    before = now_for_age() - timedelta(days=settings.NOTIFY_DAYS)
    with system_scope("old messages of every mine"):
        Delivery.objects.filter(ended_at__lt=before, created_at__lt=before).delete()
