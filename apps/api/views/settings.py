"""What was in force at a moment."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.base import CAMERA, MINE, ScopedView
from apps.api.moments import moment
from apps.api.serializers import shown
from apps.cameras.models import Camera
from apps.cameras.selectors import cameras
from apps.rules.asof import moment_asked, settings_as_of

__all__ = ["SettingsAsOf"]

MOST_CAMERAS = 200


class SettingsAsOf(ScopedView):
    """Which rules were armed, in shadow, off or silenced at a moment, with which parameters."""

    queryset = Camera.objects.none()
    asks = (
        MINE,
        CAMERA,
        OpenApiParameter(
            "at",
            OpenApiTypes.STR,
            description="ISO 8601; without an offset, mine time, where all have the same; now "
            "without it",
        ),
    )

    @extend_schema(responses=shown.SettingsSerializer)
    def get(self, request: Request) -> Response:
        """Return the settings of a camera, or of every camera of a mine."""
        rows = self.narrow(cameras())
        asked: Any = request.query_params
        if "camera" in asked:
            rows = rows.filter(pk=asked["camera"])
            if not rows.exists():
                raise Http404
        found = list(rows.order_by("pk")[:MOST_CAMERAS])
        zones = {camera.mine.timezone for camera in found}
        zone = zones.pop() if len(zones) == 1 else None
        at = moment_asked((moment(asked, "at", zone) if found else None) or timezone.now())
        return Response({"at": at, "cameras": settings_as_of(cameras=found, at=at)})
