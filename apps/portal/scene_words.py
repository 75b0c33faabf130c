"""Every text that the zone editor shows, by its key."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

__all__ = ["scene_words"]


def scene_words() -> dict[str, Any]:
    """Return the texts of the editor in the reader's language."""
    return {
        "shapes": _("Zones"),
        "rules": _("Rules"),
        "json": _("Document"),
        "add_zone": _("Add a zone"),
        "add_machine": _("Add a machine"),
        "add_gauge": _("Add a gauge"),
        "add_line": _("Add a line"),
        "add_mask": _("Add a mask"),
        "mask": _("mask"),
        "mask_numbered": _("mask %(number)s"),
        "mask_help": _(
            "Nobody looks at this part of the picture: a timestamp, a screen, a mirror. People in "
            "it raise no alarm. Where the mine records with its masks filled, a gauge or machine "
            "beneath it cannot be read."
        ),
        "mask_cover": _("In pictures and videos"),
        "mask_covered": _("covered for everybody, also in old ones and in exports"),
        "mask_shown": _("shown as recorded"),
        "remove_masks": _("Remove this mask"),
        "add_rule": _("Add a rule"),
        "inputs": _("Inputs"),
        "inputs_help": _(
            "What other systems tell: a barrier, a mode, a permit, a count, a gas alarm."
        ),
        "add_input": _("Add an input"),
        "remove_inputs": _("Remove this input"),
        "input_id": _("Input"),
        "input_id_help": _("Its id, as the other system sends it."),
        "input_kind": _("What it tells"),
        "input_kinds": {
            "state": _("one of some states"),
            "number": _("a number"),
            "event": _("that something happened"),
        },
        "input_states": _("States"),
        "input_states_help": _("Two or more, with commas between: CLOSED, OPEN."),
        "input_unit": _("Unit"),
        "stale_input": _("A report holds for, seconds"),
        "stale_input_help": _("Empty: until the next one. After that it is unknown."),
        "shifts": _("Shifts"),
        "shifts_help": _("Times of day by name, for the schedules of rules."),
        "add_shift": _("Add a shift"),
        "remove_shifts": _("Remove this shift"),
        "shift_from": pgettext("time of the day", "From"),
        "shift_to": pgettext("time of the day", "Until"),
        "shift_help": _("In the mine's own time, such as 06:30."),
        "shift_days": _("Days"),
        "days": {
            "mon": _("Monday"),
            "tue": _("Tuesday"),
            "wed": _("Wednesday"),
            "thu": _("Thursday"),
            "fri": _("Friday"),
            "sat": _("Saturday"),
            "sun": _("Sunday"),
        },
        "add_ground": _("Draw the floor"),
        "ground": _("floor"),
        "ground_help": _(
            "Speeds, distances and crowds are measured on it. Put the four points on the corners "
            "of a rectangle on the floor whose sides you know, such as rails and sleepers: from 1 "
            "to 2 is its width, from 2 to 3 its length. The lines then lie a metre apart."
        ),
        "ground_width": _("From 1 to 2, m"),
        "ground_length": _("From 2 to 3, m"),
        "ground_corners": _("It is no rectangle"),
        "ground_rectangle": _("It is a rectangle"),
        "metres_x": _("metres across"),
        "metres_y": _("metres along"),
        "ground_beyond": _(
            "Above the dashed horizon nothing has a place on the floor. These reach over it: "
            "%(zones)s"
        ),
        "remove_ground": _("Remove the floor"),
        "check": _("Check it"),
        "check_help": _("Measure something in the picture that you know."),
        "ruler_floor": _("From here to here"),
        "ruler_height": _("A person's height"),
        "ruler_floor_0": _("Start of the ruler, %(x)s from the left, %(y)s from the top"),
        "ruler_floor_1": _("End of the ruler, %(x)s from the left, %(y)s from the top"),
        "ruler_height_0": _("The person's feet, %(x)s from the left, %(y)s from the top"),
        "ruler_height_1": _("Top of the head, %(x)s from the left, %(y)s from the top"),
        "check_reads": _("The drawn floor says: %(metres)s m"),
        "check_no_place": _("An end of the ruler is not on the floor."),
        "check_no_height": _(
            "This floor tells no height: the camera looks straight down, or the points do not fit."
        ),
        "check_real_floor": _("From here to here it really is, m"),
        "check_real_height": _("This person is so tall, m"),
        "check_good": _("%(percent)s off: the floor fits."),
        "check_long": _(
            "%(percent)s too much: move the points, or look whether the metres are too large."
        ),
        "check_short": _(
            "%(percent)s too little: move the points, or look whether the metres are too small."
        ),
        "fault_four": _("needs four points"),
        "fault_number": _("needs a number"),
        "fault_row": _("three of the four points lie in a row"),
        "fault_order": _("the metres are in another order than the points"),
        "fault_horizon": _(
            "the horizon would run between the four points: one of them is not on the floor, or "
            "they are in another order than their metres"
        ),
        "fault_flipped": _(
            "the floor would end at a horizon below it: its far side must be the shorter one"
        ),
        "undo": _("Undo"),
        "redo": _("Redo"),
        "new_frame": _("New picture"),
        "frame_of": _("Picture of %(time)s"),
        "live": _("Live"),
        "live_people": _("Analysed until %(time)s; people seen: %(count)s"),
        "live_nothing": _("Nothing of this camera has been analysed yet."),
        "live_blind": _("The camera is blind now."),
        "live_open": _("Rules in force that are open now:"),
        "live_quiet": _("No rule in force is open now."),
        "live_shadow": _("in shadow"),
        "live_why": _(
            "A new picture every 2 s, so that it stands still under what you draw. The boxes are of"
            " the moment above and may be a second off the picture."
        ),
        "video": _("Live video"),
        "video_waits": _("The live video is on its way."),
        "video_age": _("Live video, %(age)s old. Draw on it as on the picture."),
        "video_none": _("No video comes from this camera now: this is its last picture."),
        "video_old": _("The video has stopped: this is the camera's last picture."),
        "video_hevc": _(
            "This browser cannot play the camera's video (HEVC): this is its last picture."
        ),
        "video_no_mse": _("This browser cannot play live video: this is the last picture."),
        "video_signed_out": _("Your session has ended: sign in again in another window."),
        "no_frame": _("No picture yet. You can draw already; the picture appears by itself."),
        "help": _(
            "Drag a point or a whole zone. Click an edge to add a point. By keyboard: Tab to a "
            "point or a shape, arrow keys move it (with Shift farther), Insert adds a point, "
            "Delete removes the point or the shape. Points snap to what is drawn; with Alt they "
            "do not."
        ),
        "empty_title": _("This camera watches nothing yet"),
        "empty_text": _(
            "Start with a template: it puts zones, machines and rules into the picture; then move "
            "them to where they belong."
        ),
        "templates": _("Templates"),
        "templates_scenes": _("Places and machines"),
        "templates_procedures": _("Procedures"),
        "template_use": _("Put it into the scene"),
        "template_new": _("new"),
        "template_there": _("%(id)s, which is there"),
        "template_adds": _("Adds %(rules)s rules; what is new is to be moved to its place."),
        "by_hand": _("Draw by hand"),
        "zone": _("zone"),
        "machine": _("machine"),
        "gauge": _("gauge"),
        "line": _("line"),
        "input": _("input"),
        "gauge_line": _("line of %(id)s"),
        "gauge_help": _(
            "Put points on the staff or wall, each at a height in metres that you know; all of "
            "them along one line, in order."
        ),
        "metres": _("metres"),
        "line_named": _("line %(id)s"),
        "line_help": _(
            "The arrow shows which way it runs; a red arrow across it, which way a rule forbids."
        ),
        "line_left": _("left"),
        "line_right": _("right"),
        "turn_line": _("Turn it round"),
        "remove_lines": _("Remove this line"),
        "machine_region": _("region of %(id)s"),
        "no_region": _("no region"),
        "points": _("%(count)s points"),
        "name": _("Name"),
        "name_help": _("Alarms show it: danger, drum side."),
        "machine_key": _("Machine"),
        "machine_key_help": _("Its key, as its controller sends it."),
        "kind": _("Kind"),
        "machine_kinds": {
            "winch": _("winch"),
            "hoist": _("hoist"),
            "conveyor": _("conveyor"),
            "haulage": _("haulage"),
            "pump": _("pump"),
            "scraper": _("scraper"),
            "roadheader": _("roadheader"),
            "other": pgettext("kind of a machine", "other"),
        },
        "source": _("Its state comes from"),
        "source_words": {
            "signal": _("its controller"),
            "video": _("the picture"),
            "both": _("both"),
        },
        "stale": _("A signal holds for, seconds"),
        "stale_help": _("Empty: until the next one. After that the machine counts as running."),
        "add_region": _("Draw its region"),
        "remove_region": _("Remove its region"),
        "remove_zones": _("Remove this zone"),
        "remove_gauges": _("Remove this gauge"),
        "remove_machines": _("Remove this machine"),
        "remove_rule": _("Remove this rule"),
        "remove_point": _("Remove point %(number)s"),
        "point": _("Point"),
        "add_point": _("Add a point"),
        "point_label": _(
            "Point %(number)s of %(shape)s, %(x)s from the left, %(y)s from the top. "
            "Arrow keys move it."
        ),
        "shape_label": _("%(shape)s. Arrow keys move all of it."),
        "rule_id": _("Name of the rule"),
        "rule_type": _("What must not happen"),
        "rule_zone": _("Danger zone"),
        "rule_machine": _("Machine that runs"),
        "severity": _("Severity"),
        "choose": _("choose…"),
        "zone_first": _("There is none to choose yet: add a zone under “Zones” first."),
        "machine_first": _("There is none to choose yet: add a machine under “Zones” first."),
        "none": _("none"),
        "more": _("More settings"),
        "no_rules": _("No rule yet: without one, nothing raises an alarm."),
        "table_cell": _("%(label)s, row %(row)s, column %(column)s"),
        "add_row": _("Add a row"),
        "remove_row": _("Remove row %(number)s"),
        "add_step": _("Add a step"),
        "remove_step": _("Remove step %(number)s"),
        "step_up": _("Move step %(number)s up"),
        "step_down": _("Move step %(number)s down"),
        "step_name": _("Step"),
        "step_actor": _("Who does it"),
        "step_needs": _("Needs"),
        "step_is": _("says"),
        "step_machine": _("The machine"),
        "step_runs": _("runs"),
        "step_stands": _("stands"),
        "step_hold_s": _("So for at least, s"),
        "step_wait_s": _("So since the step before for, s"),
        "step_min_gap_s": _("After the step before at the earliest, s"),
        "step_max_gap_s": _("After the step before at the latest, s"),
        "called_off_before": _("Until this step is done"),
        "called_off_before_none": _("at any time"),
        "add_forbidden": _("Add what is forbidden"),
        "remove_forbidden": _("Remove what is forbidden, number %(number)s"),
        "forbidden_name": _("What is forbidden"),
        "forbidden_from": _("From this step on"),
        "forbidden_from_none": _("from the beginning"),
        "forbidden_until": _("Until this step is done"),
        "forbidden_until_none": _("until the end"),
        "limit_shift": _("Shift"),
        "limit_people": _("At most"),
        "limit_no_shifts": _("Add shifts under Inputs first."),
        "times_when": _("When"),
        "times_own": _("at times of its own"),
        "at_least": _("at least"),
        "at_most": _("at most"),
        "add_need": _("Add what it needs"),
        "remove_need": _("Needs this no more"),
        "yes": _("yes"),
        "no": _("no"),
        "mode_label": _("What it does"),
        "mode": {
            "armed": _("raises alarms"),
            "shadow": _("in shadow: tells, raises no alarm"),
            "off": _("off"),
        },
        "not_protecting": _(
            "This version does not know this rule: it is kept and protects nobody."
        ),
        "disarm": _("%(reason)s. Save it anyway?"),
        "untouched": _(
            "These shapes lie where the template put them, and may not be where this camera sees"
            " the place: %(names)s. Save them anyway?"
        ),
        "reason": _("Reason for the change"),
        "reason_help": _("Kept with the version: “zone moved 0.5 m after the new fence”."),
        "save": _("Save and put in force"),
        "saving": _("Saving…"),
        "saved": _("Version %(version)s is in force."),
        "unsaved": _("Not saved yet"),
        "proposal": _(
            "Rule %(rule)s comes and goes: %(changes)s changes in %(within)s s, in %(alarms)s of"
            " its alarms of the last week. Proposed: it waits %(seconds)s s instead of %(now)s s."
        ),
        "proposal_help": _(
            "Nothing is changed by itself. Take it into the draft, replay the rule over what is"
            " recorded, and save it if nothing is missed."
        ),
        "proposal_take": _("Take into the draft"),
        "proposal_reason": _(
            "%(rule)s came and went %(changes)s times in %(within)s s: waits %(seconds)s s"
            " instead of %(now)s s"
        ),
        "knocked": _(
            "The camera was knocked since this was drawn: %(names)s. Rules judge by where it lies"
            " in the picture now, and not by where it is drawn here."
        ),
        "knocked_help": _(
            "Draw it where it lies, look whether it is right, and save it; then say on the camera's"
            " page that its present view is right. Or turn the camera back."
        ),
        "knocked_floors": _("The floors whose water is watched must be dry now."),
        "knocked_take": _("Draw it where it lies now"),
        "knocked_reason": _("Drawn anew after the camera was knocked"),
        "in_force": _("in force"),
        "fix_first": _("Something is marked above; it cannot be put in force like this."),
        "refused": _("Not saved: %(reason)s"),
        "refused_all": _("Not saved: %(count)s things are to be put right."),
        "session_title": _("Your session has ended"),
        "session_password": _("Password of %(name)s"),
        "session_hint": _("What you have drawn is still here. It is saved once you are signed in."),
        "sign_in": _("Sign in again"),
        "cancel": _("Cancel"),
        "needed": _("This is needed."),
        "not_sent": _("Not sent: %(reason)s. Try again."),
        "conflict_title": _("Version %(version)s was saved by %(who)s while you were drawing"),
        "conflict_changed": _("Changed there"),
        "conflict_both": _("Changed by both of you"),
        "conflict_merged": _("Put my changes into theirs"),
        "conflict_theirs": _("Take theirs, drop mine"),
        "conflict_mine": _("Keep mine as it is"),
        "conflict_taken": _("Theirs is shown. Undo brings yours back."),
        "conflict_look": _("Look it over, then save."),
        "diff_show": _("What changed"),
        "diff_of": _("What changed in version %(version)s"),
        "diff_none": _("Nothing differs."),
        "diff_added": _("new: %(what)s"),
        "diff_removed": _("gone: %(what)s"),
        "diff_changed": _("changed: %(what)s"),
        "diff_things": {
            "zones": _("zone"),
            "masks": _("mask"),
            "machines": _("machine"),
            "gauges": _("gauge"),
            "lines": _("line"),
            "inputs": _("input"),
            "shifts": _("shift"),
            "rules": _("rule"),
            "ground": _("floor"),
            "analysis_fps": _("pictures analysed a second"),
            "timezone": _("time zone"),
            "ppe": _("helmets and vests"),
        },
        "back_load": _("Back to this"),
        "back_to": _("Back to version %(version)s"),
        "back_look": _("Version %(version)s is in the editor. Save it to put it in force."),
        "back_reason": _("Back to version %(version)s"),
        "json_help": _("The whole scene as one document; the same that the API takes."),
        "json_use": _("Use this document"),
        "json_bad": _("This is not JSON: %(reason)s"),
        "json_shape": _("A scene is an object with lists of zones, machines and rules."),
        "fault_points": _("needs at least three points"),
        "fault_gauge_points": _("needs at least two points"),
        "fault_machine_name": _("a machine has this name"),
        "fault_states": _("needs at least two states"),
        "fault_times": _("needs two times that differ"),
        "fault_days": _("needs at least one day"),
        "fault_metres": _("the metres must rise, or fall, from point to point"),
        "fault_cross": _("crosses itself where the red circle is"),
        "fault_area": _("encloses no area"),
        "fault_name": _("needs a name"),
        "fault_twice": _("another one has this name"),
        "fault_zone": _("no such zone"),
        "fault_machine": _("no such machine"),
        "fault_needed": _("choose one"),
        "fault_region": _("needs a region, because its state is seen in the picture"),
        "you": _("you, now"),
    }
