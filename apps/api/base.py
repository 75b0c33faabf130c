"""What all API views share: they see one scope and ask one table of roles."""

from typing import Any

from django.http import Http404
from drf_spectacular.plumbing import build_basic_type
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.request import Request

from apps.accounts.pages import looked_at
from apps.accounts.permissions import Access, Action
from apps.api.asked import query_check
from apps.api.pagination import CursorPagination
from apps.mines.models import Mine
from apps.mines.selectors import mines

__all__ = ["CAMERA", "MINE", "Rows", "ScopedView"]

MINE = OpenApiParameter("mine", OpenApiTypes.INT, description="only this mine")
CAMERA = OpenApiParameter("camera", OpenApiTypes.INT, description="only this camera")


class ScopedView(GenericAPIView):
    """A view whose reads are limited to the mines in which `read` is allowed.

    asks: what a GET may be asked with in its address; the schema tells it, the rest is refused.
    """

    read: Action = Action.VIEW
    asks: tuple[OpenApiParameter, ...] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse whoever may not ask, and then what cannot be asked."""
        super().initial(request, *args, **kwargs)
        known: dict[str, Any] = {}
        if request.method in ("GET", "HEAD"):
            known = {one.name: _schema(one) for one in self.asks}
            if self.paginator is not None:
                pages = self.paginator.get_schema_operation_parameters(self)
                known |= {one["name"]: one["schema"] for one in pages}
        query_check(request.query_params, known)

    @property
    def access(self) -> Access:
        """Return what the caller may reach."""
        return self.request._request.access

    def mines_readable(self) -> list[int]:
        """List the mines whose rows this view may show; `?mine=` narrows it."""
        mines = self.access.mines_for(self.read)
        wanted = self.request.query_params.get("mine")
        if wanted is None:
            return mines
        return [mine for mine in mines if mine == int(wanted)]

    def narrow(self, rows: Any) -> Any:
        """Limit rows to what may be read."""
        return rows.filter(mine__in=self.mines_readable())

    def mine(self, pk: int) -> Mine:
        """Return a mine that may be read, or answer 404."""
        mine = mines().filter(pk__in=self.mines_readable(), pk=pk).first()
        if mine is None:
            raise Http404
        looked_at(self.request._request, mine.pk)
        return mine

    def find(self, rows: Any, **lookup: Any) -> Any:
        """Return one row in scope, or answer 404, for another mine's row too."""
        row = self.narrow(rows).filter(**lookup).first()
        if row is None:
            raise Http404
        if hasattr(row, "mine_id"):
            looked_at(self.request._request, row.mine_id)
        return row


class Rows(ScopedView, ListAPIView):
    """A list in scope; pages by cursor."""

    pagination_class = CursorPagination


def _schema(parameter: OpenApiParameter) -> dict[str, Any]:
    kind = parameter.type
    return {**(kind if isinstance(kind, dict) else build_basic_type(kind)), "enum": parameter.enum}
