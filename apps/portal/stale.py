"""A form that was opened before somebody else saved: it does not put the old values back unseen.

The page sends along what its form began with, as a digest; where something else stands by now,
nothing is saved, and what differs is marked with what it is now.
"""

import hashlib
import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _

__all__ = ["seen", "still_so"]


def seen(form: forms.Form) -> forms.Form:
    """Give a form that changes what is there the digest of what stands now; pages send it back."""
    stands = {
        name: str(field.prepare_value(form.get_initial_for_field(field, name)))
        for name, field in form.fields.items()
    }
    form.seen = hashlib.sha256(json.dumps(stands, sort_keys=True).encode()).hexdigest()
    return form


def still_so(form: forms.Form) -> bool:
    """Tell whether what the page showed still stands; mark what differs from it where not.

    A program that sends no digest asks for no such look. Sent again, the form is saved: then its
    person has seen what stands.
    """
    if form.data.get("seen", form.seen) == form.seen:
        return True
    form.add_error(
        None,
        _(
            "Somebody changed this after you opened the page, so nothing was saved. What differs"
            " is marked below; save again to put yours in its place."
        ),
    )
    for name, field in form.fields.items():
        now = form.get_initial_for_field(field, name)
        known = name in form.initial or now is not None
        if known and field.has_changed(now, form[name].data):
            form.add_error(name, _("Now it is: %(value)s") % {"value": _words(field, now)})
    return False


def _words(field: forms.Field, value: Any) -> str:
    if isinstance(field, forms.BooleanField):
        return _("yes") if value else _("no")
    if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
        said = dict(field.choices)
        if isinstance(value, list):
            value = ", ".join(str(said.get(one, one)) for one in value)
        else:
            value = said.get(value, value)
    return str(value) if value not in (None, "") else _("empty")
