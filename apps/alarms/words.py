"""Codes in words: the same ones on the desk, in lists and on an alarm's page."""

from django.utils.translation import gettext_lazy as _

__all__ = ["BLIND", "CAUSES", "HEALTH", "MACHINE_STATES", "RULE_TYPES", "SOURCES", "STREAMS", "say"]

RULE_TYPES = {
    "proximity_while_running": _("Person at a running machine"),
}
MACHINE_STATES = {
    "STOPPED": _("stopped"),
    "STARTING": _("starting"),
    "RUNNING": _("RUNNING"),
    "COASTING": _("coasting"),
    "UNKNOWN": _("unknown, counts as running"),
}
SOURCES = {
    "signal": _("from its controller"),
    "video": _("seen in the picture"),
    "both": _("controller and picture"),
}
CAUSES = {
    "raised": _("Raised"),
    "again": _("Happened again"),
    "escalated": _("Became worse"),
    "cleared": _("Over"),
    "acknowledged": _("Acknowledged"),
}
HEALTH = {
    "protecting": _("protecting"),
    "blind": _("BLIND"),
    "off": _("off"),
}
# Why nobody should believe that a camera watches anything now.
BLIND = {
    "starting": _("not started yet"),
    "connecting": _("connecting"),
    "lost": _("stream lost"),
    "frozen": _("picture frozen"),
    "unusable": _("stream not usable"),
    "off": _("not recorded"),
    "stale": _("not analysed"),
    "dark": _("too dark to see a person"),
}
STREAMS = {
    "connecting": _("connecting"),
    "recording": _("recording"),
    "lost": _("lost"),
    "frozen": _("frozen"),
    "unusable": _("unusable"),
    "off": _("off"),
}


def say(words: dict[str, object], code: object) -> str:
    """Return the words for a code; a code that has none yet is shown readable as it is."""
    text = str(code or "")
    return str(words.get(text, text.replace("_", " ")))
