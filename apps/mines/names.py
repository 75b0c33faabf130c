"""What the name of a thing may be made of."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

__all__ = ["name_check", "name_fault"]

# Controls (C0, DEL, C1), and what turns the direction of the text around it: alarms, lists and
# files in which such a name stands would read otherwise than they are.
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def name_fault(name: str) -> str:
    """Say what is wrong with a name, or nothing."""
    found = UNSEEN.search(name)
    if found is None:
        return ""
    return _("There is a character in it that cannot be seen (%(code)s): type the name anew.") % {
        "code": f"U+{ord(found[0]):04X}"
    }


def name_check(name: str) -> None:
    """Raise ValidationError for a name that has a fault."""
    if fault := name_fault(name):
        raise ValidationError({"name": fault})
