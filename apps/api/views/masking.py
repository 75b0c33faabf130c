"""Whether cameras are recorded with their masks filled."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Action
from apps.api.base import ScopedView
from apps.api.serializers.strict import Strict
from apps.cameras.models import Camera
from apps.cameras.selectors import cameras
from apps.mines.models import Mine
from apps.recordings.masking import Said, masking_by_camera, masking_of_mine, masking_set
from apps.recordings.models import Masking

__all__ = ["CameraMasking", "MineMasking"]


class MaskingSerializer(Strict):
    """What is to hold, and why; null takes what the one above says."""

    filled = serializers.BooleanField(allow_null=True)
    reason = serializers.CharField(max_length=300)


class SaidSerializer(serializers.Serializer[Any]):
    """What holds, and who says so: camera, mine or default."""

    filled = serializers.BooleanField()
    said_by = serializers.CharField()
    own = serializers.BooleanField(allow_null=True, help_text="what was said here")
    reason = serializers.CharField()


class _Masking(ScopedView):
    serializer_class = MaskingSerializer
    queryset = Masking.objects.none()

    def _set(self, request: Request, mine: Mine, camera: Camera | None) -> None:
        self.access.require(Action.CONFIGURE, mine.pk)
        data = self.get_serializer(data=request.data)
        data.is_valid(raise_exception=True)
        masking_set(mine=mine, camera=camera, actor=request.user, **data.validated_data)

    def _now(self, said: Said) -> Response:
        return Response(
            {
                "filled": said.filled,
                "said_by": said.said_by,
                "own": said.own,
                "reason": said.reason,
            }
        )


class MineMasking(_Masking):
    """Whether a mine's cameras are recorded with their masks filled, and who says so."""

    @extend_schema(responses=SaidSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return what holds."""
        return self._now(masking_of_mine(self.mine(pk).pk))

    @extend_schema(responses=SaidSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        """Change what the mine says; a reason is needed."""
        self._set(request, self.mine(pk), None)
        return self._now(masking_of_mine(pk))


class CameraMasking(_Masking):
    """Whether a camera is recorded with its masks filled, and who says so."""

    @extend_schema(responses=SaidSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return what holds."""
        camera = self.find(cameras(), pk=pk)
        return self._now(masking_by_camera([camera])[camera.pk])

    @extend_schema(responses=SaidSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        """Change what the camera says; a reason is needed."""
        camera = self.find(cameras(), pk=pk)
        self._set(request, camera.mine, camera)
        return self._now(masking_by_camera([camera])[camera.pk])
