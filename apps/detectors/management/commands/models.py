"""`manage.py models`: the catalogue of weights, as workers/models has it. Needs no database."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from workers.models.__main__ import main


class Command(BaseCommand):
    """Hand the arguments over as they are: the options are documented in one place."""

    help = "List, fetch, check or measure the detectors of the catalogue; see --help."
    requires_system_checks: list[str] = []

    def run_from_argv(self, argv: list[str]) -> None:
        """Run from the command line: the exit status is the contract."""
        sys.exit(main(argv[2:]))

    def handle(self, *args: Any, **options: Any) -> None:
        """Run from call_command with the same words as on the command line."""
        sys.exit(main([str(word) for word in args]))
