"""What the channels over HTTP share: an attempt, and what its failure is called."""

import http.client
import json
import socket
import ssl
from collections.abc import Callable, Mapping
from typing import Any

from apps.notify.guard import Refused
from apps.notify.parcel import Outcome
from apps.notify.post import TOTAL_S, Answer, post
from workers.words import sentence

__all__ = ["attempt", "compact", "judged"]

LONGEST_RETRY_S = 3600.0


def compact(data: Any) -> bytes:
    """Write JSON as it is sent and signed."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def attempt(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    judge: Callable[[Answer], Outcome],
) -> Outcome:
    """Send a body and judge the answer; no answer is judged here.

    Nothing of the address is in the words: those of robots and browsers are secrets.
    """
    try:
        answer = post(url, body, {"User-Agent": "Davy", **headers})
    except Refused as error:
        return Outcome(False, str(error), final=True)
    except TimeoutError:
        return Outcome(False, sentence(f"The receiver did not answer within {TOTAL_S:.0f} s."))
    except ssl.SSLCertVerificationError:
        return Outcome(False, sentence("The receiver's certificate is not to be trusted."))
    except ssl.SSLError:
        return Outcome(
            False,
            sentence(
                "The receiver does not speak https as it should: is its address http, not https?"
            ),
        )
    except (ConnectionResetError, http.client.RemoteDisconnected):
        return Outcome(False, sentence("The receiver ended the connection without an answer."))
    except ConnectionRefusedError:
        return Outcome(
            False, sentence("The receiver refuses the connection: no program listens there.")
        )
    except socket.gaierror:
        return Outcome(False, sentence("No address was found for the receiver's name."))
    except (OSError, http.client.HTTPException) as error:
        fault = type(error).__name__
        return Outcome(False, sentence(f"The receiver could not be reached ({fault})."))
    return judge(answer)


def judged(answer: Answer) -> Outcome:
    """Judge by the status alone: 2xx is taken, 410 is for good, others are tried again."""
    status = answer.status
    if 200 <= status < 300:
        return Outcome(True, sentence(f"The receiver took it ({status})."))
    if 300 <= status < 400:
        return Outcome(
            False, sentence(f"The receiver sent us elsewhere ({status}), which is not followed.")
        )
    if status == 410:
        return Outcome(False, sentence("The receiver is gone for good (410)."), final=True)
    return Outcome(
        False, sentence(f"The receiver answered {status}."), retry_s=_retry_s(answer.headers)
    )


def _retry_s(headers: Mapping[str, str]) -> float | None:
    raw = headers.get("retry-after", "")
    return min(float(raw), LONGEST_RETRY_S) if raw.isascii() and raw.isdigit() else None
