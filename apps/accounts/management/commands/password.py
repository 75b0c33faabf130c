"""`manage.py password`: a new password for whoever nobody on the pages may give one to."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.accounts.models import User
from apps.accounts.passwords import password_reset


class Command(BaseCommand):
    """Give a person a new password; the record tells it in each of their mines."""

    help = "Give a person a new password and print it once; their sessions end."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the person."""
        parser.add_argument("username", help="the person's user name")

    def handle(self, *args: Any, **options: Any) -> None:
        """Give it, or say that there is nobody of that name."""
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"Nobody has the user name {options['username']!r}.")
        if not user.is_active:
            raise CommandError(f"{user.username} may not sign in any more; no password opens that.")
        self.stdout.write(f"{user.username}; password: {password_reset(user=user)}")
