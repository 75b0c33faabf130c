"""Asks a time stamp authority (RFC 3161) when some bytes existed, and checks what it answers."""

import hashlib
import http.client
import logging
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.x509 import Certificate, NameOID, load_der_x509_certificate
from django.conf import settings
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from workers.words import sentence

__all__ = ["Answer", "TsaAwayError", "TsaError", "ask", "check"]

log = logging.getLogger(__name__)

TIMEOUT_S = 10
# Tokens with a chain of four certificates take about 8 kB.
MOST_BYTES = 65_536
SHA256 = "2.16.840.1.101.3.4.2.1"


class TsaError(Exception):
    """No stamp that holds; the sentence says why, in English."""


class TsaAwayError(TsaError):
    """The authority gave no answer, so that asking it about something else is of no use now."""


@dataclass(frozen=True)
class Answer:
    """A stamp that holds: the whole TimeStampResp, the authority's time and its name."""

    token: bytes
    at: datetime
    tsa: str


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **more: Any) -> None:
        """Follow nobody elsewhere."""


def ask(content: bytes, *, not_before: datetime, authorities: Sequence[Certificate]) -> Answer:
    """Let the authority of the settings stamp the SHA-256 of `content`.

    Only that hash and a random number leave this server. Raises TsaAwayError, or TsaError for an
    answer that does not hold: about something else, to somebody else's question, not signed under
    `authorities`, or older than `not_before`, the clocks' tolerance aside.
    """
    question = TimestampRequestBuilder(data=content, hash_algorithm=HashAlgorithm.SHA256).build()
    token = _post(question.as_bytes())
    answer = check(token, content, authorities=authorities, nonce=question.nonce)
    if answer.at < not_before - timedelta(seconds=settings.TSA_TOLERANCE_S):
        raise TsaError(sentence("The time stamp is older than the root: one of the clocks is off."))
    return answer


def _post(body: bytes) -> bytes:
    request = urllib.request.Request(
        settings.TSA_URL,
        body,
        {"Content-Type": "application/timestamp-query", "User-Agent": "Davy"},
    )
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=TIMEOUT_S) as response:
            return bytes(response.read(MOST_BYTES))
    except urllib.error.HTTPError as error:
        status = error.code
        raise TsaAwayError(sentence(f"The time stamp authority answered {status}.")) from None
    except (OSError, http.client.HTTPException) as error:
        # urllib wraps some errors and not others.
        fault = type(getattr(error, "reason", None) or error).__name__
        raise TsaAwayError(
            sentence(f"The time stamp authority could not be reached ({fault}).")
        ) from None


def check(
    token: bytes,
    content: bytes,
    *,
    authorities: Sequence[Certificate],
    nonce: int | None = None,
) -> Answer:
    """Return what a stamp says; raises TsaError for one that is not about `content`.

    Its signature is checked where there are `authorities` to lead to; certificates that were good
    at its time stay good for it.
    """
    try:
        response = decode_timestamp_response(token)
    except ValueError:
        raise TsaError(sentence("The answer is no time stamp.")) from None
    if (status := response.status) != 0:
        raise TsaError(sentence(f"The time stamp authority refused (status {status})."))
    try:
        info, tsa = response.tst_info, _name(response)
        imprint = info.message_imprint
        digest = hashlib.sha256(content).digest()
        if (imprint.hash_algorithm.dotted_string, imprint.message) != (SHA256, digest):
            raise TsaError(sentence("The time stamp is about something else."))
        if nonce is not None and info.nonce != nonce:
            raise TsaError(sentence("The time stamp answers another question."))
        if authorities:
            VerifierBuilder(roots=list(authorities)).build().verify(response, digest)
        return Answer(token, info.gen_time, tsa)
    except VerificationError as error:
        log.warning("time stamp: %s", error)
        raise TsaError(
            sentence("The time stamp is not signed under the certificates of DAVY_TSA_CA.")
        ) from None
    except TsaError:
        raise
    except Exception as error:  # whatever a damaged token does to a parser is one answer
        log.warning("time stamp: %s", error)
        raise TsaError(sentence("The answer is no time stamp.")) from None


def _name(response: TimeStampResponse) -> str:
    """Return the common name of the certificate that signed, or all of its name without one."""
    signers = {(one.issuer, one.serial_number) for one in response.signed_data.signer_infos}
    held = map(load_der_x509_certificate, response.signed_data.certificates)
    # A second one under the same number could lend its name to the first one's signature.
    [signer] = [one for one in held if (one.issuer, one.serial_number) in signers]
    names = signer.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value if names else signer.subject.rfc4514_string())[:200]
