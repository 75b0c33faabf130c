"""`manage.py ledger`: prove a mine's record, sign it now, or change its key."""

import re
from argparse import ArgumentParser, ArgumentTypeError
from itertools import chain, islice
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from apps.ledger.selectors import (
    handovers,
    keys_untied,
    ledger_faults,
    newest_link,
    newest_root,
)
from apps.ledger.services import key_rotate, key_vouch, ledger_seal, root_sign
from apps.ledger.stamping import newest_stamp, stamp_faults
from apps.ledger.verify import key_given, keys_lost
from apps.mines.models import Mine
from apps.recordings.sealing import seal_faults
from apps.tenancy.scope import mine_scope, system_scope

UNTIED = (
    "A key ended without a handover. If that was before keys handed over to each other, and you "
    "know it for the mine's, tie it with `ledger vouch`. Whoever rules the database could have put "
    "it in."
)
# So many faults are named; a chain that is broken early has one at every link.
MOST = 20


class Command(BaseCommand):
    """Exit status 0 when the record holds, 1 when it does not; each fault is named."""

    help = (
        "Prove the chained record of mines (verify), sign it now (sign), change the key (rotate), "
        "or tie keys of earlier versions to the one in force (vouch)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to do, and for which mine."""
        parser.add_argument("act", choices=["verify", "sign", "rotate", "vouch"])
        parser.add_argument("--mine", type=int, help="number of the mine; all of them without it")
        parser.add_argument(
            "--files", action="store_true", help="verify: read every recorded file as well"
        )
        parser.add_argument(
            "--key",
            default="",
            help="verify: a public key of the mine, kept elsewhere, that all keys must hang on; "
            "vouch: a lost key, for which the one in force signs alone",
        )

        parser.add_argument(
            "--root",
            type=_root,
            help="verify: NUMBER:HASH of a root kept elsewhere, which the chain must contain",
        )

    def handle(self, *args: Any, act: str, mine: int | None, **options: Any) -> None:
        """Do it for each mine in turn."""
        self.files = options["files"]
        try:
            self.key = key_given(options["key"]) if options["key"] else ""
        except ValueError as error:
            raise CommandError(str(error)) from None
        self.root = options["root"]
        with system_scope("the operator of the server names the mines"):
            asked = Mine.objects.order_by("pk")
            mines = list(asked if mine is None else asked.filter(pk=mine))
        if not mines:
            none = "There is no mine yet." if mine is None else f"There is no mine {mine}."
            raise CommandError(none)
        if (self.key or self.root) and len(mines) > 1:
            raise CommandError("--key and --root are of one mine: name it with --mine.")
        broken = 0
        for one in mines:
            try:
                with mine_scope(one.pk):
                    broken += self._do(act, one)
            except ImproperlyConfigured as error:  # another mine's key may open all the same
                self.stderr.write(f"{one.name}: {error}")
                broken += 1
        if broken:
            raise CommandError("The record does not hold." if act == "verify" else "Not all done.")

    def _do(self, act: str, mine: Mine) -> bool:
        if act == "verify":
            found = chain(
                ledger_faults(mine_id=mine.pk, key=self.key, kept=self.root),
                stamp_faults(mine_id=mine.pk),
                seal_faults(mine_id=mine.pk, files=self.files),
            )
            faults = list(islice(found, MOST))
            for fault in faults:
                self.stderr.write(f"{mine.name}: {fault}")
            if not faults:
                last, root = newest_link(mine_id=mine.pk), newest_root(mine_id=mine.pk)
                links = last.number if last else 0
                signed = root.number if root else 0
                self.stdout.write(f"{mine.name}: {links} acts hold, {signed} of them are signed")
                self._tell_stamp(mine)
            for lost in keys_lost(handovers(mine_id=mine.pk)):
                self.stdout.write(f"{mine.name}: {lost}")
            if keys_untied(mine_id=mine.pk).exists():
                self.stderr.write(f"{mine.name}: {UNTIED}")
            return bool(faults)
        while ledger_seal(mine_id=mine.pk, thorough=True):
            pass
        if act == "vouch":
            return self._vouch(mine)
        if act == "rotate":
            key = key_rotate(mine=mine)
            self.stdout.write(f"{mine.name}: key {key.public} signs from now on")
            return False
        root = root_sign(mine_id=mine.pk)
        told = f"{root.number} acts are signed by {root.key.public}" if root else "nothing to sign"
        self.stdout.write(f"{mine.name}: {told}")
        return False

    def _vouch(self, mine: Mine) -> bool:
        failed = False
        for key in keys_untied(mine_id=mine.pk):
            try:
                key_vouch(key=key, lost=key.public == self.key)
            except ImproperlyConfigured as error:
                self.stderr.write(f"{mine.name}: {error} If it was the mine's: --key {key.public}")
                failed = True
            else:
                self.stdout.write(f"{mine.name}: vouched for the key {key.public}")
        return failed

    def _tell_stamp(self, mine: Mine) -> None:
        stamp = newest_stamp(mine_id=mine.pk)
        if stamp is not None:
            said = f"{stamp.root.number} of them were there at {stamp.at.isoformat()}"
            unproved = "" if settings.TSA_CA else "; DAVY_TSA_CA is not set, so nobody checked who"
            self.stdout.write(f"{mine.name}: {said}, says {stamp.tsa}{unproved}")
        elif settings.TSA_URL:
            self.stdout.write(f"{mine.name}: no root has a time stamp yet")


def _root(text: str) -> tuple[int, str]:
    number, _colon, hashed = text.partition(":")
    if not number.isascii() or not number.isdigit() or not re.fullmatch("[0-9a-fA-F]{64}", hashed):
        raise ArgumentTypeError("NUMBER:HASH is asked for, as the list of roots shows them")
    return int(number), hashed
