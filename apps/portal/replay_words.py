"""What the form of a rule says of a draft that is tried on recordings."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

__all__ = ["replay_words"]


def replay_words() -> dict[str, str]:
    """Return the strings in the reader's language."""
    return {
        "replay": _("Try it on recordings"),
        "replay_help": _(
            "Runs this rule, as it stands in the draft, over what this camera recorded, and says "
            "which alarms it would have raised. Nothing is put in force."
        ),
        "replay_span": pgettext("a span of recordings", "Over"),
        "replay_hour": _("the last hour"),
        "replay_day": _("the last 24 hours"),
        "replay_own": _("a span of my own"),
        "replay_from": _("from"),
        "replay_to": _("to"),
        "replay_which": _("Which of the two?"),
        "replay_no_span": _("Give both ends of the span."),
        "replay_run": _("Try it"),
        "replay_waiting": _("Waiting for its turn…"),
        "replay_running": _("Running: %(percent)s; alarms so far: %(count)s"),
        "replay_cancel": _("Cancel"),
        "replay_cancelled": _("Cancelled at %(percent)s; so far:"),
        "replay_failed": _("Broken off: %(reason)s"),
        "replay_refused": _("Not tried: %(reason)s"),
        "replay_nothing": _("Nothing can be said: no recording of this span could be analysed."),
        "replay_found": _("Would have raised %(count)s alarms"),
        "replay_found_one": _("Would have raised 1 alarm"),
        "replay_of": _("from %(from)s to %(to)s"),
        "replay_holes": _("%(length)s of %(span)s not recorded"),
        "replay_unread": _("%(length)s not readable"),
        "replay_blind": _("%(length)s blind"),
        "replay_seen": _("%(seen)s analysed in %(took)s."),
        "replay_more": _("%(count)s more are not listed."),
        "replay_play": _("Play"),
        "replay_play_of": _("Play the clip of %(time)s"),
        "replay_no_clip": _("no clip: %(reason)s"),
    }
