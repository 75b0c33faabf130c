"""`manage.py restore`: bring a backup into an empty database, and prove that it is whole."""

from argparse import ArgumentParser
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.backup.checks import backup_faults
from apps.backup.manifest import read_manifest
from apps.backup.places import PlaceError, place_of, workshop
from apps.backup.postgres import ToolError
from apps.backup.restoring import Refused, Restored, restore
from apps.backup.state import Cut
from apps.evidence.storage import StorageError

MOST = 20


class Command(BaseCommand):
    """Exit status 0 when all of it is back, 1 when something lacks or was refused."""

    help = "Restore the backup at PLACE into the database of DATABASE_URL, as its owner."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take from where."""
        parser.add_argument("place", metavar="PLACE", help="a backup's folder or s3:// address")
        parser.add_argument("--sha256", help="of the manifest, as it was printed and kept")
        parser.add_argument(
            "--replace", action="store_true", help="delete everything that the database holds"
        )

    def handle(self, *args: Any, place: str, **options: Any) -> None:
        """Do it; what stands against it becomes words."""
        if not settings.DATABASE_OWNER_URL:
            raise CommandError(
                "DATABASE_OWNER_URL is not set: a restore makes tables, as the role that owns them."
            )
        try:
            done = self._restore(place, options["sha256"], options["replace"])
        except (PlaceError, ToolError, StorageError, Refused, Cut) as error:
            raise CommandError(str(error)) from error
        except psycopg.OperationalError as error:
            raise CommandError(f"The database does not answer: {error}") from error
        self._tell(done)

    def _restore(self, words: str, sha256: str | None, replace: bool) -> Restored:
        with workshop() as name:
            folder, place = Path(name), place_of(words)
            manifest, found = read_manifest(place, folder)
            if sha256 and sha256.lower() != found:
                raise Refused(f"The manifest has the SHA-256 {found}, not the one you gave.")
            faults = list(islice(backup_faults(place, manifest, folder), MOST))
            for fault in faults:
                self.stderr.write(fault)
            if faults:
                raise Refused("This backup does not hold; nothing was touched.")
            self.stdout.write(f"The backup of {manifest.made_at} holds.")
            return restore(
                place=place, manifest=manifest, sha256=found, folder=folder, replace=replace,
                owner=settings.DATABASE_OWNER_URL, say=self.stdout.write,
            )  # fmt: skip

    def _tell(self, done: Restored) -> None:
        if done.put_back:
            self.stdout.write(f"objects: {done.put_back} put back into the store")
        for line in [*done.warnings, *done.lacking[:MOST]]:
            self.stderr.write(line)
        if len(done.lacking) > MOST:
            self.stderr.write(f"… and {len(done.lacking) - MOST} objects more")
        if done.warnings or done.lacking:
            raise CommandError(
                f"The database is back, but {len(done.warnings)} things are wrong and "
                f"{len(done.lacking)} objects lack in the store."
            )
        self.stdout.write(f"Restored: {done.rows} rows of {done.mines} mines; nothing lacks.")
