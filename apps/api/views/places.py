"""Whether places that several cameras watch are clear."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.base import MINE, ScopedView
from apps.api.schema import whole
from apps.api.serializers import shown
from apps.rules.models import Scene
from apps.rules.places import places_of

__all__ = ["PlaceList"]


class PlaceList(ScopedView):
    """Slopes and whether all of their cameras see them empty; advice, never a permission."""

    queryset = Scene.objects.none()
    asks = (MINE,)

    @extend_schema(responses=whole("Places", shown.PlaceSerializer(many=True)))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List places; one that a camera says nothing of is held."""
        found = [one for mine in self.mines_readable() for one in places_of(mine_id=mine)]
        return Response({"results": found})
