"""`manage.py packs`: the clause packs, as workers/packs has them. Needs no database."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from workers.packs.__main__ import main


class Command(BaseCommand):
    """Hand the arguments over as they are: the options are documented in one place."""

    help = "List clause packs, or check files; see --help."
    requires_system_checks: list[str] = []

    def run_from_argv(self, argv: list[str]) -> None:
        """Run from the command line: the exit status is the contract."""
        sys.exit(main(argv[2:], settings.PACKS_DIR))

    def handle(self, *args: Any, **options: Any) -> None:
        """Run from call_command with the same words as on the command line."""
        sys.exit(main([str(word) for word in args], settings.PACKS_DIR))
