"""WeCom group robot: the key is in its address, and there is no other sign."""

from apps.notify.channels.robot import say_to
from apps.notify.parcel import Outcome, Parcel

__all__ = ["send"]

MOST_BYTES = 4096
BUSY = frozenset({45009})


def send(parcel: Parcel) -> Outcome:
    """Say a message in the group."""
    text = parcel.message.markdown().encode()[:MOST_BYTES].decode("utf-8", "ignore")
    data = {"msgtype": "markdown", "markdown": {"content": text}}
    return say_to(parcel.address, data, codes=("errcode",), busy=BUSY)
