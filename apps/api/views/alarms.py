"""Alarms and the steps of their lives."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.alarms.models import Alarm
from apps.alarms.selectors import alarms
from apps.api import serializers as s
from apps.api.base import MINE, Rows, ScopedView

__all__ = ["AlarmDetail", "AlarmList"]


class AlarmList(Rows):
    """Alarms, newest first; `?open=1` lists what is not closed."""

    serializer_class = s.AlarmSerializer
    queryset = Alarm.objects.none()

    @extend_schema(
        parameters=[MINE, OpenApiParameter("open", OpenApiTypes.BOOL)],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List alarms."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        """List alarms in scope."""
        rows = alarms()
        if self.request.query_params.get("open") in ("1", "true"):
            rows = rows.exclude(state=Alarm.State.CLOSED)
        return self.narrow(rows)


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
                "detail": step.detail,
            }
            for step in alarm.transitions.select_related("actor")
        ]
        return Response({**self.get_serializer(alarm).data, "transitions": steps})
