"""Whether a danger is the one that was told just now: the same people, at no less a level.

Where nobody is told of, as of gas, a barrier or water, nothing but the open situation says that it
is the same: one that was over and comes anew is another, and is told.
"""

from collections.abc import Sequence

from workers.hazards.base import Condition
from workers.scene import SceneRule
from workers.state import RuleState


def cools(
    rule: SceneRule, levels: Sequence[str], memory: RuleState, found: Condition, t: float
) -> bool:
    """Tell whether the same people were told of at this level, or a worse one, just now.

    levels: of the type, from the least to the worst. Each counts from when it was over itself, so
    that a lesser one that goes on, or comes again, keeps no worse one quiet; nor does one that was
    told in doubt keep one quiet that is known.
    """
    least = levels.index(found.level or "")
    people = set(found.values.get("tracks", []))
    told_of = [
        tracks
        for level, (over_t, tracks) in memory.over.items()
        if level in levels and levels.index(level) >= least
        if found.unsure or level not in memory.doubted
        if t - over_t < rule.cooldown_s - 1e-6
        if people or _is_of_the_open(memory, over_t)
    ]
    return bool(told_of) and people <= set().union(*told_of)


def note_over(memory: RuleState, t: float) -> None:
    """Remember when a level is over, and of whom it was told; one that was held was not told."""
    if memory.level is not None and memory.held is None:
        memory.over[memory.level] = (t, list(memory.values.get("tracks", [])))
        memory.doubted = [one for one in memory.doubted if one != memory.level]
        memory.doubted += [memory.level] * memory.unsure


def has_eased(memory: RuleState) -> bool:
    """Tell whether a worse level of the open situation is over."""
    return any(_is_of_the_open(memory, over_t) for over_t, _ in memory.over.values())


def _is_of_the_open(memory: RuleState, over_t: float) -> bool:
    """Tell whether what was over at a time was of the situation that is open now."""
    return memory.raised_t is not None and over_t >= memory.raised_t
