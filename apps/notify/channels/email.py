"""E-mail by Django's own mail: plain text, simple HTML, the picture attached where asked for."""

import smtplib
import socket
from email.utils import formatdate
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.utils.translation import override

from apps.notify.parcel import Outcome, Parcel
from workers.words import sentence

__all__ = ["send"]


def send(parcel: Parcel) -> Outcome:
    """Hand one message to the mail server.

    It has the same Message-ID at every attempt, so a mail program shows one where the server took
    it and our worker died before it heard so.
    """
    if not settings.EMAIL_SET:
        return Outcome(False, sentence("No mail server is set (DAVY_EMAIL_HOST)."), final=True)
    mail = _mail(parcel)
    try:
        with get_connection() as connection:
            connection.send_messages([mail])
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        return _refused(code, text)
    except smtplib.SMTPResponseException as error:
        return _refused(error.smtp_code, error.smtp_error)
    except TimeoutError:
        return Outcome(False, sentence("The mail server did not answer in time."))
    except ConnectionRefusedError:
        return Outcome(
            False, sentence("The mail server refuses the connection: no program listens there.")
        )
    except socket.gaierror:
        return Outcome(False, sentence("No address was found for the mail server's name."))
    except (OSError, smtplib.SMTPException) as error:
        fault = type(error).__name__
        return Outcome(False, sentence(f"The mail server could not be reached ({fault})."))
    return Outcome(True, sentence("The mail server took it."))


def _mail(parcel: Parcel) -> EmailMultiAlternatives:
    message = parcel.message
    with override(parcel.language):
        context = {"message": message, "language": parcel.language, "picture": parcel.picture}
        html = render_to_string("notify/mail.html", context)
    host = urlsplit(settings.BASE_URL).hostname or "davy"
    mail = EmailMultiAlternatives(
        subject=" ".join(message.title.split())[:200],
        body=message.plain(),
        to=[parcel.target],
        headers={
            "Message-ID": f"<{parcel.uid}@{host}>",
            "Date": formatdate(),
            "Auto-Submitted": "auto-generated",
            "X-Priority": "1" if message.severity in ("critical", "high") else "3",
        },
    )
    mail.attach_alternative(html, "text/html")
    if parcel.picture:
        mail.attach("alarm.jpg", parcel.picture, "image/jpeg")
    return mail


def _refused(code: int, text: bytes | str) -> Outcome:
    """Say an SMTP refusal; 5xx is for good, 4xx is not."""
    words = (text.decode("utf-8", "replace") if isinstance(text, bytes) else text)[:120]
    answer = f"{code} {' '.join(words.split())}"
    return Outcome(False, sentence(f"The mail server refused: {answer}"), final=code >= 500)
