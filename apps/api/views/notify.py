"""Routes of notifications, the log of what they sent, and a person's own browsers."""

from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Action
from apps.alarms.models import Severity
from apps.api.base import MINE, Rows, ScopedView
from apps.api.schema import whole
from apps.api.serializers import MineChoice
from apps.api.serializers.strict import Strict
from apps.mines.selectors import mines
from apps.notify.models import Channel, Delivery, Kind, Picture, Route, Subscription
from apps.notify.selectors import deliveries, delivery_data, devices_of, route_data, routes
from apps.notify.services import (
    device_add,
    device_remove,
    route_create,
    route_remove,
    route_test,
    route_update,
)

__all__ = ["DeliveryList", "Device", "DeviceList", "RouteDetail", "RouteList", "RouteTest"]


class RouteSerializer(Strict):
    """A route; address and secret are taken and never given back."""

    name = serializers.CharField(max_length=60)
    enabled = serializers.BooleanField(required=False)
    severities = serializers.ListField(
        child=serializers.ChoiceField(Severity.choices), required=False
    )
    steps = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6),
        required=False,
        help_text="0: at once; n: the n-th step of the severity's ladder",
    )
    areas = serializers.ListField(
        child=serializers.IntegerField(), required=False, help_text="empty: the whole mine"
    )
    since = serializers.TimeField(
        required=False, allow_null=True, help_text="by the mine's clock; may go over midnight"
    )
    until = serializers.TimeField(required=False, allow_null=True)
    cleared = serializers.BooleanField(required=False, help_text="say also when it is over")
    language = serializers.CharField(required=False, max_length=10)
    picture = serializers.ChoiceField(Picture.choices, required=False)
    people = serializers.ListField(
        child=serializers.IntegerField(), required=False, help_text="push: ids of people; or all"
    )
    address = serializers.CharField(required=False, write_only=True, max_length=4000)
    secret = serializers.CharField(required=False, write_only=True, max_length=200)


class NewRouteSerializer(RouteSerializer):
    """A route to add; its channel stays."""

    mine = MineChoice()
    channel = serializers.ChoiceField(Channel.choices)


class RouteShownSerializer(serializers.Serializer[Route]):
    """A route as it is told: what `route_data` gives."""

    id = serializers.IntegerField()
    mine = serializers.IntegerField()
    name = serializers.CharField()
    channel = serializers.ChoiceField(Channel.choices)
    enabled = serializers.BooleanField()
    severities = serializers.ListField(child=serializers.ChoiceField(Severity.choices))
    areas = serializers.ListField(child=serializers.IntegerField())
    steps = serializers.ListField(child=serializers.IntegerField())
    since = serializers.CharField(allow_null=True, help_text="HH:MM by the mine's clock")
    until = serializers.CharField(allow_null=True, help_text="HH:MM by the mine's clock")
    cleared = serializers.BooleanField()
    language = serializers.CharField()
    picture = serializers.ChoiceField(Picture.choices)
    people = serializers.ListField(child=serializers.IntegerField())
    address = serializers.CharField(help_text="shortened: it may hold a key")
    signed = serializers.BooleanField(help_text="messages are signed with a secret")

    def to_representation(self, route: Route) -> dict[str, Any]:
        """Return the route's data."""
        return route_data(route)


class RouteAddedSerializer(RouteShownSerializer):
    """A route that was just added."""

    secret = serializers.CharField(required=False, help_text="made for a webhook; told only here")


class TrySerializer(serializers.Serializer[Any]):
    """One try to send a message."""

    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    took_s = serializers.FloatField(allow_null=True)
    ok = serializers.BooleanField(allow_null=True, help_text="null: not known")
    said = serializers.CharField()


class DeliverySerializer(serializers.Serializer[Delivery]):
    """A message and its tries: what `delivery_data` gives."""

    id = serializers.IntegerField()
    uid = serializers.UUIDField()
    mine = serializers.IntegerField()
    route = serializers.IntegerField()
    route_name = serializers.CharField()
    channel = serializers.ChoiceField(Channel.choices)
    kind = serializers.ChoiceField(Kind.choices)
    alarm = serializers.IntegerField(allow_null=True)
    severity = serializers.ChoiceField(Severity.choices)
    target = serializers.CharField()
    state = serializers.ChoiceField(Delivery.State.choices)
    said = serializers.CharField()
    attempts = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    next_at = serializers.DateTimeField(allow_null=True)
    give_up_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    tries = TrySerializer(many=True)

    def to_representation(self, delivery: Delivery) -> dict[str, Any]:
        """Return the message's data."""
        return delivery_data(delivery)


class KeysSerializer(Strict):
    """The keys of a browser's push subscription, in base64url."""

    p256dh = serializers.CharField(max_length=100)
    auth = serializers.CharField(max_length=50)


class DeviceSerializer(Strict):
    """A browser that takes push messages: what PushSubscription.toJSON() gives, and its name."""

    id = serializers.IntegerField(read_only=True)
    mine = MineChoice()
    endpoint = serializers.CharField(max_length=1000, write_only=True)
    keys = KeysSerializer(write_only=True)
    device = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    created_at = serializers.DateTimeField(read_only=True)

    def to_representation(self, row: Subscription) -> dict[str, Any]:
        """Return the browser without its address and keys."""
        return {
            "id": row.pk,
            "mine": row.mine_id,
            "device": row.device,
            "created_at": row.created_at.isoformat(),
        }


class RouteList(Rows):
    """Routes, for those who set a mine up."""

    serializer_class = RouteShownSerializer
    queryset = Route.objects.none()
    read = Action.CONFIGURE
    asks = (MINE,)

    def get_queryset(self) -> Any:
        """List routes in scope."""
        return self.narrow(routes())

    @extend_schema(request=NewRouteSerializer, responses={201: RouteAddedSerializer})
    def post(self, request: Request) -> Response:
        """Add a route; the answer alone has the secret that was made for a webhook."""
        data = NewRouteSerializer(data=request.data, context=self.get_serializer_context())
        data.is_valid(raise_exception=True)
        given = dict(data.validated_data)
        mine = given.pop("mine")
        self.access.require(Action.CONFIGURE, mine.pk)
        route, secret = route_create(mine=mine, actor=request.user, **given)
        body = route_data(route) | ({"secret": secret} if secret else {})
        return Response(body, status=status.HTTP_201_CREATED)


class RouteDetail(ScopedView):
    """One route."""

    serializer_class = RouteSerializer
    queryset = Route.objects.none()

    def _route(self, pk: int) -> Route:
        route: Route = self.find(routes(), pk=pk)
        self.access.require(Action.CONFIGURE, route.mine_id)
        return route

    @extend_schema(responses=RouteShownSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return a route."""
        return Response(route_data(self._route(pk)))

    @extend_schema(responses=RouteShownSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        """Change a route."""
        route = self._route(pk)
        data = self.get_serializer(data=request.data, partial=True)
        data.is_valid(raise_exception=True)
        changed = route_update(route=route, actor=request.user, **data.validated_data)
        return Response(route_data(changed))

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Remove a route; the log of what it sent stays."""
        route_remove(route=self._route(pk), actor=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class RouteTest(ScopedView):
    """A test message."""

    serializer_class = RouteSerializer
    queryset = Route.objects.none()

    @extend_schema(request=None, responses=whole("TestedRoute", DeliverySerializer(many=True)))
    def post(self, request: Request, pk: int) -> Response:
        """Send a test now; answers with the outcome for each target, in words."""
        route = self.find(routes(), pk=pk)
        self.access.require(Action.CONFIGURE, route.mine_id)
        tested = route_test(route=route, actor=request.user)
        return Response({"results": [delivery_data(one) for one in tested]})


class DeliveryList(Rows):
    """What was sent, newest first."""

    serializer_class = DeliverySerializer
    queryset = Delivery.objects.none()
    read = Action.READ_AUDIT
    asks = (
        MINE,
        OpenApiParameter("route", OpenApiTypes.INT),
        OpenApiParameter("alarm", OpenApiTypes.INT),
        OpenApiParameter("state", OpenApiTypes.STR, enum=Delivery.State.values),
        OpenApiParameter("kind", OpenApiTypes.STR, enum=Kind.values),
    )

    def get_queryset(self) -> Any:
        """List messages in scope."""
        rows = self.narrow(deliveries())
        asked = self.request.query_params
        names = ("route", "alarm", "state", "kind")
        return rows.filter(**{name: asked[name] for name in names if name in asked})


class DeviceList(ScopedView):
    """A person's own browsers."""

    serializer_class = DeviceSerializer
    queryset = Subscription.objects.none()

    @extend_schema(responses=whole("Devices", DeviceSerializer(many=True)))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the caller's browsers."""
        rows = self.narrow(devices_of(user_id=request.user.pk))
        return Response({"results": self.get_serializer(rows, many=True).data})

    @extend_schema(responses={201: DeviceSerializer})
    def post(self, request: Request) -> Response:
        """Let a browser take the messages of a mine; 400 where push is off on this server."""
        data = self.get_serializer(data=request.data)
        data.is_valid(raise_exception=True)
        given = data.validated_data
        self.access.require(Action.VIEW, given["mine"].pk)
        row = device_add(
            mine=mines().get(pk=given["mine"].pk), user=request.user, endpoint=given["endpoint"],
            key=given["keys"]["p256dh"], auth=given["keys"]["auth"], device=given["device"],
        )  # fmt: skip
        return Response(self.get_serializer(row).data, status=status.HTTP_201_CREATED)


class Device(ScopedView):
    """One browser of one's own."""

    serializer_class = DeviceSerializer
    queryset = Subscription.objects.none()

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Let a browser take no more messages; another person's answers 404."""
        row = self.narrow(devices_of(user_id=request.user.pk)).filter(pk=pk).first()
        if row is None:
            raise Http404
        device_remove(subscription=row, actor=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)
