"""Alarms and the steps of their lives."""

from typing import Any

from django.db.models import Q
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.alarms.models import Alarm, Severity
from apps.alarms.selectors import alarms
from apps.api import serializers as s
from apps.api.asked import YES
from apps.api.base import CAMERA, MINE, Rows, ScopedView
from apps.api.moments import moment
from apps.sentences import said_step

__all__ = ["AlarmDetail", "AlarmList"]


class AlarmList(Rows):
    """Alarms, newest first; `?open=1` lists what is not closed."""

    serializer_class = s.AlarmSerializer
    queryset = Alarm.objects.none()
    asks = (
        MINE,
        CAMERA,
        OpenApiParameter("open", OpenApiTypes.BOOL, description="1: not closed; 0: closed"),
        OpenApiParameter("state", OpenApiTypes.STR, enum=Alarm.State.values),
        OpenApiParameter("severity", OpenApiTypes.STR, enum=Severity.values),
        OpenApiParameter(
            "since", OpenApiTypes.DATETIME, description="raised then or later; with offset"
        ),
    )

    def get_queryset(self) -> Any:
        """List alarms in scope."""
        rows, asked = self.narrow(alarms()), self.request.query_params
        names = ("camera", "state", "severity")
        rows = rows.filter(**{name: asked[name] for name in names if name in asked})
        if "open" in asked:
            closed = Q(state=Alarm.State.CLOSED)
            rows = rows.filter(~closed if asked["open"] in YES else closed)
        if since := moment(asked, "since", None):  # of many mines
            rows = rows.filter(raised_at__gte=since)
        return rows


class AlarmDetail(ScopedView):
    """One alarm with every step of its life."""

    serializer_class = s.AlarmSerializer
    queryset = Alarm.objects.none()

    @extend_schema(responses=s.AlarmWholeSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return an alarm in scope."""
        alarm = self.find(alarms(), pk=pk)
        steps = [
            {
                "from": step.from_state,
                "to": step.to_state,
                "cause": step.cause,
                "at": step.at.isoformat(),
                "actor": step.actor and step.actor.get_username(),
                "desk": step.desk,
                "note": step.note,
                "detail": said_step(step.detail),
            }
            for step in alarm.transitions.select_related("actor")
        ]
        return Response({**self.get_serializer(alarm).data, "transitions": steps})
