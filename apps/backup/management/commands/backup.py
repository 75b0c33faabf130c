"""`manage.py backup`: copy the installation into a folder or bucket, or prove such a copy."""

from argparse import ArgumentParser
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.backup.checks import backup_faults
from apps.backup.manifest import read_manifest
from apps.backup.places import Folder, PlaceError, place_of, workshop
from apps.backup.postgres import ToolError
from apps.backup.services import backup_make
from apps.backup.state import Cut
from apps.evidence.storage import StorageError

MOST = 20


class Command(BaseCommand):
    """Exit status 0 when all is well, 1 when something is not; each fault is named."""

    help = "Back up database and list of objects under PLACE, or prove the backup that lies there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where to, and what."""
        parser.add_argument("place", metavar="PLACE", help="a folder, or s3://BUCKET/PREFIX")
        parser.add_argument("--objects", action="store_true", help="copy the store's objects too")
        parser.add_argument(
            "--verify", action="store_true", help="change nothing: prove the backup at PLACE"
        )

    def handle(self, *args: Any, place: str, objects: bool, verify: bool, **options: Any) -> None:
        """Do it; faults of the surroundings become words."""
        try:
            if verify:
                self._verify(place)
            else:
                self._make(place, objects)
        except (PlaceError, ToolError, StorageError, Cut) as error:
            raise CommandError(str(error)) from error

    def _make(self, words: str, objects: bool) -> None:
        place = place_of(words)
        if isinstance(place, Folder) and place.is_beside(settings.VAR):
            self.stderr.write(f"{place.words} is on the disk of Davy's own data, and dies with it.")
        made = backup_make(place=place, objects=objects, say=self.stdout.write)
        counted = made.manifest.objects
        held = "copied" if objects else "listed, not copied"
        self.stdout.write(f"objects: {counted['named']} {held}, {counted['bytes'] / 1e6:.1f} MB")
        self.stdout.write(f"backup: {made.place.words}")
        self.stdout.write(f"SHA-256 of its manifest, to be kept elsewhere: {made.sha256}")
        self.stdout.write("Not in it:")
        for line in made.manifest.not_in_it:
            self.stdout.write(f"  {line}")
        for fault in made.faults[:MOST]:
            self.stderr.write(fault)
        if made.faults:
            raise CommandError(f"The backup is made, with {len(made.faults)} faults, named above.")

    def _verify(self, words: str) -> None:
        with workshop() as name:
            folder, place = Path(name), place_of(words)
            manifest, sha256 = read_manifest(place, folder)
            faults = list(islice(backup_faults(place, manifest, folder), MOST))
        for fault in faults:
            self.stderr.write(fault)
        if faults:
            raise CommandError("This backup does not hold.")
        acts = sum(head["number"] for head in manifest.ledger.values())
        counted = manifest.objects
        held = "copied" if counted["copied"] else "listed"
        self.stdout.write(
            f"The backup of {manifest.made_at} holds: {sum(manifest.tables.values())} rows, "
            f"{counted['named']} objects {held}; its ledger verifies: {acts} acts of "
            f"{len(manifest.ledger)} mines."
        )
        self.stdout.write(f"SHA-256 of its manifest: {sha256}")
