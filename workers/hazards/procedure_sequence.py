"""A procedure's steps, in their order and time: what was skipped, too early, too late."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workers.hazards.base import GAP, Condition, Fault, Hazard, Memory, Rule, View
from workers.hazards.params import data, number
from workers.hazards.runs import CLOCKS, Run, late, over_a_gap, recognised, stands, unsettled
from workers.hazards.steps import (
    END_SCHEMA,
    FORBIDDEN_SCHEMA,
    NEEDS,
    STEPS_SCHEMA,
    End,
    Forbidden,
    Needs,
    Step,
    all_met,
    parse_begin,
    parse_end,
    parse_forbidden,
    parse_steps,
    people_in,
    words,
)  # fmt: skip


@dataclass(frozen=True)
class Params:
    """What a mine may set."""

    steps: tuple[Step, ...] = data(
        parse=parse_steps, schema=STEPS_SCHEMA, label="Steps",
        help="The steps in their order; the first begins the procedure, the last ends it.",
    )  # fmt: skip
    begin: Needs = data(
        parse=parse_begin, schema={"anyOf": [NEEDS, {"const": []}]}, label="Begun by",
        help="What begins the procedure, where that is not its first step: a permit that opens.",
    )  # fmt: skip
    called_off: End | None = data(
        parse=parse_end, schema={"anyOf": [END_SCHEMA, {"const": []}]}, label="Called off by",
        help="What ends the procedure early without an alarm, until a step that forbids it.",
    )  # fmt: skip
    forbidden: tuple[Forbidden, ...] = data(
        parse=parse_forbidden, schema=FORBIDDEN_SCHEMA, label="Forbidden meanwhile",
        help="What must not be so from one step until another.",
    )  # fmt: skip
    give_up_s: float = number(
        3600.0, unit="s", low=60, high=86400, label="Given up after",
        help="Time after which a run that goes on no further is over.",
    )  # fmt: skip
    again_s: float = number(
        5.0, unit="s", low=0, high=3600, label="Anew after",
        help="Time after the end in which the first step begins nothing anew.",
    )  # fmt: skip
    clear_s: float = number(
        10.0, unit="s", low=0, high=3600, label="Over after",
        help="Time after a procedure that went wrong before the alarm clears.",
    )  # fmt: skip


class ProcedureSequence(Hazard):
    """Steps with actors, places and times, and what is forbidden meanwhile.

    The first step, or `begin`, begins a run; the last ends it. A step is done when all that it
    needs was so for certain for its hold and wait times; an unknown input, an unknown machine and
    a blind camera complete nothing. A step that is done before one that comes earlier skips it,
    unless that one is so as well, or it was not visible; one done after all is out of order; one
    done sooner than its least gap is too early; one that is not done within its longest gap is too
    late; fewer people than it needs, for longer than they gather, are too few; a run that goes on
    no further is interrupted. A step with `only_if` is left out while that is known not to be so.
    A step marked `act`, or without any the last one, that is done without a run skips all before
    it; else only what a machine or a state of an input tells of skips, for people come and go. What
    is forbidden counts when nobody can tell it of a machine or an input. What is wrong stays told
    until the run ends. A run goes on over a gap in the pictures: what inputs said meanwhile counts,
    and what eyes would have seen is in doubt. Where its steps are edited, it goes on after the last
    one that was done; a new one before that is in doubt, and where none is left the run is
    interrupted. The strip of steps, with times, is in the values.
    Source: sequences of approved procedures with guards, warnings and waiting times, as data of the
    mine.
    """

    type = "procedure_sequence"
    title = "Procedure not followed"
    params = Params
    severity = "high"
    action = "Stop the work; go back to the step that was skipped, or end the procedure."
    always = True
    min_visibility = 0.0
    remembers = CLOCKS
    hears = True

    def check(self, rule: Rule) -> list[Fault]:
        """Refuse a procedure without steps, and parts of it that name no step."""
        params: Params = rule.params
        if not params.steps:
            return [Fault("params.steps", "is missing")]
        order = {step.id: index for index, step in enumerate(params.steps)}
        found = []
        for index, one in enumerate(params.forbidden):
            path = f"params.forbidden[{index}]"
            if one.id in order:
                found.append(Fault(f"{path}.id", '"%(id)s" is the id of a step', {"id": one.id}))
            for key, name in (("from", one.after), ("until", one.until)):
                if name and name not in order:
                    found.append(Fault(f"{path}.{key}", 'no step "%(id)s"', {"id": name}))
            if order.get(one.after, -1) >= order.get(one.until, len(order)):
                found.append(Fault(f"{path}.until", "must be a later step than `from`"))
        before = params.called_off.before if params.called_off else ""
        if before and before not in order:
            found.append(Fault("params.called_off.before", 'no step "%(id)s"', {"id": before}))
        return found

    def carry(self, memory: Memory) -> Memory:
        """Return a run that another version began, where it has the form that is known here."""
        return recognised(memory)

    def asks_s(self, rule: Rule) -> set[float]:
        """Return for how long something must be so, to find a step done in its own time."""
        params: Params = rule.params
        waits = {s for step in params.steps for s in (step.hold_s, step.wait_s)}
        return waits | {one.hold_s for one in params.forbidden}

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame."""
        params: Params = rule.params
        steps = params.steps
        over_a_gap(params, memory)
        met, ready = _look(steps, memory, view)
        run: Run | None = _begin(params, memory, view, met, ready)
        if run is None:
            return Condition(None)
        wrong: dict[str, str] = run["wrong"]
        # A step that is known not to be needed now stands in nobody's way.
        needed = [s.only_if == () or all_met(s.only_if, view, memory) is not False for s in steps]
        called_off = _called_off(params, run, memory, view)
        is_known = stands(steps, run, needed, view.t)
        if is_known and not called_off:
            _advance(steps, run, memory, view, ready, needed)
        waiting = next((i for i in range(run["next"], len(steps)) if needed[i]), len(steps))
        finished = waiting >= len(steps) or called_off
        if not finished:
            step = steps[waiting]
            waited_s = view.t - float(run["done_s"])
            if waited_s > step.max_gap_s + 1e-6 and not unsettled(step, memory, view):
                wrong.setdefault(step.id, late(step, run, memory))
            if _too_few(step, run, memory, view):
                wrong[step.id] = "too_few"
            if waited_s > max(params.give_up_s, step.max_gap_s) + 1e-6:
                wrong[step.id], finished = "interrupted", True
            if not is_known:
                wrong[step.id], finished = "interrupted", True
                memory["doubt"] = {one.id: view.t for one in steps}
        now = len(steps) if finished else waiting
        barred = _barred(params, run, now, memory, view)
        strip = _strip(steps, run, now, met, needed, called_off)
        memory["shown"] = {
            "steps": strip,
            "forbidden": barred,
            "begun_t": round(float(run["begun_s"]), 3),
            "ended_t": round(view.t, 3) if finished else None,
        }
        if finished:
            memory["ended_s"] = view.t
            memory.pop("run")
        readings: dict[str, float | str | None] = {"step": "end" if finished else steps[now].id}
        if not wrong:
            return Condition(None, readings=readings)
        named = [(s.id, s.name) for s in steps] + [(b.id, b.name) for b in params.forbidden]
        named += [(key, key) for key in wrong if key not in dict(named)]  # left out by an edit
        why = tuple(words(name, wrong[key]) for key, name in named if key in wrong)
        values: Mapping[str, Any] = {**memory["shown"], "wrong": dict(wrong)}
        return Condition("danger", why=why, values=values, readings=readings)


def _look(
    steps: tuple[Step, ...], memory: Memory, view: View
) -> tuple[dict[str, bool | None], dict[str, bool]]:
    """Return of every step whether it is so now, and whether it was for long enough."""
    since: dict[str, float] = memory.setdefault("since", {})
    doubt: dict[str, float] = memory.setdefault("doubt", {})
    met, ready = dict[str, bool | None](), dict[str, bool]()
    for step in steps:
        met[step.id] = all_met(step.needs, view, memory)
        if met[step.id] is None:
            doubt[step.id] = view.t
        if met[step.id] is None and view.blind == GAP:
            ready[step.id] = False  # over_a_gap() has moved its time on
        else:
            ready[step.id] = _lasts(since, step.id, met[step.id] is True, view, step.hold_s)
    return met, ready


def _lasts(since: dict[str, float], key: str, so: bool, view: View, hold_s: float) -> bool:
    """Keep since when something is so; tell whether that is long enough."""
    if not so:
        since.pop(key, None)
        return False
    return view.t - since.setdefault(key, view.t) >= hold_s - 1e-6


def _begin(
    params: Params,
    memory: Memory,
    view: View,
    met: Mapping[str, bool | None],
    ready: Mapping[str, bool],
) -> Run | None:
    """Return the run that goes on or begins in this frame."""
    steps = params.steps
    acts = [index for index, step in enumerate(steps) if step.act]
    # An act whose end was seen before: what comes now is done by somebody.
    primed: list[str] = memory.setdefault("acts", [])
    done = -1
    for index in acts:
        name = steps[index].id
        if met[name] is False and name not in primed:
            primed.append(name)
        elif ready[name] and name in primed:
            primed.remove(name)
            done = index
    begins = all_met(params.begin, view, memory) is True if params.begin else ready[steps[0].id]
    run: Run | None = memory.get("run")
    if run is not None:
        for key, value in (("at", {}), ("wrong", {}), ("begun_s", view.t)):
            run.setdefault(key, value)  # one that an earlier version began
        return run
    armed = memory.get("armed", True)
    if done > 0 or (done == 0 and params.begin):
        # What the procedure leads to was done without it.
        step = steps[done]
        run = {"next": 0, "done_s": view.t - step.min_gap_s, "states": {}, "unasked": True}
        memory["since"][step.id] = view.t
    else:
        ended = memory.get("ended_s")
        resting = ended is not None and view.t - ended < params.again_s - 1e-6
        # What never stopped being so begins no second run.
        if not begins or resting or not armed:
            memory["armed"] = armed or not begins
            return None
        first = steps[0].id
        own = not params.begin
        run = {"next": int(own), "done_s": view.t, "states": {first: "done"} if own else {}}
        run["at"] = {first: view.t} if own else {}
    memory["armed"] = not begins
    memory["run"] = {"at": {}, "wrong": {}, "begun_s": view.t, **run}
    begun: Run = memory["run"]
    return begun


def _advance(
    steps: tuple[Step, ...],
    run: Run,
    memory: Memory,
    view: View,
    ready: Mapping[str, bool],
    needed: list[bool],
) -> None:
    """Take the step that was done in this frame; one that is out of order skips those between."""
    states, wrong, at = run["states"], run["wrong"], run["at"]
    base, done_s = int(run["next"]), float(run["done_s"])
    since: dict[str, float] = memory["since"]
    for step in steps[:base]:
        passed = ready[step.id] and wrong.get(step.id) in ("skipped", "unseen")
        if passed and since[step.id] > float(run.get("skipped_s", view.t)) + 1e-6:
            states[step.id] = wrong[step.id] = "out_of_order"
            at[step.id] = view.t
    waiting = next((i for i in range(base, len(steps)) if needed[i]), len(steps))

    def over(step: Step) -> bool:
        waited_s = view.t - max(float(since.get(step.id, view.t)), done_s)
        return ready[step.id] and waited_s >= step.wait_s - 1e-6

    # Later steps first: one that is done out of order skips those between. People come and go:
    # only what a machine or another system tells of is done out of order.
    for index in range(len(steps) - 1, base - 1, -1):
        step = steps[index]
        # What was so already before its turn came is not done by anybody now.
        fresh = float(since.get(step.id, -1.0)) > done_s - 1e-6
        early = index > waiting and not (fresh and (step.act or step.told))
        if not needed[index] or not over(step) or early:
            continue
        for between in range(base, index):
            missed = steps[between]
            if not needed[between]:
                states[missed.id] = "not_needed"
                continue
            if over(missed):  # it is so now as well, for long enough
                states[missed.id], at[missed.id] = "done", view.t
                continue
            back_s = view.t - missed.max_gap_s if run.get("unasked") else done_s
            doubt_s = memory["doubt"].get(missed.id)
            unseen = doubt_s is not None and doubt_s >= min(back_s, done_s) - 1e-6
            states[missed.id] = wrong[missed.id] = "unseen" if unseen else "skipped"
            run["skipped_s"] = view.t
        states[step.id] = "done"
        if view.t - done_s < step.min_gap_s - 1e-6:
            states[step.id] = wrong[step.id] = "early"
        elif step.id in wrong:
            states[step.id] = wrong[step.id]
        at[step.id] = view.t
        run["next"], run["done_s"] = index + 1, view.t
        return


def _called_off(params: Params, run: Run, memory: Memory, view: View) -> bool:
    """Tell whether the run was called off, by what became so after it had begun."""
    end = params.called_off
    if not end:
        return False
    held: dict[str, float] = memory.setdefault("held", {})
    said = _lasts(held, "called_off", all_met(end.needs, view, memory) is True, view, 0.0)
    over = any(s.id == end.before for s in params.steps[: int(run["next"])])
    return said and not over and held["called_off"] > float(run["begun_s"]) + 1e-6


def _too_few(step: Step, run: Run, memory: Memory, view: View) -> bool:
    """Tell whether people have begun a step and are fewer than it needs for too long."""
    if step.gather_s is None or view.blind:
        return False
    needs = [need for need in step.needs if need.kind == "zone" and need.at_least > 1]
    few = any(0 < people_in(n.name, view, memory) < n.at_least for n in needs)
    if not few:
        run.pop("few_s", None)
        return False
    return view.t - float(run.setdefault("few_s", view.t)) > step.gather_s + 1e-6


def _barred(params: Params, run: Run, now: int, memory: Memory, view: View) -> list[dict[str, Any]]:
    """Judge what is forbidden while step `now` is waited for; return it as rows of the strip."""
    held: dict[str, float] = run.setdefault("held", {})
    order = {step.id: index for index, step in enumerate(params.steps)}
    rows = []
    for one in params.forbidden:
        begun = order.get(one.after, -1) < now
        over = order.get(one.until, len(order)) < now or now == len(order)
        state = "kept" if over else "watched" if begun else "waiting"
        if begun and not over:
            # In doubt about a machine or an input the worse is so; a blind camera sees nobody.
            found = [need.met(view, memory) for need in one.needs]
            unseen = any(
                so is None and (need.kind == "zone" or view.blind == GAP)
                for so, need in zip(found, one.needs, strict=True)
            )
            so = False not in found and not unseen
            waits = unseen and view.blind == GAP  # over_a_gap() has moved its time on
            if not waits and _lasts(held, one.id, so, view, one.hold_s):
                run["wrong"].setdefault(one.id, "forbidden")
                run["at"].setdefault(one.id, view.t)
            state = "unseen" if unseen and False not in found else state
        if one.id in run["wrong"]:
            state = "forbidden"
        rows.append(_row(one.id, one.name, state, run["at"].get(one.id)))
    return rows


def _strip(
    steps: tuple[Step, ...],
    run: Run,
    now: int,
    met: Mapping[str, bool | None],
    needed: list[bool],
    called_off: bool,
) -> list[dict[str, Any]]:
    """Return every step with its state and the time when it was done."""
    strip = []
    for index, step in enumerate(steps):
        state = run["states"].get(step.id)
        if state is None and called_off:
            state = "called_off"
        if state is None and not needed[index]:
            state = "not_needed"
        if state is None and index == now and step.id not in run["wrong"]:
            state = "unseen" if met[step.id] is None else "now"
        row = _row(step.id, step.name, state or run["wrong"].get(step.id) or "waiting",
                   run["at"].get(step.id))  # fmt: skip
        if step.actor:
            row["actor"] = step.actor
        if index == now:
            least_s = max(step.min_gap_s, step.wait_s)
            row["from_t"] = round(float(run["done_s"]) + least_s, 3)
            row["until_t"] = round(float(run["done_s"]) + step.max_gap_s, 3)
        strip.append(row)
    return strip


def _row(name: str, text: str, state: str, at: float | None) -> dict[str, Any]:
    row: dict[str, Any] = {"id": name, "name": text, "state": state}
    if at is not None:
        row["t"] = round(float(at), 3)
    return row


HAZARD = ProcedureSequence()
