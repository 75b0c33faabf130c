"""Makes the key with which browser push tells its services who sends."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.notify.webpush import make_key

__all__ = ["Command"]


class Command(BaseCommand):
    """`manage.py vapid` prints a new private key for DAVY_VAPID_KEY."""

    help = "Print a new private key for DAVY_VAPID_KEY (browser push). Changing it later means "
    help += "that every browser must switch notifications on again."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the key."""
        self.stdout.write(make_key())
