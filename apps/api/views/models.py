"""A mine's own models: registered into shadow, promoted, rolled back, retired."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Action
from apps.api import serializers as s
from apps.api.base import MINE, Rows, ScopedView
from apps.api.parsers import JSONParser
from apps.detectors.models import OwnModel
from apps.detectors.selectors import own_models
from apps.detectors.services import model_promote, model_retire, model_roll_back
from apps.detectors.uploads import model_upload

__all__ = ["ModelDetail", "ModelList", "ModelPromote", "ModelRetire", "ModelRollBack"]


class ModelList(Rows):
    """Own models with what their shadow showed."""

    serializer_class = s.OwnModelSerializer
    queryset = OwnModel.objects.none()
    parser_classes = [MultiPartParser, JSONParser]
    asks = (MINE,)

    def get_queryset(self) -> Any:
        """List own models in scope."""
        return self.narrow(own_models())

    @extend_schema(request=s.OwnModelUploadSerializer, responses={201: s.OwnModelSerializer})
    def post(self, request: Request) -> Response:
        """Register a file into shadow; a fault answers 400 with what was expected and found."""
        mine = s.MineOnlySerializer(data=request.data, context=self.get_serializer_context())
        mine.is_valid(raise_exception=True)
        self.access.require(Action.CONFIGURE, mine.validated_data["mine"].pk)
        data = s.OwnModelUploadSerializer(data=request.data, context=self.get_serializer_context())
        data.is_valid(raise_exception=True)
        model = model_upload(actor=request.user, **data.validated_data)
        return Response(self.get_serializer(model).data, status=status.HTTP_201_CREATED)


class ModelDetail(ScopedView):
    """One own model."""

    serializer_class = s.OwnModelSerializer
    queryset = OwnModel.objects.none()

    def get(self, request: Request, pk: int) -> Response:
        """Return an own model in scope."""
        return Response(self.get_serializer(self.find(own_models(), pk=pk)).data)


class _Verb(ScopedView):
    """Something done to an own model."""

    serializer_class = s.OwnModelSerializer
    queryset = OwnModel.objects.none()

    def _do(self, pk: int, verb: Any) -> Response:
        model = self.find(own_models(), pk=pk)
        self.access.require(Action.CONFIGURE, model.mine_id)
        verb(model=model, actor=self.request.user)
        return Response(self.get_serializer(self.find(own_models(), pk=pk)).data)


class ModelPromote(_Verb):
    """Makes a shadow the detector."""

    @extend_schema(request=None)
    def post(self, request: Request, pk: int) -> Response:
        """Promote; 400 before it was compared on 100 frames."""
        return self._do(pk, model_promote)


class ModelRollBack(_Verb):
    """Brings back what a model replaced."""

    @extend_schema(request=None)
    def post(self, request: Request, pk: int) -> Response:
        """Roll an active model back: the one before it, or the default, looks again."""
        return self._do(pk, model_roll_back)


class ModelRetire(_Verb):
    """Stops using a model."""

    @extend_schema(request=None)
    def post(self, request: Request, pk: int) -> Response:
        """Retire a model, in shadow or active."""
        return self._do(pk, model_retire)
