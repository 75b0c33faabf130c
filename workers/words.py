"""Marks sentences that people read, for the catalogue of translations."""

__all__ = ["sentence"]


def sentence(text: str) -> str:
    """Return the sentence as it is: rows and logs keep it in English.

    Given a literal or an f-string, so that translators find it, with a place for each `{value}`;
    pages say it in the reader's language (apps/sentences.py).
    """
    return text
