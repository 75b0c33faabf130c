"""Codes in words: the same ones on the desk, in lists and on an alarm's page."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.alarms.life import Cause, State
from workers.hazards import registry

__all__ = [
    "ACTIONS",
    "BLIND",
    "CAUSES",
    "FAULTS",
    "FAULT_ACTIONS",
    "HEALTH",
    "INPUT_STATES",
    "MACHINE_STATES",
    "OWN_TYPES",
    "RULE_TYPES",
    "SOURCES",
    "STEP_ICONS",
    "STEP_STATES",
    "STREAMS",
    "UNWATCHED",
    "WRONG",
    "WORSE",
    "WRONG_ICON",
    "say",
    "standing",
]

# What Davy watches of itself; no rule of a mine asks for it.
OWN_TYPES = {
    "camera_health": _("Camera fault"),
    "recording_space": _("Recording space runs out"),
}
# A hazard type says its own name; the literal strings stand in its file.
RULE_TYPES = {name: _(hazard.title) for name, hazard in registry().items()} | OWN_TYPES
# What the operator is to do, by the type of hazard; a rule's own words go before it.
ACTIONS = {name: _(hazard.action) for name, hazard in registry().items() if hazard.action} | {
    "camera_health": _(
        "Do not rely on this camera: watch the place otherwise, and have it put right."
    ),
    "recording_space": _(
        "Give the recordings more disk, or keep them for less time (Set up, Retention). "
        "Nothing that is held is deleted."
    ),
}
# And by the fault, where it is the camera itself.
FAULT_ACTIONS = {
    "lost": _(
        "Watch the place otherwise. Check the camera's power, its cable or radio link, and the "
        "switch that it hangs on."
    ),
    "frozen": _(
        "Watch the place otherwise: what it shows is old. Start the camera anew, and whatever "
        "passes its pictures on."
    ),
    "dark": _(
        "Watch the place otherwise. Put the light on there, or check the camera's infrared lamp."
    ),
    "overexposed": _(
        "Watch the place otherwise. Look what shines into the camera, and check its exposure."
    ),
    "glare": _(
        "Watch the place otherwise. Have the lamp or the vehicle turned away; if it comes again, "
        "hang or turn the camera differently."
    ),
    "blurred": _("Watch the place otherwise. Have the camera's glass cleaned, then its focus set."),
    "hazy": _(
        "Ask the place at once whether it is dust, steam or smoke, and watch it otherwise. Clean "
        "the camera's glass if the air is clear."
    ),
    "blocked": _(
        "Watch the place otherwise. Have what stands before the camera taken away, and find out "
        "whether somebody covered it."
    ),
    "moved": _(
        "Watch the place otherwise: the zones are not where they were drawn. Turn the camera back, "
        "or draw them anew and say on its page that the present view is right."
    ),
    "knocked": _(
        "It goes on watching: what is drawn is taken along. Turn the camera back, or draw it in "
        "the zone editor where it lies now, and then say on its page that the present view is "
        "right."
    ),
    "clock_drift": _("Set the camera's clock, and let it follow a time server."),
    "unwatched": _(
        "No rule of this camera protects now: watch the place otherwise. See under Set up, Health "
        "whether analysis runs."
    ),
    "unrecorded": _(
        "Its rules go on, and no video is kept as proof. Check the address and the connection of "
        "its main stream."
    ),
    "machine_disagreement": _(
        "Take the machine to be running. Look at it, then check its signal and the region that is "
        "drawn for it."
    ),
    "gauge_unreadable": _(
        "Have the level read at the place. Clean the gauge, and check its light and its marks."
    ),
    "signal_late": _(
        "Take the machine to be running. Check the clock of the system that reports it."
    ),
    "part_fails": _(
        "What it names protects nobody: watch that otherwise, and tell whoever looks after Davy."
    ),
}
MACHINE_STATES = {
    "STOPPED": _("stopped"),
    "STARTING": _("starting"),
    "RUNNING": _("RUNNING"),
    "COASTING": _("coasting"),
    "UNKNOWN": _("unknown, counts as running"),
}
# States that other systems tell and that templates know; a mine's own ones stay as they are sent.
INPUT_STATES = {
    "OPEN": _("OPEN"),
    "CLOSED": _("CLOSED"),
    "LOCKED": _("LOCKED"),
    "PROVED": _("PROVED"),
    "SIGNED": _("SIGNED"),
    "NONE": _("NONE"),
    "ON": _("ON"),
    "OFF": pgettext_lazy("told by another system", "OFF"),
    "GOODS": _("GOODS"),
    "MAN_RIDING": _("MAN_RIDING"),
    "VEHICLE": _("VEHICLE"),
    "PEDESTRIAN": _("PEDESTRIAN"),
    "FREE": _("FREE"),
}
SOURCES = {
    "signal": _("from its controller"),
    "video": _("seen in the picture"),
    "both": _("controller and picture"),
}
CAUSES = {cause.value: cause.label for cause in Cause}
# Where an alarm stands that ended because nobody watches any more: nobody saw that it is over.
UNWATCHED = {
    State.RETURNED.value: _("no longer watched, not answered"),
    State.LATCHED.value: _("no longer watched, answered, not yet reset"),
    State.CLOSED.value: _("no longer watched, answered"),
}
# To whom answers what is no longer all that is there.
WORSE = _(
    "It became worse, or happened again, after it was shown to you. Nothing was answered; what you "
    "wrote is kept as a note. Look at it as it is now."
)
HEALTH = {
    "protecting": _("protecting"),
    "idle": _("protects nobody"),
    "blind": _("BLIND"),
    "off": _("off"),
}
# What an alarm about the camera itself is called; its level is the fault.
FAULTS = {
    "lost": _("Camera lost"),
    "frozen": _("Camera's picture is frozen"),
    "dark": _("Camera sees only darkness"),
    "overexposed": _("Camera is over-exposed"),
    "glare": _("Camera is blinded by a lamp"),
    "blurred": _("Camera is blurred or dirty"),
    "hazy": _("Camera sees only haze"),
    "blocked": _("Camera is blocked"),
    "moved": _("Camera was moved"),
    "knocked": _("Camera was knocked a little"),
    "clock_drift": _("Camera's clock drifts"),
    "unwatched": _("Camera's pictures are not analysed"),
    "unrecorded": _("Camera's main stream is not recorded"),
    "machine_disagreement": _("Signal and picture of a machine disagree"),
    "gauge_unreadable": _("Water gauge cannot be read"),
    "signal_late": _("Reports of a machine come late"),
    "part_fails": _("Part of a camera's analysis fails"),
}
# Why nobody should believe that a camera watches anything now.
BLIND = {
    "unruled": _("it has no rule that raises alarms"),
    "starting": _("not started yet"),
    "connecting": _("connecting"),
    "lost": _("stream lost"),
    "frozen": _("picture frozen"),
    "unusable": _("stream not usable"),
    "off": _("not recorded"),
    "stale": _("not analysed"),
    "overloaded": _("analysed in part: this machine is too slow"),
    "unseen": _("a person could not be seen"),
    "dark": _("too dark to see a person"),
    "overexposed": _("over-exposed"),
    "glare": _("blinded by a lamp"),
    "blurred": _("blurred or dirty"),
    "hazy": _("haze or dust"),
    "blocked": _("something is in front of it"),
    "moved": _("moved: its zones are not where they were drawn"),
}
# How a step of a procedure stands, and below what must not happen meanwhile.
STEP_STATES = {
    "waiting": _("to come"),
    "now": _("now"),
    "done": _("done"),
    "skipped": _("skipped"),
    "unseen": _("not visible"),
    "early": _("too early"),
    "late": _("too late"),
    "too_few": _("too few people"),
    "out_of_order": _("out of order"),
    "interrupted": _("interrupted"),
    "called_off": _("called off"),
    "not_needed": _("not needed"),
    "forbidden": _("it happened"),
    "watched": _("watched now"),
    "kept": _("did not happen"),
}
# The sign beside the word; a state that is not here went wrong.
STEP_ICONS = {
    "waiting": "wait",
    "now": "now",
    "done": "check",
    "unseen": "eye-off",
    "called_off": "wait",
    "not_needed": "wait",
    "watched": "now",
    "kept": "check",
}
WRONG_ICON = "cross"
STREAMS = {
    "connecting": _("connecting"),
    "recording": _("recording"),
    "lost": _("lost"),
    "frozen": _("frozen"),
    "unusable": _("unusable"),
    "off": _("off"),
}
# What is wrong with a step of a procedure.
WRONG = {
    "skipped": _("skipped"),
    "early": _("too early"),
    "late": _("too late"),
    "interrupted": _("interrupted"),
}


def standing(state: str, unwatched: str) -> str:
    """Say where an alarm stands; unwatched: why nobody watches any more, or ""."""
    return say({**dict(State.choices), **(UNWATCHED if unwatched else {})}, state)


def say(words: dict[str, object], code: object) -> str:
    """Return the words for a code; a code that has none yet is shown readable as it is."""
    text = str(code or "")
    return str(words.get(text, text.replace("_", " ")))
