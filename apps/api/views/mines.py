"""Mines, areas and machines."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Action
from apps.api import serializers as s
from apps.api.base import MINE, Rows, ScopedView
from apps.mines.models import Area, Machine, Mine
from apps.mines.retiring import area_delete, machine_delete
from apps.mines.selectors import mines
from apps.mines.services import (
    area_create,
    area_update,
    machine_create,
    machine_update,
    mine_create,
    mine_update,
)

__all__ = ["AreaDetail", "AreaList", "MachineDetail", "MachineList", "MineDetail", "MineList"]


class MineList(Rows):
    """Mines that the caller may see; opening one needs a role in the whole organisation."""

    serializer_class = s.MineSerializer
    queryset = Mine.objects.none()

    def get_queryset(self) -> Any:
        """List mines in scope."""
        return mines().filter(pk__in=self.mines_readable())

    @extend_schema(responses={201: s.MineSerializer})
    def post(self, request: Request) -> Response:
        """Open a mine."""
        if not self.access.organisations_for(Action.CREATE_MINE):
            self.permission_denied(request)
        data = self.get_serializer(data=request.data)
        data.is_valid(raise_exception=True)
        mine = mine_create(actor=request.user, **data.validated_data)
        return Response(self.get_serializer(mine).data, status=status.HTTP_201_CREATED)


class MineDetail(ScopedView):
    """One mine."""

    serializer_class = s.MineSerializer
    queryset = Mine.objects.none()

    def get(self, request: Request, pk: int) -> Response:
        """Return a mine in scope."""
        return Response(self.get_serializer(self.mine(pk)).data)

    def patch(self, request: Request, pk: int) -> Response:
        """Change a mine's name or clock; it stays in its organisation."""
        mine = self.mine(pk)
        self.access.require(Action.CONFIGURE, pk)
        data = self.get_serializer(mine, data=request.data, partial=True)
        data.is_valid(raise_exception=True)
        changes = {k: v for k, v in data.validated_data.items() if k != "organisation"}
        mine = mine_update(mine=mine, actor=request.user, **changes)
        return Response(self.get_serializer(mine).data)


class AreaList(Rows):
    """Areas."""

    serializer_class = s.AreaSerializer
    queryset = Area.objects.none()
    asks = (MINE,)

    def get_queryset(self) -> Any:
        """List areas in scope."""
        return self.narrow(Area.objects.all())

    @extend_schema(responses={201: s.AreaSerializer})
    def post(self, request: Request) -> Response:
        """Add an area."""
        data = self.get_serializer(data=request.data)
        data.is_valid(raise_exception=True)
        self.access.require(Action.CONFIGURE, data.validated_data["mine"].pk)
        area = area_create(actor=request.user, **data.validated_data)
        return Response(self.get_serializer(area).data, status=status.HTTP_201_CREATED)


class AreaDetail(ScopedView):
    """One area."""

    serializer_class = s.AreaSerializer
    queryset = Area.objects.none()

    def patch(self, request: Request, pk: int) -> Response:
        """Rename an area; it stays in its mine."""
        area = self.find(Area.objects.all(), pk=pk)
        self.access.require(Action.CONFIGURE, area.mine_id)
        data = self.get_serializer(area, data=request.data, partial=True)
        data.is_valid(raise_exception=True)
        changes = {k: v for k, v in data.validated_data.items() if k != "mine"}
        area = area_update(area=area, actor=request.user, **changes)
        return Response(self.get_serializer(area).data)

    @extend_schema(request=None)
    def delete(self, request: Request, pk: int) -> Response:
        """Delete an area; 400 names what still uses it."""
        area = self.find(Area.objects.all(), pk=pk)
        self.access.require(Action.CONFIGURE, area.mine_id)
        area_delete(area=area, actor=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class MachineDetail(ScopedView):
    """One machine."""

    serializer_class = s.MachineSerializer
    queryset = Machine.objects.none()

    def patch(self, request: Request, pk: int) -> Response:
        """Change a machine's name, kind or area; its key stays."""
        machine = self.find(Machine.objects.all(), pk=pk)
        self.access.require(Action.CONFIGURE, machine.mine_id)
        data = self.get_serializer(machine, data=request.data, partial=True)
        data.is_valid(raise_exception=True)
        changes = {k: v for k, v in data.validated_data.items() if k != "key"}
        machine = machine_update(machine=machine, actor=request.user, **changes)
        return Response(self.get_serializer(machine).data)

    @extend_schema(request=None)
    def delete(self, request: Request, pk: int) -> Response:
        """Delete a machine and its signals; 400 names the cameras whose zones name it."""
        machine = self.find(Machine.objects.all(), pk=pk)
        self.access.require(Action.CONFIGURE, machine.mine_id)
        machine_delete(machine=machine, actor=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class MachineList(Rows):
    """Machines."""

    serializer_class = s.MachineSerializer
    queryset = Machine.objects.none()
    asks = (MINE,)

    def get_queryset(self) -> Any:
        """List machines in scope."""
        return self.narrow(Machine.objects.all())

    @extend_schema(responses={201: s.MachineSerializer})
    def post(self, request: Request) -> Response:
        """Add a machine."""
        data = self.get_serializer(data=request.data)
        data.is_valid(raise_exception=True)
        self.access.require(Action.CONFIGURE, data.validated_data["area"].mine_id)
        machine = machine_create(actor=request.user, **data.validated_data)
        return Response(self.get_serializer(machine).data, status=status.HTTP_201_CREATED)
