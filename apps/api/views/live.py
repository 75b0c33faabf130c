"""Signals in; events and the desk out."""

from django.utils.translation import gettext
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Action
from apps.alarms.selectors import desk_data
from apps.api import serializers as s
from apps.api.base import ScopedView
from apps.api.serializers import shown
from apps.live.pulse import late
from apps.live.selectors import cursor_last, cursor_now, events_after
from apps.notify.standing import calls_standing
from apps.signals.models import Report, Signal
from apps.signals.services import report_receive, signal_receive
from workers.catalogue import schema
from workers.hazards import registry

__all__ = ["Desk", "EventList", "HazardList", "SignalList"]

# Any number of as many digits as the database's largest has: what is ahead is told by itself.
NUMBER = {"type": "integer", "maximum": 10**19 - 1}
CURSOR = OpenApiParameter("cursor", NUMBER, description="that an earlier answer gave")


class SignalList(ScopedView):
    """Where machines say whether they run."""

    serializer_class = s.SignalSerializer
    queryset = Signal.objects.none()
    throttle_scope = "signals"

    @extend_schema(responses={201: s.SignalSerializer})
    def post(self, request: Request) -> Response:
        """Keep one report; the same report sent twice is one."""
        if not self.access.mines_for(Action.SEND_SIGNAL):
            self.access.require(Action.SEND_SIGNAL, 0)
        data = self.get_serializer(data=request.data)
        data.is_valid(raise_exception=True)
        given = data.validated_data
        self.access.require(Action.SEND_SIGNAL, given["mine"].pk)
        told: Signal | Report
        if "input" in given:
            told = report_receive(
                mine=given["mine"],
                key=given["input"],
                value=given["value"],
                at=given.get("at"),
                sender=request.user,
            )
        else:
            told = signal_receive(
                machine=given["machine"],
                state=given["state"],
                at=given.get("at"),
                sender=request.user,
            )
        return Response(self.get_serializer(told).data, status=status.HTTP_201_CREATED)


class HazardList(ScopedView):
    """The catalogue of hazard types: what rules there can be."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Return each type's JSON schema by its name, titles in the caller's language."""
        return Response({name: schema(hazard, gettext) for name, hazard in registry().items()})


class EventList(ScopedView):
    """Events after a cursor: what the socket sends, for whoever cannot hold a socket open."""

    serializer_class = s.EventsSerializer
    asks = (CURSOR,)

    @extend_schema(responses=s.EventsSerializer)
    def get(self, request: Request) -> Response:
        """Return up to 500 events; without a cursor only the newest cursor.

        One that cannot be is refused: whoever asks with it would miss events and not know it.
        """
        raw = request.query_params.get("cursor")
        if raw is None:
            return Response({"cursor": cursor_now(), "events": [], "late": late()})
        cursor = _cursor(raw)
        events = events_after(cursor=cursor)
        last = events[-1]["id"] if events else cursor
        return Response({"cursor": last, "events": events, "late": late()})


def _cursor(raw: str) -> int:
    if int(raw) > cursor_last():
        text = gettext(
            "This cursor is ahead of every event, as after a backup was restored: read everything"
            " afresh and go on from the cursor that is given without one."
        )
        raise ValidationError({"cursor": text}, code="ahead")
    return int(raw)


class Desk(ScopedView):
    """The snapshot that a live page starts from; events after its cursor complete it."""

    @extend_schema(responses=shown.DeskSerializer)
    def get(self, request: Request) -> Response:
        """Return the cursor, what is open, and every camera, read in one transaction."""
        return Response(
            {
                **desk_data(mine_ids=self.mines_readable()),
                "calls": calls_standing(mine_ids=self.mines_readable()),
                "mines": self.mines_readable(),
                "may_acknowledge": self.access.mines_for(Action.ACKNOWLEDGE),
            }
        )
