"""What became of the scenarios: which hazards were told in time, and which alarms were false."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workers.accuracy.figures import Figure, share
from workers.accuracy.runner import Run

if TYPE_CHECKING:
    from workers.accuracy.scenario import Hazard, Scenario

# A raise so long before the hazard's begin still belongs to it; one after its end belongs to it.
EARLY_S = 0.5
LATE_S = 1.0
# The bar: an alarm comes within the rule's own dwell and this.
PROMPT_S = 1.0


@dataclass
class Outcome:
    """What became of a type's scenarios. delays: from the hazard's begin and the rule's dwell.

    raises: all that were raised, doubtful ones left out; notes: what went wrong where.
    """

    expected: int = 0
    delays: list[float] = field(default_factory=list)
    raises: int = 0
    false: int = 0
    blind: int = 0
    said: int = 0
    notes: list[str] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        """Add what became of another scenario."""
        self.expected += other.expected
        self.delays += other.delays
        self.raises += other.raises
        self.false += other.false
        self.blind += other.blind
        self.said += other.said
        self.notes += other.notes


def judge(scenario: Scenario, done: Run) -> Outcome:
    """Compare what was raised with what had to be."""
    outcome = Outcome(expected=len(scenario.expect), blind=len(scenario.sight))
    where = f"{scenario.type}, {scenario.tells}, {scenario.name}"
    ours = {rule.id for rule in scenario.scene.rules if rule.type == scenario.type}
    raises = [f for f in done.findings if f.state == "raised" and f.rule in ours]
    met: set[int] = set()
    persons_of: dict[str, int] = {}  # of each situation: of how many people it was told
    for finding in raises:
        persons, before = int(finding.values.get("persons", 0)), persons_of.get(finding.situation)
        persons_of[finding.situation] = max(persons, before or 0)
        which = next(
            (k for k, one in enumerate(scenario.expect) if _fits(one, finding) and k not in met),
            None,
        )
        if which is not None:
            met.add(which)
            hazard = scenario.expect[which]
            outcome.raises += 1
            outcome.delays.append(max(0.0, finding.t - hazard.at_s - hazard.dwell_s))
            if outcome.delays[-1] > PROMPT_S:
                outcome.notes.append(f"{where}: {finding.rule} late by {outcome.delays[-1]:.1f} s")
        elif before is not None and any(
            _fits(one, finding) and before < persons <= one.persons for one in scenario.expect
        ):
            continue  # somebody joined those in danger, and it is told anew
        elif not any(_fits(one, finding) for one in scenario.unsure):
            outcome.raises += 1
            outcome.false += 1
            outcome.notes.append(
                f"{where}: {finding.rule} {finding.level} false at {finding.t:.1f} s: {finding.why}"
            )
    for k, hazard in enumerate(scenario.expect):
        if k not in met:
            outcome.notes.append(f"{where}: {hazard.rule} {hazard.level} missed at {hazard.at_s}")
    for sight in scenario.sight:
        told = [
            r.t
            for r in done.readings
            if r.name == f"{sight.rule}.sight" and r.value == "BLIND"
            and sight.from_s <= r.t <= sight.from_s + sight.within_s
        ]  # fmt: skip
        outcome.said += bool(told)
        if not told:
            outcome.notes.append(f"{where}: {sight.rule} does not say that it is blind")
    return outcome


def _fits(hazard: Hazard, finding: Any) -> bool:
    early, late = hazard.at_s - EARLY_S, hazard.to_s + LATE_S
    same = finding.rule == hazard.rule and finding.level == hazard.level
    return bool(same and early <= finding.t <= late)


def figures(outcomes: Mapping[str, Outcome]) -> list[Figure]:
    """Return for each type: events found, raised within a second, alarms that are true, sight."""
    found = []
    for kind, one in sorted(outcomes.items()):
        name = f"scenarios/{kind}"
        if one.expected:
            hits = len(one.delays)
            found.append(share(f"{name}/events found", hits, one.expected, "events"))
            prompt = sum(delay <= PROMPT_S for delay in one.delays)
            found.append(share(f"{name}/raised in time", prompt, one.expected, "events"))
        if one.raises:
            right = one.raises - one.false
            found.append(
                share(f"{name}/alarms that are true", right, one.raises, "alarms", asked=False)
            )
        if one.blind:
            found.append(share(f"{name}/blindness told", one.said, one.blind, "times"))
    return found
