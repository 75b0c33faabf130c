"""The channels: each takes a parcel to its receiver and says what came of it.

A channel is a module with `send(parcel) -> Outcome`. It opens no transaction and keeps nothing;
what it must not do twice is the delivery's business.
"""

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib import import_module

from apps.notify.models import Channel
from apps.notify.parcel import Outcome, Parcel
from workers.words import sentence

__all__ = ["TRAITS", "Traits", "send"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Traits:
    """How a channel is used.

    give_up: how long a message is tried for; most_a_minute: lesser alarms wait beyond it;
    machine: a program listens, so nothing is folded or left out.
    """

    give_up: timedelta
    most_a_minute: int
    machine: bool = False


# Group robots take 20 messages a minute (WeCom and DingTalk) or 100 (Feishu).
TRAITS: dict[str, Traits] = {
    Channel.EMAIL: Traits(timedelta(hours=4), 30),
    Channel.WEBHOOK: Traits(timedelta(hours=24), 600, machine=True),
    Channel.WECOM: Traits(timedelta(hours=4), 20),
    Channel.DINGTALK: Traits(timedelta(hours=4), 20),
    Channel.FEISHU: Traits(timedelta(hours=4), 60),
    Channel.PUSH: Traits(timedelta(minutes=30), 60),
}


def send(channel: str, parcel: Parcel) -> Outcome:
    """Send a parcel along a channel; whatever goes wrong comes back in words."""
    if channel not in Channel.values:
        raise ValueError(channel)
    try:
        run: Callable[[Parcel], Outcome] = import_module(f"apps.notify.channels.{channel}").send
        outcome = run(parcel)
    except Exception as error:
        kind, at = type(error).__name__, traceback.extract_tb(error.__traceback__)[-1]
        # Not its text, which may hold the address: that of a robot is a secret.
        log.error("%s: %s at %s:%s", channel, kind, at.filename, at.lineno)
        return Outcome(False, sentence(f"The message could not be sent ({kind})."), fault=True)
    # A receiver's own words stand in some: PostgreSQL takes no NUL and no half of a letter.
    said = "".join(letter if letter.isprintable() else " " for letter in outcome.said)
    return replace(outcome, said=said)
