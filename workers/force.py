"""Whether a rule is in force in a frame, and whether it sees."""

from workers.hazards.base import Hazard, View
from workers.scene import SceneRule
from workers.watched import zones_of
from workers.when import holds, in_schedule
from workers.words import sentence

# In a blind camera's picture nothing is found, and nothing is over.
BLINDING = ("lost", "frozen", "dark", "overexposed", "glare", "blurred", "hazy", "blocked", "moved")


def blindness(rule: SceneRule, hazard: Hazard, view: View) -> str:
    """Return why a rule cannot see in this frame, or ""."""
    if not hazard.uses_picture:
        return ""
    fault = next((fault for fault in view.faults if fault in BLINDING), "")
    if fault or view.hidden & zones_of(rule):
        return fault or "blurred"
    return "too little can be seen" if view.visibility < rule.min_visibility else ""


def permit_note(permit: str) -> str:
    """Return why a rule is not in force while its permit is open."""
    return sentence(f"permit {permit} is open")


def out_of_force(rule: SceneRule, view: View) -> str:
    """Return why a rule is not in force in this frame, or ""; in doubt it is in force."""
    if rule.schedule and in_schedule(rule.schedule, view) is False:
        return sentence("outside of its schedule")
    if rule.permit is not None and view.inputs[rule.permit].word == "OPEN":
        return permit_note(rule.permit)
    if rule.when is not None and holds(rule.when, view) is False:
        return sentence("its condition does not hold")
    return ""
