"""What a request may name: only what is in the caller's scope."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.permissions import Access, Action
from apps.cameras.models import Camera
from apps.mines.models import Area, Mine, Organisation

__all__ = [
    "AreaChoice",
    "CameraChoice",
    "MineChoice",
    "MineOnlySerializer",
    "OrganisationChoice",
    "access_in",
]


def access_in(serializer: serializers.BaseSerializer[Any]) -> Access:
    """Return the caller's access from a serializer's context."""
    return serializer.context["request"]._request.access


@extend_schema_field(int)
class Choice(serializers.PrimaryKeyRelatedField):
    """A row by its number; what can be no number is answered as such."""

    default_error_messages = {  # noqa: RUF012 - as REST framework declares them
        "does_not_exist": _(
            "There is none with the number {pk_value}, or it is not yours to name."
        ),
        "incorrect_type": _("Must be a whole number."),
    }

    def to_internal_value(self, data: Any) -> Any:
        """Return the row."""
        try:
            return super().to_internal_value(data)
        except OverflowError:  # 1e400 is infinity by the time it is here
            self.fail("incorrect_type", data_type=type(data).__name__)


class MineChoice(Choice):
    """A mine in scope; one of another organisation is as unknown as one that does not exist."""

    def get_queryset(self) -> Any:
        """List the mines in scope."""
        return Mine.objects.all()


class AreaChoice(Choice):
    """An area in scope."""

    def get_queryset(self) -> Any:
        """List the areas in scope."""
        return Area.objects.all()


class OrganisationChoice(Choice):
    """An organisation in which the caller may open a mine."""

    def get_queryset(self) -> Any:
        """List the organisations to build in."""
        access = access_in(self.root)
        return Organisation.objects.filter(pk__in=access.organisations_for(Action.CREATE_MINE))


class CameraChoice(Choice):
    """A camera in scope."""

    def get_queryset(self) -> Any:
        """List the cameras in scope."""
        return Camera.objects.all()


class MineOnlySerializer(serializers.Serializer[Any]):
    """The mine alone: whether the caller may do something there is asked first."""

    mine = MineChoice()
