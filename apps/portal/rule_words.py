"""What the form of a rule says of what all rules share: when, how sure, what to do and where."""

from typing import Any

from django.utils.translation import gettext as _

__all__ = ["rule_words"]


def rule_words() -> dict[str, Any]:
    """Return the texts in the reader's language."""
    return {
        "shared_own": _("set"),
        "shared_force": _("When it is in force"),
        "shared_force_none": _("always"),
        "shared_sure": _("How sure it must be"),
        "shared_sure_none": _("as usual"),
        "shared_told": _("What to do, and where"),
        "shared_told_none": _("as usual"),
        "when_label": _("Only while"),
        "when_help": _(
            "Where nobody can tell, such as a machine of unknown state, the rule is in force."
        ),
        "when_document": _("This condition has no form: change it in the document."),
        "when_add": _("Add a condition"),
        "when_remove": _("Remove this condition"),
        "when_what": _("Condition"),
        "when_is": _("It"),
        "when_rule": _("rule"),
        "when_open": _("is alarming"),
        "when_closed": _("is quiet"),
        "when_times": _("times of the day"),
        "when_groups": {
            "all": _("all of these"),
            "any": _("at least one of these"),
            "not": _("not this"),
        },
        "add_time": _("Add a time"),
        "schedule_label": _("At these times"),
        "schedule_help": _("None: at all times. By the mine's own clock."),
        "permit_label": _("Not while this permit is open"),
        "permit_help": _("An input of states; unknown or too old counts as no permit."),
        "permit_none": _("Add an input with the state OPEN under Inputs first."),
        "confirm_label": _("Seen in how many pictures"),
        "confirm_help": _("Of the last pictures, so many must show it before it counts."),
        "confirm_least": _("At least"),
        "confirm_of": _("of the last"),
        "sustain_s": _("So for at least, s"),
        "sustain_s_help": _("Beside what the type itself waits for."),
        "cooldown_s": _("Not again by the same people for, s"),
        "cooldown_s_help": _(
            "Somebody else, or something worse, raises it at once; so does what tells of nobody"
            " and comes anew."
        ),
        "min_visibility": _("Blind below a visibility of"),
        "min_visibility_help": _("0 to 1. Below it the rule says BLIND rather than nothing."),
        "wears_label": _("Only people who wear"),
        "wears_help": _("None: everybody. Of whom nothing is known does not count."),
        "wears": {
            "helmet": _("a helmet"),
            "bare_head": _("no helmet"),
            "vest": _("a vest"),
            "no_vest": _("no vest"),
        },
        "action_label": _("What the operator does, in %(language)s"),
        "action_languages": {"en": _("English"), "zh-hans": _("Chinese")},
        "action_usual": _("Empty: %(text)s"),
        "action_help": _("Where one language is empty, the other is shown."),
        "place_label": _("Place"),
        "place_help": _(
            "What operators call it. Cameras along one slope give it the same name: the slope is "
            "clear when all of them say so."
        ),
    }
