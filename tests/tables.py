"""What a list shows, and what it gives to take along."""

import csv
import io
from typing import Any

from django.test import Client


def table(answer: Any) -> list[dict[str, str]]:
    """Read an exported file as a spreadsheet does."""
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def taken(client: Client, address: str) -> list[dict[str, str]]:
    """Take a list as a file."""
    return table(client.get(address))


def shown(client: Client, address: str) -> list[Any]:
    """Return the rows on the page."""
    return list(client.get(address).context["shown"].page)
