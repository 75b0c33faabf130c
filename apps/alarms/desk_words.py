"""What the desk's verbs, its shelf and its flood say."""

from django.utils.translation import gettext_lazy as _

__all__ = ["FALSE_REASONS", "VERBS"]

# Offered, not demanded: a person may write another one.
FALSE_REASONS = (
    _("light or shadow"),
    _("reflective strip or lamp"),
    _("a thing, not a person"),
    _("allowed here"),
    _("zone drawn wrongly"),
    _("test"),
)

VERBS = {
    "do": _("What to do"),
    "no_action": _("Look at the picture, call the place, and say what was found."),
    "passes_in": _("In %(time)s this goes to: %(whom)s."),
    "passes_late": _("Since %(time)s this should have gone to: %(whom)s."),
    "passed_all": _("Everybody on the ladder has been told."),
    "passed": _("Passed on: %(count)s×."),
    "passed_uncalled": _("Passed on: %(count)s×, and not every step called somebody."),
    "passed_alarm": _("Not answered, passed on: %(what)s, %(place)s"),
    "call": _("Call log"),
    "call_title": _("Note a call about: %(what)s"),
    "call_whom": _("Whom you called"),
    "call_said": _("What they said"),
    "assign": _("Assign"),
    "assign_title": _("Assign: %(what)s"),
    "assign_to": _("Who sees to it"),
    "assigned_to": _("Assigned to"),
    "false": _("False alarm…"),
    "false_title": _("Call false: %(what)s"),
    "false_reason": _("Why it is false"),
    "false_hint": _("The rule stays as it is; this answers the alarm and is kept for tuning."),
    "false_short": _("called a false alarm"),
    "verdict": _("Verdict"),
    "finding": _("What was found"),
    "shelve": _("Shelve…"),
    "shelve_title": _("Shelve the rule of: %(what)s"),
    "shelve_minutes": _("For how long"),
    "shelve_reason": _("Why it is shelved"),
    "shelve_hint": _("It stays in the list, returns by itself, and then asks again."),
    "shelve_second": _("A life may hang on this rule: it is shelved once a second person agrees."),
    "take_out": _("Out of service…"),
    "take_out_title": _("Take the rule out of service: %(what)s"),
    "reset": _("Reset…"),
    "reset_title": _("Reset: %(what)s"),
    "reset_hint": _("A critical alarm closes only with what was found."),
    "reset_off": _(
        "The camera is off: nobody watches whether it is over. Say how it stands there."
    ),
    "minutes": _("%(count)s min"),
    "hours": _("%(count)s h"),
    "days": _("%(count)s d"),
    "send": _("Save"),
    "cancel": _("Cancel"),
    "needed": _("This is needed."),
    "chatter": _("Comes and goes"),
    "chatter_value": _(
        "%(changes)s changes in a minute. A wait that is %(seconds)s s longer would have held"
        " them back; nothing was changed."
    ),
    "chatter_none": _(
        "%(changes)s changes in a minute. No permitted wait would have held them back."
    ),
    "shelf": _("Asks nobody now"),
    "shelf_empty": _("Nothing is shelved, suppressed or out of service."),
    "shelf_until": _("back %(time)s, in %(left)s"),
    "shelf_overdue": _("should be back since %(time)s"),
    "shelf_permit": _("while permit %(permit)s is open"),
    "shelf_waits": _("waits for a second person"),
    "shelf_by": _("%(name)s: %(reason)s"),
    "shelf_by_two": _("%(name)s and %(second)s: %(reason)s"),
    "agree": _("Agree"),
    "end": _("End"),
    "refuse": _("Refuse"),
    "about": _("%(verb)s: %(what)s, %(place)s"),
    "pill_shelf": _("%(count)s silent"),
    "pill_shelf_until": _("%(count)s silent, back %(time)s"),
    "pill_load": _("alarms in 10 min: %(count)s"),
    "pill_flood": _("alarms in 10 min: %(count)s, flood"),
    "flood": _(
        "Flood since %(time)s. Lesser alarms fold into the counter below the queue;"
        " critical and high ones stay single."
    ),
    "folded": _("%(count)s lesser alarms folded: %(parts)s"),
    "unfolded": _("%(count)s lesser alarms in the queue: %(parts)s"),
    "folded_part": _("%(count)s %(severity)s"),
    "unfold": _("Show them"),
    "fold": _("Fold them"),
    "desk_name": _("Desk: %(name)s"),
    "desk_none": _("Name this desk"),
    "desk_title": _("Name of this desk"),
    "desk_label": _("As it is called in this control room"),
    "desk_hint": _("Kept in this browser; every answer says from which desk it came."),
}
