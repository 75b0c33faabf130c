"""What group robots share: they answer 200 to everything and say in JSON whether they took it."""

import json
from collections.abc import Callable

from apps.notify.channels.http import attempt, compact, judged
from apps.notify.parcel import Outcome
from apps.notify.post import Answer
from workers.words import sentence

__all__ = ["say_to"]

JSON = {"Content-Type": "application/json; charset=utf-8"}


def say_to(url: str, data: object, *, codes: tuple[str, ...], busy: frozenset[int]) -> Outcome:
    """Post to a robot; `codes` names its code of success (0), `busy` those for too many."""
    return attempt(url, compact(data), JSON, _judge(codes, busy))


def _judge(codes: tuple[str, ...], busy: frozenset[int]) -> Callable[[Answer], Outcome]:
    def judge(answer: Answer) -> Outcome:
        outcome = judged(answer)
        if not outcome.ok:
            return outcome
        try:
            told = json.loads(answer.body)
            code = next(int(told[name]) for name in codes if name in told)
        except (ValueError, TypeError, StopIteration, OverflowError, RecursionError):
            return Outcome(False, sentence("The robot's answer cannot be read."))
        if code == 0:
            return Outcome(True, sentence("The robot took it."))
        if code in busy:
            return Outcome(False, sentence(f"The robot takes no more now ({code})."), retry_s=60)
        text = str(told.get("errmsg") or told.get("msg") or "")[:120]
        return Outcome(False, sentence(f"The robot refused ({code}): {text}"))

    return judge
