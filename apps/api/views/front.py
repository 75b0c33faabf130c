"""The door of the API: what it is, and where to go on."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.urls import URLPattern
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from apps.api.base import ScopedView
from apps.mines.models import Mine

__all__ = ["Front", "readable"]


def readable(patterns: Iterable[Any]) -> tuple[str, ...]:
    """Return the names of the addresses that can be read without knowing the number of a thing."""
    return tuple(
        pattern.name
        for pattern in patterns
        if isinstance(pattern, URLPattern)
        and pattern.name
        and not pattern.pattern.regex.groups
        and issubclass(pattern.callback.view_class, ScopedView)
        and hasattr(pattern.callback.view_class, "get")
    )


class FrontSerializer(serializers.Serializer[Any]):
    """The API's name and version; where its schema is, and what can be read without a number."""

    name = serializers.CharField()
    version = serializers.CharField()
    schema = serializers.URLField()
    addresses = serializers.DictField(child=serializers.URLField())


class Front(ScopedView):
    """What this is, for whoever opens the API's own address."""

    queryset = Mine.objects.none()
    names: tuple[str, ...] = ()

    @extend_schema(responses=FrontSerializer)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Tell name and version, and the addresses of the schema and of all that can be listed."""
        told = settings.SPECTACULAR_SETTINGS
        addresses = {name: reverse(f"api:{name}", request=request) for name in self.names}
        return Response({
            "name": told["TITLE"],
            "version": told["VERSION"],
            "schema": reverse("api:schema", request=request),
            "addresses": addresses,
        })  # fmt: skip
