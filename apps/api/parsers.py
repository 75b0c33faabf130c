"""How a body is read."""

import json
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import parsers
from rest_framework.exceptions import ParseError

__all__ = ["JSONParser"]

# Deeper than anything here is; Python itself goes down a thousand steps, and fails at the next.
MOST_DEEP = 50


class JSONParser(parsers.JSONParser):
    """JSON whose text can be written down: half of a character is refused, and endless nesting."""

    def parse(self, *args: Any, **more: Any) -> Any:
        """Return the body; ParseError (400) for no JSON, half a character, or endless nesting."""
        try:
            body = super().parse(*args, **more)
        except RecursionError:
            raise _too_deep() from None
        if _is_deep(body):
            raise _too_deep()
        try:
            json.dumps(body, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ParseError(
                _("A text holds half of a character: a surrogate without its other half.")
            ) from None
        return body


def _too_deep() -> ParseError:
    return ParseError(
        _("The body holds lists or objects within each other, more than %s.") % MOST_DEEP
    )


def _is_deep(body: Any) -> bool:
    """Tell whether anything lies within more lists and objects than MOST_DEEP."""
    level = [body]
    for _step in range(MOST_DEEP + 1):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return True
