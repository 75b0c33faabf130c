"""Makes the time line of one alarm as PDF when it is asked for, and notes who takes it away.

A worker makes it: it covers the alarm's picture, for which the detector is needed.
"""

import hashlib
import tempfile
from datetime import timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from apps.accounts.models import User
from apps.alarms.models import Alarm
from apps.audit.services import record
from apps.bundles.contents import gaps_of
from apps.bundles.models import Sheet
from apps.bundles.paper import LANGUAGES, Occasion, acts_of, paper_data
from apps.bundles.typeset import PaperError, typeset
from apps.evidence.storage import StorageError, put_file, remove
from apps.evidence.workshop import workshop
from apps.ledger.models import Root
from apps.ledger.services import ledger_seal, root_sign
from apps.privacy.services import picture_taken
from apps.tenancy.scope import mine_scope
from workers.media.errors import MediaError

__all__ = ["file_name", "sheet_access", "sheet_ask", "sheet_forget", "sheet_make"]

CLAIM = timedelta(minutes=5)
SLOWEST_RETRY_S = 60


def file_name(sheet: Sheet) -> str:
    """Return the name under which a browser keeps it."""
    return f"davy-alarm-{sheet.alarm_id}-timeline-{LANGUAGES[sheet.language]}.pdf"


@transaction.atomic
def sheet_ask(*, alarm: Alarm, language: str, actor: User) -> Sheet:
    """Ask for an alarm's time line; while the same person's is being made, that one is meant."""
    sheet, _made = Sheet.objects.get_or_create(
        mine_id=alarm.mine_id,
        alarm=alarm,
        language=language if language in LANGUAGES else "en",
        asked_by=actor,
        state=Sheet.State.PENDING,
        defaults={"next_attempt_at": timezone.now()},
    )
    return sheet


def sheet_make(*, sheet_id: int, mine_id: int) -> Sheet | None:
    """Make, store and note a sheet; None when it is not due or somebody else makes it.

    Safe to run twice: the claim is a conditional update, and every attempt has a key of its own.
    While the store is away it is tried again every minute.
    """
    now = timezone.now()
    with mine_scope(mine_id):
        claimed = Sheet.objects.filter(
            pk=sheet_id, state=Sheet.State.PENDING, next_attempt_at__lte=now
        ).update(next_attempt_at=now + CLAIM, attempts=F("attempts") + 1)
        if not claimed:
            return None
        sheet = Sheet.objects.select_related("asked_by").get(pk=sheet_id)
    try:
        with tempfile.TemporaryDirectory(prefix="sheet-", dir=workshop("sheets")) as place:
            return _set_and_store(sheet, Path(place))
    except (StorageError, OSError) as error:
        wait_s = min(2**sheet.attempts, SLOWEST_RETRY_S)
        again = timezone.now() + timedelta(seconds=wait_s)
        with mine_scope(mine_id):
            _still_ours(sheet).update(next_attempt_at=again, error=str(error)[:300])
    except PaperError as error:
        with mine_scope(mine_id):
            _still_ours(sheet).update(state=Sheet.State.FAILED, error=str(error)[:300])
    return None


def _still_ours(sheet: Sheet) -> QuerySet[Sheet]:
    return Sheet.objects.filter(pk=sheet.pk, state=Sheet.State.PENDING, attempts=sheet.attempts)


def _set_and_store(sheet: Sheet, folder: Path) -> Sheet | None:
    with mine_scope(sheet.mine_id):
        while ledger_seal(mine_id=sheet.mine_id, thorough=True):
            pass
        root = root_sign(mine_id=sheet.mine_id)
        alarm = Alarm.objects.select_related("mine", "camera__area").get(pk=sheet.alarm_id)
        occasion = _occasion(sheet, alarm, root)
        acts = acts_of(alarm, until=root.number if root else None)
        data = paper_data(alarm, occasion, language=sheet.language, acts=acts)
    pdf = typeset(data, picture=occasion.picture, at=occasion.made_at, workshop=folder)
    out, digest = folder / "sheet.pdf", hashlib.sha256(pdf).hexdigest()
    out.write_bytes(pdf)
    key = f"{sheet.mine_id}/sheets/{sheet.uid}-{sheet.attempts}.pdf"
    put_file(key, out, content_type="application/pdf", filename=file_name(sheet))
    with mine_scope(sheet.mine_id):
        done = _still_ours(sheet).update(
            state=Sheet.State.READY,
            key=key,
            bytes=len(pdf),
            sha256=digest,
            made_at=occasion.made_at,
            error="",
        )
        if not done:
            return None
        sheet.refresh_from_db()
        record(
            action="sheet.made",
            subject=alarm,
            mine_id=sheet.mine_id,
            part="bundles",
            detail={"sheet": str(sheet.uid), "language": sheet.language, "sha256": digest},
        )
    return sheet


def _occasion(sheet: Sheet, alarm: Alarm, root: Root | None) -> Occasion:
    """Return what is told beside the alarm; a picture that cannot be covered is left out."""
    snapshot, jpeg, facts = getattr(alarm, "snapshot", None), b"", {}
    if snapshot is not None:
        try:
            jpeg, facts = picture_taken(alarm=alarm, jpeg=bytes(snapshot.jpeg), at=snapshot.at)
        except MediaError:
            jpeg, facts = b"", {}
    return Occasion(
        made_at=timezone.now(),
        made_for=sheet.asked_by.get_username(),
        picture=jpeg,
        picture_at=snapshot.at if snapshot else None,
        facts=facts,
        gaps=[gap for clip in alarm.clips.order_by("wanted_from") for gap in gaps_of(clip)],
        root=root,
    )


@transaction.atomic
def sheet_access(*, sheet: Sheet, user: User, address: str | None) -> None:
    """Note that somebody takes a sheet away, before they get it."""
    record(
        action="sheet.download",
        subject=sheet.alarm,
        mine_id=sheet.mine_id,
        actor=user,
        detail={"sheet": str(sheet.uid), "address": address, "sha256": sheet.sha256},
    )


def sheet_forget(*, sheet_id: int, mine_id: int) -> None:
    """Remove an old sheet; what the record says of it stays. StorageError where it is kept."""
    with mine_scope(mine_id):
        sheet = Sheet.objects.get(pk=sheet_id)
        if sheet.key:
            remove(sheet.key)
        sheet.delete()
