"""What an address may be asked with: what the schema says of it, and nothing else.

A filter that is misspelt and passed over would answer with rows that nobody asked for.
"""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail, ValidationError

__all__ = ["YES", "query_check"]

YES = ("1", "true")
NO = ("0", "false")
MOST = 2**63 - 1  # the largest number that the database keeps


def query_check(query: QueryDict, known: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse what is not known, comes twice, or is no value of its kind: ValidationError.

    known: the schema of each parameter by its name. Times and other texts are read by the view.
    """
    faults: dict[str, str] = {}
    for name, given in query.lists():
        if name not in known:
            faults[name] = ErrorDetail(_unknown(name, known), "unknown_parameter")
        elif fault := _fault(given, known[name]):
            faults[name] = fault
    if faults:
        raise ValidationError(faults)


def _unknown(name: str, known: Mapping[str, Any]) -> str:
    if not known:
        return _("This address takes no parameters.")
    text = _("There is no parameter “%(name)s” here; there are: %(known)s.")
    return text % {"name": name, "known": ", ".join(known)}


def _fault(given: list[str], schema: Mapping[str, Any]) -> str:
    if len(given) > 1:
        return _("Give it once.")
    [text] = given
    choices = schema.get("enum") or ((*YES, *NO) if schema["type"] == "boolean" else ())
    if choices and text not in choices:
        return _("Must be one of %s.") % ", ".join(choices)
    if schema["type"] == "integer":
        least, most = schema.get("minimum", 0), schema.get("maximum", MOST)
        if not (text.isascii() and text.isdigit() and least <= int(text[:20]) <= most):
            if most == MOST:
                return _("Must be a whole number.")
            return _("Must be a whole number from %(least)s to %(most)s.") % {
                "least": least,
                "most": most,
            }
    return "" if text.strip() else _("Must not be empty.")
