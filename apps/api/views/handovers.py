"""Shift hand-overs: what was signed, and the two signatures."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Action
from apps.alarms.desks import desk_of
from apps.alarms.handover import handover_data, handover_sign, handover_take, handovers
from apps.alarms.models import Handover
from apps.api.base import MINE, Rows, ScopedView
from apps.api.serializers import MineChoice
from apps.api.serializers.strict import Strict

__all__ = ["HandoverDetail", "HandoverList", "HandoverTake"]


class TakeoverSerializer(serializers.Serializer[Any]):
    """The signature of who came."""

    taken_by = serializers.CharField()
    taken_at = serializers.DateTimeField()
    desk = serializers.CharField()
    note = serializers.CharField()


class HandoverSerializer(serializers.Serializer[Handover]):
    """A hand-over without what it kept; one alone has it in `content`."""

    id = serializers.IntegerField()
    mine = serializers.IntegerField()
    handed_by = serializers.CharField()
    handed_at = serializers.DateTimeField()
    desk = serializers.CharField()
    note = serializers.CharField()
    takeover = TakeoverSerializer(allow_null=True)

    def to_representation(self, handover: Handover) -> dict[str, Any]:
        """Return who signed, when and with which note."""
        return handover_data(handover)


class HandoverWholeSerializer(HandoverSerializer):
    """A hand-over with how the mine stood then."""

    content = serializers.DictField()


class NoteSerializer(Strict):
    """What a signature may say."""

    note = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class SignSerializer(NoteSerializer):
    """The signature of who goes."""

    mine = MineChoice()


class HandoverList(Rows):
    """A mine's hand-overs, newest first."""

    serializer_class = HandoverSerializer
    queryset = Handover.objects.none()
    asks = (MINE,)

    def get_queryset(self) -> Any:
        """List those in scope."""
        return self.narrow(handovers())

    @extend_schema(request=SignSerializer, responses={201: HandoverWholeSerializer})
    def post(self, request: Request) -> Response:
        """Sign for who goes; 400 while a high or critical alarm asks for an answer."""
        data = SignSerializer(data=request.data, context=self.get_serializer_context())
        data.is_valid(raise_exception=True)
        given = data.validated_data
        self.access.require(Action.ACKNOWLEDGE, given["mine"].pk)
        made = handover_sign(**given, actor=request.user, desk=desk_of(request._request))
        found = handovers().get(pk=made.pk)
        return Response(handover_data(found, whole=True), status=status.HTTP_201_CREATED)


class HandoverDetail(ScopedView):
    """One hand-over with how the mine stood then."""

    queryset = Handover.objects.none()

    @extend_schema(responses=HandoverWholeSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return it."""
        return Response(handover_data(self.find(handovers(), pk=pk), whole=True))


class HandoverTake(ScopedView):
    """The signature of who comes."""

    serializer_class = NoteSerializer
    queryset = Handover.objects.none()

    @extend_schema(responses=HandoverWholeSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Sign; 400 for who handed over, for one taken or not the newest, and while alarms ask."""
        row = self.find(handovers(), pk=pk)
        self.access.require(Action.ACKNOWLEDGE, row.mine_id)
        data = self.get_serializer(data=request.data)
        data.is_valid(raise_exception=True)
        by = {"actor": request.user, "desk": desk_of(request._request)}
        handover_take(handover=row, **data.validated_data, **by)
        return Response(handover_data(handovers().get(pk=pk), whole=True))
