"""What is left of a procedure's run over a gap, a new version, or an edit of its steps."""

from collections.abc import Mapping, Sequence
from typing import Any

from workers.gap import RUNS, WAITS, WAITS_S
from workers.hazards.base import GAP, Memory, View
from workers.hazards.presence import BORN_S, INSIDE, settling
from workers.hazards.steps import Step

Run = dict[str, Any]

# What is kept over a gap. Times run on, for a procedure does too; over_a_gap() does the rest.
CLOCKS = {
    "run.done_s": RUNS, "run.begun_s": RUNS, "run.skipped_s": RUNS, "run.few_s": RUNS,
    "run.at.*": RUNS, "run.held.*": RUNS, "since.*": RUNS, "doubt.*": RUNS, "held.*": RUNS,
    "ended_s": RUNS, "armed": RUNS, "acts": RUNS, "shown": RUNS,
    **INSIDE, "counts.*.*.0": WAITS,
}  # fmt: skip

NUMBER, TEXT = (int, float), (str,)
# The form that is known of what goes on, by key; "*" is any name.
FORM: Mapping[str, Any] = {
    "since": {"*": NUMBER}, "doubt": {"*": NUMBER}, "held": {"*": NUMBER},
    "counts": {"*": [[NUMBER]]}, "acts": [TEXT], "armed": (bool,), "ended_s": NUMBER,
}  # fmt: skip
RUN: Mapping[str, Any] = {
    "next": (int,), "done_s": NUMBER, "begun_s": NUMBER, "states": {"*": TEXT},
    "wrong": {"*": TEXT}, "at": {"*": NUMBER}, "held": {"*": NUMBER}, "skipped_s": NUMBER,
    "few_s": NUMBER, "unasked": (bool,),
}  # fmt: skip
NEEDED = ("next", "done_s", "begun_s", "states", "wrong", "at")


def over_a_gap(params: Any, memory: Memory) -> None:
    """Take note, once, of a gap in the pictures, in which nobody saw what needs eyes.

    What may have been done meanwhile is in doubt. The time for which something was so stands
    still, up to WAITS_S; beyond, it begins anew.
    """
    begin_s, end_s = memory.get("gap", (0.0, 0.0))
    if memory.get("noted", 0.0) == end_s:
        return
    memory["noted"] = end_s
    gap_s, run = end_s - begin_s, memory.get("run", {})
    unheard = [step for step in params.steps if not step.heard]
    for step in unheard:
        memory.setdefault("doubt", {})[step.id] = end_s
    # What was so before its turn came stays so: no time is moved past what it is compared with.
    marks = [float(run[key]) for key in ("done_s", "skipped_s") if key in run]
    _push(memory.get("since", {}), [step.id for step in unheard], gap_s, marks)
    seen = [one.id for one in params.forbidden if any(n.kind != "input" for n in one.needs)]
    _push(run.get("held", {}), seen, gap_s, [])
    _push(run, ["few_s"], gap_s, [])


def _push(times: Memory, names: list[str], gap_s: float, marks: list[float]) -> None:
    for name in names:
        if name not in times:
            continue
        if gap_s > WAITS_S:
            del times[name]
            continue
        since = float(times[name])
        times[name] = min([since + gap_s, *(m for m in marks if m >= since)])


def stands(steps: Sequence[Step], run: Run, needed: Sequence[bool], t: float) -> bool:
    """Find a run's place by what was done, for an edit may have moved it; False where it has none.

    Of a step that came to stand before it nobody can tell whether it was done.
    """
    states = run["states"]
    places = [index for index, step in enumerate(steps) if step.id in states]
    run["next"] = places[-1] + 1 if places else 0
    for index, step in enumerate(steps[: run["next"]]):
        if step.id not in states:
            states[step.id] = "unseen" if needed[index] else "not_needed"
            if needed[index]:
                run["wrong"][step.id], run["skipped_s"] = "unseen", t
    return bool(places) or not states


def unsettled(step: Step, memory: Memory, view: View) -> bool:
    """Tell whether nobody can know yet if a step was done: without pictures, or just after."""
    return not step.heard and (view.blind == GAP or settling(memory, view))


def late(step: Step, run: Run, memory: Memory) -> str:
    """Say of a step that is not done in time whether it may have been, in the last gap."""
    begin_s, end_s = memory.get("gap", (0.0, -1e18))
    due_s = float(run["done_s"]) + step.max_gap_s
    # Up to a second after it nobody was believed yet.
    return "unseen" if not step.heard and begin_s < due_s <= end_s + BORN_S else "late"


def recognised(memory: Memory) -> Memory:
    """Return a memory with a run in it if all of it has the form that is known, else nothing."""
    run = memory.get("run")
    kept = {key: value for key, value in memory.items() if key in FORM}
    known = (
        isinstance(run, dict)
        and all(key in run for key in NEEDED)
        and all(key in RUN and _has_form(value, RUN[key]) for key, value in run.items())
        and all(_has_form(value, FORM[key]) for key, value in kept.items())
    )
    return {**kept, "run": run} if known else {}


def _has_form(value: Any, form: Any) -> bool:
    if isinstance(form, dict):
        return isinstance(value, dict) and all(_has_form(v, form["*"]) for v in value.values())
    if isinstance(form, list):
        return isinstance(value, list) and all(_has_form(v, form[0]) for v in value)
    return isinstance(value, form) and (bool in form or not isinstance(value, bool))
