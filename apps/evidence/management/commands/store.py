"""`manage.py store check`: what the object store does, and whether it locks what it should.

`manage.py store sweep` takes out of it what earlier releases left of deleted videos.
"""

import secrets
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.evidence.expiry import leftovers_sweep
from apps.evidence.locking import wants_lock
from apps.evidence.storage import (
    StorageError,
    features,
    get_file,
    put_bytes,
    reach,
    remove,
    size_of,
)


class Command(BaseCommand):
    """Exit status 0 when the store does all that the settings ask of it, 1 when it does not."""

    help = (
        "check: put, read and delete a small object; say whether the bucket keeps versions and "
        "locks. sweep: remove what earlier releases left of deleted videos."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to do."""
        parser.add_argument("act", choices=["check", "sweep"])

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and say it plainly."""
        if options["act"] == "sweep":
            self._sweep()
        else:
            self._check()

    def _sweep(self) -> None:
        went, refused = leftovers_sweep()
        self.stdout.write(f"{went} objects of deleted videos were left, and are gone")
        if refused:
            raise CommandError(f"The store kept something of {refused} videos; the log says why.")

    def _check(self) -> None:
        body = secrets.token_bytes(1000)
        key = f"check/{secrets.token_hex(8)}"
        try:
            reach()
            found = features(anew=True)
            put_bytes(key, body, content_type="application/octet-stream")
            with tempfile.TemporaryDirectory() as folder:
                get_file(key, Path(folder) / "back")
                whole = (Path(folder) / "back").read_bytes() == body and size_of(key) == len(body)
            remove(key)
        except StorageError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"bucket {settings.S3_BUCKET}: stores, gives and deletes")
        self.stdout.write(f"versions: {'kept' if found.versioned else 'none'}")
        self.stdout.write(f"object lock: {'yes' if found.lock else 'no'}")
        if not whole:
            raise CommandError("The store gave back other bytes than it was given.")
        if not wants_lock():
            self.stdout.write("videos are not locked (DAVY_OBJECT_LOCK is off)")
        elif not found.lock:
            raise CommandError(
                f"DAVY_OBJECT_LOCK={settings.OBJECT_LOCK}, but this bucket has no object lock: "
                "videos are stored without. Make a bucket with object lock; it cannot be added."
            )
        else:
            days = f"{settings.OBJECT_LOCK_DAYS:g}"
            self.stdout.write(f"videos are locked for {days} days ({settings.OBJECT_LOCK})")
