"""Plans, what they show now, and the cameras on them."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Action
from apps.api.base import MINE, Rows, ScopedView
from apps.api.serializers import shown
from apps.api.serializers.strict import Strict
from apps.cameras.selectors import cameras
from apps.plans.models import Placement, Plan
from apps.plans.selectors import plan_data, plans
from apps.plans.services import camera_place, camera_unplace

__all__ = ["PlanCamera", "PlanDetail", "PlanList"]


class PlanSerializer(serializers.ModelSerializer[Plan]):
    """A plan without its picture."""

    class Meta:
        model = Plan
        fields = ["id", "mine", "area", "title", "width", "height", "sha256", "uploaded_at"]


class PlacementSerializer(Strict, serializers.ModelSerializer[Placement]):
    """Where a camera hangs on a plan; see the model for the units."""

    class Meta:
        model = Placement
        fields = ["x", "y", "bearing_deg", "angle_deg", "reach"]


class PlanList(Rows):
    """Plans of mines and places."""

    serializer_class = PlanSerializer
    queryset = Plan.objects.none()
    asks = (MINE,)

    def get_queryset(self) -> Any:
        """List plans in scope."""
        return self.narrow(plans())


class PlanDetail(ScopedView):
    """One plan with its cameras, how each stands, and the worst of its alarms."""

    serializer_class = PlanSerializer
    queryset = Plan.objects.none()

    @extend_schema(responses=shown.PlanShownSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return what the plan shows now."""
        return Response(plan_data(self.find(plans(), pk=pk)))


class PlanCamera(ScopedView):
    """One camera on one plan."""

    serializer_class = PlacementSerializer
    queryset = Placement.objects.none()

    def put(self, request: Request, pk: int, camera: int) -> Response:
        """Put the camera there, or move it; what is not given stays."""
        plan = self.find(plans(), pk=pk)
        self.access.require(Action.CONFIGURE, plan.mine_id)
        row = self.find(cameras().filter(mine=plan.mine_id), pk=camera)
        there = Placement.objects.filter(plan=plan, camera=row).first()
        data = self.get_serializer(there, data=request.data, partial=there is not None)
        data.is_valid(raise_exception=True)
        where = data.validated_data
        placement = camera_place(plan=plan, camera=row, actor=request.user, **where)
        return Response(self.get_serializer(placement).data)

    @extend_schema(request=None, responses={200: OpenApiTypes.OBJECT})
    def delete(self, request: Request, pk: int, camera: int) -> Response:
        """Take the camera off the plan."""
        plan = self.find(plans(), pk=pk)
        self.access.require(Action.CONFIGURE, plan.mine_id)
        row = self.find(cameras().filter(mine=plan.mine_id), pk=camera)
        camera_unplace(plan=plan, camera=row, actor=request.user)
        return Response({})
