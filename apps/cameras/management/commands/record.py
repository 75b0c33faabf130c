"""`manage.py record`: one process that records every enabled camera."""

import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from apps.cameras.recording import Recording


class Command(BaseCommand):
    """Pull all streams into the ring until told to stop."""

    help = "Record every enabled camera into the ring of chunks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Let an edge box record one mine only."""
        parser.add_argument("--mine", type=int, help="record only the cameras of this mine")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM or SIGINT."""
        recording = Recording(options["mine"])
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: recording.stop())
        recording.run()
