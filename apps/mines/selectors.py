"""Reads about mines."""

from django.db.models import QuerySet

from apps.accounts.permissions import Access, Action
from apps.mines.models import Area, Mine, Organisation
from apps.natural import natural

__all__ = ["areas", "mines", "organisations_to_build_in"]


def mines() -> QuerySet[Mine]:
    """List the mines in scope with their organisations."""
    return Mine.objects.select_related("organisation").order_by("organisation__name", "name")


def areas(*, mine: Mine) -> QuerySet[Area]:
    """List a mine's areas."""
    return Area.objects.filter(mine=mine).order_by(natural("name"))


def organisations_to_build_in(access: Access) -> QuerySet[Organisation]:
    """List the organisations in which a person may add a mine."""
    return Organisation.objects.filter(pk__in=access.organisations_for(Action.CREATE_MINE))
