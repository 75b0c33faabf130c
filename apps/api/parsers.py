"""How a body is read."""

import json
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import parsers
from rest_framework.exceptions import ParseError

__all__ = ["JSONParser"]


class JSONParser(parsers.JSONParser):
    """JSON whose text can be written down: half of a character is refused."""

    def parse(self, *args: Any, **more: Any) -> Any:
        """Return the body; ParseError (400) for what is no JSON, or holds half a character."""
        body = super().parse(*args, **more)
        try:
            json.dumps(body, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ParseError(
                _("A text holds half of a character: a surrogate without its other half.")
            ) from None
        return body
