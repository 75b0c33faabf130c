"""Judges the rules of a scene in one frame: the conditions that all types share, and situations.

A hazard type says what it finds in a frame; whether the rule is in force, sees, was confirmed, and
when its situation begins, grows worse and ends is decided here, alike for all.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from workers.called import called, in_words
from workers.cooldown import cools, has_eased, note_over
from workers.failing import Failing
from workers.force import blindness, out_of_force
from workers.gap import ends_gap
from workers.hazards import registry
from workers.hazards.base import (
    GAP,
    SEVERITIES,
    Box,
    Condition,
    Hazard,
    InputView,
    MachineView,
    View,
)
from workers.inputs import Missed, heard, inputs
from workers.joined import joined, tell_of
from workers.report import Finding, Reading, fault_finding, finding
from workers.scene import Scene, SceneRule
from workers.state import RuleState, State
from workers.watched import drawn, named
from workers.words import sentence

# A value that does not change is written down again so often.
TELL_S = 10.0
RANKS = ("", *SEVERITIES)
# While one of these may be beginning, the picture is perhaps not one of the place.
ELSEWHERE = ("frozen", "blocked", "moved")


class Judge:
    """Judges one camera's rules, frame by frame; what it has to tell is in findings, readings."""

    def __init__(self, scene: Scene, state: State, model: str, failing: Failing) -> None:
        self.scene = scene
        self.state = state
        self.model = model
        self.failing = failing
        self.kinds = registry()
        self.findings: list[Finding] = []
        self.readings: list[Reading] = []
        self.heard: list[tuple[float, Mapping[str, InputView]]] = []
        self.watched = {rule.id: (named(rule), drawn(rule, scene)) for rule in scene.rules}
        self.called = called(scene)
        self.seen: dict[tuple[tuple[str, ...], str], View] = {}

    def frame(self, view: View) -> None:
        """Judge every rule; rules that others ask about are known as they were before."""
        levels = {name: rule.level for name, rule in self.state.rules.items() if rule.level}
        self.heard = self._heard(view)
        view = replace(view, open=levels, inputs=inputs(self.scene, self.state, view.t))
        self.seen = {}
        for rule in self.scene.rules:
            why = ""
            try:
                self._rule(rule, self.kinds[rule.type], view)
            except Exception as error:  # noqa: BLE001
                why = self.failing.note(rule.id, rule.name, error)
            self._fails(rule, view, why)

    def close(
        self, name: str, memory: RuleState, t: float, why: str, *, unwatched: bool = True
    ) -> None:
        """End a rule's situation, if one is open; unwatched: the rule ended, and maybe not that."""
        if memory.level is None:
            return
        lasted = round(t - (memory.raised_t or t), 3)
        memory.boxes, memory.why = [], why
        memory.values = {**memory.values, "lasted_s": lasted, "phrases": []}
        if unwatched:
            memory.values["unwatched"] = why
        self.findings.append(finding(name, memory, "cleared", t))
        note_over(memory, t)
        memory.level = memory.situation = memory.active_t = memory.raised_t = None
        memory.held, memory.unsure = None, False

    def _rule(self, rule: SceneRule, hazard: Hazard, view: View) -> None:
        memory = self.state.rules.setdefault(rule.id, RuleState(rule.type))
        memory.mode = rule.mode
        memory.note = ""
        self._edited(rule, hazard, memory, view.t)
        if rule.mode == "off":
            self.close(rule.id, memory, view.t, sentence("the rule was switched off"))
            # What it saw before says nothing of the time in which it does not look.
            memory.forget()
            memory.note = "off"
            return
        blind = blindness(rule, hazard, view)
        memory.memory["open"] = memory.level
        missed = self._missed(rule, hazard, memory, view)
        found = hazard.evaluate(rule, memory.memory, self._seen(rule, view, blind))
        if missed is not None and missed.worse_than(found, hazard):
            # It was so meanwhile, and nobody was told; it was so for as long as it was.
            lasted_s = missed.until_t - missed.since_t
            memory.since_t = view.t - lasted_s
            memory.votes = [1] * min(rule.confirm[1], int(lasted_s / view.step_s))
            found = missed.told(view.t)
        blind = blind or found.blind
        unsure = bool(blind) or (hazard.uses_picture and any(k in view.doubts for k in ELSEWHERE))
        if unsure:  # that nobody looked is no proof that a level is over
            memory.so_t = {level: t + view.step_s for level, t in memory.so_t.items()}
        self._tell(rule, memory, "sight", "BLIND" if blind else "SEES", view.t, blind)
        for name, value in found.readings.items():
            self._tell(rule, memory, name, value, view.t)
        resting = out_of_force(rule, view)
        if resting:
            # What it remembers goes on, so that it knows who was there when it begins again.
            self.close(rule.id, memory, view.t, resting)
            memory.note, memory.votes, memory.since_t = resting, [], None
            return
        self._weigh(rule, hazard, memory, view.t)
        if found.level is not None:
            if self._confirmed(rule, memory, found, view):
                self._active(rule, hazard, memory, found, view)
            return
        memory.since_t = memory.joined_t = None
        memory.votes = [*memory.votes, 0][-rule.confirm[1] :]
        if memory.active_t is None:
            return
        if unsure:
            memory.active_t += view.step_s  # nor the situation
            return
        quiet_s = view.t - memory.active_t
        if quiet_s >= hazard.clear_s(rule) - 1e-6:
            over = f"no longer so for {quiet_s:.1f} s"
            self.close(rule.id, memory, view.t, over, unwatched=False)

    def _edited(self, rule: SceneRule, hazard: Hazard, memory: RuleState, t: float) -> None:
        """Forget what a rule remembers where it was edited to watch something else.

        A situation of what it no longer names is over. Of what is only drawn anew one goes on, and
        what belongs to it is forgotten after it.
        """
        names, shapes = self.watched[rule.id]
        was, memory.watched = memory.watched, names
        if any(names.get(where, name) != name for where, name in was.items()):
            why = sentence("the rule was edited to watch something else")
            self.close(rule.id, memory, t, why)
            memory.over = {}
        if memory.level is not None or memory.drawn == shapes:
            return
        if memory.drawn:
            memory.forget(hazard.carry(memory.memory))
        memory.drawn = shapes

    def _weigh(self, rule: SceneRule, hazard: Hazard, memory: RuleState, t: float) -> None:
        """Tell of an open situation anew where its rule was made more severe since it was told.

        Nobody has to see it now for that, and no cooldown holds it: what was told was less. Nor
        does one hold what comes again.
        """
        if RANKS.index(rule.severity) > RANKS.index(memory.weight):
            memory.over = {}
        memory.weight = rule.severity
        if memory.level is None:
            return
        severity = hazard.levels[memory.level] or rule.severity
        if RANKS.index(severity) <= RANKS.index(memory.severity):
            return
        memory.severity, memory.held = severity, None
        memory.step += 1
        memory.values = {**memory.values, "step": memory.step}
        memory.values.pop("held", None)
        self.findings.append(finding(rule.id, memory, "raised", t))

    def _fails(self, rule: SceneRule, view: View, why: str) -> None:
        """Take a rule that fails as blind; why: what fails, or "" where it does not.

        What is open stays open. When the fault is told, the rule begins anew: it may be what it
        remembers that makes it fail.
        """
        told = self.failing.tell(self.state.health, rule.id, view.t, why)
        self.findings += [fault_finding(self.scene, change) for change in told]
        if not why:
            return
        memory = self.state.rules[rule.id]
        self._tell(rule, memory, "sight", "BLIND", view.t, why)
        memory.so_t = {level: t + view.step_s for level, t in memory.so_t.items()}
        if memory.active_t is not None:
            memory.active_t += view.step_s
        if told:
            memory.memory = {}

    def _heard(self, view: View) -> list[tuple[float, Mapping[str, InputView]]]:
        """Return what inputs said between the last frame and this one, or within a gap."""
        rules = [rule for rule in self.scene.rules if self.kinds[rule.type].hears]
        if not rules:
            return []
        gaps = [
            float(one.memory["gap"][0])
            for one in self.state.rules.values()
            if ends_gap(one.memory, view.t)
        ]
        again = {s for rule in rules for s in self.kinds[rule.type].asks_s(rule)} if gaps else ()
        since_t = min(gaps, default=view.t - view.step_s)
        return heard(self.scene, self.state, since_t, view.t, again)

    def _missed(
        self, rule: SceneRule, hazard: Hazard, memory: RuleState, view: View
    ) -> Missed | None:
        """Ask a rule about what inputs said while nobody looked; return the worst that was so.

        That is within a gap, and for types that need no eyes between two frames as well.
        """
        gap = ends_gap(memory.memory, view.t)
        if not hazard.hears or not (gap or not (hazard.uses_picture or hazard.uses_people)):
            return None
        machines = dict.fromkeys(view.machines, MachineView("UNKNOWN", ""))
        rank = list(hazard.levels).index
        worst, since_t = None, memory.since_t
        for t, said in self.heard:
            wall_s = None if view.wall_s is None else view.wall_s + t - view.t
            then = replace(
                view, t=t, wall_s=wall_s, inputs=said, people=(), machines=machines, vehicles=(),
                levels={}, visibility=0.0, blind=GAP,
            )  # fmt: skip
            found = hazard.evaluate(rule, memory.memory, then)
            if found.level is None or out_of_force(rule, then):
                since_t = None
                continue
            since_t = t if since_t is None else since_t
            if worst is None or rank(found.level) >= rank(worst.found.level or ""):
                worst = Missed(found, since_t, t)
        return worst

    def _seen(self, rule: SceneRule, view: View, blind: str) -> View:
        """Return what a rule sees of a frame; rules that see the same share one."""
        key = (rule.wears, blind)
        seen = self.seen.get(key)
        if seen is None:
            people = view.people
            if rule.wears:
                people = tuple(p for p in people if set(p.wears) & set(rule.wears))
            seen = self.seen[key] = replace(view, people=people, blind=blind)
        return seen

    def _confirmed(self, rule: SceneRule, memory: RuleState, found: Condition, view: View) -> bool:
        """Tell whether a condition is believed: often enough, long enough, not just over."""
        least, of = rule.confirm
        memory.votes = [*memory.votes, 1][-of:]
        if memory.since_t is None:
            memory.since_t = view.t
        if memory.level is not None:
            return True
        if sum(memory.votes) < least or view.t - memory.since_t < rule.sustain_s - 1e-6:
            return False
        return not cools(rule, list(self.kinds[rule.type].levels), memory, found, view.t)

    def _active(
        self, rule: SceneRule, hazard: Hazard, memory: RuleState, found: Condition, view: View
    ) -> None:
        """Open the situation, let its level follow what is so, or keep what is told of it new."""
        assert found.level is not None
        memory.active_t = view.t
        told, state = memory.level, ""
        if told is None:
            memory.situation = f"{rule.id}@{view.t:.3f}"
            memory.raised_t = view.t
            memory.step, memory.so_t = 0, {}
        else:  # of a state that was kept before levels had their times, it is so until now
            memory.so_t.setdefault(told, view.t)
        memory.so_t[found.level] = view.t
        rank = list(hazard.levels).index
        if told is None:
            state = "raised"
        elif rank(found.level) < rank(told):
            if self._holds(hazard, rule, memory, found.level, view.t):
                return  # what is told of a danger stays told while people leave through the warning
            note_over(memory, view.t)
            state = "eased"
        elif (
            found.level != told
            or memory.held is not None
            or memory.unsure > found.unsure
            or (hazard.each and joined(memory, found, view.t))
        ):
            # As one situation it is believed at once; it only asks nobody while the same cools.
            cooling = cools(rule, list(hazard.levels), memory, found, view.t)
            state = "held" if has_eased(memory) and cooling else "raised"
        memory.step += found.level != told or state == "raised"
        if state == "held":
            memory.held = memory.held or told
        elif memory.held and (state == "raised" or rank(found.level) <= rank(memory.held)):
            memory.held = None
        memory.level = found.level
        memory.severity = hazard.levels[found.level] or rule.severity
        memory.boxes = [list(_rounded(box)) for box in found.boxes]
        memory.why = ", ".join(phrase.english() for phrase in found.why)
        memory.values = {**self._values(rule, found, view), "step": memory.step}
        if memory.held is not None:
            memory.values["held"] = memory.held
        if state in ("raised", "eased"):
            memory.unsure = found.unsure
            tell_of(memory, found)
            self.findings.append(finding(rule.id, memory, state, view.t))

    @staticmethod
    def _holds(hazard: Hazard, rule: SceneRule, memory: RuleState, level: str, t: float) -> bool:
        """Tell whether a worse level than the one found was so until just now.

        It is over when it would end the situation if nothing else were so.
        """
        levels = list(hazard.levels)
        worse = levels[levels.index(level) + 1 :]
        times = [memory.so_t[one] for one in worse if one in memory.so_t]
        return any(t - so_t < hazard.clear_s(rule) - 1e-6 for so_t in times)

    def _values(self, rule: SceneRule, found: Condition, view: View) -> dict[str, Any]:
        """Return what made it fire, for whoever asks why."""
        values = {
            **found.values,
            "phrases": [[one.text, in_words(one.values, self.called)] for one in found.why],
            "detector": self.model,
            "visibility": round(view.visibility, 3),
        }
        if found.unsure:
            values["unsure"] = True
        if view.light:
            values["light"] = view.light
        if rule.place:
            values["place"] = rule.place
        if rule.action:
            own = rule.action
            values["action"] = own if isinstance(own, str) else dict(own)
        if rule.clauses:
            values["clauses"] = [dict(clause) for clause in rule.clauses]
        if view.blind:
            values["blind"] = view.blind
        return values

    def _tell(
        self,
        rule: SceneRule,
        memory: RuleState,
        name: str,
        value: float | str | None,
        t: float,
        why: str = "",
    ) -> None:
        """Write a value down when it changes; a number every ten seconds as well."""
        told = memory.told.get(name)
        same = told is not None and told[0] == value
        if same and told is not None and (isinstance(value, str) or 0 <= t - told[1] < TELL_S):
            return
        if told is None and name == "sight" and value == "SEES":
            memory.told[name] = [value, t]
            return  # that a rule sees is what one expects
        memory.told[name] = [value, t]
        self.readings.append(Reading(f"{rule.id}.{name}", t, value, None, None, why or None))


@lru_cache(maxsize=256)
def _rounded(box: Box) -> Box:
    """Round a box, once for all rules that tell of it."""
    x1, y1, x2, y2 = box
    return round(x1, 5), round(y1, 5), round(x2, 5), round(y2, 5)


def speaker(scene: Scene, state: State, machine: str) -> str:
    """Return the rule that tells that a machine's signal and picture disagree, or "".

    Where there is one, armed and in force, the camera's health does not tell the same again.
    """
    for rule in scene.rules:
        if rule.type == "signal_mismatch" and rule.machine == machine and rule.mode == "armed":
            memory = state.rules.get(rule.id)
            if memory is not None and not memory.note:
                return rule.id
    return ""
