"""Limits how often a caller may do costly things."""

import logging
from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import ScopedRateThrottle

__all__ = ["Throttle"]

log = logging.getLogger(__name__)


class Throttle(ScopedRateThrottle):
    """A view's own rate; a cache that is away lets everything pass: signals must arrive."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request and tell whether it may pass."""
        try:
            return bool(super().allow_request(request, view))
        except Exception as error:
            log.warning("requests are not counted: %s", error)
            return True
