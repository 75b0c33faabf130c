"""What cameras measure, over time."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.base import CAMERA, MINE, ScopedView
from apps.api.moments import moment
from apps.api.serializers import shown
from apps.cameras.selectors import cameras
from apps.readings.models import Reading
from apps.readings.selectors import STEPS, reading_series, readings_newest

__all__ = ["ReadingList"]

DAY = timedelta(days=1)


class ReadingList(ScopedView):
    """Levels and wet areas: the newest of each, or one series over time."""

    queryset = Reading.objects.none()
    asks = (
        MINE,
        CAMERA,
        OpenApiParameter("name", OpenApiTypes.STR, description="a series, such as sump-a.level_m"),
        OpenApiParameter(
            "from",
            OpenApiTypes.DATETIME,
            description="without an offset, mine time; by default a day ago",
        ),
        OpenApiParameter("to", OpenApiTypes.DATETIME, description="like from; by default now"),
        OpenApiParameter("step", OpenApiTypes.STR, enum=STEPS),
    )

    @extend_schema(
        responses=PolymorphicProxySerializer(
            component_name="Readings",
            serializers=[shown.NewestSerializer, shown.SeriesSerializer],
            resource_type_field_name=None,
        ),
    )
    def get(self, request: Request) -> Response:
        """Return a series' points; without a name the newest reading of each series.

        A time without readings has no point, and a reading that failed has the value null: a gap
        is never filled. At most 5000 points; `more` says that there are later ones.
        """
        asked = request.query_params
        found = self.narrow(cameras())
        camera = None
        if "camera" in asked:
            camera = self.find(cameras(), pk=asked["camera"])
        if "name" not in asked:
            ids = [camera.pk] if camera else list(found.values_list("pk", flat=True))
            return Response({"results": readings_newest(camera_ids=ids)})
        if camera is None:
            raise ValidationError({"camera": _("A series needs its camera.")})
        step = asked.get("step", "minute")
        until = moment(asked, "to", camera.mine.timezone) or timezone.now()
        since = moment(asked, "from", camera.mine.timezone) or until - DAY
        if since >= until:
            raise ValidationError({"from": _("Must be before “to”.")})
        points, more = reading_series(
            camera=camera, name=asked["name"], since=since, until=until, step=step
        )
        return Response(
            {
                "camera": camera.pk,
                "name": asked["name"],
                "step": step,
                "from": since,
                "to": until,
                "points": points,
                "more": more,
            }
        )
