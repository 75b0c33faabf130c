"""`manage.py seed`: the demo mine."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from apps.mines.demo import seed_demo


class Command(BaseCommand):
    """Build the demo mine or bring it up to date."""

    help = "Build the demo mine: two organisations, three mines, six cameras, one login a role."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say where the demo's streams are and where its logins are kept."""
        parser.add_argument("--rtsp", required=True, help="base address of the demo's streams")
        parser.add_argument("--logins", required=True, type=Path, help="file for the logins")
        parser.add_argument("--receiver", type=Path, help="port and secret of the demo's receiver")

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed and say what there is."""
        people = seed_demo(
            rtsp=options["rtsp"], logins=options["logins"], receiver=options["receiver"]
        )
        self.stdout.write(f"demo mine ready, {len(people)} logins in {options['logins']}")
