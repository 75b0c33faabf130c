"""Drafts run over what is recorded: started, watched, cancelled."""

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Action
from apps.api import serializers as s
from apps.api.base import CAMERA, MINE, Rows, ScopedView
from apps.rules.models import Replay
from apps.rules.replays import replays
from apps.rules.services import BusyError, replay_cancel, replay_start
from apps.rules.tasks import replay as ring

__all__ = ["ReplayCancel", "ReplayDetail", "ReplayList"]


class ReplayList(Rows):
    """Replays of drafts, newest first."""

    serializer_class = s.ReplaySerializer
    queryset = Replay.objects.none()
    asks = (
        MINE,
        CAMERA,
    )

    def get_queryset(self) -> Any:
        """List replays in scope."""
        rows = self.narrow(replays())
        camera = self.request.query_params.get("camera")
        return rows if camera is None else rows.filter(camera=camera)

    @extend_schema(request=s.ReplayStartSerializer, responses={201: s.ReplaySerializer})
    def post(self, request: Request) -> Response:
        """Start one; a fault in the draft answers 400 with its path, 409 while another runs."""
        data = s.ReplayStartSerializer(data=request.data, context=self.get_serializer_context())
        data.is_valid(raise_exception=True)
        self.access.require(Action.CONFIGURE, data.validated_data["camera"].mine_id)
        try:
            replay = replay_start(actor=request.user, **data.validated_data)
        except BusyError as error:
            busy = {"code": "busy", "message": error.messages[0]}
            return Response({"errors": [busy]}, status=status.HTTP_409_CONFLICT)
        transaction.on_commit(lambda: ring.delay(replay.pk, replay.mine_id), robust=True)
        return Response(self.get_serializer(replay).data, status=status.HTTP_201_CREATED)


class ReplayDetail(ScopedView):
    """One replay and what it found so far."""

    serializer_class = s.ReplaySerializer
    queryset = Replay.objects.none()

    def get(self, request: Request, uid: str) -> Response:
        """Return a replay in scope."""
        return Response(self.get_serializer(self.find(replays(), uid=uid)).data)


class ReplayCancel(ScopedView):
    """Stops a replay."""

    serializer_class = s.ReplaySerializer
    queryset = Replay.objects.none()

    @extend_schema(request=None)
    def post(self, request: Request, uid: str) -> Response:
        """Stop it; one that is over is left as it is."""
        replay = self.find(replays(), uid=uid)
        self.access.require(Action.CONFIGURE, replay.mine_id)
        return Response(self.get_serializer(replay_cancel(replay=replay, actor=request.user)).data)
