"""Who is told when nobody answers."""

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Action
from apps.alarms.escalation import ladder_set
from apps.alarms.ladders import ladder
from apps.alarms.models import Severity
from apps.api.base import ScopedView
from apps.api.serializers.strict import Strict
from apps.mines.models import Mine

__all__ = ["Escalation"]


class RungSerializer(Strict):
    """One step of a ladder."""

    after_s = serializers.IntegerField(min_value=1)
    whom = serializers.CharField(max_length=100)


class LadderSerializer(Strict):
    """The ladders to set; a severity that is left out stays as it is."""

    critical = RungSerializer(many=True, required=False)
    high = RungSerializer(many=True, required=False)
    medium = RungSerializer(many=True, required=False)
    low = RungSerializer(many=True, required=False)


class Escalation(ScopedView):
    """A mine's ladders by severity."""

    serializer_class = LadderSerializer
    queryset = Mine.objects.none()

    def get(self, request: Request, pk: int) -> Response:
        """Return who is told after how many seconds."""
        return self._now(self.mine(pk).pk)

    def put(self, request: Request, pk: int) -> Response:
        """Set ladders; alarms that ask now follow the new ones at once."""
        mine = self.mine(pk)
        self.access.require(Action.CONFIGURE, pk)
        data = self.get_serializer(data=request.data)
        data.is_valid(raise_exception=True)
        rungs = {
            severity: [(step["after_s"], step["whom"]) for step in steps]
            for severity, steps in data.validated_data.items()
        }
        ladder_set(mine=mine, rungs=rungs, actor=request.user)
        return self._now(pk)

    def _now(self, pk: int) -> Response:
        return Response(
            {
                severity: [
                    {"after_s": after_s, "whom": whom}
                    for after_s, whom in ladder(mine_id=pk, severity=severity)
                ]
                for severity in Severity.values
            }
        )
