"""Pages of a list by cursor: steady while new rows arrive."""

from typing import Any

from rest_framework import pagination
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request

__all__ = ["CursorPagination"]


class CursorPagination(pagination.CursorPagination):
    """Newest first; `?page_size=` up to 200."""

    ordering = "-pk"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def decode_cursor(self, request: Request) -> Any:
        """Refuse a cursor that no page gave: nothing is missing, the question is wrong."""
        try:
            return super().decode_cursor(request)
        except NotFound as error:
            raise ValidationError({self.cursor_query_param: str(error.detail)}) from None

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Tell how long a page may be."""
        told = super().get_schema_operation_parameters(view)
        length = {"minimum": 1, "maximum": self.max_page_size}
        for one in told:
            if one["name"] == self.page_size_query_param:
                one["schema"] = {**one["schema"], **length}
        return told
