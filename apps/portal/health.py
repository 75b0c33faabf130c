"""The page of how the installation stands."""

import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.accounts.pages import page, require_somewhere
from apps.accounts.permissions import Action
from apps.backup.selectors import last_backup
from apps.cameras.models import Analysis, Chunk, StreamState
from apps.cameras.selectors import LEFT_OUT
from apps.cameras.standing import standing_by_mine
from apps.evidence.locking import wants_lock
from apps.evidence.models import Clip
from apps.evidence.storage import Missing, Refused, StorageError, features, reach
from apps.lists.filters import Search
from apps.lists.listing import Column, Listing
from apps.lists.pages import answer_list
from apps.live.clock import clock_behind
from apps.live.pulse import DUE_S, pulse_s
from apps.mines.selectors import mines
from apps.portal.lists import of_codes
from apps.recordings.space import LEAST_H, space_now
from apps.sentences import kept
from apps.tenancy.scope import system_scope

__all__ = ["health"]

GOOD, WARN, BAD = "protecting", "off", "blind"
LATE_S = 10
BACKUP_LATE = timedelta(days=2)
VIDEO_LATE = timedelta(minutes=5)
# What could not be made longer ago is told in the list of videos alone.
UNMADE = timedelta(days=7)
AHEAD = timedelta(hours=1)
STATES = {
    BAD: gettext_lazy("FAULT"),
    WARN: gettext_lazy("needs a look"),
    GOOD: gettext_lazy("works"),
}
# What the beat rings for, and what it is that such work is late.
WORK = {
    "watch": (gettext_lazy("Watch over the cameras"), BAD),
    "time": (gettext_lazy("Alarms are passed on"), BAD),
    "notify": (gettext_lazy("Messages to people"), BAD),
    "videos": (gettext_lazy("Cutting of videos"), BAD),
    "replay": (gettext_lazy("Copies, bundles and drafts"), WARN),
}
Found = tuple[str, str, str]  # a part's name, its state, and what is known of it in words


@dataclass(frozen=True)
class Part:
    """One part of the installation; mine_ids: of whoever looks, whose records say who took it."""

    name: str
    state: str
    words: str
    mine_ids: list[int]

    @property
    def state_words(self) -> str:
        """Say the state."""
        return str(STATES[self.state])

    @property
    def rank(self) -> int:
        """Return its place among the states, the worst first."""
        return list(STATES).index(self.state)


PARTS = Listing(
    name="health",
    title=gettext_lazy("Health"),
    columns=(
        Column(key="part", label=gettext_lazy("Part"), text=lambda row: row.name, order=("name",)),
        Column(
            key="state",
            label=gettext_lazy("State"),
            text=lambda row: row.state_words,
            order=("rank",),
        ),
        Column(key="words", label=gettext_lazy("What is known"), text=lambda row: row.words),
    ),
    filters=(
        of_codes("state", gettext_lazy("State"), "state", STATES.items()),
        Search(label=gettext_lazy("Part, or what is known"), fields=("name", "words")),
    ),
    order="state",
    mine="mine_ids",
)


@require_GET
@never_cache
@page
def health(request: HttpRequest) -> HttpResponseBase:
    """Show whether every part does its work, and each mine's cameras by how they stand."""
    mine_ids = require_somewhere(request, Action.CONFIGURE)
    counts = standing_by_mine(mine_ids)
    found = (
        _messages(), _store(), _recorder(mine_ids), _analysis(mine_ids), _clips(mine_ids),
        _disk(), _space(), _clock(), _backup(), *_work(),
    )  # fmt: skip
    parts = [Part(*one, mine_ids) for one in found]
    context = {
        "section": "health",
        "mines": [
            {"mine": mine, "cameras": counts.get(mine.pk)}
            for mine in mines().filter(pk__in=mine_ids)
        ],
    }
    return answer_list(
        request, PARTS, parts, mine_ids=mine_ids, template="portal/health.html", context=context
    )


def _messages() -> Found:
    try:
        cache.set("davy.health", 1, 10)
        there = cache.get("davy.health") == 1
    except Exception:  # whatever the client raises when it is away
        there = False
    words = _("answers") if there else _("does not answer: alarms come some seconds later")
    return (_("Messages (Valkey)"), GOOD if there else BAD, words)


def _work() -> list[Found]:
    """Say of each kind of work that the beat rings for whether it is done, and of the beat."""
    since = {work: pulse_s(work) for work in WORK}
    known = [seconds for seconds in since.values() if seconds is not None]
    beat = _done(min(known, default=None), _("Beat"), 30, BAD)
    return [
        beat,
        *(_done(since[work], name, DUE_S[work], bad) for work, (name, bad) in WORK.items()),
    ]


def _done(seconds: float | None, name: str, most_s: int, late: str) -> Found:
    if seconds is None:
        return (str(name), late, _("nobody has seen it at work: it is away"))
    words = _("was last at work %(seconds)s s ago")
    if seconds > most_s:
        words = _("was last at work %(seconds)s s ago: it is away, or one task takes all its time")
    state = GOOD if seconds <= most_s else late
    return (str(name), state, words % {"seconds": f"{seconds:.0f}"})


def _store() -> Found:
    name = _("Store of videos (S3)")
    try:
        reach()
        locks = features().lock
    except Missing:
        words = _("answers, and has no bucket %(name)s: videos wait in the ring until it has")
        return (name, BAD, words % {"name": settings.S3_BUCKET})
    except Refused:
        words = _("refuses Davy: its keys are wrong or over, or one of the two clocks is wrong")
        return (name, BAD, words)
    except StorageError:
        words = _("does not answer: videos wait in the ring until it does")
        return (name, BAD, words)
    if not wants_lock():
        words = _("answers; videos are not locked: whoever has the store's keys can delete them")
        return (name, GOOD, words)
    if not locks:
        words = _("answers, but has no object lock: videos are stored without it")
        return (name, BAD, words)
    mode = {
        "governance": _("answers; each video is locked for %(days)s days (governance)"),
        "compliance": _("answers; each video is locked for %(days)s days (compliance)"),
    }
    return (name, GOOD, mode[settings.OBJECT_LOCK] % {"days": f"{settings.OBJECT_LOCK_DAYS:g}"})


def _backup() -> Found:
    with system_scope("a backup is of the whole installation"):
        at = last_backup()
    if at is None:
        return (_("Backup"), WARN, _("none was made yet"))
    words = _("the last one was finished %(ago)s ago") % {"ago": timesince(at)}
    late = timezone.now() - at > BACKUP_LATE
    return (_("Backup"), WARN if late else GOOD, words)


def _clock() -> Found:
    """Say when the clock jumped: whoever knows that it is wrong has until then to put it right."""
    name = _("Clock of the server")
    behind, left = clock_behind()
    if behind < AHEAD:
        return (name, GOOD, _("runs on without a jump"))
    now = timezone.now()
    words = _(
        "went forward by %(ahead)s at once, or Davy was off for so long. If it is wrong, put it"
        " right now: from %(hours)s hours of work on, what is old by it is deleted."
    )
    hours = max(1, round(left / timedelta(hours=1)))
    return (name, WARN, words % {"ahead": timesince(now - behind, now), "hours": hours})


def _recorder(mine_ids: list[int]) -> Found:
    rows = StreamState.objects.filter(mine__in=mine_ids, camera__enabled=True)
    found = rows.aggregate(
        all=Count("pk"),
        recording=Count("pk", filter=Q(state=StreamState.State.RECORDING)),
        newest=Max("last_chunk_at"),
    )
    words = _("%(recording)s of %(all)s streams are recorded") % found
    late = found["newest"] is None or (timezone.now() - found["newest"]).total_seconds() > LATE_S
    state = GOOD if found["recording"] == found["all"] and not late else WARN
    if found["all"] and late:
        state, words = BAD, _("nothing was recorded in the last seconds")
    if not found["all"]:
        words = _("no camera is recorded yet")
    return (_("Recorder"), state, words)


def _analysis(mine_ids: list[int]) -> Found:
    waiting = Chunk.objects.filter(
        mine__in=mine_ids, state=Chunk.State.NEW, camera__enabled=True
    ).count()
    rows = Analysis.objects.filter(mine__in=mine_ids, camera__enabled=True)
    lag_s = rows.aggregate(worst=Max("lag_s"))["worst"]
    if lag_s is None:
        return (_("Analysis"), WARN, _("nothing was analysed yet"))
    words = _("%(seconds)s s behind at most; %(chunks)s chunks wait") % {
        "seconds": f"{lag_s:.1f}", "chunks": waiting,
    }  # fmt: skip
    if left_out := rows.filter(skipped_at__gt=timezone.now() - LEFT_OUT).count():
        left = _("of %(cameras)s cameras only a part is analysed: this machine is too slow")
        return (_("Analysis"), BAD, f"{words}; {left % {'cameras': left_out}}")
    return (_("Analysis"), GOOD if lag_s < LATE_S else BAD, words)


def _clips(mine_ids: list[int]) -> Found:
    of_mines = Clip.objects.filter(mine__in=mine_ids)
    # A store that answers may still take nothing: its quota is used up, or its disk is full.
    late = of_mines.filter(
        state=Clip.State.PENDING, wanted_until__lt=timezone.now() - VIDEO_LATE
    ).exclude(error="")
    if count := late.count():
        error = late.order_by("-wanted_until").values_list("error", flat=True)[0]
        words = _("%(count)s have waited for minutes and are tried again: %(error)s")
        return (_("Videos of alarms"), BAD, words % {"count": count, "error": kept(error)})
    # One that a person cuts may be of long ago: what counts is when it was asked for.
    unmade = Q(state=Clip.State.FAILED, created_at__gt=timezone.now() - UNMADE)
    found = of_mines.aggregate(
        pending=Count("pk", filter=Q(state=Clip.State.PENDING)),
        failed=Count("pk", filter=unmade),
        missing=Count("pk", filter=Q(state=Clip.State.READY, missing_since__isnull=False)),
    )
    found["days"] = UNMADE.days
    words = _("%(pending)s are being made; in the last %(days)s days %(failed)s could not be made")
    words %= found
    if found["failed"]:
        error = of_mines.filter(unmade).order_by("-created_at").values_list("error", flat=True)[0]
        words = _(
            "%(pending)s are being made; in the last %(days)s days %(failed)s could not be made,"
            " the last one: %(error)s"
        )
        words %= {**found, "error": kept(error)}
    if found["missing"]:
        words = _("%(missing)s are missing in the store") % found
        return (_("Videos of alarms"), BAD, words)
    return (_("Videos of alarms"), GOOD if not found["failed"] else WARN, words)


def _disk() -> Found:
    ring = Path(settings.RING_DIR)
    if not ring.is_dir():
        return (_("Disk of the recordings"), WARN, _("is not on this machine"))
    free = shutil.disk_usage(ring).free
    words = _("%(free)s GB free") % {"free": f"{free / 1e9:.1f}"}
    low = free < 2 * settings.RING_MIN_FREE_BYTES
    return (_("Disk of the recordings"), BAD if low else GOOD, words)


def _space() -> Found:
    """Say how long the space lasts; less than 48 hours are an alarm as well."""
    ring = Path(settings.RING_DIR)
    if not ring.is_dir():
        return (_("Space for recordings"), WARN, _("is not on this machine"))
    with system_scope("all mines share the ring's disk"):
        space = space_now(free_bytes=shutil.disk_usage(ring).free)
    left_h = space.hours_left
    if left_h is None:
        words = _("holds all that retention asks for, at the present rate")
        return (_("Space for recordings"), GOOD, words)
    words = _("%(hours)s h are left at the present rate; then something goes before its time") % {
        "hours": round(left_h)
    }
    return (_("Space for recordings"), BAD if left_h < LEAST_H else WARN, words)
