"""Pages of a list by cursor: steady while new rows arrive."""

from rest_framework import pagination

__all__ = ["CursorPagination"]


class CursorPagination(pagination.CursorPagination):
    """Newest first; `?page_size=` up to 200."""

    ordering = "-pk"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
