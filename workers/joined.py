"""Whether more people are in a danger than were told of: whoever answered knew of fewer."""

from workers.hazards.base import Condition
from workers.state import RuleState

# So long there must be more of them without a break: a second box on somebody is gone sooner.
JOINED_S = 3.0


def joined(memory: RuleState, found: Condition, t: float) -> bool:
    """Tell whether for some seconds more people have been in it than were ever told of."""
    persons = int(found.values.get("persons", 0))
    if memory.most is None:  # the situation was told by an earlier version
        memory.most = persons
    if persons <= memory.most:
        memory.joined_t = None
        return False
    if memory.joined_t is None or t < memory.joined_t:
        memory.joined_t = t
    return t - memory.joined_t >= JOINED_S - 1e-6


def tell_of(memory: RuleState, found: Condition) -> None:
    """Note of how many people a situation is told now."""
    memory.most, memory.joined_t = int(found.values.get("persons", 0)), None
