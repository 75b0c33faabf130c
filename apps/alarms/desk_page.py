"""What the desk's island is given: the snapshot, the addresses, and every string it shows."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.permissions import Access, Action
from apps.accounts.selectors import people_of
from apps.alarms import words
from apps.alarms.desk_words import FALSE_REASONS, VERBS
from apps.alarms.ladders import WHOM
from apps.alarms.models import Alarm, Severity
from apps.alarms.selectors import desk_data
from apps.notify.standing import calls_standing

__all__ = ["desk_config"]

NOBODY = "00000000-0000-0000-0000-000000000000"


def desk_config(access: Access, *, me: str, desk: str) -> dict[str, Any]:
    """Return the data block of the desk page for a person at a desk."""
    answers = access.mines_for(Action.ACKNOWLEDGE)
    return {
        "me": me,
        "desk": desk,
        "people": {mine: people_of(mine_id=mine) for mine in answers},
        "may_configure": access.mines_for(Action.CONFIGURE),
        "snapshot": {
            **desk_data(mine_ids=access.mines_for(Action.VIEW)),
            "calls": calls_standing(mine_ids=access.mines_for(Action.VIEW)),
            "mines": access.mines_for(Action.VIEW),
            "may_acknowledge": answers,
        },
        "may_watch": access.mines_for(Action.WATCH_CLIP),
        "now": timezone.now().isoformat(),
        "urls": {
            "socket": "/ws/events/",
            "desk": reverse("api:desk"),
            "events": reverse("api:events"),
            "cameras": reverse("api:cameras"),
            "alarm": reverse("api:alarm", args=[0]),
            "acknowledge": reverse("api:acknowledge", args=[0]),
            "reset": reverse("api:alarm-reset", args=[0]),
            "false": reverse("api:alarm-false", args=[0]),
            "call": reverse("api:alarm-call", args=[0]),
            "assign": reverse("api:alarm-assign", args=[0]),
            "shelve": reverse("api:alarm-shelve", args=[0]),
            "take_out": reverse("api:alarm-take-out", args=[0]),
            "agree": reverse("api:silence-agree", args=[0]),
            "end_silence": reverse("api:silence-end", args=[0]),
            "desk_name": reverse("desk-name"),
            "page": reverse("alarm", args=[0]),
            "snapshot": reverse("alarm-snapshot", args=[0]),
            "watch": reverse("watch"),
            "tile": reverse("camera-tile", args=[0]),
            "clip": reverse("clip", args=[NOBODY]),
            "play": reverse("clip-play", args=[NOBODY]),
            "boxes": reverse("clip-boxes", args=[NOBODY]),
            "download": reverse("clip-download", args=[NOBODY]),
            "routes": reverse("notify", args=[0]),
            "login": reverse("login") + "?next=" + reverse("desk"),
        },
        "strings": _strings(),
    }


def _plain(table: dict[str, Any]) -> dict[str, str]:
    return {code: str(text) for code, text in table.items()}


def _strings() -> dict[str, Any]:
    """Return the island's catalogue, in the reader's language."""
    return {
        "rule_type": _plain(words.RULE_TYPES),
        "fault": _plain(words.FAULTS),
        "machine_state": _plain(words.MACHINE_STATES),
        "source": _plain(words.SOURCES),
        "cause": _plain(words.CAUSES),
        "blind": _plain(words.BLIND),
        "step_state": _plain(words.STEP_STATES),
        "step_icon": {
            code: words.STEP_ICONS.get(code, words.WRONG_ICON) for code in words.STEP_STATES
        },
        "strip": _("Steps of the procedure"),
        "strip_forbidden": _("Forbidden meanwhile"),
        "strip_until": _("until %(time)s"),
        "whom": _plain(WHOM),
        "severity": _plain(dict(Severity.choices)),
        "state": _plain(dict(Alarm.State.choices)),
        "state_unwatched": _plain(dict(Alarm.State.choices) | words.UNWATCHED),
        "to_answer": _("%(count)s to answer"),
        "answered_count": _("%(count)s answered, still there"),
        "reset_count": _("%(count)s to reset"),
        "nothing": _("Nothing needs an answer"),
        "nothing_doubt": _("No alarm, but not every camera can see"),
        "watching": _("Cameras on watch: %(cameras)s, in places: %(areas)s"),
        "watching_some": _(
            "%(protecting)s of %(cameras)s cameras protect. The others cannot be relied on now."
        ),
        "no_cameras": _("No camera is set up yet."),
        "no_mine": _("You have no role in any mine"),
        "no_mine_do": _(
            "This desk shows nothing and calls nobody. Ask an owner or admin of your mine."
        ),
        "none_protects": _("No camera protects anybody: none has a rule that raises alarms."),
        "select": _("Choose an alarm on the left."),
        "new_alarm": _("New alarm, %(severity)s: %(what)s, %(place)s."),
        "asks_again": _("Asks again, %(severity)s: %(what)s, %(place)s."),
        "became_worse": _("Became worse, %(severity)s: %(what)s, %(place)s."),
        "more_alarms": _("And %(count)s more of them."),
        "held": _("New alarms are at the end of the list until the pointer leaves it."),
        "times": _("%(count)s times"),
        "why": _("Why"),
        "machine": _("Machine"),
        "since": _("Since"),
        "over_since": _("Over since"),
        "watched_until": _("Watched until"),
        "unwatched": _("No longer watched"),
        "rule": _("Rule"),
        "rule_version": _("%(rule)s, scene version %(version)s"),
        "latency": _("Seen to shown"),
        "latency_value": _("%(seconds)s s from the camera's picture to this alarm"),
        "place": _("Place"),
        "happened": _("What happened"),
        "loading": _("Loading…"),
        "by": _("by %(name)s"),
        "acknowledge": _("Acknowledge"),
        "acknowledging": _("Sending…"),
        "not_sent": _("Not sent: %(reason)s. Try again."),
        "ack_done": _("Answered by %(name)s at %(time)s"),
        "ack_not_allowed": _("Your role may look, not answer."),
        "details": _("All details"),
        "clip": _("Video"),
        "clip_pending": _("The video is being made; it appears here by itself."),
        "clip_failed": _("There is no video of this moment."),
        "clip_none": _("No video was asked for."),
        "clip_number": _("Video %(number)s"),
        "boxes": _("Boxes"),
        "boxes_title": _(
            "Draw boxes around the people and vehicles that the analysis saw. "
            "The video stays as it is."
        ),
        "boxes_error": _("The boxes did not load. Try again in a moment."),
        "clip_error": _("The video did not load. The store may be away."),
        "retry": _("Try again"),
        "download": _("Download"),
        "play_from_here": _("Play the recording from here"),
        "watch_live": _("%(camera)s: live and recorded"),
        "no_picture": _("No picture was kept"),
        "picture_at": _("Picture of %(time)s, %(age)s ago"),
        "loop_at": _("Video around %(time)s, over and over; %(age)s ago"),
        "picture_alt": _("The moment of the alarm, with the person and the zone marked"),
        "tile_alt": _("Newest picture of %(camera)s"),
        "blind_word": _("BLIND"),
        "off_word": _("OFF"),
        "protecting_word": _("protecting"),
        "idle_word": _("protects nobody"),
        "blind_since": _("since %(time)s"),
        "last_picture": _("last picture %(time)s"),
        "wall_quiet": _("%(count)s cameras have nothing to say"),
        "wall_unfold": _("Show all"),
        "wall_fold": _("Show only those that have"),
        "waiting_picture": _("no picture yet"),
        "pill_protecting": _("%(protecting)s of %(cameras)s protecting"),
        "pill_blind": _("%(count)s blind"),
        "pill_idle": _("%(count)s protecting nobody"),
        "live": _("Live"),
        "connecting": _("Connecting…"),
        "lost": _("Connection lost since %(time)s. Trying again by itself."),
        "polling": _("Live by polling: the direct line is being opened."),
        "blocked": _("Live by polling: the direct line is blocked."),
        "signed_out": _("Your session has ended. What you see is from %(time)s."),
        "sign_in": _("Sign in again"),
        "session_title": _("Your session has ended"),
        "session_password": _("Password of %(name)s"),
        "session_hint": _(
            "Alarms that are open go on sounding; new ones come once you are signed in."
        ),
        "session_other": _("Another person"),
        "hear_ask": _("Can you hear this desk? Play the sound of a critical alarm."),
        "hear_play": _("Play it"),
        "hear_yes": _("I hear it"),
        "hear_no": _("I hear nothing"),
        "hear_fault": _(
            "Look at the speaker: its switch, its cable, the volume. Then play it again. Until"
            " somebody hears it, watch this page: it cannot call you."
        ),
        "call_down": _("“%(name)s”, %(channel)s, reaches nobody: given up at %(time)s. %(reason)s"),
        "call_none": _(
            "Alarms that called nobody, or not at every step, for want of a route or a message:"
            " %(count)s"
        ),
        "late": {
            "watch": _("Davy's watch over the cameras stands still: alarms may not come."),
            "time": _("Alarms that nobody answers are not passed on, and silences do not end."),
            "notify": _("Nobody is called who is not at this desk."),
        },
        "late_do": _("Watch the pictures yourself, and call whoever looks after the server."),
        "call_do": _("Call by phone."),
        "call_routes": _("Notifications"),
        "keys_on": _("Keys on"),
        "keys_off": _("Keys off: turn on"),
        "sound_on": _("Sound on"),
        "sound_off": _("Sound off: turn on"),
        "sound_blocked": _("Sound blocked: click to allow"),
        "mute": _(
            "Alarms ask without a sound: this browser blocks it until somebody touches this page."
        ),
        "mute_allow": _("Allow the sound"),
        **_plain(VERBS),
        "false_reasons": "|".join(map(str, FALSE_REASONS)),
    }
