"""A body with a field that nothing reads is refused, not taken for one without it."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

__all__ = ["Strict"]


class Strict(serializers.Serializer[Any]):
    """What takes a body: it names what it does not know.

    What is only read may come along, so that a row can be sent back as it was given. A choice that
    is none is answered with those that there are.
    """

    default_error_messages = {  # noqa: RUF012 - as REST framework declares them
        "invalid": gettext_lazy("Send an object with fields, such as {{…}}; this is a {datatype}."),
    }

    def get_fields(self) -> dict[str, Any]:
        """Let each choice say what there is to choose from."""
        fields: dict[str, Any] = super().get_fields()
        for field in fields.values():
            choice = getattr(field, "child", field)
            if isinstance(choice, serializers.ChoiceField):
                known = ", ".join(str(one) for one in choice.choices).replace("{", "{{")
                said = gettext_lazy("Must be one of %s.") % known.replace("}", "}}")
                choice.error_messages["invalid_choice"] = said
        return fields

    def to_internal_value(self, data: Any) -> Any:
        """Refuse fields that there are not, each by its name."""
        if isinstance(data, Mapping):
            words = _("There is no such field; there are: %s.") % ", ".join(
                name for name, field in self.fields.items() if not field.read_only
            )
            strange = {
                str(name): ErrorDetail(words, "unknown_field")
                for name in data
                if name not in self.fields
            }
            if strange:
                raise serializers.ValidationError(strange)
        return super().to_internal_value(data)
